"""The report: what was found, by requirement and model, with the evidence, to and from JSON."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.billing.costs import Costs
from conformance.contract.profile import NOT_OF_FAMILY, Model
from conformance.contract.requests import COSTLY
from conformance.contract.requirement import Level, Requirement
from conformance.contract.selection import GROUPS
from conformance.contract.sources import link
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.judgement.unanswered import Unanswered
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.baseline import Audit
from conformance.sending.curl import address, curl

from .drift import Drift

EVIDENCE_CHARACTERS = 40_000  #: of a body that a report shows; the archive keeps the whole
ENOUGH = 0.5  #: the share of the MUSTs that apply to a model which must have been judged for a verdict on it
AREA = 3  #: MUSTs that an area must have before it is held to that share by itself


@dataclass(frozen=True)
class Entry:
    """One requirement with what was found, a finding for each model. One that is `later` than the revision to which the
    endpoint is held does not count."""

    id: str
    level: Level
    sentence: str
    source: str
    link: str
    at: str
    hint: str
    contract: tuple[str, ...]
    findings: tuple[Finding, ...]
    later: bool = False

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @property
    def verdict(self) -> Verdict:
        return max((finding.verdict for finding in self.findings), default=Verdict.NOT_APPLICABLE)

    @property
    def violated(self) -> bool:
        return self.verdict in (Verdict.FAIL, Verdict.WARN)

    def models(self, *verdicts: Verdict) -> tuple[str, ...]:
        """The models on which it came to one of these verdicts."""
        return tuple(finding.model for finding in self.findings if finding.verdict in verdicts)

    def finding(self, model: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.model == model), None)


@dataclass(frozen=True)
class Evidence:
    """One exchange as a person reads it, with the command that sends it again."""

    key: str
    label: str
    model: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    truncated: bool
    streamed: bool
    failure: str
    curl: str


@dataclass(frozen=True)
class Spend:
    """What the run cost: requests answered, and tokens as the endpoint counted them."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True)
class Report:
    """`started` is Unix time, `seconds` how long the run took. `unjudged` says why nothing could be judged, or not all
    that should have been; `unanswered` are the valid requests that never were answered; `fault` names a planted fault.
    `drift` is what changed in the shape of replies since they were kept, which no verdict depends on; `costs` are those
    by the price sheet, and `baseline` what became of the known violations, where there are such; `revision` is that to
    which the endpoint is held, empty for all requirements; `plan` says what the run was expected to send and cost."""

    base_url: str
    source: str
    models: tuple[Model, ...]
    version: str
    started: float
    seconds: float
    spend: Spend
    entries: tuple[Entry, ...]
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    unjudged: str = ""
    unanswered: tuple[Unanswered, ...] = ()
    fault: str = ""
    strict: bool = False
    drift: tuple[Drift, ...] = ()
    costs: Costs | None = None
    baseline: Audit | None = None
    revision: str = ""
    plan: str = ""

    @property
    def counting(self) -> tuple[Entry, ...]:
        """The entries that count."""
        return tuple(entry for entry in self.entries if not entry.later)

    def count(self, level: Level, *verdicts: Verdict) -> int:
        """How many requirements of this level that count came to one of these verdicts."""
        return sum(entry.level is level and entry.verdict in verdicts for entry in self.counting)

    @property
    def worst_first(self) -> list[Entry]:
        """The entries, what matters most first: by verdict, whether it counts, level, then id."""
        levels = list(Level)
        return sorted(
            self.entries, key=lambda entry: (-entry.verdict, entry.later, levels.index(entry.level), entry.id)
        )


@dataclass(frozen=True)
class Conclusion:
    """`exit_code`: 0 conforms, 1 violates, 3 could not judge (2 is wrong usage, and has no report). `outdated`: it is 1
    for nothing but the baseline."""

    exit_code: int
    sentence: str
    outdated: bool = False


_JUDGED = (Verdict.PASS, Verdict.KNOWN, Verdict.WARN, Verdict.FAIL)


def conclude(report: Report) -> Conclusion:
    """The one policy of the gate: what a report comes to."""
    never = _never_answered(report)
    if report.count(Level.MUST, Verdict.FAIL):
        cut = f"not everything could be judged: {report.unjudged}" if report.unjudged else ""
        return Conclusion(1, _joined(tally(report), cut, never, *_limits(report)))
    if report.unjudged:
        return Conclusion(3, f"could not be judged: {report.unjudged}")
    told = _joined(tally(report), *_limits(report))
    if unmeasured := _joined(_first_too_few(report), never):
        return Conclusion(3, f"could not be judged: {unmeasured}; {told}")
    if report.strict and any(entry.violated for entry in report.counting):
        return Conclusion(1, told)
    if report.baseline and report.baseline.outdated:
        return Conclusion(1, f"the baseline is out of date: {report.baseline.problem}; {told}", outdated=True)
    return Conclusion(0, _joined(told, _basis(report)))


