"""What changed between two reports, for a terminal, a pull request and a program."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from conformance.judgement.verdict import Verdict
from conformance.report.comparison import Change, Comparison, Side, dump_comparison
from conformance.report.drift import Drift

from .markdown import name, text
from .words import MARK, MEANING, one_line, printed

WIDTH = 100  #: where there is no terminal to ask
_MOST = 25  #: rows of a section
_NAMES = 8  #: of requirements in one row
_TOGETHER = 4  #: requirements of which the same is said, from which on they are one row
_STYLE = {"worse": "bold red", "better": "green", "open": "magenta", "said": "dim"}


@dataclass(frozen=True)
class Row:
    """One line of a section: what it is about, on which models, and what is said of it."""

    mark: str
    about: tuple[str, ...]
    level: str
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
        return f"{self.title}: {sum(len(row.about) for row in self.rows):,}"


def sections(comparison: Comparison) -> list[Section]:
    """The sections with something in them, the worst first."""
    anew = "violated, and not in the earlier report"
    found = [
        Section("newly violated", "worse", _rows(comparison.violated)),
        Section("no longer judged", "open", _rows(comparison.lost)),
        Section(anew, "open", _rows(comparison.violated_anew)),
        Section("newly violated, accepted in the baseline", "open", _rows(comparison.known)),
        Section("newly fixed", "better", _rows(comparison.fixed)),
        Section("newly judged, passing", "better", _rows(comparison.judged)),
        Section("the shape of replies changed", "open", _drifts(comparison)),
        Section("requirements", "said", _lists(comparison)),
    ]
    return [section for section in found if section.rows]


def _rows(changes: Iterable[Change]) -> list[Row]:
    """A row for the models of which the same is said, and for many requirements of which the same is said."""
    by_requirement: dict[tuple[object, ...], list[Change]] = {}
    for each in changes:
        key = (each.uncounted, each.requirement, each.level, each.before, each.after, each.message)
        by_requirement.setdefault(key, []).append(each)
    alike: dict[tuple[object, ...], list[list[Change]]] = {}
    for group in by_requirement.values():
        first, models = group[0], tuple(each.model for each in group)
        same = (first.uncounted, first.level, first.before, first.after, first.message, models)
        alike.setdefault(same, []).append(group)
    return [row for groups in alike.values() for row in _together(groups)]


def _together(groups: Sequence[Sequence[Change]]) -> Iterator[Row]:
    if len(groups) < _TOGETHER:
        yield from (_row([group[0]], group) for group in groups)
    else:
        yield _row([group[0] for group in groups], groups[0])


def _row(about: Sequence[Change], alike: Sequence[Change]) -> Row:
    first = about[0]
    verdicts = [str(each) if each is not None else "absent" for each in (first.before, first.after)]
    uncounted = ", not counted" if first.uncounted else ""
    return Row(
        mark=MARK[first.after] if first.after is not None else "–",
        about=tuple(each.requirement for each in about),
        level=str(first.level) + uncounted,
        models=tuple(each.model for each in alike),
        change=" → ".join(verdicts),
        said=_said(about),
    )


def _said(about: Sequence[Change]) -> str:
    """What the later report says; of one that holds, what it holds to."""
    first = about[0]
    if first.after is not Verdict.PASS:
        return first.message
    return f"the endpoint {first.level} {first.sentence}" if len(about) == 1 else ""


def _drifts(comparison: Comparison) -> list[Row]:
    """A row for the models in whose replies the same change was seen."""
    groups: dict[str, list[Drift]] = {}
    for each in comparison.drift:
        groups.setdefault(each.sentence, []).append(each)
    return [
        Row("~", (sentence,), "", tuple(each.model for each in found), "", ", ".join(found[0].requests[:3]))
        for sentence, found in groups.items()
    ]


def _lists(comparison: Comparison) -> list[Row]:
    """Requirements and models that were added, removed or changed."""
    named = {
        "added": comparison.added,
        "withdrawn": comparison.withdrawn,
        "level changed": comparison.relevelled,
        "models added": comparison.models_added,
        "models removed": comparison.models_gone,
    }
    return [Row(MARK[Verdict.NOT_APPLICABLE], names, "", (), title, "") for title, names in named.items() if names]


def _about(row: Row) -> str:
    more = f" and {len(row.about) - _NAMES:,} more" if len(row.about) > _NAMES else ""
    return ", ".join(row.about[:_NAMES]) + more


# --- before and after ---------------------------------------------------------------------------------------


def sides(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """The two reports: which each is, and what it came to."""
    for title, side in (("before", comparison.old), ("after", comparison.new)):
        when = datetime.fromtimestamp(side.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
        rest = side.conclusion.removeprefix("violates ").removeprefix("could not be judged: ")
        planted = f" with the planted fault {side.fault}" if side.fault else ""
        yield title, f"{side.base_url}{planted}, {when}, {side.version}: {MEANING[side.exit_code]}: {rest}"


def spend(comparison: Comparison) -> str:
    """What the two runs cost."""
    old, new = comparison.old, comparison.new
    parts = [
        f"{_from_to(old.requests, new.requests)} requests",
        f"{_from_to(old.input_tokens, new.input_tokens)} input tokens",
        f"{_from_to(old.output_tokens, new.output_tokens)} output tokens",
    ]
    if old.cost or new.cost:
        parts.append(f"input cost {_cost(old, new)}")
    return ", ".join(parts)


def _from_to(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} → {after:,}"


def _cost(old: Side, new: Side) -> str:
    amounts = [side.cost or "unknown" for side in (old, new)]
    values = [side.cost.partition(" ") for side in (old, new)]
    if amounts[0] == amounts[1]:
        return amounts[0]
    if all(side.cost for side in (old, new)) and values[0][2] == values[1][2]:
        difference = Decimal(values[1][0]) - Decimal(values[0][0])
        return f"{' → '.join(amounts)} ({difference:+f})"
    return " → ".join(amounts)


# --- forms --------------------------------------------------------------------------------------------------


def terminal(comparison: Comparison, strict: bool = False, *, width: int = WIDTH, colour: bool = False) -> str:
    """Text; in colour where asked for."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None,
        legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    for title, what in sides(comparison):
        console.print(Text(f"{title + ':':<8}{one_line(what)}"))
    for section in [] if comparison.unjudged else sections(comparison):
        console.print(Text(f"\n{section.heading}", style=_STYLE[section.kind]))
        for row in section.rows[:_MOST]:
            facts = "  ".join(one_line(each) for each in (", ".join(row.models), row.change) if each)
            level = f"{row.level} " if row.level else ""
            console.print(Text(f"  {row.mark} {level}{one_line(_about(row), 400)}  {facts}"))
            if row.said:
                console.print(Text(f"      {one_line(row.said, width - 6)}", style="dim"))
        if len(section.rows) > _MOST:
            console.print(Text(f"  … and {len(section.rows) - _MOST:,} more", style="dim"))
    console.print(Text(f"\nspent: {spend(comparison)}", style="dim"))
    code = comparison.exit_code(strict)
    console.print(Text(one_line(comparison.sentence(strict), 400), style="bold red" if code else "bold green"))
    return printed(out.getvalue())


