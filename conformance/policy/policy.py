"""What a run is held to: a revision of the catalogue, what fails its gate, and the violations that are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from conformance.contract.requirement import Requirement
from conformance.judgement.verdict import Finding
from conformance.suite.catalogue import load

from .baseline import Audit, Baseline, Before, accept, audit, check
from .baseline_file import read_baseline
from .gating import DEFAULT, Gate
from .revisions import Revision, revision, withdrawn_ids


@dataclass(frozen=True)
class Terms:
    """`today` decides which entries of the baseline have expired, `before` which are violated too often, and which are
    stale for longer than `stale_after` days: it is what earlier runs came to, None where that is not known."""

    today: date
    revision: Revision | None = None
    baseline: Baseline | None = None
    gate: Gate = DEFAULT
    before: Before | None = None
    stale_after: int | None = None

    def counts(self, requirement: Requirement) -> bool:
        """Whether it was there already when the revision was frozen."""
        return self.revision is None or self.revision.knows(requirement)

    def holds(self, requirement: Requirement) -> bool:
        """Whether the endpoint is held to it, at the level that it has."""
        return self.counts(requirement) and self.held(requirement).level is requirement.level

    def held(self, requirement: Requirement) -> Requirement:
        """The requirement at the level to which the endpoint is held."""
        return self.revision.held(requirement) if self.revision else requirement

    def judged(self, requirement: Requirement, finding: Finding) -> Finding:
        """The finding as the gate grades it, known where the baseline accepts it."""
        graded = self.gate.graded(self.held(requirement), finding)
        return accept(self.baseline, graded, self.today, self.before) if self.baseline else graded

    def audited(self, findings: Iterable[Finding]) -> Audit | None:
        """What became of each entry of the baseline."""
        if self.baseline is None:
            return None
        return audit(self.baseline, findings, load(), self.today, self.before, self.stale_after)

    def catalogue(self) -> Mapping[str, Requirement]:
        """Every requirement, at the level to which the endpoint is held."""
        return {id: self.held(requirement) for id, requirement in load().items()}

    def later(self) -> frozenset[str]:
        """The requirements that do not count."""
        return frozenset(id for id, requirement in load().items() if not self.counts(requirement))

    def check(self, models: Sequence[str]) -> None:
        """Raises BaselineError where an entry is about nothing that is judged."""
        if self.baseline:
            check(self.baseline, load(), withdrawn_ids(), models)


def read_terms(
    today: date,
    revision_name: str | None,
    baseline: Path | None,
    gate: Gate = DEFAULT,
    before: Before | None = None,
    stale_after: int | None = None,
) -> Terms:
    """Raises RevisionError and BaselineError."""
    return Terms(
        today,
        revision(revision_name) if revision_name else None,
        read_baseline(baseline) if baseline else None,
        gate,
        before,
        stale_after,
    )
