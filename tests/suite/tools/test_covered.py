"""That each requirement of tools has an accepted and a rejected case."""

from __future__ import annotations

from tests.support.builders_stream import uncovered

from . import test_calls, test_choice, test_deltas, test_ends, test_in_text, test_options, test_streamed


def test_every_requirement_has_a_case_of_each_kind() -> None:
    modules = (test_calls, test_choice, test_deltas, test_ends, test_in_text, test_options, test_streamed)
    assert uncovered("tools", [case for module in modules for case in module.CASES]) == set()