def markdown(comparison: Comparison, strict: bool = False) -> str:
    """A comment on a pull request."""
    lines = [f"## Conformance, before and after: {text(comparison.sentence(strict), 400)}", ""]
    lines += [f"- **{title}**: {text(what, 400)}" for title, what in sides(comparison)]
    for section in [] if comparison.unjudged else sections(comparison):
        lines += ["", f"### {section.heading.capitalize()}", ""]
        lines += [_item(row) for row in section.rows[:_MOST]]
        if len(section.rows) > _MOST:
            lines.append(f"- … and {len(section.rows) - _MOST:,} more")
    return "\n".join([*lines, "", text(spend(comparison), 400)]) + "\n"


def _item(row: Row) -> str:
    facts = [text(", ".join(row.models)), text(row.change), text(row.said)]
    about = ", ".join(name(each) for each in row.about[:_NAMES])
    more = f" and {len(row.about) - _NAMES:,} more" if len(row.about) > _NAMES else ""
    head = f"- {row.mark} {row.level + ' ' if row.level else ''}{about}{more}"
    return ": ".join([head, *([", ".join(each for each in facts if each)] if any(facts) else [])])


def document(comparison: Comparison, strict: bool = False) -> str:
    """As schemas/diff.json has it."""
    return json.dumps(dump_comparison(comparison, strict), indent=1, ensure_ascii=True) + "\n"


def render(comparison: Comparison, form: str, strict: bool = False) -> str:
    """As `terminal`, `markdown` or `json`."""
    if form == "terminal":
        width = min(max(shutil.get_terminal_size().columns, 60), 140) if sys.stdout.isatty() else WIDTH
        return terminal(comparison, strict, width=width, colour=sys.stdout.isatty())
    return {"markdown": markdown, "json": document}[form](comparison, strict)
