"""The command line: thin commands over pytest, the catalogue and the renderers."""

from __future__ import annotations

import io
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from conformance.settings.config import NAME
from conformance.settings.errors import NOT_JUDGED, USAGE_ERROR
from conformance.settings.options import OPTIONS, options_of
from conformance.settings.typer_options import arguments, stop, taking

if TYPE_CHECKING:
    from conformance.report.report import Report

app = typer.Typer(
    name="phanedge-conformance",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="""Judge a chat-completions endpoint by PhanEdge's contract: OpenAI's API and the cache billing detail.

    Exit codes: 0 conforms, 1 violates a MUST, 2 wrong usage, 3 could not be judged.""",
)

#: The options by which an endpoint is asked what it offers.
_ASKING = ("base-url", "model", "api-key-variable", "header", "authorities", "certificate")

Faults = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Plant a fault in the reference endpoint: a name in docs/faults.md, or a "
                 "requirement's id; repeatable."),
]  # fmt: skip
SnapshotUpdate = Annotated[
    bool, typer.Option("--snapshot-update", help="Accept the shapes as they are now; nothing is said of changes.")
]


class DiffFormat(StrEnum):
    """What a comparison can be rendered as."""

    terminal = "terminal"
    markdown = "markdown"
    json = "json"


class Format(StrEnum):
    """What a report can be rendered as."""

    terminal = "terminal"
    html = "html"
    markdown = "markdown"
    junit = "junit"
    json = "json"


@app.command()
@taking(options_of("run"))
def run(snapshot_update: SnapshotUpdate = False, **given: Any) -> None:
    """Send the declared requests to an endpoint, judge what comes back, and write a report."""
    _pytest([*arguments(given), *_accepting(snapshot_update, given)])


@app.command()
@taking(options_of("plan"))
def plan(**given: Any) -> None:
    """Say what a run would send and cost at most, sending nothing."""
    _pytest(["--plan", *arguments(given)])


@app.command()
@taking(options_of("judge"))
def judge(
    folder: Annotated[
        Path, typer.Argument(help="A run's folder, a bundle, or a folder or file of recordings (JSONL, HAR).")
    ],
    snapshot_update: SnapshotUpdate = False,
    **given: Any,
) -> None:
    """Judge recorded exchanges again, sending nothing."""
    if not folder.exists():
        stop(f"{folder} does not exist: name a run's folder, or one with recordings", NOT_JUDGED)
    if folder.suffix == ".zip":
        _judge_bundle(folder, given)
    option = "--archive" if (folder / "run.json").exists() else "--recordings"
    _pytest([option, str(folder), *arguments(given), *_accepting(snapshot_update, given)])


def _judge_bundle(bundle: Path, given: dict[str, Any]) -> NoReturn:
    """Judge what is in a bundle, and say which verdicts are others than those of its report."""
    from conformance.commands.bundle import BundleError, changes, selection, unpack
    from conformance.run.run import RunError

    out = given["out"] = given.get("out") or Path("reports") / bundle.stem
    with tempfile.TemporaryDirectory() as held:
        try:
            unpack(bundle, Path(held))
            selected = [] if given.get("select") or given.get("deselect") else selection(Path(held))
        except (BundleError, RunError) as error:
            stop(str(error), USAGE_ERROR)
        try:
            _pytest(["--archive", held, *selected, *arguments(given)])
        except typer.Exit as ended:
            if ended.exit_code != USAGE_ERROR:
                try:
                    said = changes(Path(held), out) or ["every verdict is that of the bundled report"]
                except ValueError as error:
                    said = [f"the verdicts are not compared: {error}"]
                typer.echo("\n".join(said))
            raise


@app.command()
def bundle(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")] = Path("bundle.zip"),
) -> None:
    """Pack a run into one file, which `judge` judges again elsewhere: exchanges, report, and what was judged."""
    from conformance.commands.bundle import BundleError, pack
    from conformance.evidence.archive import ArchiveError
    from conformance.run.run import RunError

    try:
        typer.echo(f"{out}: {pack(folder, out):,} exchanges")
    except (BundleError, RunError, ArchiveError) as error:
        stop(str(error), USAGE_ERROR)
    except OSError as error:
        stop(f"--out: {out} cannot be written ({error.strerror})", USAGE_ERROR)


