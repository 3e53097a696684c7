"""The caller's secrets, taken out of what an endpoint sent back, in every form in which it may have sent them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from conformance.evidence.exchange import SCRUBBED_KEY, Exchange, Failure, Headers

from .forms import ECHO, Search, forms, plain
from .storing import storable
from .views import Span, View, alphanumeric, received, spelled, unescaped

#: Response headers that name the caller; their values are not stored, that they were there is.
_PRIVATE_HEADERS = ("set-cookie", "openai-organization", "openai-project", "anthropic-organization-id")
SCRUBBED = "[scrubbed]"
LEAST = 8  #: characters that a secret has at least: what is shorter (`sk-1234`, `EMPTY`) is a word
_END = 9  #: characters at either end of a key that are masked where both are shown; eight may be shown


def scrubbed(exchange: Exchange, secrets: Iterable[str]) -> Exchange:
    """The exchange without the caller's secrets. Coded content that echoes one is coded anew without it, and content
    that cannot be searched is withheld. A secret shorter than an echo that the request shows is a word."""
    shown = exchange.request.body
    known = tuple(each for each in secrets if len(each) >= ECHO or each.encode() not in shown)
    failure = exchange.failure
    clean = replace(
        exchange,
        headers=_headers(exchange.headers, known),
        failure=failure and Failure(failure.kind, scrub(failure.detail.encode(), known).decode("utf-8", "replace")),
        earlier=tuple(scrubbed(each, known) for each in exchange.earlier),
    )
    return storable(clean, lambda data: scrub(data, known)) if _sought_of(known) else clean


def scrub(data: bytes, secrets: Iterable[str]) -> bytes:
    """The bytes with every part of a secret that is long enough to be an echo masked, at the same length, so that
    lengths and times stay true. The mark is what `security.token_not_echoed` looks for. A secret too short for the mark
    is struck out."""
    sought = _sought_of(secrets)
    if not data or not sought:
        return data
    whole = received(data)
    mask = _Mask(data)
    for view in (whole, *spelled(whole)):
        _mask(mask, unescaped(view), sought)
    return bytes(mask.data)


def _headers(headers: Sequence[tuple[str, str]], secrets: Sequence[str]) -> Headers:
    """The fields without secrets in names and values, also where one is split over several fields."""
    names = _lines([name for name, _ in headers], secrets)
    values = _lines([SCRUBBED if name.lower() in _PRIVATE_HEADERS else value for name, value in headers], secrets)
    return tuple(zip(names, values, strict=True))


def _lines(texts: Sequence[str], secrets: Sequence[str]) -> list[str]:
    """The texts, none of which has a line feed: no field of HTTP can have one."""
    return scrub("\n".join(texts).encode("latin-1"), secrets).decode("latin-1").split("\n") if texts else []


# --- searching and masking ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sought:
    """What finds secrets: `plain` as they are, `loose` by their letters and digits, in any form and whatever stands
    between; `short` are those that are looked for as they are only, `ends` those of which both ends are."""

    plain: Search
    loose: Search
    short: tuple[bytes, ...]
    ends: tuple[bytes, ...]


def _sought_of(secrets: Iterable[str]) -> _Sought | None:
    return _sought(tuple(dict.fromkeys(each for each in secrets if len(each) >= LEAST)))


@lru_cache(maxsize=16)
def _sought(secrets: tuple[str, ...]) -> _Sought | None:
    long = [each for each in secrets if len(each) >= ECHO]
    return (
        _Sought(
            plain=Search(map(plain, long)),
            loose=Search(form for each in long for form in forms(each)),
            short=tuple(each.encode() for each in secrets if len(each) < ECHO),
            ends=tuple(each.lower().encode() for each in long if len(each) > 2 * _END),
        )
        if secrets
        else None
    )


class _Mask:
    """Bytes that are masked piece by piece, no byte twice."""

    def __init__(self, data: bytes) -> None:
        self.data, self._done = bytearray(data), bytearray(len(data))

    def put(self, spans: Iterable[Span], mark: str = "") -> None:
        """Mask these places. Together they show the mark, unless a part of them is masked already."""
        places = [(start, end) for start, end in spans if start < end]
        fresh = [each for start, end in places for each in self._fresh(start, end)]
        text = mark.encode() if fresh == places else b""
        for start, end in fresh:
            size = end - start
            self.data[start:end], text = text[:size].ljust(size, b"*"), text[size:]
            self._done[start:end] = b"\1" * size

    def _fresh(self, start: int, end: int) -> Iterator[Span]:
        """The parts of a place that are not masked yet."""
        while (start := self._done.find(0, start, end)) >= 0:
            until = self._done.find(1, start, end)
            yield start, until if until >= 0 else end
            if until < 0:
                return
            start = until


def _mask(mask: _Mask, view: View, sought: _Sought) -> None:
    lower = View(view.data.lower(), view.origin)
    for start, end in sought.plain(lower.data):
        mask.put(view.origin(start, end), SCRUBBED_KEY)
    letters = alphanumeric(lower)
    for start, end in sought.loose(letters.data):
        mask.put(letters.origin(start, end), SCRUBBED_KEY)
    for secret in sought.short:
        for start in _all(view.data, secret):
            mask.put(view.origin(start, start + len(secret)))
    for secret in sought.ends:
        if secret[:_END] in lower.data and secret[-_END:] in lower.data:
            for start, end in _ends(lower.data, secret):
                mask.put(view.origin(start, end))


def _ends(data: bytes, secret: bytes) -> Iterator[Span]:
    """Where the data has the beginning or the end of the secret, as far as it goes on like it."""
    for at in _all(data, secret[:_END]):
        size = next(size for size in range(ECHO, 0, -1) if data.startswith(secret[:size], at))
        yield at, at + size
    for at in _all(data, secret[-_END:]):
        size = next(size for size in range(ECHO, 0, -1) if data.endswith(secret[-size:], 0, at + _END))
        yield at + _END - size, at + _END


def _all(data: bytes, part: bytes) -> Iterator[int]:
    """Where the part is, never one within another."""
    at = data.find(part)
    while at >= 0:
        yield at
        at = data.find(part, at + len(part))
