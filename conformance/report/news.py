"""What a run of a history has to tell: what is new, worse, fixed, and how old the rest is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from conformance.policy.course import Course
from conformance.settings.errors import NOT_JUDGED

from .comparison import Change


class Origin(StrEnum):
    """Why a violation was not known before."""

    FIRST = "first"  #: this is the first run of the history that could be judged
    HELD = "held"  #: it held when it was last judged
    OPEN = "open"  #: no earlier run could judge it
    REQUIREMENT = "requirement"  #: no earlier run had the requirement: the suite, its revision or the selection changed
    MODEL = "model"  #: no earlier run had the model


@dataclass(frozen=True)
class New:
    """A violation that was not known before, and why it was not."""

    change: Change
    origin: Origin


@dataclass(frozen=True)
class Against:
    """The last earlier run that could be judged: its folder's name, Unix time, and the version of the suite."""

    name: str
    at: float
    version: str


@dataclass(frozen=True)
class News:
    """What a run has to tell after the earlier runs of its history. Each list is told once: in the run in which it
    became so.

    `at` is the Unix time of the run, `version` that of the suite, `exit_code` what it came to. `against` is the last
    earlier run that could be judged, None where there was none, `judged` how many there were, and `outage` how many
    runs after it could not be.

    `new`: violated, and not before. `worse`: violated before, and now it fails the gate, or no baseline accepts it any
    more, or it flapped and is now violated in every run. `fixed`: violated before, and holds. `flapping`: it began to
    change to and fro. `lost`: a MUST that held and could not be judged. `outdated`: the baseline alone fails the gate,
    and did not in the run before. `courses` are those of all findings that are violated or flap, with their age.
    `models_added` and `models_gone` are models, `added` requirements that no earlier run had.
    """

    at: float
    version: str
    exit_code: int
    against: Against | None = None
    judged: int = 0
    outage: int = 0
    new: tuple[New, ...] = ()
    worse: tuple[Change, ...] = ()
    fixed: tuple[Change, ...] = ()
    flapping: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    outdated: bool = False
    courses: tuple[Course, ...] = ()
    models_added: tuple[str, ...] = ()
    models_gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def unjudged(self) -> bool:
        """Whether the run could not be judged."""
        return self.exit_code == NOT_JUDGED

    @property
    def began(self) -> bool:
        """Whether this is the first of the runs in a row that could not be judged."""
        return self.unjudged and not self.outage

    @property
    def recovered(self) -> bool:
        """Whether it could be judged, after runs that could not."""
        return not self.unjudged and self.outage > 0

    @property
    def tells(self) -> bool:
        """Whether somebody is to be told: at a repetition of what was told before nobody is."""
        found = (self.new, self.worse, self.fixed, self.flapping, self.lost, self.outdated)
        return self.began or self.recovered or any(found)

    @cached_property
    def by_pair(self) -> Mapping[tuple[str, str], Course]:
        """The courses by requirement and model."""
        return {(each.requirement, each.model): each for each in self.courses}
