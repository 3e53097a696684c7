"""The report: what was found, by requirement and model, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from conformance.billing.costs import Costs
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Level, order
from conformance.judgement.asked_again import AskedAgain
from conformance.judgement.unanswered import Unanswered
from conformance.judgement.unserved import Unserved
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.policy.baseline import Audit
from conformance.sending.curl import reads_file

from .drift import Drift
from .news import News
from .repeated import Repeated
from .traffic import Traffic


@dataclass(frozen=True)
class Entry:
    """One requirement with what was found, a finding for each model. One that is `later` than the revision to which the
    endpoint is held does not count. `impact` is what a violation does, `warns` why it only warns by default in spite
    of that."""

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
    impact: Impact = Impact.FORM
    warns: str = ""

    @cached_property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @cached_property
    def verdict(self) -> Verdict:
        return max((finding.verdict for finding in self.findings), default=Verdict.NOT_APPLICABLE)

    @property
    def violated(self) -> bool:
        return self.verdict in VIOLATIONS

    @cached_property
    def follows(self) -> str:
        """The violated requirement that all follows from which is not as it should be; empty where something is of its
        own."""
        telling = [finding for finding in self.findings if finding.verdict >= Verdict.CONSEQUENCE]
        return telling[0].follows if telling and all(finding.follows for finding in telling) else ""

    def models(self, *verdicts: Verdict) -> tuple[str, ...]:
        """The models on which it came to one of these verdicts."""
        return tuple(finding.model for finding in self.findings if finding.verdict in verdicts)

    def finding(self, model: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.model == model), None)


@dataclass(frozen=True)
class Evidence:
    """One exchange as a person reads it, with the command that sends it again. `shared`: it was asked of one model,
    since the endpoint is expected to answer alike for all."""

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
    shared: bool = False

    def command(self, most: int) -> str:
        """The curl line; empty where it has more characters, or works in the run's folder only."""
        return "" if len(self.curl) > most or reads_file(self.curl) else self.curl


@dataclass(frozen=True)
class Spend:
    """What the run cost: requests answered, and tokens as the endpoint counted them."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True)
class Latency:
    """How long replies with status 2xx took, in seconds: the median and the 95th percentile until the last byte, and
    the median until the first bytes of those that were streamed, None where none was."""

    median: float
    p95: float
    first_event: float | None = None


@dataclass(frozen=True)
class Report:
    """`started` is Unix time, `seconds` how long the run took. `unjudged` says why nothing could be judged, or not all
    that should have been; `unanswered` are the valid requests that never were answered, `unserved` the features that
    were never served; `asked_again` tells how often valid requests had to be, None where that is not known; `fault`
    names a planted fault; `gate` are the levels and impacts by which violations were graded. `drift` is what changed in
    the shape of replies since they were kept, which no verdict depends on; `costs` are those by the price sheet, and
    `baseline` what became of the known violations, where there are such; `revision` is that to which the endpoint is
    held, empty for all requirements; `plan` says what the run was expected to send and cost; `unseen` says what
    recordings made elsewhere do not show; `headers` are the names of the fields that were added to every request
    (`--header`); `traffic` is what an audit counted, `news` what a run of a history has to tell, and `latency` how long
    replies took; `repeated` is what several runs differ in: the findings are those of the first one, and what was spent
    is that of all. `folder` is that of the run as a person would type it, for
    commands; report.json does not have it."""

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
    unserved: tuple[Unserved, ...] = ()
    fault: str = ""
    gate: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    costs: Costs | None = None
    baseline: Audit | None = None
    revision: str = ""
    plan: str = ""
    unseen: str = ""
    asked_again: AskedAgain | None = None
    headers: tuple[str, ...] = ()
    traffic: Traffic | None = None
    news: News | None = None
    latency: Latency | None = None
    repeated: Repeated | None = None
    folder: str = field(default="", compare=False)

    @cached_property
    def counting(self) -> tuple[Entry, ...]:
        """The entries that count."""
        return tuple(entry for entry in self.entries if not entry.later)

    def count(self, level: Level, *verdicts: Verdict) -> int:
        """How many requirements of this level that count came to one of these verdicts."""
        return sum(entry.level is level and entry.verdict in verdicts for entry in self.counting)

    @cached_property
    def worst_first(self) -> tuple[Entry, ...]:
        """The entries, what matters most first: by verdict, whether it counts, impact and level, then id."""

        def weight(entry: Entry) -> tuple[object, ...]:
            return (-entry.verdict, entry.later, *order(entry.level, entry.impact), entry.id)

        return tuple(sorted(self.entries, key=weight))

    def following(self, cause: Entry) -> list[Entry]:
        """The entries that follow from the violation of this one."""
        return [entry for entry in self.worst_first if entry.follows == cause.id]

    @property
    def failing(self) -> list[Entry]:
        """The entries that count and fail the gate, what matters most first."""
        return [entry for entry in self.worst_first if entry.verdict is Verdict.FAIL and not entry.later]


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
    to which a requirement does not apply does not differ, nor one that was not asked what shows the violation."""
    found = [
        Difference(
            entry,
            violating=entry.models(*VIOLATIONS, Verdict.KNOWN),
            holding=entry.models(Verdict.PASS),
            unjudged=entry.models(Verdict.INCONCLUSIVE),
        )
        for entry in report.worst_first
        if not is_of_one(report, entry)
    ]
    apart = [each for each in found if sum(map(bool, (each.violating, each.holding, each.unjudged))) > 1]
    return tuple(sorted(apart, key=lambda each: not (each.violating and each.holding)))


def is_of_one(report: Report, entry: Entry) -> bool:
    """Whether all that shows a violation was asked of one model: of the others it tells nothing."""
    violated = (each for each in entry.findings if each.verdict in (*VIOLATIONS, Verdict.KNOWN))
    keys = [key for finding in violated for key in finding.evidence]
    return bool(keys) and all(key in report.evidence and report.evidence[key].shared for key in keys)
