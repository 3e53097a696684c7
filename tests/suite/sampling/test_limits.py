"""The requirements of limits on replies that are right in an unusual way, and on real faults."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from conformance.contract.requests import COMPLETION_LENGTH, LENGTH, LENGTH_STREAM, TWO, chat
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_stream import (
    DONE,
    GPT,
    ROLE,
    STOP,
    USAGE,
    Case,
    fails,
    plain,
    right,
    silent,
    stream,
    uncovered,
    usage,
)

from .test_obeyed import CASES as OBEYED

CLAUDE, THINKER = Model("claude-haiku", "claude"), Model("gpt-5-nano", "gpt")
SEARCH = Model("gpt-4o-search-preview", "gpt")
FEW = chat(label="few", max_tokens=None, max_completion_tokens=10)


def counted(request: Request, count: Any, finish: str = "length", model: Model = GPT, **details: Any) -> Exchange:
    found = {"completion_tokens": count, "completion_tokens_details": details}
    return plain(request, {"content": "1\n2"}, finish=finish, model=model, usage=USAGE | found)


CASES = [
    right("sampling.max_tokens", "exactly", counted(LENGTH, 20)),
    right("sampling.max_tokens", "the end token counted", counted(LENGTH, 21)),
    right("sampling.max_tokens", "for each of two choices", counted(TWO, 32)),
    right("sampling.max_tokens", "streamed", stream(LENGTH_STREAM, ROLE, STOP, usage(), DONE)),
    fails("sampling.max_tokens", "ignored", counted(LENGTH, 292)),
    fails("sampling.max_tokens", "ignored by Claude", counted(LENGTH, 292, model=CLAUDE), model=CLAUDE),
    silent("sampling.max_tokens", "OpenAI's own search", counted(LENGTH, 894, "stop", SEARCH), model=SEARCH),
    silent("sampling.max_tokens", "a model that reasons", counted(LENGTH, 292, reasoning_tokens=280)),
    silent("sampling.max_tokens", "a count of text, another fault", counted(LENGTH, "292")),
    silent("sampling.max_tokens", "under the newer name", counted(COMPLETION_LENGTH, 292)),
    right("sampling.max_completion_tokens", "exactly", counted(COMPLETION_LENGTH, 20)),
    right("sampling.max_completion_tokens", "reasoning included",
          counted(LENGTH, 4096, model=THINKER, reasoning_tokens=4096), model=THINKER),
    right("sampling.max_completion_tokens", "raised to the upstream's minimum", counted(FEW, 16)),
    fails("sampling.max_completion_tokens", "ignored", counted(COMPLETION_LENGTH, 292)),
    fails("sampling.max_completion_tokens", "reasoning left out of it",
          counted(LENGTH, 5000, model=THINKER, reasoning_tokens=904), model=THINKER),
    right("sampling.completion_cut_is_length", "length", counted(COMPLETION_LENGTH, 20)),
    silent("sampling.completion_cut_is_length", "room enough",
           counted(COMPLETION_LENGTH, 292, "stop", THINKER), model=THINKER),
    fails("sampling.completion_cut_is_length", "stop", counted(COMPLETION_LENGTH, 20, "stop")),
    fails("sampling.completion_cut_is_length", "the upstream's own word", counted(COMPLETION_LENGTH, 20, "max_tokens")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sampling(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("sampling", [*CASES, *OBEYED]) == set()
