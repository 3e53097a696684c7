"""The report as JUnit XML: a test suite for each model, a test case for each requirement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conformance.contract.profile import Model
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import gettext, tell, told
from conformance.report.gate import conclude
from conformance.report.report import Entry, Report

from .found import clause, impact, statement
from .words import clean, from_anywhere, headline, one_line, seen_again, started

_CURL = 3_000  #: characters of a command line beyond which it is left to the other formats
_SKIPPED = (Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE, Verdict.KNOWN, Verdict.CONSEQUENCE)


def render(report: Report) -> str:
    """A suite for each model, a case for each requirement."""
    return document(f"conformance of {report.base_url}", suites(report), report.seconds)


def document(name: str, found: Iterable[Element], seconds: float) -> str:
    """The suites as one document."""
    root = Element("testsuites", name=clean(name))
    root.extend(found)
    _count(root, list(root.iter("testsuite")))
    root.set("time", f"{seconds:.3f}")
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def suites(report: Report) -> Iterator[Element]:
    """A suite for each model, and one for what is said of the endpoint as a whole."""
    report = from_anywhere(report)
    yield from (_suite(report, model) for model in report.models)
    if headline(report).exit_code == 3:
        yield _of_endpoint(report, "could be judged", "error", headline(report).rest, *_commands(report))
    if conclude(report).outdated and report.baseline:
        yield _of_endpoint(report, "baseline is up to date", "failure", told(report.baseline.problem))


def unjudged_suite(name: str, reason: str) -> Element:
    """The suite of an endpoint that has no report."""
    suite = Element("testsuite", name=clean(name), time="0")
    case = SubElement(suite, "testcase", classname="endpoint", name="could be judged", time="0")
    SubElement(case, "error", type="could not judge", message=clean(reason)).text = clean(reason)
    _count(suite, [suite])
    return suite


def _suite(report: Report, model: Model) -> Element:
    suite = _new_suite(report, model.name, _costs(report, model))
    for entry in sorted(report.entries, key=lambda entry: entry.id):
        suite.append(_case(report, entry, entry.finding(model.name)))
    _count(suite, [suite])
    return suite


def _commands(report: Report) -> list[str]:
    """The commands that send again what was never answered."""
    shown = [(each, report.evidence[each.key]) for each in report.unanswered if each.key in report.evidence]
    return [f"{told(str(each))}{gettext(': ')}{curl}" for each, evidence in shown if (curl := evidence.command(_CURL))]


def _of_endpoint(report: Report, name: str, tag: str, reason: str, *more: str) -> Element:
    """One error or failure, so that what could not be judged and what is out of date is never green."""
    suite = _new_suite(report, "endpoint", {})
    case = SubElement(suite, "testcase", classname="endpoint", name=name, time="0")
    SubElement(case, tag, type=headline(report).kind, message=clean(reason)).text = clean("\n".join([reason, *more]))
    _count(suite, [suite])
    return suite


def _costs(report: Report, model: Model) -> dict[str, str]:
    """What the model's replies cost, where there is a price sheet."""
    costs = report.costs
    found = next((each for each in costs.models if each.model == model.name), None) if costs else None
    if costs is None or found is None:
        return {}
    untold = gettext("; ").join(
        tell("{number} where {reason}", number, told(reason)) for reason, number in found.untold.items()
    )
    return {
        "currency": costs.currency,
        "input cost": found.input.amount,
        "input cost of writes": found.input.writes,
        "input cost arithmetic": told(found.input.said),
        "output cost": found.output,
        "cost cannot be told": untold,
    }


def _new_suite(report: Report, name: str, more: Mapping[str, str]) -> Element:
    timestamp = started(report).strftime("%Y-%m-%dT%H:%M:%S")
    suite = Element("testsuite", name=clean(name), timestamp=timestamp, time="0")
    facts = {
        "endpoint": report.base_url,
        "judged": report.source,
        "version": report.version,
        "fault": report.fault,
        **more,
    }
    _properties(suite, facts.items())
    return suite


def _count(element: Element, suites: list[Element]) -> None:
    for name, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        element.set(name, str(sum(1 for suite in suites for _ in suite.iter(tag))))


def _properties(parent: Element, facts: Iterable[tuple[str, str]]) -> None:
    stated = [(name, value) for name, value in facts if value]
    properties = SubElement(parent, "properties") if stated else None
    for name, value in stated:
        if properties is not None:
            SubElement(properties, "property", name=name, value=clean(value))


def _case(report: Report, entry: Entry, finding: Finding | None) -> Element:
    case = Element("testcase", classname=clean(entry.area), name=clean(entry.id), time="0")
    facts = {"level": str(entry.level), "impact": str(entry.impact), "source": entry.source, "link": entry.link}
    charge = _charge(report, finding)
    _properties(case, [*facts.items(), ("contract", ", ".join(entry.contract)), ("charge", charge)])
    verdict = finding.verdict if finding else Verdict.NOT_APPLICABLE
    message = one_line(finding.message if finding else gettext("not judged on this model"), 500)
    if verdict in _SKIPPED:
        cause = tell(" of {follows}", finding.follows) if finding and finding.follows else ""
        SubElement(case, "skipped", message=f"{gettext(str(verdict))}{cause}{gettext(': ')}{message}")
    elif entry.later:
        uncounted = tell(
            "{verdict}, not counted (added after revision {revision})", gettext(str(verdict)), report.revision
        )
        SubElement(case, "skipped", message=f"{uncounted}{gettext(': ')}{message}")
    elif finding and verdict is Verdict.FAIL:
        failure = SubElement(case, "failure", type=str(entry.level), message=message)
        failure.text = _explained(report, entry, finding)
    elif finding and verdict is Verdict.WARN:
        SubElement(case, "system-out").text = f"{gettext('warning')}{gettext(': ')}{_explained(report, entry, finding)}"
    return case


def _charge(report: Report, finding: Finding | None) -> str:
    """What a violation over- or undercharges."""
    found = report.costs.charge(finding.requirement, finding.model) if report.costs and finding else None
    return told(found.said) if found else ""


def _explained(report: Report, entry: Entry, finding: Finding) -> str:
    """What is required, what was observed, the remedy, the clause, and how to reproduce it."""
    shown = next((report.evidence[key] for key in finding.evidence if key in report.evidence), None)
    curl = shown.command(_CURL) if shown else ""
    parts = [
        statement(entry),
        _fact("impact", impact(entry)),
        _fact("observed", finding.message),
        _fact("remedy", entry.hint),
        _fact("charge", _charge(report, finding)),
        _fact("clause", f"{clause(entry)} {entry.link}".rstrip()),
        _fact("reproduce with curl", curl),
        _fact("reproduce", seen_again(report, entry.id, [finding.model])),
    ]
    return clean("\n".join(part for part in parts if part))


def _fact(name: str, said: str) -> str:
    return f"{gettext(name)}{gettext(': ')}{said}" if said else ""
