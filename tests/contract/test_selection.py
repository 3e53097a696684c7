"""What is selected is judged, and nothing is sent that it does not take."""

from __future__ import annotations

import pytest

from conformance.contract.requests import AUTOMATIC_WARM, CACHE_COLD, CACHE_MIXED_STREAM, CACHE_WARM
from conformance.contract.requirement import Scope
from conformance.contract.selection import GROUPS, SelectError, asked_for, chosen
from conformance.suite.catalogue import declared, load

AREAS = {each.area for each in load().values()}


def test_without_a_name_all_are_chosen() -> None:
    assert chosen(load(), [], []) == load()
    assert asked_for(load().values(), declared()) != []


@pytest.mark.parametrize("name", GROUPS)
def test_a_group(name: str) -> None:
    found = chosen(load(), [name], [])
    assert {each.area for each in found.values()} == set(GROUPS[name]) <= AREAS


def test_areas_and_ids_add_up_and_are_taken_away() -> None:
    found = chosen(load(), ["usage,ids.unique" if "ids.unique" in load() else "usage", "chunk"], ["usage.total_tokens"])
    assert {"usage", "chunk"} <= {each.area for each in found.values()}
    assert "usage.total_tokens" not in found
    assert chosen(load(), [], ["usage"]).keys() == {id for id, each in load().items() if each.area != "usage"}


@pytest.mark.parametrize(
    ("select", "deselect", "said"),
    [
        (["usages"], [], "--select: there is no group, area or requirement 'usages': did you mean usage"),
        ([], ["biling"], "--deselect: there is no group, area or requirement 'biling': did you mean billing"),
        (["usage"], ["usage"], "nothing is left"),
    ],
)
def test_a_name_that_is_none(select: list[str], deselect: list[str], said: str) -> None:
    with pytest.raises(SelectError, match=said):
        chosen(load(), select, deselect)


@pytest.mark.parametrize("name", [*GROUPS, *sorted(AREAS)])
def test_what_is_selected_can_be_judged_on_what_is_sent(name: str) -> None:
    found = chosen(load(), [name], [])
    asked = asked_for(found.values(), declared())
    for requirement in found.values():
        if isinstance(requirement.on, Scope):
            meant = [each for each in declared() if requirement.on.meant(each)]
            assert len([each for each in asked if requirement.on.meant(each)]) >= min(2, len(meant))
        else:
            assert set(requirement.on) <= set(asked)


def test_little_is_sent_where_little_is_selected() -> None:
    asked = asked_for(chosen(load(), ["completion.id"], []).values(), declared())
    assert 1 <= len(asked) <= 4


@pytest.mark.parametrize("name", ["usage", "cache", "usage.prompt_tokens.covers_cache"])
def test_what_money_rests_on_is_asked_for(name: str) -> None:
    asked = asked_for(chosen(load(), [name], []).values(), declared())
    assert {CACHE_COLD, CACHE_WARM, CACHE_MIXED_STREAM, AUTOMATIC_WARM} <= set(asked)
