"""The examples of docs/python.md, each run in a project that has the application which one imports, with its model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from tests.clients.test_command import having_openai_python
from tests.commands.test_otlp import receiving
from tests.support.commands import command, environment, script
from tests.support.receivers import HOST, web

from .pages import blocks

EXAMPLES = blocks("docs/python.md", "python")
KEY = "sk-reference-0123456789abcdefghijklmnopqrstuvwxyz"
APPLICATION = (
    "from conformance.lab.reference import Endpoint\n"
    "from conformance.lab.reference.server import app as serving\n\n"
    "app = serving(Endpoint().answer)\n"
)
ROW = {
    "request_json": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]},
    "status": 200, "model": "gpt-4o", "fidelity": "wire", "stream": False, "response_headers": {},
    "response_body": json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "choices": []}),
}  # fmt: skip


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number: int, tmp_path: Path) -> None:
    text = EXAMPLES[number].replace("gpt-4o-mini", "reference-gpt")
    (tmp_path / "my_gateway.py").write_text(APPLICATION)
    (tmp_path / "recordings.jsonl").write_text(json.dumps(ROW))
    (tmp_path / "test_example.py").write_text(text)
    with serving(Endpoint().answer) as url, web() as told, receiving() as collector:
        variables = environment(KEY) | having_openai_python(tmp_path / ".cache") | {
            "BASE_URL": url, "PHANEDGE_CONFORMANCE_NOTIFY": f"json://{HOST}:{told.port}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{collector.port}",
        }  # fmt: skip
        if "def test_" in text:
            ended = command("pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path, variables=variables)
        else:
            ended = script("test_example.py", folder=tmp_path, variables=variables)
    assert ended.exit_code == 0, ended.output
    assert ("MUST completion.choices" in ended.output) is ("recordings" in text)
    assert len(collector.got) == ("send_metrics" in text)
    assert ("clients that read everything right: 1 of 1" in ended.output) is ("read_by_clients" in text)
    written = {"nights", "suite.prom"} if "nights" in text else set()
    given = {"my_gateway.py", "recordings.jsonl", "test_example.py", ".cache"}
    left = {path.name for path in tmp_path.iterdir()} - given
    assert written <= left <= {"__pycache__", ".hypothesis"} | written  # the latter is a cache of hypothesis
