"""What recordings do not show is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.requests import MODELS, PLAIN, STREAM
from conformance.evidence.exchange import Exchange
from conformance.lab.reference import Endpoint
from conformance.runs.run import held_run
from conformance.runs.unseen import unseen

ANSWER = Endpoint().answer
REPLY, STREAMED = (ANSWER(each.to("reference-gpt")) for each in (PLAIN, STREAM))
REFUSED = ANSWER(PLAIN.to("no-such-model"))
LISTED = ANSWER(MODELS)
FAILED = replace(STREAMED, reads=((0.0, b'data: {"error": {"message": "overloaded"}}\n\ndata: [DONE]\n\n'),))
EMPTY = replace(LISTED, reads=((0.0, b'{"object": "list", "data": []}'),))


@pytest.mark.parametrize(
    ("exchanges", "said"),
    [
        ([REPLY, STREAMED, REFUSED, LISTED], ""),
        ([REPLY, FAILED, REFUSED, LISTED], "a stream that is whole (1 ends with an error or without a choice)"),
        ([REPLY, STREAMED, REFUSED, EMPTY, EMPTY], "a list with a model in it (2 are empty)"),
        ([REPLY, STREAMED, FAILED, REFUSED, LISTED], "what 1 ends with an error or without a choice"),
        ([REPLY, REFUSED, LISTED], "a stream that is whole"),
        ([STREAMED], "a completion that is not streamed, an error response, a list with a model in it"),
    ],
)
def test_what_is_not_shown_is_named(exchanges: list[Exchange], said: str) -> None:
    assert unseen(exchanges) == (f"the recordings do not show {said}" if said else "")


def test_without_a_completion_it_is_said_what_there_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = held_run(tmp_path_factory.mktemp("rows"), [("m", FAILED), ("m", EMPTY)])
    run.preflight()
    assert "holds no recording of a completion: " in run.unjudged
    assert "(1 ends with an error or without a choice)" in run.unjudged
    assert "(1 is empty)" in run.unjudged
