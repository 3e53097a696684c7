"""What is secret of how an endpoint is reached: the key, credentials of a proxy, header fields, and parts of its
address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import unquote_plus

from conformance.evidence.exchange import Headers
from conformance.resources import folder
from conformance.settings.address import secret_parts
from conformance.settings.config import is_secret

from .proxy import proxy_of
from .wire import basic

_BETWEEN = re.compile(r"[\s;,]+")  #: the words of credentials, and cookies
_LEAST = 8  #: characters that a part of a field's value has at least which is secret by itself


def secrets_of(base_url: str, key: str, headers: Headers = (), named: Iterable[str] = ()) -> tuple[str, ...]:
    """What must not be stored or shown; of the header fields those that carry a secret, or are `named` as such. A word
    of the API itself is none."""
    chosen = {name.lower() for name in named}
    fields = (value for name, value in headers if name.lower() in chosen or is_secret(name, value))
    found = (key, basic(key) if key else "", *proxy_of(base_url).secrets, *_address(base_url), *_values(fields))
    return tuple(dict.fromkeys(each for each in found if each and each not in _vocabulary()))


def _address(base_url: str) -> Iterator[str]:
    for part in secret_parts(base_url):
        yield part
        yield unquote_plus(part)


def _values(values: Iterable[str]) -> Iterator[str]:
    """The parts of each value that are secret by themselves: what follows a scheme, and the values of cookies and of
    parameters; else the whole value."""
    for value in values:
        parts = [_told(part) for part in _BETWEEN.split(value)]
        yield from [part for part in parts if len(part) >= _LEAST] or [value]


def _told(part: str) -> str:
    """What stands after a name, without quotes; the part itself where the sign of equality is padding of Base64."""
    told = part.partition("=")[2].strip('"')
    return told if told.strip("=") else part


@cache
def _vocabulary() -> str:
    """The words of the API: what stands in its schemas is known to everybody."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder("schemas").glob("*.json")))
