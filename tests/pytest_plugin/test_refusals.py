"""An endpoint that refuses what the contract names as common use is not green, unless the user accepts that."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.contract.faults import only, respond
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from tests.support.commands import Ended, cli, report_in

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
COMMON, OPTIONAL = ("tools", "response_format"), ("n", "logprobs", "seed")


def refusing(*names: str) -> Send:
    """The reference endpoint, which refuses these members of a request."""
    endpoint = Endpoint()
    error = {"message": f"{names} are not supported", "type": "invalid_request_error", "param": names[0], "code": None}

    def refused(request: Request) -> bool:
        return any(request.asked.get(name) not in (None, {"type": "text"}) for name in names)

    def send(request: Request) -> Exchange:
        return only(refused, respond(400, {"error": error}))(endpoint.answer(request))

    return send


def run(send: Send, folder: Path, *words: str) -> Ended:
    areas = "choices,logprobs,seed,structured_output,tools,tool_use,envelope,usage"
    options = ("--model", "reference-gpt", "--out", folder / "out", "--no-costly", "--select", areas)
    with serving(send) as url:
        return cli("run", "--base-url", url, *options, *words, folder=folder, key=KEY)


@pytest.mark.parametrize("names", [(*COMMON, *OPTIONAL), ("tools",)])
def test_the_gate_is_not_green_where_common_use_is_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    ended = run(refusing(*names), tmp_path)
    conclusion = report_in(tmp_path / "out")["conclusion"]
    assert ended.exit_code == 3, ended.output
    assert "chat.tools on reference-gpt (HTTP 400)" in conclusion
    assert "--without chat.tools" in conclusion
    assert ("--without chat.response_format" in conclusion) is ("response_format" in names)


def test_it_is_where_that_is_accepted(tmp_path: Path) -> None:
    ended = run(refusing(*COMMON, *OPTIONAL), tmp_path, "--without", "chat.tools", "--without", "chat.response_format")
    assert ended.exit_code == 0, ended.output
    conclusion = report_in(tmp_path / "out")["conclusion"]
    assert "optional and never served: chat.seed on reference-gpt (HTTP 400)" in conclusion
