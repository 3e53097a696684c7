"""What sends: a function from a request to the exchange it leads to."""

from __future__ import annotations

from collections.abc import Callable

from .exchange import Exchange, Request

Send = Callable[[Request], Exchange]


def remembering(send: Send) -> Send:
    """The same `Send`, which asks each request once, after the one that it follows, and keeps nothing on disk."""
    known: dict[str, Exchange] = {}

    def remember(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                remember(request.after)
            known[request.key] = send(request)
        return known[request.key]

    return remember
