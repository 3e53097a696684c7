"""The records of a file, told by its content: lines of JSON, one JSON document, a cassette, Parquet, a bundle."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO

from conformance.language import say

from .adapters import Adapter, adapter_of, adapters
from .cassettes import document_of, is_cassette
from .kinds import what_it_is
from .lines import LONGEST, numbered
from .observed import is_unfinished_object
from .parquet import MAGIC as PARQUET
from .parquet import rows_of_parquet
from .recording import RecordingError, parsed
from .row import Row, unreadable
from .strict_json import JSONError, loads
from .unpacking import BUFFER, DAMAGE, damaged, unpacked
from .zipped import MAGIC as ZIP
from .zipped import exchanges_of

LARGEST = 128 * 1024 * 1024  #: bytes of a document that is read as a whole
_POINTER = b"version https://git-lfs.github.com/"
_LINES = (".jsonl", ".ndjson")
_DOCUMENTS = (".har", ".json")
YAML = (".yaml", ".yml")  #: of which any other than a cassette is passed over in a folder


def rows_of(opened: BinaryIO, name: str, *, alone: bool = True) -> Iterator[Row]:
    """The records in a file whose name for people is `name`. Where it stands among others and not `alone`, a report of
    ours, say, is passed over. Raises RecordingError where the file as a whole cannot be read."""
    try:
        content = unpacked(opened, name)
        head = content.peek(BUFFER)
    except DAMAGE as error:
        raise damaged(name, say("after line {number}", 0), error) from None
    if head.startswith(_POINTER):
        raise RecordingError(say("{name} is a pointer of Git LFS, not the file: run git lfs pull", name))
    if head.startswith(PARQUET):
        yield from rows_of_parquet(content, name)
    elif head.startswith(ZIP):
        for place, data in exchanges_of(content, name):
            yield from rows_of_document(parsed(data, place), data, place)
    elif is_lines(head, name):
        yield from lines(content, name)
    elif is_cassette(head) or not (name.endswith(YAML) and not alone):
        yield from _of_document(content, name, alone=alone)


def is_lines(head: bytes, name: str) -> bool:
    """Whether a file that begins like this holds a JSON object in each line, and is not one document."""
    name = name.removesuffix(".gz").removesuffix(".zst")
    if name.endswith(_LINES):
        return True
    first, end, rest = head.removeprefix(BOM_UTF8).lstrip().partition(b"\n")
    if not first.startswith(b"{"):
        return False
    if not end or not rest.strip():  # one line, and it may be all
        return not name.endswith(_DOCUMENTS)
    return _is_json(first)


def _is_json(text: bytes) -> bool:
    try:
        loads(text)
    except JSONError:
        return False
    return True


# --- lines --------------------------------------------------------------------------------------------------


def lines(content: BufferedReader | RawIOBase, name: str, first: int = 1) -> Iterator[Row]:
    """The record in each line, of which the first has the number `first`. Raises RecordingError where the file is
    damaged."""
    number, last, marks = first - 1, "", tuple[bytes, ...]()
    try:
        for number, text, ended in numbered(content, first):
            origin = f"{name}:{number}"
            if marks and ended and text and all(mark in text for mark in marks):
                yield Row(origin, last, text)
            elif row := _row_of(text, origin, ended=ended):
                last, marks = (row.adapter, adapters()[row.adapter].marked) if row.adapter else (last, marks)
                yield row
    except DAMAGE as error:
        raise damaged(name, say("after line {number}", number), error) from None


def _row_of(text: bytes | None, origin: str, *, ended: bool) -> Row | None:
    """The row of a line of which nothing is known; None where it is empty."""
    if text is None:
        return unreadable(origin, say("is a line of more than {longest:,} bytes: split it", LONGEST), left_out=True)
    text = text.removeprefix(BOM_UTF8) if origin.endswith(":1") else text
    if not text.strip():
        return None
    if not ended and is_unfinished_object(text.decode("utf-8", "replace")):
        return unreadable(origin, say("is a line that was not written to its end: record it again"), left_out=True)
    try:
        record = loads(text)
    except JSONError as error:
        return unreadable(origin, say("is not JSON ({error}): record it again, or remove it", error))
    adapter = adapter_of(record)
    return Row(origin, adapter.name, text) if adapter else unreadable(origin, what_it_is(record))


# --- documents ----------------------------------------------------------------------------------------------


def _of_document(content: BufferedReader, name: str, *, alone: bool) -> Iterator[Row]:
    try:
        data = content.read(LARGEST + 1)
    except DAMAGE as error:
        raise damaged(name, say("before its end"), error) from None
    if len(data) > LARGEST:
        raise RecordingError(
            say("{name} is larger than {largest:,} bytes: split it, or record less in one file", name, LARGEST)
        )
    data = data.removeprefix(BOM_UTF8)
    document = document_of(data, name) if is_cassette(data[:BUFFER]) else parsed(data, name)
    yield from rows_of_document(document, data, name, alone=alone)


def rows_of_document(document: Any, data: bytes, name: str, *, alone: bool = True) -> Iterator[Row]:
    """The records of a document, whose JSON is `data`. Raises RecordingError where it has none."""
    adapter = adapter_of(document)
    listed = document if isinstance(document, list) else _listed(document, adapter, name)
    if listed is not None:
        for number, record in enumerate(listed, 1):
            yield _part(record, adapter or adapter_of(record), f"{name} entry {number}")
    elif adapter:
        yield Row(name, adapter.name, data)
    elif alone or not is_beside(document):
        raise RecordingError(say("{name} {what_it_is}", name, what_it_is(document)))


def is_beside(document: Any) -> bool:
    """Whether a document is one of ours that lies beside exchanges: a report, a run."""
    kind = document.get("format") if isinstance(document, dict) else None
    return isinstance(kind, str) and not kind.startswith("exchange-")


def _listed(document: Any, adapter: Adapter | None, name: str) -> list[Any] | None:
    """The records in a document that holds many: by its adapter, or as a page of an API has them."""
    if adapter:
        try:
            return adapter.parts(document)
        except RecordingError as error:
            raise RecordingError(say("{name} {error}", name, error)) from None
    members = document.values() if isinstance(document, dict) else ()
    return next((each for each in members if isinstance(each, list) and each and adapter_of(each[0])), None)


def _part(record: Any, adapter: Adapter | None, origin: str) -> Row:
    if not adapter or not isinstance(record, dict):
        return unreadable(origin, what_it_is(record))
    return Row(origin, adapter.name, json.dumps(record).encode())


def known(name: str) -> Adapter:
    """The adapter with this name. Raises KeyError."""
    return adapters()[name]
