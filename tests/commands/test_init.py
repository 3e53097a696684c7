"""`init` writes a configuration that can be run: for the reference endpoint, and for one that it asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conformance.cli import app
from conformance.commands.discover import PROBES
from conformance.contract.requests import PLAIN
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.settings.config import NAME, Configuration, read_config
from tests.support.commands import cli, report_in
from tests.support.sockets import response, scripted

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
JSON = (("content-type", "application/json"),)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)


def init(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["init", *words])
    return result.exit_code, result.output


def answer(request: Request, status: int, document: Any) -> Exchange:
    return Exchange(request, status, JSON, ((0.01, json.dumps(document).encode()),))


def refusal(request: Request, message: str, status: int = 400) -> Exchange:
    return answer(request, status, {"error": {"message": message, "type": "invalid_request_error"}})


class Other:
    """The reference endpoint behind other names of its models, which refuses some members and drops others."""

    def __init__(
        self, *models: str, refuses: tuple[str, ...] = (), fails: str = "", ignores: tuple[str, ...] = ()
    ) -> None:
        self.models, self.refuses, self.fails, self.ignores = models, refuses, fails, ignores
        self.seen: list[dict[str, Any]] = []
        self.endpoint = Endpoint()

    def __call__(self, request: Request) -> Exchange:
        self.seen.append(request.asked)
        if request.path == "/models":
            listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
            return answer(request, 200, listed)
        if request.asked.get("model") not in self.models:
            return refusal(request, "The model does not exist", 404)
        for name in self.refuses:
            if name in request.asked or name == request.asked.get("response_format", {}).get("type"):
                return refusal(request, f"{name} is\nnot supported, key {KEY}")
        if self.fails and self.fails in request.asked:
            return refusal(request, "out of order", 500)
        known = "reference-claude" if "claude" in request.asked["model"] else "reference-gpt"
        kept = {name: each for name, each in request.asked.items() if name not in self.ignores}
        body = json.dumps(kept | {"model": known}).encode()
        return replace(self.endpoint.answer(replace(request, body=body)), request=request)


@contextmanager
def looked(other: Other, *words: str) -> Iterator[tuple[Configuration, str, str]]:
    """The file that is written for an endpoint, as it is read and as it is written, and what was said."""
    with serving(other) as url:
        code, said = init("--base-url", url, *words)
        assert code == 0, said
        yield read_config(Path(NAME)), Path(NAME).read_text(encoding="utf-8"), said


# --- without an endpoint --------------------------------------------------------------------------------------


def test_for_the_reference_endpoint(tmp_path: Path) -> None:
    code, said = init()
    assert (code, said) == (0, f"{NAME} is written; next: phanedge-conformance run\n")
    assert read_config(Path(NAME)).values == {"model": ["reference-gpt=gpt", "reference-claude=claude"]}
    ended = cli("run", "--select", "usage", "--out", "out", folder=tmp_path)
    assert report_in(tmp_path / "out")["source"] == "reference", ended.output


def test_nothing_is_written_over(tmp_path: Path) -> None:
    Path(NAME).write_text("rate = 6\n")
    code, said = init()
    assert (code, said) == (2, f"--out: {NAME} exists: name another file, or remove it first\n")
    assert Path(NAME).read_text() == "rate = 6\n"
    assert init("--out", "none/file.toml") == (2, "--out: there is no folder none\n")
    assert init("--out", "other.toml") == (
        0,
        "other.toml is written; next: phanedge-conformance run --config other.toml\n",
    )


# --- by looking -----------------------------------------------------------------------------------------------


def test_run_works_right_after(tmp_path: Path) -> None:
    with serving(Endpoint().answer) as url:
        code, said = init("--base-url", url, "--model", "reference-claude", "--model", "reference-gpt=gpt")
        assert code == 0, said
        assert "reference-claude (claude) supports every feature that was probed" in said
        words = ("run", "--select", "core", "--no-costly", "--out", "out")
        ended = cli(*words, folder=tmp_path, key=KEY)
    assert ended.exit_code == 0, ended.output
    assert [each["name"] for each in report_in(tmp_path / "out")["models"]] == ["reference-claude", "reference-gpt"]


def test_what_is_refused_is_not_claimed_and_says_why() -> None:
    other = Other("azure-gpt-4o", refuses=("n", "json_schema", "tools"), fails="logprobs")
    with looked(other, "--header", "x-tenant: acme") as (configuration, text, said):
        features = "chat.n,chat.tools,chat.response_format.json_schema"
        assert configuration.values["model"] == [f"azure-gpt-4o=gpt:{features}"]
        assert configuration.values["header"] == ["x-tenant: acme"]
        assert re.search(r'"chat.n",  # HTTP 400: n is not supported, key \[scrubbed', text)
        assert "# chat.logprobs could not be determined: HTTP 500: out of order" in text
        assert (
            "rejects chat.n, chat.tools, chat.response_format.json_schema; could not be determined: chat.logprobs"
            in said
        )
        assert KEY not in text + said
    assert not [each for each in other.seen if "tool_choice" in each], "what needs tools is not asked without them"


def test_what_is_ignored_in_silence_is_told() -> None:
    """A gateway that drops n, logprobs and response_format."""
    with looked(Other("azure-gpt-4o", ignores=("n", "logprobs", "top_logprobs", "response_format"))) as (_, text, said):
        assert "supports every feature" not in said
        assert "ignores chat.n (2 choices were asked for, and the number that came is 1)" in said
        assert "ignores chat.logprobs (no log probability came)" in said
        assert "# chat.n is ignored, as the run will say: 2 choices were asked for" in text
        claims = next(line for line in text.splitlines() if line.startswith("# claims = "))
        assert "chat.stop" in claims
        assert "chat.n" not in claims
        assert "ignores chat.response_format.json_schema (the content is not JSON)" in said
        assert "without" not in text.partition("[[models]]")[2], "what is ignored is claimed, and judged"


@pytest.mark.parametrize(
    ("dropped", "feature"),
    [
        ("stream", "chat.stream"), ("stream_options", "chat.stream_options"), ("stop", "chat.stop"),
        ("max_completion_tokens", "chat.max_completion_tokens"), ("tools", "chat.tools"),
        ("tool_choice", "chat.tool_choice"), ("parallel_tool_calls", "chat.parallel_tool_calls"),
    ],
)  # fmt: skip
def test_each_effect_is_looked_for(dropped: str, feature: str) -> None:
    with looked(Other("azure-gpt-4o", ignores=(dropped,))) as (_, _, said):
        assert f"ignores {feature} (" in said


def test_few_models_of_many_are_asked_and_few_requests_sent() -> None:
    names = ("text-embedding-3", "gpt-4o", "gpt-4.1", "whisper-1", "claude-sonnet", "llama", "gemini-pro", "odd \x7f")
    other = Other(*names)
    with looked(other) as (configuration, text, said):
        assert list(configuration.models) == ["gpt-4o", "claude-sonnet", "gemini-pro"]
        assert "# gpt-4.1\n" in text
        assert "text-embedding-3" not in text
        assert "2 more models are listed and were not probed" in said
    for name in configuration.models:
        assert sum(each.get("model") == name for each in other.seen) <= 2 + len(PROBES)


def test_a_model_that_does_not_answer_is_left_out() -> None:
    with looked(Other("gpt-4o"), "--model", "gpt-4o", "--model", "gpt-9") as (configuration, text, said):
        assert list(configuration.models) == ["gpt-4o"]
        assert '# No completion: HTTP 404: The model does not exist\n# [[models]]\n# name = "gpt-9"' in text
        assert "gpt-9 is omitted: HTTP 404" in said


def test_an_endpoint_without_a_list_or_a_key() -> None:
    body = Endpoint().answer(PLAIN.to("reference-gpt", "abcdefghijkl")).text.encode()
    missing = response(b'{"error": {"message": "No."}}', "Content-Type: application/json", status="404 Not Found")
    with scripted([missing], [response(body, "Content-Type: application/json")]) as server:
        code, said = init("--base-url", server.url, "--model", "gpt-4o")
    assert code == 0, said
    assert read_config(Path(NAME)).values["without"] == ["models", "auth"]
    assert "models is not supported: HTTP 404: No." in said
    assert "auth is not supported: it answers without a key" in said


def test_a_header_that_is_a_secret_stays_out_of_the_file() -> None:
    with looked(Other("gpt-4o"), "--header", "x-api-key: hidden-value") as (configuration, text, _):
        assert "header" not in configuration.values
        assert "hidden-value" not in text
        assert "# x-api-key looks like a secret: set it with PHANEDGE_CONFORMANCE_HEADER" in text


# --- where nothing can be said --------------------------------------------------------------------------------


def refused(status: str) -> bytes:
    return response(b'{"error": {"message": "No."}}', "Content-Type: application/json", status=status)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("401 Unauthorized", "the key is wrong or revoked"),
        ("404 Not Found", "it lists no models: name one with --model"),
        ("500 Internal Server Error", "the endpoint itself fails"),
    ],
)
def test_an_endpoint_that_answers_nothing(status: str, said: str) -> None:
    with scripted([refused(status)]) as server:
        code, printed = init("--base-url", server.url)
    assert code == 3
    assert said in printed
    assert printed.count("\n") == 1
    assert not Path(NAME).exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--base-url", "http://127.0.0.1:9/v1"), 3, "check the host and the port"),
        (("--base-url", "host/v1"), 2, "does not begin with http://"),
        (("--base-url", "http://h/v1", "--api-key-variable", "sk-0-1"), 2, "not the key itself"),
        (("--base-url", "http://h/v1", "--model", "m=openai"), 2, "--model: the family 'openai'"),
        (("--base-url", "http://h/v1", "--header", "x"), 2, "--header: give a name, a colon and a value"),
        (("--base-url", "http://h/v1", "--authorities", "none.pem"), 2, "--authorities: no such file: none.pem"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], code: int, said: str) -> None:
    ended, printed = init(*words)
    assert ended == code, printed
    assert said in printed
    assert not Path(NAME).exists()
