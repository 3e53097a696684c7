"""Who may ask: bearer tokens (RFC 6750)."""

from __future__ import annotations

from typing import Literal

from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.exchange import Request

from .refusal import Refusal

Credentials = Literal["valid", "none", "unknown"]
Keys = frozenset[str] | set[str] | None
#: The field in which the server tells the endpoint whose caches to use; a client's own is never passed on.
CUSTOMER = "x-reference-customer"
_UNKNOWN = UNKNOWN_TOKEN.rpartition("-")[0]
_REALM = 'Bearer realm="reference"'


def credentials_of(request: Request, keys: Keys) -> Credentials:
    """What a request may do: as its Authorization header says where it has one, else as it says itself."""
    value = next((value for name, value in request.headers if name.lower() == "authorization"), None)
    if value is not None:
        return judge_header(value, keys)
    if request.authentic:
        return "valid"
    return "unknown" if request.credentials == "unknown" else "none"


def judge_header(value: str | None, keys: Keys) -> Credentials:
    """The standing of an Authorization header; its scheme is read without regard to case (RFC 9110, 11.1)."""
    token = bearer(value)
    if not token:
        return "none"
    accepted = token in keys if keys is not None else not token.startswith(_UNKNOWN)
    return "valid" if accepted else "unknown"


def bearer(value: str | None) -> str:
    """The token of an Authorization header; empty where it has another scheme, or is none."""
    scheme, _, token = (value or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def challenge(credentials: Credentials) -> Refusal:
    """The 401, which never says what was presented; without credentials it has no error attribute (RFC 6750,
    3.1)."""
    if credentials == "none":
        message = "You didn't provide an API key. Send it in an Authorization header: Bearer YOUR_KEY."
        header = _REALM
    else:
        message = "Incorrect API key provided."
        header = f'{_REALM}, error="invalid_token", error_description="The access token is not known"'
    return Refusal(message, None, "invalid_api_key", status=401, headers=(("www-authenticate", header),))
