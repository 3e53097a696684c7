"""Wording shared by all report formats, and the escaping of text that came from the endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.billing.costs import NO_PRICE, Costs
from conformance.contract.profile import Profile
from conformance.contract.requirement import Impact
from conformance.judgement.verdict import Verdict
from conformance.language import gettext, spoken, tell, told
from conformance.report.gate import conclude, is_warning
from conformance.report.report import Report, Spend
from conformance.sending.curl import header_word
from conformance.text import harmless, quoted

MEANING = {0: "conforms", 1: "violates", 3: "could not judge"}
NEVER = (  #: what to do about a valid request that is never answered
    "check the logs of the gateway and its upstream; if the feature is not offered, reject the request with a 400 or "
    "exclude the feature with --without"
)
OUTDATED = "baseline is out of date"  #: what exit code 1 means where nothing is violated that is not known
MARK = {
    Verdict.FAIL: "✗",
    Verdict.WARN: "!",
    Verdict.INCONCLUSIVE: "?",
    Verdict.CONSEQUENCE: "↳",
    Verdict.KNOWN: "≈",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "–",
}

_MORE = re.compile(r" \(and \d+ more exchanges?\)$|（另有 \d+ 个交互）$")
_COLON = re.compile("(?:[;；][^;；:：]*)?(?:: |：)")  #: with the clause that introduces what follows it
_SEMICOLON = re.compile("; |；")

#: Controls but tab and newline, bidirectional and invisible formatting, surrogates, what XML cannot say.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def from_anywhere(report: Report) -> Report:
    """The report whose commands name the run's folder by its whole path, so that they work from anywhere."""
    return replace(report, folder=str(Path(report.folder).absolute())) if report.folder else report


def replaying(report: Report, id: str) -> str:
    """The command that prints the curl commands of a requirement, or of an exchange by its key."""
    return f"phanedge-conformance replay {quoted(id)}{f' {quoted(report.folder)}' if report.folder else ''}"


def seen_again(report: Report, id: str, models: Iterable[str]) -> str:
    """The command that repeats the requests a requirement was judged on and judges the replies; empty for
    recordings."""
    model = next(iter(models), "")
    if report.source == "recording" or not model:
        return ""
    own = "".join(f" --header {header_word(name)}" for name in report.headers)
    return f"{replaying(report, id)} --send --model {quoted(model)}{own}"


