"""The report in the log of a pipeline: a line for each finding, what matters most first, of which nothing is cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance import language
from conformance.contract.profile import Profile
from conformance.judgement.verdict import Verdict
from conformance.language import gettext, tell
from conformance.policy.baseline import OUTDATED, State
from conformance.report.gate import conclude
from conformance.report.report import Entry, Report, differences

from . import changes, repeats, traffic
from .detail import Detail
from .found import (
    accepted,
    charges,
    clause,
    drifts,
    later_violations,
    sides,
    standings,
    statement,
    unjudged,
    violations,
    worst,
)
from .news import age, summary
from .words import MARK, NEVER, by_name, headline, money, one_line, planted, printed, replaying, seen_again, spent, who

_WHOLE = 1 << 20  #: characters of one line: all of them


def render(report: Report, detail: Detail = Detail.USUAL, out: str = "") -> str:
    """The findings, and the conclusion as the last line. Where it conforms without a warning, the latter and one line
    more; what was judged is told by `about`. `out` is the folder of the written report where it is not the run's."""
    return printed("\n".join(map(_line, _lines(report, detail, out or report.folder))))


def about(judged: Report | Profile) -> str:
    """The line that comes first: what is judged."""
    return _line(f"{judged.base_url}  {gettext(judged.source)}  {by_name(judged)}")


def told(verdict: Verdict, id: str, *words: str) -> str:
    """The line of one finding."""
    return _line("  ".join((f"{MARK[verdict]} {id}", *words)))


def _lines(report: Report, detail: Detail, out: str) -> Iterator[str]:
    if detail > Detail.QUIET:
        yield from filter(None, [planted(report), summary(report)])
        for entry in violations(report):
            yield from _violated(report, entry, detail)
        yield from _gone(report)
        yield from _unanswered(report)
        yield from _outdated(report)
        yield from (f"{MARK[Verdict.KNOWN]} {what}  {why}" for what, why in accepted(report))
        yield from _not_judged(report, detail)
        yield from _later(report)
        yield from _drifted(report)
        if detail > Detail.USUAL:
            yield from _rest(report)
        yield from traffic.lines(report)
        yield from repeats.lines(report)
        yield gettext("; ").join([_filed(out), spent(report), *money(report)])
    concluded = headline(report)
    yield f"{concluded.meaning.upper()}{concluded.warned}{gettext(': ')}{concluded.rest}"


def _filed(out: str) -> str:
    return f"{gettext('Report')}{gettext(': ')}{out}/report.html" if out else gettext("Report: not kept")


def _violated(report: Report, entry: Entry, detail: Detail) -> Iterator[str]:
    """One line for each thing that was seen, the sentence, and what follows from it."""
    for each in worst(report, entry):
        yield told(entry.verdict, entry.id, entry.level, gettext(entry.impact), who(report, each.models), each.message)
    yield _fact("", statement(entry))
    yield from (_fact("seen", since) for since in [age(report, entry)] if since)
    yield from (_fact("charge", said) for _, said in charges(report, entry)[:1])
    if following := report.following(entry):
        yield _fact("causes", ", ".join(each.id for each in following))
    if detail > Detail.USUAL:
        models = [finding.model for finding in entry.findings if finding.verdict is entry.verdict]
        again = seen_again(report, entry.id, models)
        facts = {"remedy": entry.hint, "warns": entry.warns, "clause": clause(entry), "reproduce": again}
        yield from (_fact(name, said) for name, said in facts.items() if said)


def _fact(name: str, said: str) -> str:
    return f"    {gettext(name)}{gettext(': ') if name else ''}{said}"


def _unanswered(report: Report) -> Iterator[str]:
    """The valid requests that were never answered, each with the command that gives its curl lines."""
    for each in report.unanswered:
        yield f"? {gettext('never answered')}{gettext(': ')}{language.told(str(each))}"
        yield _fact("reproduce", replaying(report, each.key))
    if report.unanswered:
        yield _fact("remedy", gettext(NEVER))


def _outdated(report: Report) -> Iterator[str]:
    yield from (f"✗ {sentence}" for sentence, _ in standings(report, *OUTDATED))
    yield from (f"{MARK[Verdict.PASS]} {sentence}" for sentence, _ in standings(report, State.STALE))


def _gone(report: Report) -> Iterator[str]:
    """What was violated in earlier runs and holds."""
    for row in changes.rows(report.news.fixed) if report.news else ():
        said = tell("fixed: {requirements} on {models}", ", ".join(row.about), who(report, row.models))
        yield f"{row.mark} {said}"


def _not_judged(report: Report, detail: Detail) -> Iterator[str]:
    """What could not be judged: by reason where that is what the run comes to, by name where something is violated, and
    not at all where it conforms. Left out is what the conclusion gives the reason for."""
    code = conclude(report).exit_code
    reasons: dict[str, list[str]] = {}
    known = (report.unjudged, *report.unjudged.split(gettext("; ")))
    for entry, seen in unjudged(report) if code or detail is Detail.VERBOSE else ():
        for each in seen:
            if each.message not in known:
                reasons.setdefault(each.message, []).append(entry.id)
    mark = f"{MARK[Verdict.INCONCLUSIVE]} {gettext('inconclusive')}"
    if code == 1 and reasons and detail is Detail.USUAL:
        yield f"{mark}{gettext(': ')}{_ids(id for ids in reasons.values() for id in ids)}"
        return
    yield from (gettext(": ").join((mark, reason, _ids(ids))) for reason, ids in reasons.items())


def _ids(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _later(report: Report) -> Iterator[str]:
    if found := later_violations(report):
        yield tell(
            "violated but not counted (added after revision {revision}): {found}",
            report.revision,
            ", ".join(e.id for e in found),
        )


def _drifted(report: Report) -> Iterator[str]:
    found = drifts(report)
    if found:
        yield tell("the shape of replies changed: {number:,}", len(found))
    yield from (_fact("", f"{sentence}  {where}") for sentence, where in found)


def _rest(report: Report) -> Iterator[str]:
    """The entries of a baseline that were not checked, and where models differ."""
    yield from (f"{MARK[Verdict.INCONCLUSIVE]} {sentence}" for sentence, _ in standings(report, State.UNCHECKED))
    for each in differences(report):
        parts = gettext("; ").join(f"{MARK[verdict]} {models}" for verdict, models in sides(report, each))
        yield tell("models differ on {id}: {parts}", each.entry.id, parts)


def _line(text: str) -> str:
    """The cleaned text on one line; its margin is kept, and two spaces between what does not belong together."""
    margin = text[: len(text) - len(text.lstrip(" "))]
    return margin + "  ".join(one_line(part, _WHOLE) for part in text.split("  ") if part.strip())
