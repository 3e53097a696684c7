"""The options of `diff`, `history`, `notify` and `metrics`; what they do is imported when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.language import say, told
from conformance.settings.errors import SessionError

from .formats import DiffFormat, HistoryFormat


def diff(
    old: Annotated[
        Path,
        typer.Argument(help="The report.json of the earlier run, or its folder; with --against, the later run."),
    ],
    new: Annotated[
        Path | None, typer.Argument(help="The report.json of the later run, or its folder.", show_default=False)
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="last-judged|last-conforming|DATE",
            help="Compare a run of a history, or the last run of that history, with this earlier run.",
        ),
    ] = "",
    format: Annotated[DiffFormat, typer.Option(help="Output format.")] = DiffFormat.terminal,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also when any SHOULD is newly violated.")
    ] = False,
) -> None:
    """Compare two reports: new violations, fixed ones, and requirements that are no longer judged.

    Exit codes: 0 nothing got worse; 1 what fails the later run's gate is newly violated, or a MUST held and can no
    longer be judged; 2 a report cannot be read; 3 a report judged nothing."""
    from conformance.commands.reports import compared, earlier

    if (new is None) is not bool(against):
        raise SessionError(say("give two reports, or one run of a history and --against"))
    pair = earlier(old, against) if new is None else (old, new)
    text, code = compared(*pair, format.value, strict)
    typer.echo(text, nl=False)
    raise typer.Exit(code)


def history(
    folder: Annotated[Path, typer.Argument(help="Folder of runs, as given with --history.")],
    format: Annotated[HistoryFormat, typer.Option(help="Output format.")] = HistoryFormat.terminal,
    out: Annotated[Path | None, typer.Option(help="File to write [default: standard output].")] = None,
) -> None:
    """Show the runs of a history: what each cost, and when each finding was first and last seen, how often, and whether
    it flaps."""
    from conformance.commands.reports import history_of

    write_text(history_of(folder, format.value), out)


def notify(
    folder: Annotated[
        Path, typer.Argument(help="Folder of a run of a history, or the history, of which the last run is taken.")
    ],
) -> None:
    """Send one message about a run if something is new, worse or fixed, to the addresses in
    PHANEDGE_CONFORMANCE_NOTIFY. Nobody is told twice.

    Exit codes: 0 told, or nothing to tell; 2 wrong usage; 3 not delivered to all, or the run cannot be read."""
    from conformance.commands.notify import notified

    typer.echo(told(notified(folder)))


def metrics(
    folder: Annotated[Path, typer.Argument(help="Folder of runs, as given with --history.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write [default: standard output, without --otlp]."),
    ] = None,
    otlp: Annotated[
        bool, typer.Option("--otlp", help="Send them by OTLP to the receiver in OTEL_EXPORTER_OTLP_ENDPOINT.")
    ] = False,
) -> None:
    """Write the last run of a history as metrics, for Prometheus: OpenMetrics text, which node_exporter's textfile
    collector reads, too; or send them by OTLP.

    Exit codes: 0 written and sent; 2 wrong usage; 3 the receiver did not take them, or the run cannot be read."""
    from conformance.commands.otlp import sent
    from conformance.commands.reports import metrics_of
    from conformance.history.metrics import text

    points = metrics_of(folder)
    if out or not otlp:
        write_text(text(points), out, whole=True)
    if otlp:
        typer.echo(told(sent(points)))


def write_text(text: str, out: Path | None, whole: bool = False) -> None:
    """Print a text, or write it to a file; `whole`: so that a reader sees all of it or what was there before. Raises
    SessionError."""
    from conformance.text import reason_of, write_whole

    if out is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        if whole:
            write_whole(out, text)
        else:
            out.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise SessionError(say("--out: {out} cannot be written ({reason})", out, reason_of(error))) from None
