"""Content codings (RFC 9110 8.4.1) undone, within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

Read = tuple[float, bytes]  #: seconds since the request was sent, and what arrived then
MOST = 8 * 1024 * 1024  #: bytes that coded content may hold, for a megabyte of gzip can hold a gigabyte


def undone(reads: Sequence[Read], coding: str) -> tuple[Sequence[Read], str]:
    """The reads with their coding undone, or none and a sentence that says why it cannot be."""
    name = coding.strip().lower() or "identity"
    if name == "identity":
        return reads, ""
    if name not in ("gzip", "x-gzip", "deflate"):
        return (), f"the content coding {name} was not asked for and cannot be undone"
    bare = name == "deflate" and not any(data[:1] == b"\x78" for _, data in reads[:1])
    undo = zlib.decompressobj(wbits=-15 if bare else 47)
    decoded, left = [], MOST
    try:
        for when, data in reads:
            plain = undo.decompress(data, left)
            while undo.eof and undo.unused_data.startswith(b"\x1f\x8b") and len(plain) < left:  # another member
                data, undo = undo.unused_data, zlib.decompressobj(wbits=47)
                plain += undo.decompress(data, left - len(plain))
            decoded.append((when, plain))
            left -= len(plain)
            if left <= 0:
                return (), f"the {name} content holds more than {MOST:,} bytes"
    except zlib.error as error:
        return (), f"the content is not {name}: {error}"
    return tuple(decoded), ""
