"""The examples of docs/python.md, each run in a project that has the application which one imports, with its model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from tests.support.commands import command, environment

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
    words = ("pytest", "-q", "-p", "no:cacheprovider") if "def test_" in text else ("test_example",)
    with serving(Endpoint().answer) as url:
        variables = environment(KEY) | {"BASE_URL": url}
        ended = command(*words, folder=tmp_path, variables=variables)
    assert ended.exit_code == 0, ended.output
    assert ("MUST completion.choices" in ended.output) is ("recordings" in text)
    left = {path.name for path in tmp_path.iterdir()} - {"my_gateway.py", "recordings.jsonl", "test_example.py"}
    assert left <= {"__pycache__", ".hypothesis"}  # the latter is a cache of hypothesis
