"""The gate: which violations fail a run. A violation is graded here, and nowhere else: FAIL, or WARN."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.contract.requirement import Impact, Level, Requirement
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import say
from conformance.text import nearest_few

WORDS = ("must", "should", *map(str, Impact))  #: what `--gate` lists
_DEFAULT = ",".join(("must", *(each for each in Impact if each is not Impact.FORM)))


class GateError(Exception):
    """A word that names nothing; the message is one sentence with the nearest."""


@dataclass(frozen=True)
class Gate:
    """`words` of WORDS. A level stands for all of its requirements, an impact for each MUST and SHOULD with this impact
    but those that only warn (`Requirement.warns`)."""

    words: tuple[str, ...]

    def fails(self, requirement: Requirement) -> bool:
        """Whether a violation of it fails the run. A MAY is information, and never does."""
        if requirement.level is Level.MAY:
            return False
        named = requirement.impact in self.words and not requirement.warns
        return named or requirement.level.lower() in self.words

    def graded(self, requirement: Requirement, finding: Finding) -> Finding:
        """The finding, where it is a violation as FAIL or as WARN."""
        if finding.verdict not in VIOLATIONS:
            return finding
        return replace(finding, verdict=Verdict.FAIL if self.fails(requirement) else Verdict.WARN)


def gate(listed: str | None, strict: bool = False) -> Gate:
    """The gate of words with commas between, the default where None; strictly, every MUST and SHOULD as well. Raises
    GateError."""
    words = {word.strip() for word in (listed or _DEFAULT).split(",")} | ({"must", "should"} if strict else set())
    for word in sorted(words - set(WORDS)):
        hint = nearest_few(word, WORDS) or say(": there are {names}", ", ".join(WORDS))
        raise GateError(say("there is no level or impact {word!r}{hint}", word, hint))
    return Gate(tuple(word for word in WORDS if word in words))


DEFAULT = gate(None)
