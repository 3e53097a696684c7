"""The requirements as text: listed by area, or one explained."""

from __future__ import annotations

from conformance.contract.requirement import Requirement
from conformance.contract.sources import SourceError
from conformance.language import gettext, say, tell
from conformance.report.render.explanation import explanation
from conformance.settings.errors import SessionError
from conformance.suite.catalogue import load, one
from conformance.text import nearest_few


def listed(area: str) -> list[str]:
    """Every requirement in a line, or those of one area. Raises SessionError."""
    known = [each for each in load().values() if not area or each.area == area]
    if not known:
        areas = ", ".join(sorted({each.area for each in load().values()}))
        raise SessionError(say("--area: there is no area {area!r}; there are {areas}", area, areas))
    return [line_of(each) for each in known]


def line_of(requirement: Requirement) -> str:
    """A requirement in a line: id, level, sentence, impact and source."""
    return tell(
        "{id}: the endpoint {level} {sentence} ({impact}; {source})", requirement.id, gettext(requirement.level),
        gettext(requirement.sentence), gettext(requirement.impact), requirement.source,
    )  # fmt: skip


def explained(id: str) -> str:
    """All about one requirement. Raises SessionError where there is none."""
    try:
        return explanation(requirement(id))
    except SourceError as error:
        raise SessionError(say("{id}: {error}", id, error)) from None


def requirement(id: str) -> Requirement:
    """The requirement with this id. Raises SessionError with the nearest ids where there is none."""
    if found := one(id):
        return found
    known = load()
    if any(each.area == id for each in known.values()):
        raise SessionError(
            say("{id} is an area: phanedge-conformance catalogue --area {id} lists its requirements", id)
        )
    raise SessionError(say("there is no requirement {id!r}{nearest_few}", id, nearest_few(id, known)))
