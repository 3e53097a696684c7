"""The reference endpoint over HTTP, for clients to be tried against."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import typer

from conformance.lab.known_faults import plant
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.language import say, tell
from conformance.settings.errors import SessionError
from conformance.text import reason_of


def serve(port: int, faults: Sequence[str]) -> None:
    """Serve on a port of loopback until interrupted. Raises SessionError."""
    try:
        send = plant(Endpoint().answer, faults)
    except KeyError as error:
        raise SessionError(str(error.args[0])) from None
    try:
        with serving(send, port) as url:
            typer.echo(
                tell("reference endpoint on {url}, models reference-gpt and reference-claude; Ctrl-C ends it", url)
            )
            threading.Event().wait()
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise SessionError(
            say("--port: {port} cannot be used ({reason}): name another one", port, reason_of(error))
        ) from None
