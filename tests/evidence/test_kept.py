"""Large parts of exchanges are in a file until they are looked at, and what is made of them is kept within bounds."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.evidence import kept as module
from conformance.evidence.archive import Archive
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.kept import Spool, Stored
from conformance.evidence.lines import LONGEST, numbered

MEGABYTE = 1024 * 1024


def large(request: Request) -> Exchange:
    return Exchange(request, 200, (("a", "b" * 5000),), ((0.1, b'{"a": 1}'), (0.2, b" " * MEGABYTE)))


def test_an_archive_holds_little_of_what_it_recorded(tmp_path: Path) -> None:
    archive = Archive(tmp_path, lambda request: replace(large(request), earlier=(large(request),)))
    made = [archive(Request(body=str(number).encode())) for number in range(5)]
    for exchange in (*made, *(each.earlier[0] for each in made)):
        assert isinstance(exchange.reads, Stored)
        assert exchange.reads == large(exchange.request).reads
        assert exchange.headers == large(exchange.request).headers
        assert exchange.document == {"a": 1}


def test_views_are_dropped_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3 * MEGABYTE)
    made = [large(Request(body=str(number).encode())) for number in range(8)]
    for exchange in made:
        assert len(exchange.content) == MEGABYTE + 8
    held = [name for exchange in made for name in ("wire", "content", "text") if name in exchange.__dict__]
    assert len(held) <= 3
    assert made[0].document == {"a": 1}, "it is made anew"


def test_a_small_exchange_keeps_all_that_was_made_of_it() -> None:
    exchange = Exchange(Request(), 200, reads=((0.1, b'{"a": 1}'),))
    assert exchange.document is exchange.document


def test_a_spool_gives_back_what_it_was_given() -> None:
    spool = Spool()
    first, second, small = ((0.1, b"a" * 9000),), ((0.2, b"b" * 9000),), ((0.3, b"c"),)
    assert [spool.stored(each) for each in (first, second, small)] == [first, second, small]
    assert isinstance(spool.stored(first), Stored)


def test_lines_have_numbers_and_a_longest() -> None:
    long = b"x" * (LONGEST + 1)
    lines = list(numbered(io.BytesIO(b"\n\na\n" + b" \n" * MEGABYTE + long + b"\nb")))
    shown = [line for line in lines if line.text is None or line.text.strip()]
    assert shown == [(3, b"a", True), (4 + MEGABYTE, None, True), (5 + MEGABYTE, b"b", False)]