def _joined(*clauses: str) -> str:
    return "; ".join(filter(None, clauses))


def _first_too_few(report: Report) -> str:
    """The first model and area of which too few MUSTs were judged; empty where there is none."""
    for model in report.models:
        for area in ("", *sorted({entry.area for entry in report.counting})):
            judged, applicable = _musts(report, model, area)
            too_few = applicable and judged < ENOUGH * applicable and (not area or applicable >= AREA)
            if too_few or not (area or judged):
                return _too_few(model, area, judged, applicable)
    return ""


def _too_few(model: Model, area: str, judged: int, applicable: int) -> str:
    if not applicable:
        return f"no MUST was judged on {model.name}, since none was selected or none applies"
    of_area = f" of the area {area}" if area else ""
    return f"only {judged} of the {applicable} MUST{of_area} that apply to {model.name} could be judged"


def _basis(report: Report) -> str:
    """On how much recordings conform: what was not recorded is not judged."""
    requests = report.spend.requests
    recorded = f"{requests:,} recorded exchange{'' if requests == 1 else 's'}"
    return f"judged on no more than {recorded}" if report.source == "recording" else ""


_NAMED = 3  #: requests or requirements that a conclusion names; the others are counted


def _some(names: Iterable[object]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMED:,} more" if len(listed) > _NAMED else ""
    return ", ".join(map(str, listed[:_NAMED])) + more


def _never_answered(report: Report) -> str:
    """The valid requests that always failed: what they would have shown was not measured, whatever others showed."""
    number = len(report.unanswered)
    counted = "1 valid request was" if number == 1 else f"{number:,} valid requests were"
    return f"{counted} never answered: {_some(report.unanswered)}" if number else ""


def _limits(report: Report) -> list[str]:
    """What a reader must not overlook in a conclusion: caching that was not judged, and warnings about money."""
    if report.source == "recording":
        return []
    reasons: dict[str, list[str]] = {}
    for model in report.models:
        if reason := _caching_left_out(report, model):
            reasons.setdefault(reason, []).append(model.name)
    every = len(report.models)
    said = [
        f"caching was not judged{'' if len(names) == every else f' on {_some(names)}'}: {reason}"
        for reason, names in reasons.items()
    ]
    unclear = [] if reasons or report.count(Level.MUST, Verdict.FAIL) else _unclear_caching(report)
    money = [entry.id for entry in report.counting if entry.verdict is Verdict.WARN and entry.area in GROUPS["billing"]]
    warned = "1 warning is" if len(money) == 1 else f"{len(money):,} warnings are"
    return [*said, *unclear, f"{warned} about money: {_some(money)}" if money else ""]


def _caching_left_out(report: Report, model: Model) -> str:
    """Why a model of a family that caches was not judged by that; empty where it was."""
    features = {"cache.explicit", "cache.automatic"} - NOT_OF_FAMILY.get(model.family, frozenset())
    if not features or not _musts(report, model, "")[0]:
        return ""
    if COSTLY in model.without:
        return "--no-costly leaves it out"
    if unclaimed := features & model.without:
        return f"--without {min(unclaimed)}"
    chosen = any(entry.area == "caching" and entry.finding(model.name) for entry in report.counting)
    return "" if chosen else "it was not selected"


def _unclear_caching(report: Report) -> Iterable[str]:
    """The requirements about caching that a cache which never engaged, say, left inconclusive."""
    found = [(entry.id, finding) for entry in report.counting if entry.area == "caching" for finding in entry.findings]
    unclear = [(id, finding) for id, finding in found if finding.verdict is Verdict.INCONCLUSIVE]
    for id, finding in unclear[:1]:
        reason = finding.message.partition(":")[0]
        yield f"caching was judged in part: {id} is inconclusive on {finding.model}, since {reason}" + (
            f"; and {len(unclear) - 1:,} more of caching" if len(unclear) > 1 else ""
        )


def _musts(report: Report, model: Model, area: str) -> tuple[int, int]:
    """How many MUSTs of an area (of all, where it is empty) were judged on a model, and how many apply to it. What the
    endpoint refused, as it may, does not apply."""
    musts = [entry for entry in report.counting if entry.level is Level.MUST and area in ("", entry.area)]
    findings = [finding for entry in musts if (finding := entry.finding(model.name))]
    judged = sum(finding.verdict in _JUDGED for finding in findings)
    return judged, judged + sum(each.verdict is Verdict.INCONCLUSIVE and not each.refused for each in findings)


