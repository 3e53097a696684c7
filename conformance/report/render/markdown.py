"""The report as a comment on a pull request: short, and with every violation that fails the gate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from conformance.judgement.verdict import Verdict
from conformance.language import gettext, tell, told
from conformance.policy.baseline import OUTDATED, State
from conformance.report.report import Difference, Entry, Report, differences

from .exhibit import lines_of
from .found import (
    Observation,
    affected,
    charges,
    clause,
    consequences,
    divided,
    drifts,
    followed_by,
    impact,
    input_cost,
    later_violations,
    observed,
    standings,
    unjudged,
    violations,
    worst,
)
from .mark import Line
from .markdown_money import costs, traffic
from .markdown_tables import count_table, repeat_table
from .markdown_text import Block, block, fact, folded, folded_list, name, text, within
from .news import age, line_of, sections, summary
from .words import (
    MARK,
    NEVER,
    asked_again,
    by_name,
    from_anywhere,
    headline,
    one_line,
    planted,
    plural,
    replaying,
    seen_again,
    spent_and_planned,
    web_link,
    who,
)

LIMIT = 20_000  #: characters: what is read as a comment
_FOR_RED = 15_000  #: for what fails the gate, and what stands before it
_LAST = 500  #: for the last line
#: Characters of a message in the table of what fails the gate, and whether it has the sentences: the first that fits.
_TABLES = ((240, True), (120, True), (200, False), (110, False), (60, False), (25, False))
_VAIN = 3  #: requests that were never answered
_CURL = 1_000


def render(report: Report) -> str:
    """What fails the gate first, all of it; what else does not fit is counted."""
    blocks = [_head(report := from_anywhere(report)), ""]
    blocks += [_red(report, _FOR_RED - len(blocks[0])), ""]
    sections: tuple[tuple[int, Iterable[Block], str], ...] = (
        (15_400, _news(report), "more that changed"),
        (15_600, _vain(report), "more never answered"),
        (17_000, _details(report), "more details"),
        (17_300, repeat_table(report), "more repeats"),
        (17_600, _warnings(report), "more warnings"),
        (18_000, count_table(report), "more models"),
        (18_400, costs(report), "more costs"),
        (18_600, traffic(report), "more numbers of the traffic"),
        (18_700, _baseline(report), "more baseline entries"),
        (18_900, _differences(report), "more differences"),
        (19_100, _drifts(report), "more shape changes"),
        (LIMIT - _LAST, _rest(report), "more lists"),
    )
    for limit, section, what in sections:
        room = limit - sum(len(each) + 1 for each in blocks)
        blocks += [*within(room, section, what), ""]
    blocks += [text(asked_again(report), 200), ""]
    blocks.append(
        f"{text(spent_and_planned(report), 300)}{gettext('; ')}phanedge-conformance {text(report.version, 40)}"
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(blocks)) + "\n"


def _head(report: Report) -> str:
    concluded = headline(report)
    notice = [f"> **{text(planted(report))}**", ""] if report.fault else []
    source = tell(" ({where})", text(gettext(report.source), 40))
    where = f"{name(report.base_url)}{source}{gettext(', ')}{text(by_name(report), 400)}"
    lines = [
        f"## {gettext('Conformance')}{gettext(': ')}{concluded.meaning}{concluded.warned}",
        "",
        *notice,
        f"**{text(concluded.rest, 1_000)}**",
        "",
        where,
        "",
        *([text(summary(report), 600), ""] if report.news else []),
    ]
    return "\n".join(lines)


def _news(report: Report) -> Iterator[Block]:
    """What changed since the last run that could be judged, a folded list of each kind."""
    for section in sections(report.news, beside_findings=True) if report.news else ():
        yield folded_list(escape(section.heading), [f"- {text(line_of(report, row), 400)}" for row in section.rows])


def _vain(report: Report) -> Iterator[str]:
    """The valid requests that were never answered, with their commands."""
    for each in report.unanswered[:_VAIN]:
        evidence = report.evidence.get(each.key)
        command = (evidence and evidence.command(_CURL)) or replaying(report, each.key)
        yield f"{MARK[Verdict.INCONCLUSIVE]} {fact('Never answered', text(told(str(each))))}\n\n{block(command)}"
    if len(report.unanswered) > _VAIN:
        yield tell("… and {number:,} more never answered in the full report", len(report.unanswered) - _VAIN) + "\n"
    if report.unanswered:
        yield fact("Remedy", text(gettext(NEVER), 400))


def _red(report: Report, room: int) -> str:
    """Every violation that fails the gate: as a table, shortened as far as it must be to fit, or by name only."""
    tables = (_table(report, report.failing, most, whole) for most, whole in _TABLES)
    listed = _by_area(report.failing)
    return next((table for table in tables if len(table) <= room), listed) if report.failing else ""


def _table(report: Report, entries: list[Entry], most: int, whole: bool) -> str:
    """A row each; `most` characters of a message, and the sentences where it is `whole`."""
    observed = {entry.id: " / ".join(each.message for each in worst(report, entry)[:2]) for entry in entries}
    titles = map(gettext, ("Impact", "Level", "Requirement", "Models", "Observed"))
    lines = [f"| {' | '.join(titles)} |", "|---|---|---|---|---|"]
    for entry in entries:
        sentence = f"<br>{text(entry.sentence)}" if whole else ""
        models = text(affected(report, entry), most)
        cells = (gettext(entry.impact), entry.level, name(entry.id) + sentence, models, text(observed[entry.id], most))
        lines.append(f"| {MARK[entry.verdict]} {' | '.join(cells)} |")
    if any(len(one_line(each, most + 1)) > most for each in observed.values()):
        lines += ["", tell("Messages are cut after {most} characters; the full report has them whole.", most)]
    return "\n".join(lines)


def _by_area(entries: list[Entry]) -> str:
    """The names by area."""
    areas: dict[str, list[str]] = {}
    for entry in entries:
        areas.setdefault(entry.area, []).append(text(entry.id.partition(".")[2], 120))
    lines = [gettext("These fail the gate, by area; they are too many for a table, which the full report has."), ""]
    return "\n".join([*lines, *(f"- {name(area)}: {', '.join(names)}" for area, names in areas.items())])


def _warnings(report: Report) -> Iterator[Block]:
    """What is violated and does not fail the gate, folded."""
    warned = [entry for entry in violations(report) if entry.verdict is Verdict.WARN]
    if warned:
        violated = plural(len(warned), "violation")
        title = tell("{violations} that {_do} not fail the gate", violated, "does" if len(warned) == 1 else "do")
        yield folded_list(title, [_item(report, entry, worst(report, entry)[0]) for entry in warned])


def _details(report: Report) -> Iterator[str]:
    for entry in violations(report):
        title = f"<code>{escape(one_line(entry.id, 120))}</code>{gettext(': remedy and evidence')}"
        yield folded(title, "\n\n".join(_detail(report, entry)))


def _detail(report: Report, entry: Entry) -> Iterator[str]:
    seen = worst(report, entry)[:1]
    yield text(tell("The endpoint {level} {sentence}.", gettext(entry.level), entry.sentence), 450)
    yield fact("Impact", text(impact(entry), 400))
    if since := age(report, entry):
        yield fact("Seen", text(since, 200))
    for each in seen:
        yield fact("Observed", text(each.message, 1_000), tell(" ({where})", text(who(report, each.models))))
    if entry.hint:
        yield fact("Remedy", text(entry.hint, 600))
    if following := followed_by(report, entry):
        yield fact("Causes", text(following, 600))
    for where, said in charges(report, entry)[:3]:
        yield fact("Charge", text(said, 800), tell(" ({where})", text(where)))
    source = text(clause(entry), 300)
    yield fact("Clause", f"[{source}]({web_link(entry.link)})" if web_link(entry.link) else source)
    for evidence in [evidence for each in seen for evidence in each.evidence][:1]:
        yield block("\n".join(_line(line) for line in lines_of(evidence, entry.at, context=2, most=16)))
        if said := input_cost(report, evidence):
            yield fact("Input cost of this exchange", text(said, 1_000))
        yield block(evidence.command(_CURL) or replaying(report, evidence.key))
    for command in filter(None, [seen_again(report, entry.id, each.models) for each in seen]):
        yield f"{fact('Reproduce', '').rstrip()}\n\n{block(command)}"


def _line(line: Line) -> str:
    note = f"    <-- {line.note}" if line.note else ""
    return f"{'>' if line.flagged else ' '} {line.text}{note}".rstrip()


def _baseline(report: Report) -> Iterator[Block]:
    """What of the baseline is out of date or was not checked, and what is violated and does not count."""
    for sentence, _ in standings(report, *OUTDATED):
        yield f"- {MARK[Verdict.FAIL]} {text(sentence, 500)}"
    for sentence, _ in standings(report, State.STALE):
        yield f"- {MARK[Verdict.PASS]} {text(sentence, 500)}"
    if unchecked := standings(report, State.UNCHECKED):
        rows = [f"- {text(sentence, 300)}: {text(reason)}" for sentence, reason in unchecked]
        yield folded_list(tell("Baseline entries not checked: {number:,}", len(unchecked)), rows)
    if later := later_violations(report):
        rows = [_item(report, entry, seen) for entry in later for seen in worst(report, entry)[:1]]
        revision = escape(one_line(report.revision))
        title = tell("{number:,} violated but not counted (added after revision {revision})", len(later), revision)
        yield folded_list(title, rows)


def _differences(report: Report) -> Iterator[Block]:
    """Where the models differ: a line that sums up, and a folded table."""
    if found := differences(report):
        yield tell("**The models differ** on {requirements}", text(divided(report), 400)) + "\n"
        names = ("Requirement", "The endpoint …", "Violated on", "Not judged on", "Holds on")
        head = f"| {' | '.join(map(gettext, names))} |\n|---|---|---|---|---|"
        yield folded_list(gettext("Where the models differ"), [_difference(report, each) for each in found], head)


def _difference(report: Report, each: Difference) -> str:
    sentence = f"{each.entry.level} {text(each.entry.sentence, 120)}"
    groups = (each.violating, each.unjudged, each.holding)
    models = (text(who(report, names), 120) or "–" for names in groups)
    return f"| {MARK[each.entry.verdict]} {name(each.entry.id)} | {sentence} | {' | '.join(models)} |"


def _drifts(report: Report) -> Iterator[str]:
    """What changed in the shape of replies, a line each."""
    found = drifts(report)
    if found:
        yield fact("The shape of replies changed", plural(len(found), "change")) + "\n"
    for sentence, where in found:
        yield f"- {text(sentence)}{tell(' ({where})', text(where))}"


def _rest(report: Report) -> Iterator[Block]:
    """What follows from other violations, what could not be judged and what is known, a folded list each."""
    lists = {
        "follow from other violations": consequences(report),
        str(Verdict.INCONCLUSIVE): unjudged(report),
        str(Verdict.KNOWN): observed(report, Verdict.KNOWN),
    }  # fmt: skip
    for title, entries_with in lists.items():
        if found := [(entry, each) for entry, seen in entries_with for each in seen]:
            yield folded_list(
                tell("{number:,} {verdict}", len(found), gettext(title)), [_item(report, *each) for each in found]
            )


def _item(report: Report, entry: Entry, seen: Observation) -> str:
    where = tell(" ({where})", text(who(report, seen.models)))
    weight = f"{entry.level}{tell(' ({where})', gettext(entry.impact))}"
    return f"- {weight} {name(entry.id)}{where}{gettext(': ')}{text(seen.message)}"
