"""The command `clients`: real clients read what was recorded. What they make of it is in conformance/clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.language import say, tell
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

if TYPE_CHECKING:
    from conformance.clients.listed import Client
    from conformance.clients.taking import Taken
    from conformance.evidence.exchange import Exchange


def clients(
    folder: Annotated[Path, typer.Argument(help="Folder of a run, or a file or folder of recordings.")],
    client: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Client, such as openai-python; repeatable [default: all]."),
    ] = None,
    sample: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, help="Number of exchanges, drawn uniformly; 0: all.")
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="What the sample is drawn by.")] = 0,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the report.")] = Path("reports/clients"),
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where clients are installed [default: the user's cache folder]."),
    ] = None,
) -> None:
    """Let real clients read recorded exchanges, served from loopback: what do they lose, and on what do they raise?
    Nothing is sent to the endpoint. Clients are installed from their registries, into environments of their own.

    Exit codes: 0 every client that was run reads all right, 1 one does not, 2 wrong usage, 3 could not be judged."""
    from conformance.clients.installing import default_cache
    from conformance.clients.judging import judged
    from conformance.clients.result import Result
    from conformance.clients.tables import as_text, write

    from .audited import check_installed

    check_installed("clients")
    chosen = _chosen(client or [])
    taken, left_out = _taken(folder, sample, seed)
    if not taken:
        raise SessionError(say("{folder} shows no reply that a client could read", folder), NOT_JUDGED)
    found = tuple(judged(chosen, taken, cache or default_cache(), _watched))
    result = Result(str(folder), len(taken), left_out, found)
    try:
        write(result, out)
    except OSError as error:
        raise SessionError(say("--out: {out} cannot be written ({reason})", out, reason_of(error))) from None
    typer.echo(as_text(result), nl=False)
    raise typer.Exit(result.exit_code_of(client or ()))


def _chosen(names: Sequence[str]) -> list[Client]:
    """The clients with these names, all where there is none. Raises SessionError."""
    from conformance.clients.listed import UnknownClient, chosen

    try:
        return chosen(names)
    except UnknownClient as error:
        raise SessionError(str(error)) from None


def _taken(folder: Path, number: int, seed: int) -> tuple[list[Taken], int]:
    """The exchanges that clients are given, judged, and how many are left out. Raises SessionError."""
    from conformance.clients.taking import asks_for_completion, taken_of
    from conformance.evidence.archive import ArchiveError
    from conformance.evidence.recording import RecordingError

    try:
        every = [(origin, exchange) for origin, exchange in _exchanges(folder) if asks_for_completion(exchange)]
    except (ArchiveError, RecordingError) as error:
        raise SessionError(str(error), NOT_JUDGED) from None
    return taken_of(every, number, seed)


def _exchanges(folder: Path) -> Iterator[tuple[str, Exchange]]:
    """The exchanges in a run's folder, or in recordings, with their origins. Raises ArchiveError, RecordingError and
    SessionError."""
    from conformance.evidence.archive import recorded
    from conformance.evidence.recordings import recordings

    from .judge import recorded_option

    if recorded_option(folder) == "archive":
        yield from ((each.request.key, each) for each in recorded(folder / "archive"))
    else:
        yield from ((each.origin, each.exchange) for each in recordings(folder))


def _watched(name: str) -> None:
    typer.echo(tell("{client} …", name), err=True)
