"""What docs/faults.md says of a fault: only what it is about counts, and is named."""

from __future__ import annotations

from conformance.contract.requirement import Impact
from conformance.lab.known_faults import Planted
from conformance.lab.known_faults.kit import lift

from .table import caught, impact, violated, weighty

ABOUT = ("usage.completion_tokens_details.not_null", "usage.completion_tokens.covers_reasoning", "completion.object")


def fault(*about: str, gray: bool = False) -> Planted:
    return Planted("some-fault", "Something is wrong.", ("B001",), lift(), about, also=("usage.",), gray=gray)


def test_what_a_fault_is_about_is_named_and_the_others_are_counted() -> None:
    fails = {"usage.total_tokens": "fail", "usage.prompt_tokens": "fail", ABOUT[0]: "warn", ABOUT[1]: "fail"}
    assert violated(fault(*ABOUT), {"some-fault": fails}) == f"**{ABOUT[1]}**, {ABOUT[0]} and 2 more"
    assert violated(fault(*ABOUT), {"some-fault": {ABOUT[2]: "fail"}}) == f"**{ABOUT[2]}**"


def test_what_it_may_violate_besides_does_not_catch_it() -> None:
    assert not caught(fault(*ABOUT), {"some-fault": {"usage.total_tokens": "fail"}})
    assert caught(fault(*ABOUT), {"some-fault": {"usage.total_tokens": "fail", ABOUT[0]: "warn"}})
    assert not caught(fault(*ABOUT), {})


def test_the_gravest_impact_counts() -> None:
    assert impact(fault(*ABOUT)) is Impact.BILLING
    assert impact(fault(ABOUT[0], ABOUT[2])) is Impact.CLIENTS
    assert weighty(fault(ABOUT[0], ABOUT[2]))
    assert not weighty(fault(*ABOUT, gray=True))
    assert not weighty(fault(ABOUT[0]))
