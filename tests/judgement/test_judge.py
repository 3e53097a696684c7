"""Where a check meets an exchange: what each outcome is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.given import in_turn
from conformance.contract.profile import Model
from conformance.contract.requests import STREAM_USAGE
from conformance.contract.requirement import CATALOGUE, Level, Requirement, Scope
from conformance.contract.scopes import EVERY_ERROR, EVERY_REPLY
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, NotApplicable, Violation
from conformance.evidence.observed import answered_with
from conformance.judgement.judge import judge, judge_all, judge_given, judge_run
from conformance.judgement.verdict import EVIDENCE_LIMIT, Finding, Verdict, gather
from conformance.suite.catalogue import load
from tests.support.exchanges import PLAIN, completion, plain, streamed

MODEL = Model("m")
REPLY = plain(completion({"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}))
REFUSED = plain({"error": {"message": "no", "type": "x", "param": None, "code": None}}, status=400)
KEY = REPLY.request.key


def requirement(check: Callable[..., None], **changes: Any) -> Requirement:
    """A requirement with this check, which is not in the catalogue."""
    own: dict[str, Any] = {"level": Level.MUST, "on": EVERY_REPLY} | changes
    return Requirement(id="x.y", sentence="be so", source="rfc9110", check=check, broken_by=(), **own)


def passing(exchange: Exchange) -> None:
    """Finds nothing wrong."""


def violated(usage: dict[str, Any]) -> None:
    assert usage["prompt_tokens"] == 0, "prompt_tokens is 2"


def crashing(usage: dict[str, Any]) -> None:
    usage["no such member"]


def unshown(exchange: Exchange) -> None:
    raise Inconclusive("it shows nothing")


def silent(exchange: Exchange) -> None:
    raise NotApplicable("it is not about this")


@pytest.mark.parametrize(
    ("check", "level", "verdict", "judged"),
    [
        (passing, Level.MUST, Verdict.PASS, 1),
        (violated, Level.MUST, Verdict.FAIL, 1),
        (violated, Level.SHOULD, Verdict.FAIL, 1),
        (violated, Level.MAY, Verdict.FAIL, 1),
        (crashing, Level.MUST, Verdict.INCONCLUSIVE, 1),
        (unshown, Level.MUST, Verdict.INCONCLUSIVE, 0),
        (silent, Level.MUST, Verdict.NOT_APPLICABLE, 0),
    ],
)
def test_verdict(check: Callable[..., None], level: Level, verdict: Verdict, judged: int) -> None:
    finding = judge(requirement(check, level=level), REPLY, MODEL)
    assert (finding.requirement, finding.model, finding.verdict, finding.judged) == ("x.y", "m", verdict, judged)
    assert finding.evidence == (() if verdict is Verdict.PASS else (KEY,))


def test_messages() -> None:
    assert judge(requirement(violated), REPLY, MODEL).message == "prompt_tokens is 2"
    assert judge(requirement(crashing), REPLY, MODEL).message.endswith("KeyError: 'no such member'")
    assert judge(requirement(unshown), REPLY, MODEL).message == "it shows nothing"


def test_a_message_can_be_written_down() -> None:
    def quoting(exchange: Exchange) -> None:
        raise AssertionError("model is '\ud800'")

    assert judge(requirement(quoting), REPLY, MODEL).message.encode() == rb"model is '\ud800'"


def test_a_view_that_cannot_be_had_is_inconclusive() -> None:
    assert judge(requirement(violated), plain(completion(None)), MODEL).verdict is Verdict.INCONCLUSIVE


def test_views_are_handed_over_by_name() -> None:
    def check(exchange: Exchange, model: Model, asked: dict[str, Any], usage: dict[str, Any]) -> None:
        assert exchange is REPLY
        assert model is MODEL
        assert asked["messages"]
        assert usage == REPLY.usage

    assert judge(requirement(check), REPLY, MODEL).verdict is Verdict.PASS


def test_what_was_not_recorded_is_not_judged() -> None:
    without = replace(REPLY, unrecorded=frozenset({"headers", "times"}))
    finding = judge(requirement(violated, needs=frozenset({"headers"})), without, MODEL)
    assert (finding.verdict, finding.message) == (Verdict.NOT_APPLICABLE, "the recording did not keep: headers")
    assert judge(requirement(violated, needs=frozenset({"bytes"})), without, MODEL).verdict is Verdict.FAIL


# --- over a run -----------------------------------------------------------------------------------------------


def unlike(exchanges: list[Exchange]) -> None:
    if exchanges[0].status == exchanges[1].status:
        raise Violation("two alike", exchanges[1])


def test_the_exchange_that_a_message_names_comes_first() -> None:
    """A control that is looked at after it says less, also where one's label begins as the other's."""

    def refused(accused: Exchange, controls: Sequence[Exchange]) -> None:
        if accused.refused and controls[0].succeeded:
            raise AssertionError(answered_with(accused))

    control = replace(REPLY.request, label="odd")
    accused = replace(REPLY.request, label="odd-one", attempt=2)
    own = requirement(refused, on=(accused,), given={"accused": accused, "controls": in_turn(control)})
    answers = {"odd": REPLY, "odd-one": REFUSED}
    found = judge_given(own, lambda request: replace(answers[request.label], request=request), MODEL)
    assert found.verdict is Verdict.FAIL
    assert found.evidence == (accused.key, control.key)


def test_a_run_is_compared() -> None:
    other = plain(completion(None), request=STREAM_USAGE)
    finding = judge_run(requirement(unlike), [REPLY, other], MODEL)
    assert (finding.verdict, finding.judged, finding.evidence) == (Verdict.FAIL, 2, (other.request.key,))
    assert judge_run(requirement(unlike), [REPLY, REFUSED], MODEL).verdict is Verdict.PASS
    assert judge_run(requirement(unlike), [REPLY], MODEL).verdict is Verdict.NOT_APPLICABLE


def test_a_run_is_compared_where_it_was_recorded() -> None:
    lost = replace(REPLY, unrecorded=frozenset({"ids"}))
    finding = judge_run(requirement(unlike, needs=frozenset({"ids"})), [REPLY, lost], MODEL)
    assert finding.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(("expected", "verdict"), [(True, Verdict.INCONCLUSIVE), (False, Verdict.NOT_APPLICABLE)])
def test_no_exchange_of_the_family(expected: bool, verdict: Verdict) -> None:
    finding = judge_all(requirement(violated), [REFUSED], MODEL, expected=expected)
    assert finding.verdict is verdict
    assert "the run has no reply" in finding.message
    assert ("HTTP 400" in finding.message) is expected


def test_only_the_family_is_judged() -> None:
    assert judge_all(requirement(violated), [REPLY, REFUSED], MODEL).judged == 1
    assert judge_all(requirement(passing, on=EVERY_ERROR), [REPLY, REFUSED], MODEL).judged == 1


# --- gathering ------------------------------------------------------------------------------------------------


def finding(verdict: Verdict, judged: int = 1, message: str = "m", *evidence: str) -> Finding:
    return Finding("x.y", "m", verdict, message, judged, evidence)


PASS, FAIL, WARN = finding(Verdict.PASS), finding(Verdict.FAIL, 1, "bad", "k1"), finding(Verdict.WARN, 1, "odd", "k2")
SILENT, CRASH = finding(Verdict.INCONCLUSIVE, 0, "silent"), finding(Verdict.INCONCLUSIVE, 1, "crash")
NOTHING = finding(Verdict.NOT_APPLICABLE, 0, "nothing")


@pytest.mark.parametrize(
    ("findings", "verdict", "judged", "message"),
    [
        ([PASS, FAIL, PASS], Verdict.FAIL, 3, "bad"),
        ([WARN, PASS], Verdict.WARN, 2, "odd"),
        ([PASS] * 3 + [SILENT], Verdict.PASS, 3, "m"),
        ([PASS, CRASH], Verdict.INCONCLUSIVE, 2, "crash"),
        ([FAIL, CRASH], Verdict.FAIL, 2, "bad"),
        ([SILENT, NOTHING], Verdict.INCONCLUSIVE, 0, "silent"),
        ([NOTHING, NOTHING], Verdict.NOT_APPLICABLE, 0, "nothing"),
        ([NOTHING, PASS], Verdict.PASS, 1, "m"),
        ([FAIL, FAIL], Verdict.FAIL, 2, "bad (and 1 more exchange)"),
        ([FAIL] * 4, Verdict.FAIL, 4, "bad (and 3 more exchanges)"),
    ],
)
def test_gather(findings: list[Finding], verdict: Verdict, judged: int, message: str) -> None:
    gathered = gather(findings)
    assert (gathered.verdict, gathered.judged, gathered.message) == (verdict, judged, message)


some = st.lists(st.sampled_from([PASS, FAIL, WARN, SILENT, CRASH, NOTHING]), min_size=1, max_size=8)


@given(some, some)
def test_gathering_more_never_hides_a_violation(one: list[Finding], more: list[Finding]) -> None:
    gathered = gather(one + more)
    if Verdict.FAIL in {each.verdict for each in one}:
        assert gathered.verdict is Verdict.FAIL
    if gathered.verdict is Verdict.PASS:
        assert all(each.verdict <= Verdict.PASS or each == SILENT for each in one + more)
        assert PASS in one + more


def test_evidence_is_of_the_worst_each_once_and_not_endless() -> None:
    many = [finding(Verdict.FAIL, 1, "bad", f"k{number % 9}") for number in range(30)]
    gathered = gather([WARN, *many])
    assert gathered.evidence == tuple(f"k{number}" for number in range(EVIDENCE_LIMIT))


# --- whatever comes back --------------------------------------------------------------------------------------

NAMES = (
    "id choices index delta message tool_calls function content usage error model data role finish_reason logprobs "
    "prompt_tokens prompt_tokens_details cached_tokens created"
)
names = st.sampled_from(NAMES.split())
odd = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 10**20) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
members = st.dictionaries(names, odd, max_size=6)
answers = st.one_of(
    odd.map(plain),
    st.builds(plain, members, status=st.sampled_from([200, 201, 400, 401, 429, 500])),
    st.builds(lambda more: plain(completion({}) | more), members),
    st.lists(odd | members, max_size=3).map(streamed),
    st.binary(max_size=40).map(lambda data: replace(REPLY, reads=((0.1, data),))),
    st.just(Exchange(PLAIN, 0, failure=Failure("reset", "gone"))),
)


@given(answers)
def test_no_answer_breaks_a_family(exchange: Exchange) -> None:
    families = {each.on for each in load().values() if isinstance(each.on, Scope)}
    assert {family.contains(exchange) for family in families} <= {True, False}


@given(answers)
def test_no_answer_crashes_a_check(exchange: Exchange) -> None:
    load()
    crashed = {
        found.requirement: found.message
        for each in CATALOGUE.values()
        if not each.whole_run and isinstance(each.on, Scope) and each.on.contains(exchange)
        if (found := judge(each, exchange, MODEL)).verdict is Verdict.INCONCLUSIVE and found.judged
    }
    assert crashed == {}


def test_a_request_that_was_sent_is_not_said_to_be_missing() -> None:
    named = requirement(passing, on=(REPLY.request,))
    away = replace(REFUSED, status=503)
    found = judge_all(named, [away], MODEL)
    assert (found.verdict, found.message) == (
        Verdict.INCONCLUSIVE,
        "“by hand” shows nothing, answered with HTTP 503",
    )
    assert judge_all(named, [replace(away, recurs=True)], MODEL).verdict is Verdict.PASS
    assert judge_all(named, [], MODEL).message == "the run has no exchange of “by hand”"
