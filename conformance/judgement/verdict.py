"""Verdicts, which only ever get worse, and findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from conformance.language import say


class Verdict(IntEnum):
    """What is known of one requirement; the worst of several counts, so they combine by `max`."""

    NOT_APPLICABLE = 0  #: not claimed, or nothing of the kind occurred
    PASS = 1
    KNOWN = 2  #: violated, and listed in the vendor's baseline
    CONSEQUENCE = 3  #: violated, which follows from another violation of the same run
    INCONCLUSIVE = 4  #: should have been judged and could not be
    WARN = 5  #: violated, and the gate lets it pass
    FAIL = 6  #: violated; as long as no gate has graded it, any violation

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")

    @classmethod
    def named(cls, name: str) -> Verdict:
        """The verdict with this name, as `str` gives it. Raises KeyError."""
        return cls[name.upper().replace(" ", "_")]


VIOLATIONS = (Verdict.FAIL, Verdict.WARN)  #: that are not accepted in a baseline, and follow from no other


@dataclass(frozen=True)
class Finding:
    """One requirement judged on what one model did.

    `judged` counts the exchanges that were judged, `evidence` are the keys of the exchanges that made the
    verdict what it is, the most telling first. `refused`: it could not be judged because the endpoint refused what it
    may refuse. `of` are the requirements whose violation this is, where it is one of others; `follows` is the violated
    requirement from which it follows.
    """

    requirement: str
    model: str
    verdict: Verdict
    message: str = ""
    judged: int = 0
    evidence: tuple[str, ...] = ()
    refused: bool = False
    of: tuple[str, ...] = ()
    follows: str = ""


EVIDENCE_LIMIT = 5


def gather(findings: Iterable[Finding]) -> Finding:
    """One finding of several for the same requirement and model.

    An exchange that could not show anything counts only where none could: thirty passes are not undone by one
    error response. `INCONCLUSIVE` with `judged` > 0 is a check that crashed, and does count.
    """
    all_findings = list(findings)
    telling = [each for each in all_findings if each.judged] or all_findings
    worst = max(telling, key=lambda each: each.verdict)
    same = [each for each in telling if each.verdict is worst.verdict]
    others = len(same) - 1 if worst.verdict > Verdict.KNOWN else 0
    message = _with_others(worst.message, others) if others else worst.message
    evidence = tuple(dict.fromkeys(key for each in same for key in each.evidence))
    return Finding(
        worst.requirement,
        worst.model,
        worst.verdict,
        message,
        sum(each.judged for each in all_findings),
        evidence[:EVIDENCE_LIMIT],
        of=worst.of,
    )


def _with_others(message: str, others: int) -> str:
    if others == 1:
        return say("{message} (and {number} more exchange)", message, others)
    return say("{message} (and {number} more exchanges)", message, others)
