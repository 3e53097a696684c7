"""Whether a reply ended before its limit: of its text, and of usage where it counts."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, drop, put
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.suite.support.limits import ended_early
from tests.support.builders_asked import asked
from tests.support.builders_http import asking, choice, completion, response, usage

COUNTED = "\n".join(str(each) for each in range(1, 11))


@pytest.mark.parametrize(
    ("limit", "content", "written", "early"),
    [
        (20, "Hello, how can I help?", 6, True),
        (20, "Hello, how can I help?", 0, True),
        (20, "Hello, how can I help?", None, True),
        (8, "I have no answer to that.", 7, True),  # of eight, and a sentence
        (20, "Hello.", 20, True),  # thoughts that are counted, and not shown
        (20, COUNTED, 20, False),
        (20, COUNTED, None, False),
        (20, COUNTED, 7, True),  # a model that stops
        (20, COUNTED * 10, 7, False),  # more than the limit allows, whatever is counted
        (20, "One. Two. Three. " * 20, 5, False),
        (20, "", None, True),
        (20, "", 20, False),
        (20, '{"city": "Par', None, True),  # a token is a character at least
        (8, '{"order": {"id": "A-1", "customer', None, False),
    ],
)
def test_ended_early(limit: int, content: str, written: int | None, early: bool) -> None:
    counts = {} if written is None else usage(completion_tokens=written)
    document = completion(choices=[choice({"content": content})], usage=counts)
    assert ended_early(response(document, request=asking(max_tokens=limit))) is early


REASON, ARGUMENTS = "choices.*.finish_reason", "tool_calls.*.function.arguments"
WHOLE = chain(
    put("choices.*.message.content", "This is a mock."),
    put("choices.*.delta.content", lambda text: text and "A mock. "),
    put("choices.*.finish_reason", lambda reason: reason and "stop"),
    put(f"choices.*.message.{ARGUMENTS}", "a story that never was JSON"),
    put(f"choices.*.delta.{ARGUMENTS}", lambda text: text and "a story "),
)
UNCOUNTED: dict[str, Fault] = {
    "without usage": drop("usage"),
    "zeros": put("usage", lambda sent: sent and dict.fromkeys(sent, 0)),
}


@pytest.mark.parametrize("counts", UNCOUNTED)
@pytest.mark.parametrize(
    "requirement",
    ["schemas_followed.cut_is_length", "sampling.cut_is_length", "sampling.completion_cut_is_length",
     "equivalence.length", "unknown.both_limits", "tool_use.cut_call_is_length"],
)  # fmt: skip
def test_a_whole_reply_within_its_limit_was_not_cut(requirement: str, counts: str) -> None:
    change: Any = chain(WHOLE, UNCOUNTED[counts])
    model: dict[str, Any] = {"model": Model("reference-claude", "claude")} if requirement.startswith("unknown") else {}
    assert asked(requirement, change, **model) == "inconclusive"


def test_a_short_answer_in_prose_is_no_json_that_was_cut() -> None:
    """What a gateway answers that drops response_format: seven tokens of eight."""
    prose = chain(put("choices.*.message.content", "I have no answer to that."), put(REASON, "stop"))
    assert asked("schemas_followed.cut_is_length", prose, put("usage.completion_tokens", 7)) == "inconclusive"
    assert asked("schemas_followed.cut_is_length", put(REASON, "stop")) == "violated"
