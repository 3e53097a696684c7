"""The forms in which a secret may come back, and how they are found in one pass."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

ECHO = 16  #: characters of the key that count as an echo of it (contract, security-02)
_LEAST = 10  #: letters and digits that what is found must have at least
_REPEATED = 16  #: places of one and the same part of a form that are tried
_VARIED = 8  #: different characters that a secret has at least which is looked for in other forms than its own


@dataclass(frozen=True)
class Form:
    """What is looked for: the characters of `text`, each of which stands `at` its place in the secret as it was
    written; so many places in a row are `enough`."""

    text: bytes
    at: tuple[int, ...]
    enough: int

    @property
    def shortest(self) -> int:
        """The fewest characters that so many places hold."""
        inside = set(self.at)
        held = [place in inside for place in range(max(self.at, default=0) + 1)]
        windows = range(max(len(held) - self.enough + 1, 1))
        return min(sum(held[start : start + self.enough]) for start in windows) if len(held) >= self.enough else 0


class Search:
    """Finds the parts of forms that are long enough. The text is read in steps: every part that is long enough holds
    one step whole, and what equals one is extended on both sides, by no more than the form is long."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._forms = [form for form in forms if form.shortest >= _LEAST]
        self._step = (min((form.shortest for form in self._forms), default=1) + 1) // 2
        self._steps: dict[bytes, list[tuple[Form, int]]] = {}
        for form in self._forms:
            for at in range(len(form.text) - self._step + 1):
                places = self._steps.setdefault(form.text[at : at + self._step], [])
                if len(places) < _REPEATED:
                    places.append((form, at))

    def __call__(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where they are, in order; those that touch are one."""
        found: tuple[int, int] | None = None
        for start, end in self._found(data):
            if found is None or start > found[1]:
                if found:
                    yield found
                found = start, end
            else:
                found = found[0], max(found[1], end)
        if found:
            yield found

    def _found(self, data: bytes) -> Iterator[tuple[int, int]]:
        step, steps, place = self._step, self._steps, 0
        last = len(data) - step if steps else -1
        while place <= last:
            known = steps.get(data[place : place + step])
            place += step
            for form, at in known or ():
                if span := _extended(data, place - step, form, at, step):
                    yield span
                    place = max(place, span[1])


def _extended(data: bytes, place: int, form: Form, at: int, step: int) -> tuple[int, int] | None:
    """How far the data goes on as the form does, from a place where they are equal; None where not far enough."""
    text, start, end = form.text, place, place + step
    first, last = at, at + step
    while first and start and data[start - 1] == text[first - 1]:
        start, first = start - 1, first - 1
    while last < len(text) and end < len(data) and data[end] == text[last]:
        end, last = end + 1, last + 1
    return (start, end) if form.at[last - 1] - form.at[first] + 1 >= form.enough else None


def plain(secret: str) -> Form:
    """The secret itself, in any case of its letters."""
    return Form(secret.lower().encode(), tuple(range(len(secret))), ECHO)


def forms(secret: str) -> Iterator[Form]:
    """The letters and digits of the secret, and of what it becomes where it is encoded; none of one that is too
    uniform to be told from other text."""
    if len(set(secret)) < _VARIED:
        return
    own = secret.encode()
    yield _letters(own, ECHO)
    yield _letters(own[::-1], ECHO)
    yield _letters(own.hex().encode(), 2 * ECHO)
    for coded in _base64(own):
        yield _letters(coded, 18)  # 16 characters make 20 at least, of which two may be neither letter nor digit
        for variant in {coded, coded.translate(_IN_ADDRESSES)}:
            yield from (_letters(again, 23) for again in _base64(variant))
    yield from (_letters(coded, 22) for coded in _sure(own, 5, base64.b32encode))


_IN_ADDRESSES = bytes.maketrans(b"+/", b"-_")


def _base64(data: bytes) -> Iterator[bytes]:
    return _sure(data, 6, base64.b64encode)


def _sure(data: bytes, bits: int, encode: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """What an encoding of so many bits a character makes of the data wherever it stands in a longer text, without the
    characters in which a neighbour has a bit."""
    for offset in range(3 if bits == 6 else 5):
        whole = encode(b"\0" * offset + data)
        yield whole[-(-offset * 8 // bits) : (offset + len(data)) * 8 // bits]


def _letters(text: bytes, enough: int) -> Form:
    kept = [(place, each) for place, each in enumerate(text.lower()) if bytes([each]).isalnum()]
    return Form(bytes(each for _, each in kept), tuple(place for place, _ in kept), enough)
