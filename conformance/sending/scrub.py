"""The caller's secrets, taken out of what an endpoint sent back, in every form in which it may have sent them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.evidence.exchange import SCRUBBED_KEY, Exchange, Failure, Inconclusive, Read

#: Response headers that name the caller; their values are not stored, that they were there is.
_PRIVATE_HEADERS = ("set-cookie", "openai-organization", "openai-project", "anthropic-organization-id")
SCRUBBED = "[scrubbed]"
ECHO = 16  #: characters of the key that count as an echo of it (contract, security-02)
_SECRET = 8  #: characters that a key has at least
#: A printable character of ASCII as JSON or an address may write it: \u002d, \/, %2d.
_ESCAPE = re.compile(rb"\\u00([2-7][0-9a-fA-F])|%([2-7][0-9a-fA-F])|\\(/)")

Spans = list[tuple[int, int]]


def scrubbed(exchange: Exchange, secrets: Iterable[str]) -> Exchange:
    """The exchange without the caller's secrets. Coded content that echoes one is coded anew without it."""
    known = [each for each in secrets if len(each) >= _SECRET]
    failure = exchange.failure
    clean = replace(
        exchange,
        headers=tuple(_header(name, value, known) for name, value in exchange.headers),
        reads=_reads(exchange.reads, known),
        failure=failure and Failure(failure.kind, _text(failure.detail, known)),
    )
    try:
        decoded = clean.decoded_reads
    except Inconclusive:
        return clean
    again = _in_pieces(_reads(decoded, known), known)
    return clean if again == decoded else _coded_anew(clean, again)


def scrub(data: bytes, secrets: Iterable[str]) -> bytes:
    """The bytes with every part of a secret that is long enough to be an echo masked, at the same length, so that
    lengths and times stay true. The mark is what `security.token_not_echoed` looks for. A key too short for the mark is
    struck out, unless it is so short (`sk-1234`, `EMPTY`) that it is no secret but a word."""
    for secret in secrets:
        if len(secret) < _SECRET:
            continue
        if len(secret) < ECHO:
            data = data.replace(secret.encode(), b"*" * len(secret))
            continue
        for form in _forms(secret):
            data = _masked(data, form)
    return data


