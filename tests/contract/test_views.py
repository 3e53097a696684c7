"""A declaration that cannot be judged is rejected where it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.requests import PLAIN
from conformance.contract.requirement import CATALOGUE, Area, Impact
from conformance.evidence.exchange import Exchange

AREA = Area("declared", Impact.FORM)


def broken(exchange: Exchange) -> Exchange:
    return exchange


def test_views(header_fields: Any) -> None:
    """Asks for a view that does not exist."""


def test_slots(exchange: Exchange) -> None:
    """Takes no exchange by name."""


test_views.__test__ = test_slots.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("check", "options", "said"),
    [
        (test_views, {"broken_by": broken}, r"^declared\.views: there is no view 'header_fields': "),
        (test_slots, {}, r"^declared\.slots: broken_by is missing: give a counterexample"),
        (test_slots, {"broken_by": broken, "given": {"first": PLAIN}}, r"^declared\.slots: .* has no parameter first$"),
    ],
    ids=["view", "counterexample", "slot"],
)
def test_what_is_rejected(check: Callable[..., None], options: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        AREA.must("be whole", on=[PLAIN], source="rfc9110#15.5.2", **options)(check)
    assert not [id for id in CATALOGUE if id.startswith("declared.")]


def test_the_nearest_view_is_named() -> None:
    def test_usages(usages: Any) -> None:
        """Asks for a view by a wrong name."""

    with pytest.raises(TypeError, match="there is no view 'usages': did you mean usage"):
        AREA.should("be whole", on=[PLAIN], source="rfc9110#15.5.2", broken_by=broken)(test_usages)
