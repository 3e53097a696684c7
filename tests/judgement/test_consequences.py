"""One cause, one finding: what follows from another violation, and what must not be said to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from conformance.contract.requirement import Level, Requirement
from conformance.contract.scopes import EVERY_REPLY
from conformance.judgement.consequences import folded
from conformance.judgement.verdict import Finding, Verdict
from conformance.suite.catalogue import load

FAIL, WARN, PASS, KNOWN = Verdict.FAIL, Verdict.WARN, Verdict.PASS, Verdict.KNOWN
INCONCLUSIVE, CONSEQUENCE = Verdict.INCONCLUSIVE, Verdict.CONSEQUENCE


def requirement(id: str, *after: str) -> Requirement:
    return Requirement(id, Level.MUST, "be so", "rfc9110", EVERY_REPLY, lambda exchange: None, (), after=after)


CATALOGUE = {
    each.id: each
    for each in (requirement("a.cause"), requirement("a.next", "a.cause"), requirement("a.last", "a.next"))
}  # fmt: skip


def settled(verdicts: Mapping[str, Verdict], later: str = "") -> dict[str, tuple[Verdict, str]]:
    """What becomes of these verdicts on one model, and from what each follows."""
    found = folded([Finding(id, "m", verdict) for id, verdict in verdicts.items()], CATALOGUE, {later})
    return {each.requirement: (each.verdict, each.follows) for each in found}


@pytest.mark.parametrize(
    ("cause", "consequence", "becomes"),
    [
        (FAIL, FAIL, CONSEQUENCE),
        (FAIL, WARN, CONSEQUENCE),
        (WARN, WARN, CONSEQUENCE),
        (FAIL, INCONCLUSIVE, INCONCLUSIVE),
    ],
)
def test_what_follows(cause: Verdict, consequence: Verdict, becomes: Verdict) -> None:
    assert settled({"a.cause": cause, "a.next": consequence})["a.next"] == (becomes, "a.cause")


@pytest.mark.parametrize(
    ("cause", "consequence"),
    [
        (WARN, FAIL),
        (WARN, INCONCLUSIVE),
        (KNOWN, FAIL),
        (INCONCLUSIVE, FAIL),
        (PASS, FAIL),
        (FAIL, PASS),
        (FAIL, KNOWN),
    ],
)
def test_what_does_not_follow(cause: Verdict, consequence: Verdict) -> None:
    assert settled({"a.cause": cause, "a.next": consequence})["a.next"] == (consequence, "")


def test_the_cause_is_the_one_that_follows_from_nothing() -> None:
    found = settled({"a.last": FAIL, "a.next": FAIL, "a.cause": FAIL})
    assert found["a.last"] == found["a.next"] == (CONSEQUENCE, "a.cause")
    assert found["a.cause"] == (FAIL, "")
    assert settled({"a.last": FAIL, "a.next": PASS, "a.cause": FAIL})["a.last"] == (FAIL, "")


def test_nothing_follows_on_another_model_or_from_what_does_not_count() -> None:
    found = folded([Finding("a.cause", "one", FAIL), Finding("a.next", "other", FAIL)], CATALOGUE)
    assert [each.verdict for each in found] == [FAIL, FAIL]
    assert settled({"a.cause": FAIL, "a.next": FAIL}, later="a.cause")["a.next"] == (FAIL, "")


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [(FAIL, FAIL, CONSEQUENCE), (FAIL, KNOWN, CONSEQUENCE), (KNOWN, KNOWN, CONSEQUENCE), (FAIL, PASS, FAIL)],
)
def test_a_repetition_follows_where_all_that_it_repeats_is_told(
    first: Verdict, second: Verdict, verdict: Verdict
) -> None:
    every = Finding("every.other", "m", FAIL, of=("a.cause", "a.next"))
    found = folded([Finding("a.cause", "m", first), Finding("a.next", "m", second), every], {})
    assert found[-1].verdict is verdict


# --- the catalogue ------------------------------------------------------------------------------------------


def _presupposed(id: str, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if id in path:
        yield (*path, id)
    else:
        for each in load()[id].after:
            yield from _presupposed(each, (*path, id))


def test_what_is_presupposed_exists_and_presupposes_nothing_in_turn() -> None:
    assert {(id, each) for id, known in load().items() for each in known.after if each not in load()} == set()
    assert [circle for id in load() for circle in _presupposed(id)] == []
