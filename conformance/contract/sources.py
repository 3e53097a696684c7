"""Where each requirement comes from: a source such as `rfc9110#15.5.2` to its place in a dated revision, and the rows
of the contract."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from conformance.language import say
from conformance.resources import fixture, folder
from conformance.text import nearest_few


@dataclass(frozen=True)
class Document:
    """One revision of a source document, and the places in it that requirements cite."""

    title: str
    revision: str  # what names it: a commit, a tag, the number of an RFC
    date: str  # of the revision: 2026-08-21, or 2022-06 where only the month is known
    url: str
    anchors: dict[str, str]  # pointer to the end of the address, such as "#section-15.5.2" or "#L33145"


class SourceError(ValueError):
    """A source or a row of the contract is unknown; the message is one sentence with the nearest."""


@cache
def sources() -> dict[str, Document]:
    """schemas/sources.json: the document of each shorthand."""
    table = json.loads((folder("schemas") / "sources.json").read_text(encoding="utf-8"))
    return {shorthand: Document(**document) for shorthand, document in table.items()}


def link(source: str) -> str:
    """The address of the exact place that a source names. Raises SourceError where sources.json does not know it."""
    shorthand, _, pointer = source.partition("#")
    document = _document(source)
    if pointer not in document.anchors:
        said = f"no place {pointer!r} of {shorthand}" if pointer else f"no document without a place ({shorthand}#…)"
        raise _unknown(source, said, pointer, document.anchors)
    return document.url + document.anchors[pointer]


def title(source: str) -> str:
    """What a person calls the source, with the date of its revision. Raises SourceError where it is unknown."""
    document = _document(source)
    return f"{document.title} ({document.date})"


def check_rows(rows: Iterable[str]) -> None:
    """Raise SourceError where one of them is no row of the contract."""
    known = [row["id"] for row in fixture("contract.json")]
    for row in rows:
        if row not in known:
            raise SourceError(
                say(
                    "the contract has no row {row!r} (fixtures/contract.json){nearest_few}",
                    row,
                    nearest_few(row, known),
                )
            )


def _document(source: str) -> Document:
    shorthand = source.partition("#")[0]
    if shorthand not in sources():
        raise _unknown(source, f"no document {shorthand!r}", shorthand, sources())
    return sources()[shorthand]


def _unknown(source: str, said: str, name: str, names: Iterable[str]) -> SourceError:
    return SourceError(
        f"the source {source!r} leads nowhere: schemas/sources.json knows {said}{nearest_few(name, names)}"
    )