@app.command()
def replay(
    id: Annotated[str, typer.Argument(help="A requirement of the report, or the key of an exchange.")],
    folder: Annotated[Path | None, typer.Argument(help="The folder of a run [default: the latest].")] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help="The model, where several were judged.")] = "",
    send: Annotated[bool, typer.Option("--send", help="Send it again, and judge what comes back.")] = False,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME: VALUE", help="A header that the run was sent with; repeatable.")
    ] = None,
) -> None:
    """Say by which command a finding can be seen again; with --send, see it again.

    Exit codes: 0 holds or only shown, 1 a MUST is violated, 2 wrong usage, 3 could not be judged."""
    from conformance.commands.replay import ReplayError, replayed

    try:
        said, code = replayed(id, folder, model, send, header or [])
    except ReplayError as error:
        stop(str(error), USAGE_ERROR)
    typer.echo(said)
    raise typer.Exit(code)


def _accepting(update: bool, given: Mapping[str, Any]) -> list[str]:
    """The option by which syrupy accepts the shapes of replies."""
    if update and given.get("snapshots") is None:
        stop("--snapshot-update: say with --snapshots where the shapes are kept", USAGE_ERROR)
    return ["--snapshot-update"] if update else []


@app.command()
@taking([OPTIONS[name] for name in _ASKING], configured=False)
def init(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")] = Path(NAME),
    **given: Any,
) -> None:
    """Write a configuration by looking at the endpoint: its models, and what each refuses."""
    from conformance.commands.discover import LookError
    from conformance.commands.init import write
    from conformance.settings.errors import SessionError

    try:
        typer.echo(write(out, given))
    except SessionError as error:
        stop(str(error), error.exit_code)
    except LookError as error:
        stop(str(error), NOT_JUDGED)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on loopback.")] = 8080,
    fault: Faults = None,
) -> None:
    """Serve the reference endpoint over HTTP, until interrupted."""
    from conformance.lab.known_faults import plant
    from conformance.lab.reference import Endpoint
    from conformance.lab.reference.server import serving

    try:
        send = plant(Endpoint().answer, fault or [])
    except KeyError as error:
        stop(str(error.args[0]), USAGE_ERROR)
    try:
        with serving(send, port) as url:
            typer.echo(f"reference endpoint on {url}, models reference-gpt and reference-claude; Ctrl-C ends it")
            threading.Event().wait()
    except KeyboardInterrupt:
        return
    except OSError as error:
        stop(f"--port: {port} cannot be used ({error.strerror}): name another one", USAGE_ERROR)


@app.command()
def catalogue(
    area: Annotated[str, typer.Option(help="Only the requirements of this area.")] = "",
) -> None:
    """List every requirement: its id, level, sentence and source."""
    from conformance.suite.catalogue import load

    known = [each for each in load().values() if not area or each.area == area]
    if not known:
        areas = ", ".join(sorted({each.area for each in load().values()}))
        stop(f"--area: there is no area {area!r}; there are {areas}", USAGE_ERROR)
    for each in known:
        typer.echo(str(each))


@app.command()
def explain(id: Annotated[str, typer.Argument(help="The id of a requirement, such as usage.prompt_tokens.")]) -> None:
    """Say all about one requirement: the sentence, its source, on what it is judged, and what to do when violated."""
    from conformance.suite.catalogue import load

    known = load()
    if id not in known:
        import difflib

        near = difflib.get_close_matches(id, known, 3, 0.4)
        stop(
            f"there is no requirement {id!r}{': did you mean ' + ' or '.join(near) + '?' if near else ''}", USAGE_ERROR
        )
    from conformance.report.render.explanation import explanation

    typer.echo(explanation(known[id]))


@app.command()
def render(
    report: Annotated[Path, typer.Argument(help="A report.json, or the folder of a run.")],
    format: Annotated[Format, typer.Option(help="What to render it as.")] = Format.terminal,
    out: Annotated[Path | None, typer.Option(help="The file to write [default: standard output].")] = None,
) -> None:
    """Render a report again: for the terminal, or as HTML, Markdown, JUnit or JSON."""
    from conformance.report.render import RENDERERS

    text = RENDERERS[format.value](_report(report))
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text, encoding="utf-8")


