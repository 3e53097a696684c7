"""The command `clients`: real clients read what was recorded. What they make of it is in conformance/clients."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.language import say, tell
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

if TYPE_CHECKING:
    from conformance.clients.listed import Client
    from conformance.clients.result import Result
    from conformance.clients.taking import Taken
    from conformance.evidence.exchange import Exchange


def clients(
    folder: Annotated[Path, typer.Argument(help="Folder of a run, a bundle, or a file or folder of recordings.")],
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
    from conformance.clients.tables import as_text, write

    names = client or []
    result = read_by(names, folder, sample, seed, cache, _watched)
    try:
        write(result, out)
    except OSError as error:
        raise SessionError(say("--out: {out} cannot be written ({reason})", out, reason_of(error))) from None
    typer.echo(as_text(result), nl=False)
    raise typer.Exit(result.exit_code_of(names))


def read_by(
    names: Sequence[str], folder: Path, number: int, seed: int, cache: Path | None, watch: Callable[[str], None]
) -> Result:
    """What the clients with these names, all where there is none, make of what was recorded: of so many exchanges,
    drawn by a seed, of all where the number is 0. Raises SessionError."""
    from conformance.clients.installing import default_cache
    from conformance.clients.judging import judged
    from conformance.clients.result import Result

    from .audited import check_installed

    check_installed("clients")
    chosen = _chosen(names)
    with _unpacked(folder) as opened:
        taken, left_out = _taken(opened, number, seed)
        if not taken:
            raise SessionError(say("{folder} shows no reply that a client could read", folder), NOT_JUDGED)
        found = tuple(judged(chosen, taken, cache or default_cache(), watch))
    return Result(str(folder), len(taken), left_out, found)


def _chosen(names: Sequence[str]) -> list[Client]:
    """The clients with these names, all where there is none. Raises SessionError."""
    from conformance.clients.listed import UnknownClient, chosen

    try:
        return chosen(names)
    except UnknownClient as error:
        raise SessionError(str(error)) from None


@contextmanager
def _unpacked(folder: Path) -> Iterator[Path]:
    """A folder, or that into which a bundle is unpacked while this is entered. Raises SessionError."""
    from .bundle import BundleError, unpack

    if folder.suffix != ".zip" or not folder.exists():
        yield folder
        return
    with tempfile.TemporaryDirectory() as held:
        try:
            unpack(folder, Path(held))
        except BundleError as error:
            raise SessionError(str(error)) from None
        yield Path(held)


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
