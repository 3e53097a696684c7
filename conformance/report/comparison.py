"""What changed between two reports, as values."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.contract.requirement import Impact, Level
from conformance.judgement.asked_again import AskedAgain
from conformance.judgement.verdict import Verdict
from conformance.language import gettext, tell, told

from .drift import Drift

_FEW, _NOTICEABLE = 3, 0.02  #: requests, and share of the valid ones, by which more or fewer were asked again
_NAMED = 3  #: requirements that the sentence names; the others are counted


@dataclass(frozen=True)
class Change:
    """One requirement on one model. `before` and `after` are None where a report does not have it, `message` is what
    the later report says of it. What is `uncounted` was added after the revision that the endpoint is held to."""

    requirement: str
    level: Level
    impact: Impact
    sentence: str
    model: str
    before: Verdict | None
    after: Verdict | None
    message: str = ""
    uncounted: bool = False

    @property
    def fails(self) -> bool:
        """Whether the violation fails the gate of the later report."""
        return self.after is Verdict.FAIL


@dataclass(frozen=True)
class Side:
    """One of the two reports in a few words; `cost` is the input cost by a price sheet, empty where there is none,
    `fault` a planted one, and `asked_again` tells how often valid requests had to be, None where that is not known."""

    base_url: str
    version: str
    started: float
    conclusion: str
    exit_code: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost: str
    fault: str
    asked_again: AskedAgain | None = None


@dataclass(frozen=True)
class Comparison:
    """What changed from `old` to `new`, of the requirements and models that both know unless said otherwise.

    `violated`: it is violated now, and was not. `lost`: it was judged, and is not any more. `fixed`: it was violated,
    and holds. `judged`: it could not be judged, and holds. `known`: violated since, and accepted in the baseline.
    `added` and `withdrawn` are requirements, `relevelled` those with another level; `violated_anew` is what of the
    added ones, or on added models, is violated. `unjudged` says why there is nothing to compare.
    """

    old: Side
    new: Side
    violated: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    violated_anew: tuple[Change, ...] = ()
    known: tuple[Change, ...] = ()
    fixed: tuple[Change, ...] = ()
    judged: tuple[Change, ...] = ()
    added: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    relevelled: tuple[str, ...] = ()
    models_added: tuple[str, ...] = ()
    models_gone: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    unjudged: str = ""

    @property
    def asked_again(self) -> str:
        """How often valid requests had to be asked again, where that changed noticeably; else empty."""
        old, new = self.old.asked_again, self.new.asked_again
        if old is None or new is None or abs(new.requests - old.requests) < _FEW:
            return ""
        if abs(new.share - old.share) < _NOTICEABLE:
            return ""
        before, after = map(_asked_again, (old, new))
        return tell("valid requests that were asked again: {before} → {after}", before, after)

    def worse(self, strict: bool = False) -> tuple[Change, ...]:
        """What got worse: what is violated now and fails the gate of the later report, and a MUST that held and could
        not be judged any more; strictly, every MUST and SHOULD that is violated now. What the later report does not
        count is not counted here."""
        found = [each for each in self.violated if each.fails or (strict and each.level is not Level.MAY)]
        found += [each for each in self.lost if lost_measure(each)]
        return tuple(each for each in found if not each.uncounted)

    def exit_code(self, strict: bool = False) -> int:
        """0 where nothing got worse, 1 where something did, 3 where the two cannot be compared."""
        return 3 if self.unjudged else 1 if self.worse(strict) else 0

    def sentence(self, strict: bool = False) -> str:
        """What the comparison comes to."""
        if self.unjudged:
            return tell("could not be compared: {reason}", self.unjudged)
        counted = {
            **{
                tell("{level} newly violated", level): sum(each.level is level for each in self.violated)
                for level in Level
            },
            gettext("held and no longer judged"): sum(each.before is Verdict.PASS for each in self.lost),
            gettext("known since"): len(self.known),
            gettext("fixed"): len(self.fixed),
        }
        said = gettext(", ").join(f"{number:,} {name}" for name, number in counted.items() if number)
        worse = self.worse(strict)
        names = list(dict.fromkeys(tell("{id} ({impact})", each.requirement, gettext(each.impact)) for each in worse))
        more = tell(" and {number:,} more", len(names) - _NAMED) if len(names) > _NAMED else ""
        named = [tell("got worse: {ids}", gettext(", ").join(names[:_NAMED]) + more)] if names else []
        meaning = gettext("worse") if worse else gettext("no worse")
        whole = f"{meaning}{gettext(': ')}{said or gettext('nothing is newly violated')}"
        return gettext("; ").join([whole, *named])


def _asked_again(found: AskedAgain) -> str:
    counts = f" ({told(found.counts)})" if found.requests else ""
    return tell("{number:,} of {valid:,}{counts}", found.requests, found.valid, counts)


def lost_measure(change: Change) -> bool:
    """Whether a MUST held, and is inconclusive now or was left out: what is no longer seen may be broken. What is not
    applicable any more is said, and no loss: the profile no longer claims it, or nothing of the kind occurred."""
    gone = change.after in (None, Verdict.INCONCLUSIVE)
    return change.level is Level.MUST and change.before is Verdict.PASS and gone
