"""What a run of a history has to tell, in words: for its report, and as one message to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from conformance.language import gettext, tell, told
from conformance.policy.course import FLAPS, OWN, Course
from conformance.report.comparison import Change
from conformance.report.gate import conclude
from conformance.report.news import News, Origin
from conformance.report.report import Entry, Report

from .changes import Row, Section, rows
from .words import headline, one_line, printed, verdict, who

_MOST = 10  #: rows of a section in a message


def day(at: float) -> str:
    """The day of a Unix time, in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


# --- the sentence -------------------------------------------------------------------------------------------


def summary(report: Report) -> str:
    """What is new since the last run that could be judged, in a sentence; empty for a run of no history."""
    return gettext("; ").join(_clauses(report, report.news)) if report.news else ""


def _clauses(report: Report, news: News) -> Iterator[str]:
    if news.against is None:
        yield gettext("no earlier run of this history could be judged")
    elif news.unjudged:
        yield tell("the last run that could be judged was on {day}", _minute(news.against.at))
    else:
        counted = gettext(", ").join(_counts(report, news)) or gettext("nothing new")
        yield tell("since the run on {day}: {counts}", _minute(news.against.at), counted)
    if news.outage:
        yield tell("{number:,} run{_s} in between could not be judged", news.outage, "s" * (news.outage > 1))
    if news.against and news.against.version != news.version:
        yield tell("the suite changed from {before} to {after}", news.against.version, news.version)
    if news.models_added:
        yield tell("added models: {models}", ", ".join(news.models_added))
    if news.models_gone:
        yield tell("models no longer judged: {models}", ", ".join(news.models_gone))


def _counts(report: Report, news: News) -> Iterator[str]:
    """How many requirements are new, worse, fixed and so on; what was never judged before is not called new."""
    new = {origin: _number(each.change for each in news.new if each.origin is origin) for origin in Origin}
    older = _older(news)
    judged = {each.id for each in report.entries if any(found.verdict in OWN for found in each.findings)}
    listed = {
        gettext("new"): new[Origin.HELD] + new[Origin.OPEN],
        gettext("violated of those that no earlier run had"): new[Origin.REQUIREMENT],
        gettext("violated on added models"): new[Origin.MODEL],
        gettext("worse"): _number(news.worse),
        gettext("flapping"): _number(news.flapping),
        gettext("no longer judged"): _number(news.lost),
        gettext("fixed"): _number(news.fixed),
        gettext("violated as before"): len(older & judged),
        gettext("violated before, not judged now"): len(older - judged),
    }
    yield from (f"{number:,} {name}" for name, number in listed.items() if number)
    if news.outdated:
        yield gettext("the baseline is out of date")


def _number(changes: Iterable[Change]) -> int:
    return len({each.requirement for each in changes})


def _older(news: News) -> set[str]:
    """The requirements that are violated, and were in an earlier run."""
    changes = (*(each.change for each in news.new), *news.worse, *news.flapping)
    told_now = {each.requirement for each in changes}
    return {each.requirement for each in news.courses if each.violated} - told_now


# --- what changed, row by row -------------------------------------------------------------------------------


def sections(news: News, *, beside_findings: bool = False) -> list[Section]:
    """What is told in this run, a section of each kind, what matters most first. Beside the findings of a report, of
    which each says its age, what is simply new is left out."""
    origins = {
        Origin.HELD: gettext("newly violated"),
        Origin.FIRST: gettext("violated in the first run of the history"),
        Origin.OPEN: gettext("violated, and could not be judged before"),
        Origin.REQUIREMENT: gettext(
            "violated, of requirements that no earlier run had: the endpoint need not be worse"
        ),
        Origin.MODEL: gettext("violated on added models"),
    }
    left_out = (Origin.HELD, Origin.FIRST) if beside_findings else ()
    found = [
        *(
            Section(title, "worse", rows(each.change for each in news.new if each.origin is origin))
            for origin, title in origins.items()
            if origin not in left_out
        ),
        Section(gettext("worse: failing the gate, accepted no longer, or always violated"), "worse", rows(news.worse)),
        Section(tell("flapping: held, and violated again within {number} runs", FLAPS), "open", rows(news.flapping)),
        Section(gettext("no longer judged"), "open", rows(news.lost)),
        Section(gettext("newly fixed"), "better", rows(news.fixed)),
    ]
    return [section for section in found if section.rows]


def age(report: Report, entry: Entry) -> str:
    """Since when a requirement is violated; empty where that is not known."""
    news = report.news
    models = [each.model for each in entry.findings if each.verdict is entry.verdict]
    courses = [course for model in models if news and (course := news.by_pair.get((entry.id, model)))]
    if not (news and courses):
        return ""
    young = [each.model for each in courses if each.first_seen == news.at]
    if len(young) == len(courses):
        return gettext("new")
    oldest = min((each for each in courses if each.model not in young), key=lambda each: each.first_seen)
    also = tell("; new on {models}", who(report, young)) if young else ""
    return _since(oldest) + also


def _since(course: Course) -> str:
    if not course.flapping:
        return tell("since {day}", day(course.first_seen))
    violated, judged = course.last(FLAPS)
    first = day(course.first_seen)
    return tell("flaps: violated in {violated} of the last {judged} runs, first on {day}", violated, judged, first)


# --- the message --------------------------------------------------------------------------------------------


def subject(report: Report) -> str:
    """The message in a line: what the run came to, and what is new."""
    return one_line(f"{headline(report).meaning.upper()}{gettext(': ')}{summary(report)}", 400)


def message(report: Report) -> str:
    """The one message about a run, as plain text: what it came to, and what is new, worse and fixed."""
    lines = [f"{report.base_url}{gettext(': ')}{verdict(report)}", summary(report)]
    if report.news and (report.news.unjudged or report.news.outdated):
        lines.append(conclude(report).sentence)
    for section in sections(report.news) if report.news else ():
        lines += ["", section.heading, *(f"  {line_of(report, row)}" for row in section.rows[:_MOST])]
        if len(section.rows) > _MOST:
            lines.append(tell("  … and {number:,} more", len(section.rows) - _MOST))
    return printed("\n".join(one_line(line, 600) if not line.startswith("  ") else line for line in lines))


def line_of(report: Report, row: Row) -> str:
    """A row in a line: the requirement with its level and impact, the models, the change and what is said."""
    parts = [f"{row.mark} {', '.join(row.about)}", row.level, who(report, row.models), row.change, told(row.said)]
    return one_line("  ".join(filter(None, parts)), 600)
