"""What an adapter is: one form in which others record exchanges, told by its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.evidence.exchange import Fact
from conformance.evidence.recording import Recording

Record = dict[str, Any]  #: one JSON object of a file


def _one(document: Record) -> None:
    return None


@dataclass(frozen=True)
class Adapter:
    """Pure functions over one record of a form.

    `recognises` tells by its members whether a record has the form. `recordings` are the exchanges in it, none where it
    is of another API; raises RecordingError where a member is wrong. `parts` are the records of a document that holds
    many, each of which `recognises` accepts; None where the document is one record. `marks` are members that every
    record of the form has: a line that has them is taken to be of the form if the line before it was; with none each
    line is looked at. `loses` are the facts that no
    recording of the form has; `form`, `told_by` and `lost` say in words what it is, how it is told and what is lost.
    """

    name: str
    recognises: Callable[[Record], bool]
    recordings: Callable[[Record, str], Iterator[Recording]]
    marks: tuple[str, ...]
    loses: frozenset[Fact]
    form: str
    told_by: str
    lost: str
    parts: Callable[[Record], list[Any] | None] = _one

    @cached_property
    def marked(self) -> tuple[bytes, ...]:
        """The marks as they stand in JSON."""
        return tuple(f'"{mark}"'.encode() for mark in self.marks)
