"""What many readings add up to."""

from __future__ import annotations

import json

from conformance.clients.expected import Refused
from conformance.clients.listed import CLIENTS
from conformance.clients.read import RIGHT, Finding
from conformance.clients.result import Judged, Reading, Result, dump, forgiven, kinds
from conformance.clients.tables import as_markdown, as_text
from conformance.clients.taking import Taken
from tests.support.exchanges import completion, plain

EXCHANGE = plain(completion(None))
CLEAN = Taken("1", "a.jsonl:1", EXCHANGE, Refused(400, ""), {})
SUMS = Taken("2", "a.jsonl:2", EXCHANGE, Refused(400, ""), {"usage.total_tokens": "MUST"})
NULLS = Taken("3", "a.jsonl:3", EXCHANGE, Refused(400, ""), {"message.tool_calls": "MUST"})
BOTH = Taken("4", "a.jsonl:4", EXCHANGE, Refused(400, ""), {"message.tool_calls": "MUST", "usage.total_tokens": "MUST"})
LOST, RAISED = Finding("lost", ("refusal",)), Finding("raised", error="KeyError", message="'object' | <b>")
PYTHON = Judged(
    CLIENTS["openai-python"],
    (
        Reading(CLEAN, LOST),
        Reading(SUMS, RAISED, {"cached_write_tokens": ("untyped", "usage.extra")}),
        Reading(NULLS, LOST),
        Reading(BOTH, RAISED),
    ),
)
NODE = Judged(CLIENTS["openai-node"], tuple(Reading(each, RIGHT) for each in (CLEAN, SUMS, NULLS)))
GONE = Judged(CLIENTS["openai-go"], skipped="go is not on this machine: install it")
RESULT = Result("a.jsonl", 4, 1, (PYTHON, NODE, GONE))


def test_findings_that_nothing_explains_come_first() -> None:
    lost, raised = kinds(RESULT.judged)
    assert (lost.what, lost.number, lost.clean, lost.examples) == ("lost refusal", 2, 1, ("a.jsonl:1", "a.jsonl:3"))
    assert (raised.what, raised.clean) == ("raised KeyError", 0)
    assert raised.violated == ("usage.total_tokens", "message.tool_calls")


def test_who_minds_a_violation_is_told_where_it_is_the_only_one() -> None:
    nulls, sums = forgiven(RESULT.judged)
    assert (nulls.requirement, nulls.number, nulls.minded_by) == ("message.tool_calls", 1, ())
    assert (sums.requirement, sums.number, sums.minded_by) == ("usage.total_tokens", 1, ("openai-python",))


def test_the_exit_code() -> None:
    assert RESULT.exit_code == 1
    assert Result("a", 4, 0, (NODE, GONE)).exit_code == 0
    assert Result("a", 4, 0, (NODE, GONE)).exit_code_of(["openai-node", "openai-go"]) == 3
    assert RESULT.exit_code_of(["openai-go"]) == 1
    assert Result("a", 4, 0, (GONE,)).exit_code == 3
    assert Result("a", 0, 4, (NODE,)).exit_code == 3


def test_what_is_shown() -> None:
    shown, marked, dumped = as_text(RESULT), as_markdown(RESULT), dump(RESULT)
    for part in ("skipped: go is not on this machine", "raised KeyError", "usage.extra", "no client"):
        assert part in shown
    assert "right: 1 of 2; exchanges: 4; clients skipped: 1; exchanges without a reply to compare: 1" in shown
    assert "<b>" not in marked
    assert "| openai-python | openai 3.57.0 | 0 | 2 | 2 | refusal 2 |" in marked
    assert [each["name"] for each in dumped["clients"]] == ["openai-python", "openai-node", "openai-go"]
    assert dumped["clients"][0]["parts_lost"] == {"refusal": 2}
    assert dumped["members"][0]["how"] == {"untyped": 1}
    assert json.loads(json.dumps(dumped))["findings"][0]["what"] == "lost refusal"
