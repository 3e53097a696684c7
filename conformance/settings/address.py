"""The address of an endpoint as it may be shown: without what in it is secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The name of what carries a secret: of a header field, or of a member of a query.
SECRET_NAME = re.compile(
    r"(?:^|[-_.])(?:authorization|cookie|passw(?:or)?d|secret|credentials?|sig(?:nature)?"
    r"|(?:access|api|auth|private|secret|subscription)?(?:key|token))$|^code$",
    re.IGNORECASE,
)
STRUCK_OUT = "[scrubbed]"  #: stands in an address for a part that is secret


def public(base_url: str) -> str:
    """The address without user information, and without the values of members of its query that carry a secret."""
    return "".join(STRUCK_OUT if secret else part for part, secret in _parts(base_url))


def secret_parts(base_url: str) -> list[str]:
    """The parts of the address that are secret, as they stand in it."""
    return [part for part, secret in _parts(base_url) if secret]


def private(shown: str, base_url: str) -> str:
    """An address that was made of `public(base_url)`, with the parts that are secret."""
    for part in secret_parts(base_url):
        shown = shown.replace(STRUCK_OUT, part, 1)
    return shown


def _parts(base_url: str) -> Iterator[tuple[str, bool]]:
    """The address in pieces, each with whether it is secret."""
    scheme = re.match(r"[a-z+]*://|", base_url, re.IGNORECASE)[0]  # type: ignore[index]  # it matches anything
    rest = base_url[len(scheme) :]
    yield scheme, False
    user = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[0]
    yield user, bool(user)
    path, query, members = rest[len(user) :].partition("?")
    yield path + query, False
    for number, member in enumerate(members.split("&")):
        name, equals, value = member.partition("=")
        yield f"{'&' if number else ''}{name}{equals}", False
        yield value, bool(value and SECRET_NAME.search(name))