def clean(text: str) -> str:
    """The text with invisible and layout-changing characters written as JSON escapes."""
    return _UNPRINTABLE.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def one_line(text: str, most: int = 240) -> str:
    """The cleaned text on one line, its end cut off where it is longer."""
    line = " ".join(clean(text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def printed(text: str) -> str:
    """What goes to a terminal, or the log of a CI server: no line ends in spaces, and none holds a command to that
    server."""
    return "".join(harmless(line.rstrip()) + "\n" for line in text.splitlines())


def plural(number: int, noun: str) -> str:
    """So many of what a noun names; Chinese has no plural."""
    counted = noun if number == 1 or spoken() != "en" else f"{noun}s"
    return f"{number:,} {gettext(counted)}"


def web_link(address: str) -> str:
    """The address where it is one of the web, else empty."""
    return address if re.match(r"https?://[^\s\"'<>()|`\\]+$", address) else ""


# --- the whole report ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Headline:
    """The conclusion: a short label for the exit code, how many warnings there are beside it where it conforms, and the
    sentence without that label."""

    exit_code: int
    meaning: str
    rest: str
    warned: str = ""  # such as ", with 1 warning"
    outdated: bool = False

    @property
    def kind(self) -> str:
        return MEANING[self.exit_code]

    def __str__(self) -> str:
        return f"{self.meaning}{self.warned}{gettext(': ')}{self.rest}"


def headline(report: Report) -> Headline:
    """What the report comes to."""
    conclusion = conclude(report)
    meaning = gettext(OUTDATED if conclusion.outdated else MEANING[conclusion.exit_code])
    rest = conclusion.sentence.removeprefix(tell("could not be judged: {reason}", ""))
    rest = rest.removeprefix(tell("the baseline is out of date: {problem}", ""))
    rest = rest.removeprefix(tell("violates {counts}", "")) if conclusion.exit_code == 1 else rest
    warnings = sum(map(is_warning, report.entries)) if conclusion.exit_code == 0 else 0
    warned = tell(", with {warnings}", plural(warnings, "warning")) if warnings else ""
    return Headline(conclusion.exit_code, meaning, rest, warned, conclusion.outdated)


def verdict(report: Report) -> str:
    """What the report comes to in a dozen words: “Violates: 3 findings fail the gate, 2 of them about billing”."""
    concluded = headline(report)
    failing, warnings = len(report.failing), sum(map(is_warning, report.entries))
    if failing:
        money = sum(each.impact is Impact.BILLING for each in report.failing)
        findings = plural(failing, "finding")
        one, several = tell("{findings} fails the gate", findings), tell("{findings} fail the gate", findings)
        said = one if failing == 1 else several
        if money:
            said += tell(", {number:,} of them about billing", money) if failing > 1 else gettext(", about billing")
        also = warnings
    elif concluded.exit_code == 3:
        said, also = told(report.unjudged) or _COLON.split(_SEMICOLON.split(concluded.rest)[0])[0], 0
    elif concluded.exit_code == 1:
        said, also = _outdated(report) if concluded.outdated else _SEMICOLON.split(concluded.rest)[0], 0
    else:
        said, also = gettext("nothing that was judged fails the gate"), warnings
    meaning = f"{concluded.meaning.capitalize()}{gettext(': ')}{one_line(said)}"
    return gettext("; ").join([meaning, *([plural(also, "warning")] if also else [])])


def _outdated(report: Report) -> str:
    number = len(report.baseline.outdated) if report.baseline else 0
    if number == 1:
        return tell("{number:,} entry is out of date", number)
    return tell("{number:,} entries are out of date", number)


def reason(message: str) -> str:
    """Why something could not be judged, without what differs from one exchange to the next."""
    return one_line(_COLON.split(_MORE.sub("", message))[0], 160) or gettext("no reason given")


def planted(report: Report) -> str:
    """What to say of planted faults, empty where there is none."""
    names = report.fault.split(", ")
    more = tell(" and {number:,} more", len(names) - 3) if len(names) > 4 else ""
    listed = ", ".join(names[: 3 if more else 4]) + more
    if not report.fault:
        return ""
    if len(names) == 1:
        return tell("Planted fault {names}: these results do not describe the endpoint itself.", listed)
    return tell("Planted faults {names}: these results do not describe the endpoint itself.", listed)


def started(report: Report) -> datetime:
    return datetime.fromtimestamp(report.started, UTC)


def spent(report: Report) -> str:
    """What the run cost."""
    return spent_in(report.spend, report.seconds)


def spent_in(spend: Spend, seconds: float) -> str:
    """What was spent in so many seconds."""
    tokens = tell("{input:,} input and {output:,} output tokens", spend.input_tokens, spend.output_tokens)
    return tell("{requests}, {tokens}, {time:,.1f} seconds", plural(spend.requests, "request"), tokens, seconds)


def asked_again(report: Report) -> str:
    """How often valid requests had to be asked again; empty where none was, and where that is not known."""
    found = report.asked_again
    return told(str(found)) if found and found.requests else ""


def spent_and_planned(report: Report) -> str:
    """What the run cost, and what was expected of it."""
    return tell("{spent}; planned: {plan}", spent(report), told(report.plan)) if report.plan else spent(report)


def money(report: Report) -> list[str]:
    """What the run cost by the price sheet, and for how many replies it cannot be computed; nothing without a sheet."""
    costs = report.costs
    if costs is None:
        return []
    if costs.input.amount:
        replies = sum(each.replies for each in costs.models)
        input = tell(
            "input cost of {replies}: {amount} {currency}, {writes} of it for cache writes",
            _replies(replies), costs.input.amount, costs.currency, costs.input.writes,
        )  # fmt: skip
        output = tell("output cost: {amount} {currency}", costs.output, costs.currency) if costs.output else ""
        said = gettext("; ").join(filter(None, (input, output)))
    else:
        said = tell("input cost: {reason}", costs.input.said)
    reasons = [
        tell("{number:,} where {reason}{models}", number, reason, _unpriced(costs, reason))
        for reason, number in costs.untold.items()
    ]
    untold, why = _replies(sum(costs.untold.values())), gettext(", ").join(reasons)
    return [said, *([tell("the cost of {replies} cannot be computed: {reasons}", untold, why)] if reasons else [])]


def _replies(number: int) -> str:
    return tell("1 reply") if number == 1 else tell("{number:,} replies", number)


def _unpriced(costs: Costs, reason: str) -> str:
    names = [each.model for each in costs.models if reason == NO_PRICE and reason in each.untold]
    if not names:
        return ""
    return tell(" ({names}{others})", ", ".join(names[:4]), gettext(" and others") if len(names) > 4 else "")


def who(report: Report, names: Iterable[str]) -> str:
    """The models, shortly: all of them, or some by name and the number of the others."""
    listed = list(dict.fromkeys(names))
    if len(listed) > 1 and len(listed) >= len(report.models):
        return gettext("both models") if len(listed) == 2 else tell("all {number} models", len(listed))
    more = [tell("{number} more", len(listed) - 3)] if len(listed) > 4 else []
    return gettext(", ").join([*listed[: 3 if more else 4], *more])


def by_name(report: Report | Profile) -> str:
    """The models of a report, and which were found to reason although their names do not say so."""
    return ", ".join(
        tell("{name} (reasoning)", each.name) if each.thinking else each.name for each in report.models
    ) or gettext("no model")
