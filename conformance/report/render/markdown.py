"""The report as a comment on a pull request: short, and within GitHub's size limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from conformance.contract.profile import Model
from conformance.judgement.verdict import Verdict
from conformance.policy.baseline import State
from conformance.report.report import Difference, Entry, Report, differences

from .exhibit import lines_of
from .found import (
    COLUMNS,
    Observation,
    affected,
    charges,
    clause,
    consequences,
    counts,
    divided,
    drifts,
    followed_by,
    impact,
    input_cost,
    later_violations,
    levels,
    number,
    observed,
    standings,
    unjudged,
    violations,
    worst,
)
from .mark import Line
from .markdown_text import block, folded, name, text
from .words import (
    MARK,
    NEVER,
    asked_again,
    by_name,
    headline,
    money,
    one_line,
    planted,
    plural,
    replaying,
    seen_again,
    spent_and_planned,
    web_link,
    who,
)

LIMIT = 60_000  #: characters; GitHub accepts 65,536
_FOR_ROWS = 24_000
_FOR_DETAILS = 44_000
_FOR_COUNTS = 48_000
_FOR_COSTS = 51_000
_FOR_BASELINE = 53_000
_FOR_DIFFERENCES = 54_000
_FOR_DRIFT = 56_000
_DETAILED = 10
_VAIN = 3  #: requests that were never answered
_CURL = 3_000


def render(report: Report) -> str:
    """What matters most first; what does not fit is counted."""
    blocks = [_head(report), *_vain(report), ""]
    blocks += [*_within(_FOR_ROWS, blocks, _violations(report), "more violations"), ""]
    blocks += [*_within(_FOR_DETAILS, blocks, _details(report), "more details"), ""]
    blocks += [*_within(_FOR_COUNTS, blocks, _counts(report), "more models"), ""]
    blocks += [*_within(_FOR_COSTS, blocks, _costs(report), "more costs"), ""]
    blocks += [*_within(_FOR_BASELINE, blocks, _baseline(report), "more baseline entries"), ""]
    blocks += [*_within(_FOR_DIFFERENCES, blocks, _differences(report), "more differences"), ""]
    blocks += [*_within(_FOR_DRIFT, blocks, _drifts(report), "more shape changes"), ""]
    blocks += [*_within(LIMIT - 2_000, blocks, _rest(report), "more lists"), ""]
    blocks += [text(asked_again(report), 400), ""]
    blocks.append(f"{text(spent_and_planned(report), 400)}; phanedge-conformance {text(report.version, 40)}")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(blocks)) + "\n"


def _within(limit: int, before: Iterable[str], blocks: Iterable[str], what: str) -> list[str]:
    """So many of the blocks as fit, and a line for those that do not."""
    room = limit - sum(len(block) + 1 for block in before)
    kept: list[str] = []
    left_out = 0
    for each in blocks:
        room -= len(each) + 1
        if room < 0 or left_out:
            left_out += 1
        else:
            kept.append(each)
    return [*kept, "", f"… and {left_out:,} {what} in the full report"] if left_out else kept


def _head(report: Report) -> str:
    concluded = headline(report)
    notice = [f"> **{text(planted(report))}**", ""] if report.fault else []
    where = f"{name(report.base_url)} ({text(report.source, 40)}), {text(by_name(report), 400)}"
    lines = [
        f"## Conformance: {concluded.meaning}{concluded.warned}",
        "",
        *notice,
        f"**{text(concluded.rest, 1_000)}**",
        "",
        where,
        "",
    ]
    return "\n".join(lines)


def _vain(report: Report) -> Iterator[str]:
    """The valid requests that were never answered, with their commands."""
    for each in report.unanswered[:_VAIN]:
        evidence = report.evidence.get(each.key)
        curl = evidence.curl if evidence and len(evidence.curl) <= _CURL else replaying(report, each.key)
        yield f"{MARK[Verdict.INCONCLUSIVE]} **Never answered**: {text(str(each))}\n\n{block(curl)}"
    if len(report.unanswered) > _VAIN:
        yield f"… and {len(report.unanswered) - _VAIN:,} more never answered in the full report\n"
    if report.unanswered:
        yield f"**Remedy**: {text(NEVER, 400)}"


def _violations(report: Report) -> Iterator[str]:
    """The table of violations, a row each."""
    violated = violations(report)
    if violated:
        yield "| Level | Impact | Requirement | The endpoint … | Models | Observed |\n|---|---|---|---|---|---|"
    for entry in violated:
        observed = " / ".join(text(each.message) for each in worst(report, entry)[:2])
        sentence = f"{entry.level} {text(entry.sentence)}"
        cells = (str(entry.impact), name(entry.id), sentence, text(affected(report, entry)), observed)
        yield f"| {MARK[entry.verdict]} {entry.level} | {' | '.join(cells)} |"


def _details(report: Report) -> Iterator[str]:
    for entry in violations(report)[:_DETAILED]:
        title = f"<code>{escape(one_line(entry.id, 120))}</code>: remedy and evidence"
        yield folded(title, "\n\n".join(_detail(report, entry)))


def _detail(report: Report, entry: Entry) -> Iterator[str]:
    seen = worst(report, entry)[:1]
    yield f"The endpoint {entry.level} {text(entry.sentence, 400)}."
    yield f"**Impact**: {text(impact(entry), 400)}"
    for each in seen:
        yield f"**Observed** ({text(who(report, each.models))}): {text(each.message, 1_000)}"
    if entry.hint:
        yield f"**Remedy**: {text(entry.hint, 600)}"
    if following := followed_by(report, entry):
        yield f"**Causes**: {text(following, 600)}"
    for where, said in charges(report, entry)[:3]:
        yield f"**Charge** ({text(where)}): {text(said, 800)}"
    source = text(clause(entry), 300)
    yield (f"**Clause**: [{source}]({web_link(entry.link)})" if web_link(entry.link) else f"**Clause**: {source}")
    for evidence in [evidence for each in seen for evidence in each.evidence][:1]:
        yield block("\n".join(_line(line) for line in lines_of(evidence, entry.at, context=2, most=16)))
        if said := input_cost(report, evidence):
            yield f"**Input cost** of this exchange: {text(said, 1_000)}"
        short = len(evidence.curl) <= _CURL
        yield (block(evidence.curl) if short else "The request is long; its curl command is in the full report.")
    for command in filter(None, [seen_again(report, entry.id, each.models) for each in seen]):
        yield f"**Reproduce**:\n\n{block(command)}"


def _line(line: Line) -> str:
    note = f"    <-- {line.note}" if line.note else ""
    return f"{'>' if line.flagged else ' '} {line.text}{note}".rstrip()


def _counts(report: Report) -> Iterator[str]:
    shown = levels(report) if report.entries else []
    if shown:
        yield f"| Model | {' | '.join(shown)} |\n|---{'|---' * len(shown)}|"
        yield from (_counted(report, model) for model in report.models)


def _counted(report: Report, model: Model) -> str:
    tally = counts(report, model)
    found = {
        level: [f"{count:,} {column}" for column in COLUMNS if (count := number(tally[level], column))]
        for level in levels(report)
    }
    return f"| {name(model.name, 80)} | {' | '.join(', '.join(each) or '–' for each in found.values())} |"


def _costs(report: Report) -> Iterator[str]:
    """What the run cost, where there is a price sheet: a sentence, and the arithmetic of each model."""
    if report.costs is None:
        return
    yield f"**Cost**: {text('; '.join(money(report)), 600)}\n"
    titles = ("Model", "Replies", f"Input cost, {text(report.costs.currency)}", "of which writes", "Output cost")
    yield f"| {' | '.join(titles)} | Arithmetic of the input |\n|---|---|---|---|---|---|"
    for each in report.costs.models:
        amounts = (text(amount) or "–" for amount in (each.input.amount, each.input.writes, each.output))
        yield f"| {name(each.model, 80)} | {each.replies:,} | {' | '.join(amounts)} | {text(each.input.said, 400)} |"


def _baseline(report: Report) -> Iterator[str]:
    """What of the baseline is out of date or was not checked, and what is violated and does not count."""
    for sentence, _ in standings(report, State.STALE, State.EXPIRED)[:20]:
        yield f"- {MARK[Verdict.FAIL]} {text(sentence, 500)}"
    unchecked = standings(report, State.UNCHECKED)
    if unchecked:
        rows = [f"- {text(sentence, 300)}: {text(reason)}" for sentence, reason in unchecked[:20]]
        yield folded(f"Baseline entries not checked: {len(unchecked):,}", "\n".join(rows))
    later = later_violations(report)
    if later:
        rows = [_item(report, entry, seen) for entry in later[:20] for seen in worst(report, entry)[:1]]
        title = f"{len(later):,} violated but not counted (added after revision {escape(one_line(report.revision))})"
        yield folded(title, "\n".join(rows))


def _differences(report: Report) -> Iterator[str]:
    """Where the models differ: a line that sums up, and a folded table."""
    found = differences(report)
    if found:
        yield f"**The models differ** on {text(divided(report), 400)}\n"
        more = [f"\n… and {len(found) - 20:,} more"] if len(found) > 20 else []
        rows = ["| Requirement | The endpoint … | Violated on | Not judged on | Holds on |\n|---|---|---|---|---|"]
        rows += [_difference(report, each) for each in found[:20]]
        yield folded("Where the models differ", "\n".join([*rows, *more]))


def _difference(report: Report, each: Difference) -> str:
    sentence = f"{each.entry.level} {text(each.entry.sentence, 120)}"
    groups = (each.violating, each.unjudged, each.holding)
    models = (text(who(report, names), 120) or "–" for names in groups)
    return f"| {MARK[each.entry.verdict]} {name(each.entry.id)} | {sentence} | {' | '.join(models)} |"


def _drifts(report: Report) -> Iterator[str]:
    """What changed in the shape of replies, a line each."""
    found = drifts(report)
    if found:
        yield f"**The shape of replies changed**: {plural(len(found), 'change')}\n"
    for sentence, where in found[:20]:
        yield f"- {text(sentence)} ({text(where)})"
    if len(found) > 20:
        yield f"- … and {len(found) - 20:,} more"


def _rest(report: Report) -> Iterator[str]:
    """What follows from other violations, what could not be judged and what is known, a folded list each."""
    lists = {
        "follow from other violations": consequences(report),
        str(Verdict.INCONCLUSIVE): unjudged(report),
        str(Verdict.KNOWN): observed(report, Verdict.KNOWN),
    }  # fmt: skip
    for title, entries_with in lists.items():
        found = [(entry, each) for entry, seen in entries_with for each in seen]
        if found:
            more = [f"- … and {len(found) - 30:,} more"] if len(found) > 30 else []
            yield folded(
                f"{len(found):,} {title}",
                "\n".join([*(_item(report, *each) for each in found[:30]), *more]),
            )


def _item(report: Report, entry: Entry, seen: Observation) -> str:
    return f"- {entry.level} ({entry.impact}) {name(entry.id)} ({text(who(report, seen.models))}): {text(seen.message)}"