def _forms(secret: str) -> tuple[bytes, ...]:
    """The secret, and what Base64 makes of it wherever in a longer text it stands, Basic credentials among them."""
    plain = secret.encode()
    coded = []
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + plain)
        sure = whole[(offset * 8 + 5) // 6 : (offset + len(plain)) * 8 // 6]  # what no neighbour has a bit in
        coded += [sure, sure.replace(b"+", b"-").replace(b"/", b"_")]
    return tuple(dict.fromkeys((plain, *(each for each in coded if len(each) >= ECHO))))


def _masked(data: bytes, secret: bytes) -> bytes:
    """The bytes without the secret, in any case of its letters, and with any of its characters escaped."""
    readable, place = _unescaped(data)
    spans = _echoes(readable.lower(), secret.lower())
    for start, end in reversed(spans):
        first, last = place(start), place(end)
        mask = SCRUBBED_KEY.encode().ljust(last - first, b"*")[: last - first]
        data = data[:first] + mask + data[last:]
    return data


def _unescaped(data: bytes) -> tuple[bytes, Callable[[int], int]]:
    """The bytes with their escapes undone, and where a place in them was before."""
    pieces, shifts, end, size = [], [(0, 0)], 0, 0
    for found in _ESCAPE.finditer(data):
        code = found[1] or found[2]
        pieces += [data[end : found.start()], bytes([int(code, 16)]) if code else b"/"]
        size += found.start() - end + 1
        end = found.end()
        shifts.append((size, end))
    if not pieces:
        return data, lambda at: at
    starts = [start for start, _ in shifts]

    def place(at: int) -> int:
        start, was = shifts[bisect_right(starts, at) - 1]
        return was + at - start

    return b"".join([*pieces, data[end:]]), place


def _echoes(data: bytes, secret: bytes) -> Spans:
    """Where the data has contiguous parts of the secret of the length of an echo or more."""
    spans: Spans = []
    windows = [secret[at : at + ECHO] for at in range(len(secret) - ECHO + 1)]
    position = 0
    while found := [at for window in windows if (at := data.find(window, position)) >= 0]:
        start = min(found)
        end = start + ECHO
        while end < len(data) and data[start : end + 1] in secret:
            end += 1
        spans.append((start, end))
        position = end
    return spans


def _text(value: str, secrets: Sequence[str]) -> str:
    return scrub(value.encode(), secrets).decode("utf-8", "replace")


def _header(name: str, value: str, secrets: Sequence[str]) -> tuple[str, str]:
    if name.lower() in _PRIVATE_HEADERS:
        return name, SCRUBBED
    if len(value) < _SECRET:
        return name, value
    return name, scrub(value.encode("latin-1"), secrets).decode("latin-1")


def _reads(reads: Sequence[Read], secrets: Sequence[str]) -> tuple[Read, ...]:
    """The reads with the secrets masked, also where one came split over two of them."""
    data = scrub(b"".join(read for _, read in reads), secrets)
    return _cut(data, reads)


def _cut(data: bytes, reads: Sequence[Read]) -> tuple[Read, ...]:
    """The bytes in reads as long as these were, and at their times."""
    made, start = [], 0
    for when, read in reads:
        made.append((when, data[start : start + len(read)]))
        start += len(read)
    return tuple(made)


# --- in the pieces of a stream ------------------------------------------------------------------------------

_EVENT = re.compile(rb"^data: ?(\{.*\})\r?$", re.MULTILINE)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"(\s*:)?|[\[\]{}]')  #: a string, a name, or a bracket


def _in_pieces(reads: tuple[Read, ...], secrets: Sequence[str]) -> tuple[Read, ...]:
    """The reads of a stream without a secret that it spells in pieces, one event after the other."""
    data = b"".join(read for _, read in reads)
    if not secrets or data.count(b"data:") < 2:
        return reads
    strings: dict[str, list[tuple[int, int, str]]] = {}
    for event in _EVENT.finditer(data):
        for path, start, end, text in _strings(event[1], event.start(1)):
            strings.setdefault(path, []).append((start, end, text))
    changed = bytearray(data)
    for pieces in strings.values():
        _mask_pieces(changed, pieces, secrets)
    return reads if changed == data else _cut(bytes(changed), reads)


def _strings(document: bytes, offset: int) -> Iterator[tuple[str, int, int, str]]:
    """Each member of a document that is a string: under which names it stands, from where to where, and what it says.
    The document is read token by token, for what no parser takes may echo a secret, too."""
    names: list[str] = []
    name = ""
    for token in _TOKEN.finditer(document):
        sign = token[0][:1]
        if sign in b"{[":
            names.append(name)
        elif sign in b"}]":
            names = names[:-1]
        elif token[1] is not None:
            name = token[0].decode("utf-8", "replace")
        else:
            end = token.end()
            yield "/".join([*names, name]), offset + token.start() + 1, offset + end - 1, _said(token[0])


def _said(string: bytes) -> str:
    try:
        value: Any = json.loads(string)
    except ValueError:
        return ""
    return str(value)


def _mask_pieces(data: bytearray, pieces: Sequence[tuple[int, int, str]], secrets: Sequence[str]) -> None:
    """Masks what the pieces spell together of a secret, each at its own length on the wire."""
    spelled = "".join(text for _, _, text in pieces)
    if not spelled.isascii():
        spelled = "".join(each if each.isascii() else "\0" for each in spelled)
    masked = scrub(spelled.encode(), secrets).decode()
    if masked == spelled:
        return
    at = 0
    for start, end, text in pieces:
        new = masked[at : at + len(text)]
        if new != spelled[at : at + len(text)]:
            data[start:end] = new.encode().ljust(end - start, b"*")[: end - start]
        at += len(text)


def _coded_anew(exchange: Exchange, decoded: Sequence[Read]) -> Exchange:
    """The exchange with other content in the same content coding, its Content-Length true."""
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    if coding in ("", "identity"):
        return replace(exchange, reads=tuple(decoded))
    coder = zlib.compressobj(wbits=15 if coding == "deflate" else 31)
    reads = [(when, coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)) for when, data in decoded]
    reads[-1] = (reads[-1][0], reads[-1][1] + coder.flush())
    length = str(sum(len(data) for _, data in reads))
    headers = ((name, length if name.lower() == "content-length" else value) for name, value in exchange.headers)
    return replace(exchange, headers=tuple(headers), reads=tuple(reads))
