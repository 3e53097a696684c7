"""What the requirements on parameters that take effect accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import put, status
from conformance.contract.profile import Model
from conformance.contract.requests import LENGTH, chat
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange
from tests.support.builders_asked import Said, asked
from tests.support.builders_stream import GPT, USAGE, Case, plain, right, silent, warns

LINES = "choices.*.message.content"
GREEDY = chat(label="greedy", logprobs=True, top_logprobs=2)
GREEDY_JSON = chat(label="greedy-json", logprobs=True, top_logprobs=2, response_format={"type": "json_object"})
THINKER = Model("gpt-5-nano", "gpt")


def likely(request: Any, own: float, best: float) -> Exchange:
    """A token, and the likelier alternative to it."""
    others = [{"token": token, "logprob": each, "bytes": None} for token, each in (("A", best), ("B", own))]
    entry = {"token": "B", "logprob": own, "bytes": None, "top_logprobs": others}
    exchange = plain(request, {"content": "B"})
    return put("choices.*.logprobs", {"content": [entry], "refusal": None})(exchange)


def cut(count: Any, finish: str = "length", model: Model = GPT, **message: Any) -> Exchange:
    usage = USAGE | {"completion_tokens": count}
    return plain(LENGTH, {"content": "1\n2"} | message, finish=finish, model=model, usage=usage)


CASES = [
    right("sampling.zero_takes_the_likeliest", "the likeliest", likely(GREEDY, -0.5, -0.5)),
    right("sampling.zero_takes_the_likeliest", "a tie but for noise", likely(GREEDY, -0.9, -0.6)),
    silent("sampling.zero_takes_the_likeliest", "what a grammar allows", likely(GREEDY_JSON, -2.5, -0.2)),
    silent("sampling.zero_takes_the_likeliest", "no alternatives", plain(GREEDY, {"content": "B"})),
    warns("sampling.zero_takes_the_likeliest", "another token", likely(GREEDY, -2.5, -0.2)),
    right("sampling.length_is_the_limit", "at the limit", cut(20)),
    right("sampling.length_is_the_limit", "counted by another tokenizer", cut(15)),
    warns("sampling.length_is_the_limit", "a smaller limit", cut(8)),
    silent("sampling.length_is_the_limit", "a model that reasons", cut(8, model=THINKER), model=THINKER),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_obeyed(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put(LINES, "1"), "accepted"),
        (put(LINES, "1\n2\n3\n4\n5"), "violated"),
        (put(LINES, "1, 2, 3, 4, 5"), "inconclusive"),
        (put(LINES, ""), "inconclusive"),
        (status(400), "accepted"),
        (status(500), "violated"),
    ],
)
def test_line_end(change: Fault, expected: Said) -> None:
    assert asked("sampling.line_end_stops", change) == expected
