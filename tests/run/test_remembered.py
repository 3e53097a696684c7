"""An endpoint that answers from a table of what it answered in an earlier run is seen: what it is asked for is new."""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.contract.profile import Profile
from conformance.contract.requests import TOOL_NAMED, TOOL_NAMED_STREAM
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send, remembering
from conformance.judgement.verdict import Verdict
from conformance.lab.reference import Endpoint
from conformance.runs.recorded import find_recorded
from conformance.runs.run import Run
from conformance.suite.catalogue import load
from tests.support.builders_asked import GPT

DRAWN = ("isolation.answers_not_mixed_up", "schemas_followed.enums", "tools.named_is_called")


def verdicts(send: Send, salt: str) -> list[Verdict]:
    run = Run(Profile("reference", (GPT,), "reference"), salt, send)
    return [run.find(load()[name], GPT).verdict for name in DRAWN]


def test_remembered_answers_do_not_conform() -> None:
    table: dict[tuple[str, int], Exchange] = {}
    endpoint = remembering(Endpoint().answer)

    def learning(request: Request) -> Exchange:
        table[request.label, request.attempt] = endpoint(request)
        return table[request.label, request.attempt]

    def remembered(request: Request) -> Exchange:
        return replace(table[request.label, request.attempt], request=request)

    assert verdicts(learning, "abcdefghijkl") == [Verdict.PASS] * 3
    assert verdicts(remembered, "abcdefghijkl") == [Verdict.PASS] * 3
    assert verdicts(remembered, "mnopqrstuvwx") == [Verdict.FAIL] * 3


def test_what_is_drawn_follows_from_the_salt() -> None:
    bodies = [TOOL_NAMED.to("m", salt).body for salt in ("abcdefghijkl", "abcdefghijkl", "mnopqrstuvwx")]
    assert bodies[0] == bodies[1] != bodies[2]
    chosen = json.loads(bodies[0])
    assert chosen["tool_choice"]["function"]["name"] == chosen["tools"][1]["function"]["name"]
    assert TOOL_NAMED_STREAM.to("m", "abcdefghijkl").asked["tools"] == chosen["tools"]


def test_recordings_made_elsewhere_have_the_plain_name() -> None:
    """Without a salt nothing is drawn, so that a recorded request is found."""
    asked = TOOL_NAMED.to(GPT.name)
    assert asked.asked["tool_choice"]["function"]["name"] == "get_time"
    exchange = replace(Endpoint().answer(asked), started=1.0)
    assert find_recorded(load()["tools.named_is_called"], GPT.name, {GPT: [exchange]}).verdict is Verdict.PASS
