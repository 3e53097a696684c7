"""Content as it may be stored: searched for secrets under every coding that can be undone, else withheld."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

from conformance.evidence.content_coding import MEMBER, MOST, Decoder, Read, unknown
from conformance.evidence.exchange import Exchange, Withheld

Scrub = Callable[[bytes], bytes]  #: masks secrets, at the same length

_DEEPEST = 4  #: codings one within another that are undone
_BINARY = 4  #: content of which more than this part is no text is withheld
#: Bytes that are not UTF-8, decoded by `surrogateescape`: more in a row than a character has that was cut.
_NO_TEXT = re.compile("[\udc80-\udcff]{4,}+")
_DIGITS = 16  #: of a Content-Length that is a number of bytes
_UNREADABLE = "neither text nor in a content coding that can be undone"


def storable(exchange: Exchange, scrub: Scrub) -> Exchange:
    """The exchange with its content searched for secrets. What changes is coded anew, its Content-Length true; what
    cannot be searched is withheld: its digest, its size and the reason are kept, with the lengths of its reads."""
    if exchange.withheld or not exchange.wire:
        return exchange
    if exchange.undecodable:
        return _withheld(exchange, exchange.undecodable, exchange.reads)
    decoded = exchange.decoded_reads
    content = exchange.content
    searched = _searched(content, scrub)
    if searched is None:
        clean = tuple((when, unknown(len(data))) for when, data in decoded)
        return _withheld(exchange, f"the content is {_UNREADABLE}", _coded(exchange, clean))
    if _is_coded(exchange) and (searched != content or _beside(exchange, scrub)):
        return _with_reads(exchange, _coded(exchange, _cut(searched, decoded)))
    return exchange if searched == content else _with_reads(exchange, _cut(searched, decoded))


def _searched(data: bytes, scrub: Scrub, depth: int = 0) -> bytes | None:
    """The data without secrets, inside content codings that nothing declares, too; None where it cannot be searched."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _searched_binary(data, scrub, depth)
    return scrub(data)


def _searched_binary(data: bytes, scrub: Scrub, depth: int) -> bytes | None:
    if (inner := _undone(data)) is not None:
        searched = _searched(inner, scrub, depth + 1) if depth < _DEEPEST else None
        if searched is None or searched == inner:
            return searched and data
        coder = zlib.compressobj(wbits=31 if data.startswith(MEMBER) else 15)
        return coder.compress(searched) + coder.flush()
    if len(data) - len(data.decode("utf-8", "ignore").encode()) > len(data) // _BINARY:
        return None
    text = _NO_TEXT.sub(lambda found: "\udcff" * len(found[0]), data.decode("utf-8", "surrogateescape"))
    return scrub(text.encode("utf-8", "surrogateescape"))


def _undone(data: bytes) -> bytes | None:
    """What the whole data decodes to; None where it is in no coding that tells itself, or holds too much."""
    if not data.startswith((MEMBER, b"\x78")):
        return None
    decoder = Decoder("", data)
    try:
        plain = decoder.feed(data, MOST)
    except zlib.error:
        return None
    return plain if decoder.rest == b"" and len(plain) < MOST else None


def _beside(exchange: Exchange, scrub: Scrub) -> bool:
    """Whether coded content has a secret beside what it decodes to, or anything at all after its end."""
    return bool(_decoder(exchange).rest) or scrub(exchange.wire) != exchange.wire


def _decoder(exchange: Exchange) -> Decoder:
    """What has undone the content of an exchange, which can be undone."""
    decoder = Decoder(_coding(exchange), exchange.reads[0][1])
    decoder.feed(exchange.wire, MOST)
    return decoder


def _coding(exchange: Exchange) -> str:
    return (exchange.header("content-encoding") or "").strip().lower() or "identity"


def _is_coded(exchange: Exchange) -> bool:
    return _coding(exchange) != "identity"


def _coded(exchange: Exchange, decoded: Sequence[Read]) -> tuple[Read, ...]:
    """The reads in the content coding of the exchange, each where it was; ended, followed by as much as before."""
    if not _is_coded(exchange):
        return tuple(decoded)
    coder = zlib.compressobj(wbits=15 if _coding(exchange) == "deflate" else 31)
    reads = [(when, coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)) for when, data in decoded]
    rest = _decoder(exchange).rest
    if rest is not None:
        when, data = reads[-1]
        reads[-1] = (when, data + coder.flush() + unknown(len(rest)))
    return tuple(reads)


def _with_reads(exchange: Exchange, reads: Sequence[Read]) -> Exchange:
    """The exchange with other content, its Content-Length as true or untrue as it was."""
    size = sum(len(data) for _, data in reads)
    if size == len(exchange.wire):
        return replace(exchange, reads=reads)
    shift = size - len(exchange.wire)
    return replace(exchange, headers=tuple(_shifted(*each, shift) for each in exchange.headers), reads=reads)


def _shifted(name: str, value: str, by: int) -> tuple[str, str]:
    counted = name.lower() == "content-length" and value.isascii() and value.isdecimal() and len(value) < _DIGITS
    return name, str(max(int(value) + by, 0)) if counted else value


def _withheld(exchange: Exchange, reason: str, reads: Sequence[Read]) -> Exchange:
    about = Withheld(sha256(exchange.wire).hexdigest(), len(exchange.wire), reason)
    if exchange.undecodable:
        reads = tuple((when, unknown(len(data))) for when, data in reads)
    return replace(_with_reads(exchange, reads), withheld=about)


def _cut(data: bytes, reads: Sequence[Read]) -> tuple[Read, ...]:
    """The data in reads as long as these were, and at their times; what is longer is in the last one."""
    made, start = [], 0
    for number, (when, read) in enumerate(reads, start=1):
        end = start + len(read) if number < len(reads) else len(data)
        made.append((when, data[start:end]))
        start = end
    return tuple(made)
