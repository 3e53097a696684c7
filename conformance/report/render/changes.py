"""What changed between two reports, in rows and words, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from conformance.judgement.verdict import Verdict
from conformance.language import gettext, tell, told
from conformance.report.comparison import Change, Comparison, Side
from conformance.report.drift import Drift

from .words import MARK, MEANING

_TOGETHER = 4  #: requirements of which the same is said, from which on they are one row


@dataclass(frozen=True)
class Row:
    """One line of a section: what it is about, on which models, and what is said of it."""

    mark: str
    about: tuple[str, ...]
    level: str  # with the impact
    models: tuple[str, ...]
    change: str
    said: str


@dataclass(frozen=True)
class Section:
    """Changes of one kind, what matters most first; `kind` is a key of _STYLE."""

    title: str
    kind: str
    rows: Sequence[Row]

    @property
    def heading(self) -> str:
        """With how much there is of it."""
        return f"{self.title}{gettext(': ')}{sum(len(row.about) for row in self.rows):,}"


def sections(comparison: Comparison) -> list[Section]:
    """The sections with something in them, the worst first."""
    anew = gettext("violated, and not in the earlier report")
    found = [
        Section(gettext("newly violated"), "worse", rows(comparison.violated)),
        Section(gettext("no longer judged"), "open", rows(comparison.lost)),
        Section(anew, "open", rows(comparison.violated_anew)),
        Section(gettext("newly violated, accepted in the baseline"), "open", rows(comparison.known)),
        Section(gettext("newly fixed"), "better", rows(comparison.fixed)),
        Section(gettext("newly judged, passing"), "better", rows(comparison.judged)),
        Section(gettext("the shape of replies changed"), "open", _drifts(comparison)),
        Section(gettext("requirements"), "said", _lists(comparison)),
    ]
    return [section for section in found if section.rows]


def rows(changes: Iterable[Change]) -> list[Row]:
    """A row for the models of which the same is said, and for many requirements of which the same is said."""
    by_requirement: dict[tuple[object, ...], list[Change]] = {}
    for each in changes:
        key = (each.uncounted, each.requirement, each.level, each.impact, each.before, each.after, each.message)
        by_requirement.setdefault(key, []).append(each)
    alike: dict[tuple[object, ...], list[list[Change]]] = {}
    for group in by_requirement.values():
        first, models = group[0], tuple(each.model for each in group)
        same = (first.uncounted, first.level, first.impact, first.before, first.after, first.message, models)
        alike.setdefault(same, []).append(group)
    return [row for groups in alike.values() for row in _together(groups)]


def _together(groups: Sequence[Sequence[Change]]) -> Iterator[Row]:
    if len(groups) < _TOGETHER:
        yield from (_row([group[0]], group) for group in groups)
    else:
        yield _row([group[0] for group in groups], groups[0])


def _row(about: Sequence[Change], alike: Sequence[Change]) -> Row:
    first = about[0]
    verdicts = [gettext(str(each) if each is not None else "absent") for each in (first.before, first.after)]
    uncounted = gettext(", not counted") if first.uncounted else ""
    return Row(
        mark=MARK[first.after] if first.after is not None else "–",
        about=tuple(each.requirement for each in about),
        level=f"{first.level}{tell(' ({where})', gettext(first.impact) + uncounted)}",
        models=tuple(each.model for each in alike),
        change=" → ".join(verdicts),
        said=_said(about),
    )


def _said(about: Sequence[Change]) -> str:
    """What the later report says; of one that holds, what it holds to."""
    first = about[0]
    if first.after is not Verdict.PASS:
        return told(first.message)
    return (
        tell("the endpoint {level} {sentence}", gettext(first.level), gettext(first.sentence))
        if len(about) == 1
        else ""
    )


def _drifts(comparison: Comparison) -> list[Row]:
    """A row for the models in whose replies the same change was seen."""
    groups: dict[str, list[Drift]] = {}
    for each in comparison.drift:
        groups.setdefault(each.sentence, []).append(each)
    return [
        Row("~", (told(sentence),), "", tuple(each.model for each in found), "", ", ".join(found[0].requests[:3]))
        for sentence, found in groups.items()
    ]


def _lists(comparison: Comparison) -> list[Row]:
    """Requirements and models that were added, removed or changed."""
    named = {
        gettext("added"): comparison.added,
        gettext("withdrawn"): comparison.withdrawn,
        gettext("level changed"): comparison.relevelled,
        gettext("models added"): comparison.models_added,
        gettext("models removed"): comparison.models_gone,
    }
    rows = [(title, tuple(map(told, names))) for title, names in named.items() if names]
    return [Row(MARK[Verdict.NOT_APPLICABLE], names, "", (), title, "") for title, names in rows]


def sides(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """The two reports: which each is, and what it came to."""
    for title, side in (("before", comparison.old), ("after", comparison.new)):
        when = datetime.fromtimestamp(side.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
        rest = side.conclusion.removeprefix(tell("violates {counts}", ""))
        rest = rest.removeprefix(tell("could not be judged: {reason}", ""))
        planted = tell(" with the known fault {fault}", side.fault) if side.fault else ""
        judged = gettext(", ").join((f"{side.base_url}{planted}", when, side.version))
        yield gettext(title), gettext(": ").join((judged, gettext(MEANING[side.exit_code]), rest))


def spend(comparison: Comparison) -> str:
    """What the two runs cost."""
    old, new = comparison.old, comparison.new
    parts = [
        tell("{from_to} requests", _from_to(old.requests, new.requests)),
        tell("{from_to} input tokens", _from_to(old.input_tokens, new.input_tokens)),
        tell("{from_to} output tokens", _from_to(old.output_tokens, new.output_tokens)),
    ]
    if old.cost or new.cost:
        parts.append(tell("input cost {cost}", _cost(old, new)))
    return gettext(", ").join(parts)


def _from_to(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} → {after:,}"


def _cost(old: Side, new: Side) -> str:
    amounts = [side.cost or gettext("unknown") for side in (old, new)]
    values = [side.cost.partition(" ") for side in (old, new)]
    if amounts[0] == amounts[1]:
        return amounts[0]
    if all(side.cost for side in (old, new)) and values[0][2] == values[1][2]:
        difference = Decimal(values[1][0]) - Decimal(values[0][0])
        return f"{' → '.join(amounts)}{tell(' ({where})', f'{difference:+f}')}"
    return " → ".join(amounts)
