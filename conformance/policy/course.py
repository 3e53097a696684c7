"""The course of one requirement on one model over the runs of a history: since when, how often, steady or flapping."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.judgement.verdict import VIOLATIONS, Verdict

RECENT = 30  #: judged runs that a course remembers
FLAPS = 10  #: judged runs within which a finding that was fixed and comes back flaps
VIOLATED, HELD, OPEN = "x", ".", "-"  #: of one run: violated, held, neither
OWN = (Verdict.PASS, Verdict.KNOWN, *VIOLATIONS)  #: what was judged, and follows from no other violation


@dataclass(frozen=True)
class Course:
    """`verdict` is the last that was judged, and `violation` the last one that violated; None where there is none.
    `recent` has a character for each of the last RECENT judged runs that had the requirement, the latest last:
    VIOLATED, HELD or OPEN. Times are Unix time, 0 for never: `first_seen` of the first violation since which no RECENT
    runs were without one, `last_seen` of the last one, `turned` of the run in which it last began to hold or to be
    violated."""

    requirement: str
    model: str
    verdict: Verdict | None = None
    violation: Verdict | None = None
    first_seen: float = 0.0
    last_seen: float = 0.0
    turned: float = 0.0
    recent: str = ""
    flapping: bool = False

    @property
    def violated(self) -> bool:
        """Whether it was violated when it was last judged."""
        return self.verdict is not None and self.verdict > Verdict.PASS

    def last(self, runs: int) -> tuple[int, int]:
        """How many of the last so many runs that judged it violated it, and how many these are: no more than RECENT."""
        judged = self.recent.replace(OPEN, "")[-runs:]
        return judged.count(VIOLATED), len(judged)

    def after(self, verdict: Verdict, at: float) -> Course:
        """The course with one more run."""
        judged = verdict in OWN
        mark = OPEN if not judged else HELD if verdict is Verdict.PASS else VIOLATED
        recent = (self.recent + mark)[-RECENT:]
        first, last, turned = self.first_seen, self.last_seen, self.turned
        if judged and (self.verdict is None or (verdict is Verdict.PASS) is self.violated):
            turned = at
        if mark is VIOLATED:
            first, last = first if VIOLATED in self.recent else at, at
        seen = VIOLATED in recent
        violation = verdict if mark is VIOLATED else self.violation if seen or not judged else None
        # made anew, since there are as many of these as verdicts in all runs: `replace` takes four times as long
        return Course(
            self.requirement, self.model, verdict if judged else self.verdict, violation, first, last, turned, recent,
            (seen or self.flapping) and flaps(recent, self.flapping),
        )  # fmt: skip


def flaps(recent: str, before: bool) -> bool:
    """Whether a finding flaps: it begins to when, within FLAPS judged runs, it was violated, held, and is violated
    again. It ends when these runs are all alike, so that it does not begin and end again and again."""
    judged = recent.replace(OPEN, "")[-FLAPS:]
    alike = len(judged) == FLAPS and len(set(judged)) == 1
    return not alike if before else re.search(r"x\.+x$", judged) is not None