@app.command()
def baseline(
    report: Annotated[
        Path | None,
        typer.Option("--from", metavar="REPORT", help="List every violation of this report.json or run's folder."),
    ] = None,
    prune: Annotated[
        Path | None, typer.Option(metavar="REPORT", help="Remove the entries that are stale by this report.")
    ] = None,
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who will see to the violations.")] = "unassigned",
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day on which they are accepted [default: in 90 days]."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The baseline.")] = Path("baseline.toml"),
    force: Annotated[
        bool, typer.Option("--force", help="Change a file that exists: entries that are not stale stay as they are.")
    ] = False,
) -> None:
    """Write the violations that are known and accepted for now, for `run --baseline`; or remove the stale ones."""
    from conformance.policy.baseline import BaselineError
    from conformance.report.baseline_update import list_known
    from conformance.report.baseline_update import prune as prune_known

    if (report is None) is (prune is None):
        stop("name one report: --from REPORT to list its violations, or --prune REPORT", USAGE_ERROR)
    if not owner.strip():
        stop("--owner: name someone", USAGE_ERROR)
    if report and out.exists() and not force:
        stop(f"{out} exists: --force changes it, and keeps the entries that are not stale", USAGE_ERROR)
    last = (expires or datetime.now(UTC) + timedelta(days=90)).date()
    try:
        if report is not None:
            typer.echo(list_known(_judged_report(report), out, owner, last))
        elif prune is not None:
            typer.echo(prune_known(_judged_report(prune), out))
    except BaselineError as error:
        stop(str(error), USAGE_ERROR)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The report.json of the earlier run, or its folder.")],
    new: Annotated[Path, typer.Argument(help="The report.json of the later run, or its folder.")],
    format: Annotated[DiffFormat, typer.Option(help="What to render it as.")] = DiffFormat.terminal,
    strict: Annotated[
        bool, typer.Option("--strict", help="A SHOULD newly violated makes the exit code 1 too.")
    ] = False,
) -> None:
    """Compare two reports: what got worse, what got better, and what is no longer judged.

    Exit codes: 0 nothing got worse; 1 a MUST is newly violated, or held and can no longer be judged; 2 one of the two
    cannot be read; 3 one of the two judged nothing."""
    from conformance.evidence.archive import ArchiveError
    from conformance.report.compare import compare, drift_between
    from conformance.report.render.difference import render
    from conformance.run.run import RunError
    from conformance.suite.catalogue import load

    before, after = _report(old), _report(new)
    try:
        drift = drift_between(old, new, before, after)
    except (RunError, ArchiveError) as error:
        stop(str(error), USAGE_ERROR)
    comparison = compare(before, after, load(), drift)
    typer.echo(render(comparison, format.value, strict), nl=False)
    raise typer.Exit(comparison.exit_code(strict))


def _report(path: Path) -> Report:
    """The report of a file or a run's folder."""
    from conformance.report.report_json import read_report

    try:
        return read_report(path / "report.json" if path.is_dir() else path)
    except ValueError as error:
        stop(str(error), USAGE_ERROR)


def _judged_report(path: Path) -> Report:
    """Likewise, where it judged something."""
    report = _report(path)
    if report.unjudged:
        stop(f"{path} judged nothing ({report.unjudged}): no baseline follows from it", NOT_JUDGED)
    return report


def _pytest(arguments: list[str]) -> NoReturn:
    """Run the suite under pytest with its own configuration, and leave with the exit code of the report."""
    import pytest

    from conformance.resources import PACKAGE

    own = [
        "--pyargs",
        "conformance.suite",
        "-c",
        str(PACKAGE / "suite" / "pytest.ini"),
        "--rootdir",
        str(PACKAGE),
        "--noconftest",
    ]
    try:
        code = int(pytest.main([*own, *arguments]))
    except Exception:  # a crash of ours is no verdict on the endpoint, and must not look like one
        traceback.print_exc()
        code = NOT_JUDGED
    raise typer.Exit(_EXIT_CODES.get(code, code))


#: pytest's own codes for wrong usage and for no tests, as ours.
_EXIT_CODES = {4: USAGE_ERROR, 5: NOT_JUDGED}


def main() -> None:
    """The entry point of the command `phanedge-conformance`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a sign must not end the run
    sys.exit(app())


if __name__ == "__main__":
    main()