def tally(report: Report) -> str:
    """Conformance as a sentence: “violates 2 of 131 MUST, 4 of 52 SHOULD; 9 not applicable; 3 inconclusive”."""
    parts = []
    for level, verdict in ((Level.MUST, Verdict.FAIL), (Level.SHOULD, Verdict.WARN), (Level.MAY, Verdict.WARN)):
        if judged := report.count(level, *_JUDGED):
            parts.append(f"{report.count(level, verdict)} of {judged} {level}")
    rest = {
        "known": Verdict.KNOWN, "not applicable": Verdict.NOT_APPLICABLE, "inconclusive": Verdict.INCONCLUSIVE,
    }  # fmt: skip
    others = [
        f"{number} {name}"
        for name, verdict in rest.items()
        if (number := sum(entry.verdict is verdict for entry in report.counting))
    ]
    if later := sum(entry.later for entry in report.entries):
        others.append(f"{later} later than {report.revision} and not counted")
    return "; ".join(["violates " + (", ".join(parts) or "nothing that was judged"), *others])


@dataclass(frozen=True)
class Difference:
    """A requirement on which the models of one endpoint differ: those that violate it, those on which it holds, and
    those on which it could not be judged."""

    entry: Entry
    violating: tuple[str, ...]
    holding: tuple[str, ...]
    unjudged: tuple[str, ...]


def differences(report: Report) -> tuple[Difference, ...]:
    """Where one model does what another does not: first what some violate and others keep, the worst first. A model
    to which a requirement does not apply does not differ."""
    found = [
        Difference(
            entry,
            violating=entry.models(Verdict.FAIL, Verdict.WARN, Verdict.KNOWN),
            holding=entry.models(Verdict.PASS),
            unjudged=entry.models(Verdict.INCONCLUSIVE),
        )
        for entry in report.worst_first
    ]
    apart = [each for each in found if sum(map(bool, (each.violating, each.holding, each.unjudged))) > 1]
    return tuple(sorted(apart, key=lambda each: not (each.violating and each.holding)))


# --- from findings ------------------------------------------------------------------------------------------


def entries(
    catalogue: Mapping[str, Requirement], findings: Iterable[Finding], later: Container[str] = ()
) -> tuple[Entry, ...]:
    """One entry for each requirement that was found something about, in the order of ids; `later` are the ids of those
    that do not count."""
    by_requirement: dict[str, list[Finding]] = {}
    for finding in findings:
        by_requirement.setdefault(finding.requirement, []).append(finding)
    return tuple(_entry(catalogue[id], by_requirement[id], id in later) for id in sorted(by_requirement))


def _entry(requirement: Requirement, findings: Sequence[Finding], later: bool) -> Entry:
    return Entry(
        id=requirement.id,
        level=requirement.level,
        sentence=requirement.sentence,
        source=requirement.source,
        link=link(requirement.source),
        at=requirement.at,
        hint=requirement.hint,
        contract=requirement.contract,
        findings=tuple(findings),
        later=later,
    )


def evidence_of(exchange: Exchange, base_url: str, key_variable: str) -> Evidence:
    """An exchange as a report shows it. The key stays a variable."""
    request = exchange.request
    try:
        text = exchange.text
    except Inconclusive:  # a content coding that cannot be undone
        text = exchange.wire.decode("utf-8", "replace")
    return Evidence(
        key=request.key,
        label=request.label,
        model=str(request.asked.get("model", "")),
        method=request.method,
        url=address(base_url, request),
        request_headers=request.headers,
        request_body=request.body.decode("utf-8", "replace")[:EVIDENCE_CHARACTERS],
        status=exchange.status,
        headers=exchange.headers,
        body=text[:EVIDENCE_CHARACTERS],
        truncated=len(text) > EVIDENCE_CHARACTERS,
        streamed=exchange.streamed,
        failure=str(exchange.failure or ""),
        curl=curl(request, base_url, key_variable),
    )


def spend_of(exchanges: Iterable[Exchange]) -> Spend:
    """What these exchanges cost, by the usage that the endpoint reported."""
    requests = input_tokens = output_tokens = 0
    for exchange in exchanges:
        requests += 1
        usage = _usage(exchange)
        input_tokens += usage.get("prompt_tokens", 0)
        output_tokens += usage.get("completion_tokens", 0)
    return Spend(requests, input_tokens, output_tokens)


def _usage(exchange: Exchange) -> dict[str, int]:
    try:
        documents = exchange.chunks if exchange.streamed else [exchange.document] if exchange.succeeded else []
    except Inconclusive:  # not JSON, or a content coding that cannot be undone
        documents = []
    usages = [document.get("usage") for document in documents if isinstance(document, dict)]
    usage = next((usage for usage in reversed(usages) if isinstance(usage, dict)), {})
    return {name: count for name, count in usage.items() if type(count) is int and count >= 0}
