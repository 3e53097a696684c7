"""Why no whole response arrived, by what httpx and httpcore raise."""

from __future__ import annotations

import re
import ssl

import httpcore

from conformance.evidence.failure import Failure, not_ended, silent

from .limits import Limits


def failure_of(error: Exception, seconds: float, limits: Limits, proxy: str) -> Failure:
    """What was raised, as a kind that a person understands."""
    detail = str(error) or type(error).__name__
    if isinstance(error, httpcore.TimeoutException):
        if seconds >= limits.total:
            return Failure("timeout", not_ended(limits.total))
        bound = limits.connect if isinstance(error, httpcore.ConnectTimeout) else limits.read
        return Failure("timeout", silent(bound))
    if _caused_by(error, ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError):  # in a handshake, too
        return Failure("reset", detail)
    if _caused_by(error, ssl.SSLError):
        return Failure("tls", re.sub(r"^\[SSL[^\]]*\] |\.? \(_ssl\.c:\d+\)$", "", detail))
    if isinstance(error, httpcore.ProxyError):
        return Failure("proxy", f"{proxy} {'answered ' if detail[:3].isdigit() else ''}{detail}")
    if isinstance(error, httpcore.ConnectError):
        if proxy:
            return Failure("proxy", f"{proxy} cannot be reached, {detail}")
        unresolved = re.search(r"Name or service|getaddrinfo|nodename|name resolution|No address", detail)
        return Failure("unresolved" if unresolved else "refused", detail)
    if isinstance(error, httpcore.RemoteProtocolError):
        if "without sending a response" in detail:  # nothing began that could be cut short
            return Failure("reset", detail)
        return Failure("truncated" if "incomplete" in detail or "complete message" in detail else "undecodable", detail)
    if isinstance(error, httpcore.ReadError | httpcore.WriteError):
        return Failure("reset", detail)
    return Failure("not sent", f"{type(error).__name__}: {detail}")


def _caused_by(error: BaseException | None, *kinds: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False
