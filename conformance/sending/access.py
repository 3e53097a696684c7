"""How an endpoint is reached, checked before anything is sent: address, key, header fields and certificates."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from conformance.language import say
from conformance.settings.address import public
from conformance.settings.errors import SessionError
from conformance.settings.key_variable import is_variable
from conformance.settings.shown import looks_like_key

from .client import Access, trusting
from .forms import ECHO
from .scrub import scrub
from .secrets import secrets_of

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  #: RFC 9110, 5.1


def check_address(base_url: str) -> None:
    """Raise SessionError where this is no base URL, or holds what does not belong into one."""
    if not base_url.startswith(("http://", "https://")):
        raise SessionError(say("--base-url: {base_url!r} does not begin with http:// or https://", public(base_url)))
    if "@" in base_url.partition("://")[2].partition("/")[0]:
        raise SessionError(
            say("--base-url must not contain a password, since reports show it: the key comes from the environment")
        )
    if "#" in base_url:
        raise SessionError(say("--base-url must not have a fragment, which is never sent"))


def check_open(base_url: str, models: Iterable[str], key: str, reached: Access) -> None:
    """Raise SessionError where what reports show has a secret in it, or what looks like a key."""
    secrets = [each for each in secrets_of(base_url, key, reached.headers, reached.secret) if len(each) >= ECHO]
    for option, value in (("base-url", public(base_url)), *(("model", each) for each in models)):
        if looks_like_key(value) or scrub(value.encode(), secrets) != value.encode():
            raise SessionError(
                say(
                    "--{option} contains a secret or what looks like an API key, which reports would show: the key"
                    " comes from the environment",
                    option,
                )
            )


def origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address. Raises SessionError where it has none."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return parts.scheme, parts.hostname or "", port
    except ValueError as error:
        raise SessionError(say("{address!r} is no address: {error}", address, error)) from None


def check_variable(name: str) -> None:
    """Raise SessionError where this is not the name of an environment variable. It is not repeated: it may be a key."""
    if not is_variable(name):
        raise SessionError(
            say("--api-key-variable: name a variable that is set, such as PHANEDGE_API_KEY, not the key itself")
        )


def key_in(variable: str) -> str:
    """The API key in an environment variable, without surrounding white space. Raises SessionError."""
    check_variable(variable)
    key = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise SessionError(
            say("the key in {variable} contains white space or a non-ASCII character: set it again", variable)
        )
    return key


def access(
    given: Iterable[str], authorities: Path | None, certificate: Path | None, secret: Iterable[str] = ()
) -> Access:
    """What is sent with every request and trusted, from the values of the options. Raises SessionError."""
    headers = []
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not _FIELD_NAME.fullmatch(name):  # which is not repeated: it may be a secret
            raise SessionError(say("--header: give a name, a colon and a value, such as x-tenant: acme"))
        if not value.strip().isprintable():
            raise SessionError(say("--header: the value of {name!r} contains a character that is not printable", name))
        headers.append((name, value.strip()))
    if unknown := {each.lower() for each in secret} - {name.lower() for name, _ in headers}:
        raise SessionError(say("--secret-header: no --header {unknown} is given", min(unknown)))
    for option, path in (("authorities", authorities), ("certificate", certificate)):
        if path is not None and not path.is_file():
            raise SessionError(say("--{option}: no such file: {path}", option, path))
    reached = Access(tuple(headers), authorities, certificate, tuple(secret))
    if authorities or certificate:
        try:
            trusting(reached)
        except OSError as error:
            raise SessionError(str(error)) from None
    return reached
