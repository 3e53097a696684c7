"""Signs in an exchange: names of members at a few places, and tests, each with a bit. They are read once an exchange.

A sign is `place.name`, `place.begin*` for a name that begins so, or a function. Where a place cannot be read, all of
its signs are taken to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange, Inconclusive

from .streams import irregularities

Test = Callable[[Exchange], bool]
Sign = str | Test
Names = tuple[str, ...]
_MOST = 10_000  #: tuples of names that are remembered of a place


def _given(value: Any) -> Names:
    """The names of an object whose values are not null."""
    return tuple([name for name, each in value.items() if each is not None]) if type(value) is dict else ()


def _filled(value: Any) -> Names:
    """The names of an object whose values are not null, 0, or empty."""
    return tuple([name for name, each in value.items() if each]) if type(value) is dict else ()


def _usage(exchange: Exchange) -> Mapping[str, Any]:
    usage = exchange.reply.get("usage")
    return usage if type(usage) is dict else {}


def _of_choices(exchange: Exchange) -> Names:
    """Of all choices. A reply without any cannot be read."""
    if not exchange.choices:
        raise Inconclusive
    return tuple([name for each in exchange.choices for name in _given(each)])


#: The names at each place: header fields in lower case; members of the request that are not null; members of the usage,
#: and of its details; members of details that are not 0; members of choices that are not null, and of messages that say
#: something; the family of the model; what is irregular in a stream.
PLACES: Mapping[str, Callable[[Exchange, Model], Names]] = {
    "field": lambda exchange, _: tuple(exchange.fields),
    "asked": lambda exchange, _: _given(exchange.request.asked),
    "usage": lambda exchange, _: tuple(_usage(exchange)),
    "details": lambda exchange, _: _given(_usage(exchange).get("prompt_tokens_details")),
    "counted": lambda exchange, _: _filled(_usage(exchange).get("prompt_tokens_details")),
    "output": lambda exchange, _: _filled(_usage(exchange).get("completion_tokens_details")),
    "choice": lambda exchange, _: _of_choices(exchange),
    "message": lambda exchange, _: tuple([name for each in exchange.messages for name in _filled(each)]),
    "family": lambda _, model: (model.family,),
    "stream": lambda exchange, _: irregularities(exchange),
}


UNREADABLE = "message.(unreadable)"  #: there where the choices of a reply are no array of objects


class Signs:
    """Some signs, each with a bit."""

    def __init__(self, signs: Iterable[Sign]) -> None:
        self.bits = {sign: 1 << place for place, sign in enumerate(dict.fromkeys(signs))}
        self._places: list[tuple[Callable[[Exchange, Model], Names], dict[str, int], dict[Names, int]]] = [
            (names, bits, {}) for place, names in PLACES.items() if (bits := self._at(place))
        ]
        self._tests = [(sign, bit) for sign, bit in self.bits.items() if not isinstance(sign, str)]

    def _at(self, place: str) -> dict[str, int]:
        """The bits of the names at a place."""
        named = [(sign, bit) for sign, bit in self.bits.items() if isinstance(sign, str)]
        return {name: bit for sign, bit in named for at, _, name in [sign.partition(".")] if at == place}

    def found(self, exchange: Exchange, model: Model) -> int:
        """The signs that an exchange has, as bits."""
        found = 0
        for names_of, bits, known in self._places:
            try:
                names = names_of(exchange, model)
                found |= known[names]
            except Inconclusive:
                found |= sum(bits.values())
            except KeyError:
                found |= _remembered(bits, names, known)
        for test, bit in self._tests:
            try:
                found |= bit if test(exchange) else 0
            except Inconclusive:
                found |= bit
        return found


def _remembered(bits: Mapping[str, int], names: Names, known: dict[Names, int]) -> int:
    """The signs among names, remembered for the next exchange that has the same."""
    found = 0
    for sign, bit in bits.items():
        if sign in names or (sign.endswith("*") and any(each.startswith(sign[:-1]) for each in names)):
            found |= bit
    if len(known) < _MOST:
        known[names] = found
    return found
