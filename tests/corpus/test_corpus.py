"""The suite judged on recordings: what OpenAI itself does must pass, and no check may stumble.

pytest tests/corpus --recordings FOLDER
"""

from __future__ import annotations

from conformance.contract.requirement import Requirement
from conformance.policy.gating import DEFAULT
from conformance.runs.corpus import OFFICIAL, OFFICIAL_ERRORS, Tally


def test_recordings_are_judged(tally: Tally) -> None:
    assert tally.exchanges, "no exchange was read"
    assert tally.checks, "no requirement was judged on any of the exchanges"


def test_official_replies_violate_nothing_that_fails_the_gate(tally: Tally, catalogue: dict[str, Requirement]) -> None:
    """What fails the gate by default has earned it: OpenAI's own successes hold to it, and so do its errors."""
    violated = {
        key: count
        for key, count in sorted(tally.violations.items())
        if key[1] in (OFFICIAL, OFFICIAL_ERRORS) and DEFAULT.fails(catalogue[key[0]])
    }
    listed = [
        f"{key[0]}: {count} {key[1]}" + "".join(f"\n    {origin}: {message}" for origin, message in tally.examples[key])
        for key, count in violated.items()
    ]
    assert not violated, "these accuse OpenAI itself:\n" + "\n".join(listed)


def test_no_check_crashes(tally: Tally) -> None:
    listed = [
        f"{name}" + "".join(f"\n    {origin}: {message}" for origin, message in crashes)
        for name, crashes in sorted(tally.crashes.items())
    ]
    assert not listed, "these checks could not read an exchange:\n" + "\n".join(listed)
