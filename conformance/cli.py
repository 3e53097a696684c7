"""The command line: options and help of each command; what they do is in commands/, imported when it is needed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from conformance.commands import github
from conformance.commands.audit import audit
from conformance.commands.clients import clients
from conformance.commands.detail import Quiet, Verbose, detail_of
from conformance.commands.ending import Commands, exit_code_of
from conformance.commands.formats import Format
from conformance.commands.help import Helped
from conformance.commands.judge import accepting, judge_bundle, recorded, run_suite
from conformance.commands.looking_back import diff, history, metrics, notify, write_text
from conformance.commands.matrix import matrix
from conformance.commands.output import print_version
from conformance.language import say
from conformance.settings.config import NAME
from conformance.settings.endpoints import chosen
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.settings.options import OPTIONS, options_of
from conformance.settings.typer_options import taking

#: The options by which `init` reaches the endpoint.
_REACHING = ("base-url", "model", "api-key-variable", "header", "authorities", "certificate")

Id = Annotated[str, typer.Argument(help="Requirement id, such as usage.prompt_tokens.")]
Faults = Annotated[list[str] | None, typer.Option(metavar="NAME", help=OPTIONS["fault"].help)]
SnapshotUpdate = Annotated[
    bool, typer.Option("--snapshot-update", help="Accept the current shapes: store them in the --snapshots folder.")
]


app = typer.Typer(
    name="phanedge-conformance",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""Test a chat completions endpoint against PhanEdge's contract: OpenAI's API plus the billing detail of prompt
    caching.

    Exit codes: 0 conforms, 1 a violation fails the gate (--gate), 2 wrong usage, 3 could not be judged.""",
)
app.add_typer(github.app)


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of all commands."""


@app.command(cls=Helped)
@taking(options_of("run"), endpoints=True)
def run(
    context: typer.Context,
    quiet: Quiet = False,
    verbose: Verbose = False,
    snapshot_update: SnapshotUpdate = False,
    **given: Any,
) -> None:
    """Send requests to an endpoint, judge the responses, and write a report."""
    given, several = chosen(context, given)
    if several:
        from conformance.commands.together import run_together

        run_together(several, detail_of(quiet, verbose), snapshot_update)
    run_suite(given, *accepting(snapshot_update, given), detail=detail_of(quiet, verbose))


@app.command(cls=Helped)
@taking(options_of("plan"), endpoints=True)
def plan(context: typer.Context, **given: Any) -> None:
    """Print what a run would send and cost at most. Sends nothing."""
    given, several = chosen(context, given)
    if several:
        from conformance.commands.endpoints import plan_together

        plan_together(several)
    run_suite(given, "--plan")


@app.command(cls=Helped)
@taking(options_of("judge"))
def judge(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of a run, a bundle, or a file or folder of recordings (JSONL, HAR, cassettes, logs)."
        ),
    ],
    quiet: Quiet = False,
    verbose: Verbose = False,
    snapshot_update: SnapshotUpdate = False,
    **given: Any,
) -> None:
    """Judge recorded exchanges again. Sends nothing."""
    words = [*recorded(folder), *accepting(snapshot_update, given)]
    if folder.suffix == ".zip":
        judge_bundle(folder, given, detail_of(quiet, verbose))
    run_suite(given, *words, detail=detail_of(quiet, verbose))


app.command(cls=Helped)(audit)
app.command(cls=Helped)(clients)
app.command(cls=Helped)(matrix)


@app.command(cls=Helped)
def bundle(
    folder: Annotated[Path, typer.Argument(help="Folder of a run.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write.")] = Path("bundle.zip"),
) -> None:
    """Pack a run (exchanges, report and settings) into one file, which `judge` can judge on another machine."""
    from conformance.commands.bundle import packed

    typer.echo(packed(folder, out))


@app.command(cls=Helped)
def replay(
    id: Annotated[str, typer.Argument(help="Requirement id, or the key of an exchange in the report.")],
    folder: Annotated[Path | None, typer.Argument(help="Folder of a run [default: the latest in reports/].")] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help="Model, if several were tested.")] = "",
    send: Annotated[bool, typer.Option("--send", help="Send the requests again, and judge the responses.")] = False,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME: VALUE", help="Header field that the run was sent with; repeatable."),
    ] = None,
    base_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar=OPTIONS["base-url"].variable,
            show_envvar=False,
            help="Confirm with --send that the key may go to this address, where the folder does not prove it.",
        ),
    ] = "",
    api_key_variable: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            envvar=OPTIONS["api-key-variable"].variable,
            show_envvar=False,
            help="Environment variable that holds the API key [default: that of the run].",
        ),
    ] = "",
) -> None:
    """Print the curl commands that reproduce a finding; with --send, reproduce it.

    Exit codes: 0 holds or only printed, 1 it is violated and fails the run's gate, 2 wrong usage, 3 could not be
    judged."""
    from conformance.commands.replay import ReplayError, replayed

    try:
        text, code = replayed(id, folder, model, send, header or [], base_url, api_key_variable)
    except ReplayError as error:
        raise SessionError(str(error)) from None
    typer.echo(text)
    raise typer.Exit(code)


@app.command(cls=Helped)
@taking([OPTIONS[name] for name in _REACHING], configured=False)
def init(
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write.")] = Path(NAME),
    **given: Any,
) -> None:
    """Write a configuration file after probing the endpoint for its models and the features each supports."""
    from conformance.commands.discover import DiscoverError
    from conformance.commands.init import write
    from conformance.settings.settings import Settings
    from conformance.text import printable

    try:
        typer.echo(printable(write(out, Settings.of(given))))
    except DiscoverError as error:
        raise SessionError(str(error), NOT_JUDGED) from None


@app.command(cls=Helped)
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 for a free one.")] = 8080,
    fault: Faults = None,
) -> None:
    """Serve the reference endpoint over HTTP until interrupted."""
    from conformance.commands.serve import serve

    serve(port, fault or [])


@app.command(cls=Helped)
def features() -> None:
    """List the features that an endpoint may lack, for --without and --model."""
    from conformance.contract.features import listed

    typer.echo(listed())


@app.command(cls=Helped)
def catalogue(
    area: Annotated[str, typer.Option(help="List only the requirements of this area.")] = "",
) -> None:
    """List every requirement with its id, level, sentence and source."""
    from conformance.commands.catalogue import listed

    typer.echo("\n".join(listed(area)))


@app.command(cls=Helped)
def explain(id: Id) -> None:
    """Explain one requirement: its sentence and source, what it is judged on, and how to fix a violation."""
    from conformance.commands.catalogue import explained

    typer.echo(explained(id))


@app.command(cls=Helped)
def prove(id: Id) -> None:
    """Test one requirement against its counterexamples, the reference endpoint and variations that conform.

    Exit codes: 0 proved, 1 not proved, 2 wrong usage."""
    from conformance.commands.catalogue import requirement
    from conformance.commands.prove import prove

    typer.echo(str(proof := prove(requirement(id))))
    raise typer.Exit(0 if proof.holds else 1)


@app.command(cls=Helped)
def render(
    report: Annotated[Path, typer.Argument(help="A report.json, or the folder of a run.")],
    format: Annotated[Format, typer.Option(help="Output format.")] = Format.terminal,
    out: Annotated[Path | None, typer.Option(help="File to write [default: standard output].")] = None,
) -> None:
    """Render a report for the terminal, for people (HTML, Markdown) or for programs: JUnit XML, JSON, SARIF 2.1.0, a
    code quality report for GitLab, annotations of GitHub, a badge (SVG), or what shields.io draws one from."""
    from conformance.commands.reports import rendered

    write_text(rendered(report, format.value), out)


@app.command(cls=Helped)
def baseline(
    report: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="REPORT",
            help="Accept every violated MUST and SHOULD in this report.json or run's folder.",
        ),
    ] = None,
    prune: Annotated[
        Path | None, typer.Option(metavar="REPORT", help="Remove the entries that are stale according to this report.")
    ] = None,
    owner: Annotated[str, typer.Option(metavar="NAME", help="Owner of the violations.")] = "unassigned",
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day on which they are accepted [default: in 90 days]."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Baseline file.")] = Path("baseline.toml"),
    force: Annotated[
        bool, typer.Option("--force", help="Update an existing file; entries that are not stale are kept.")
    ] = False,
) -> None:
    """Write a baseline of the violations accepted for now, for `run --baseline`; or remove its stale entries."""
    if (report is None) is (prune is None):
        raise SessionError(say("give exactly one of --from REPORT and --prune REPORT"))
    if not owner.strip():
        raise SessionError(say("--owner is empty: name a person or a team"))
    if report and out.exists() and not force:
        raise SessionError(say("{out} exists: --force updates it and keeps the entries that are not stale", out))
    from conformance.commands import reports

    last = (expires or datetime.now(UTC) + timedelta(days=90)).date()
    if report is not None:
        typer.echo(reports.accept(report, out, owner, last))
    elif prune is not None:
        typer.echo(reports.prune(prune, out))


for command in (diff, history, notify, metrics):
    app.command(cls=Helped)(command)


def main() -> None:
    sys.exit(exit_code_of(app))
