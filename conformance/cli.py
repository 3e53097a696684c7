"""The command line: thin commands over pytest, the catalogue and the renderers."""

from __future__ import annotations

import inspect
import io
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from .options import OPTIONS, Option

if TYPE_CHECKING:
    from .report import Report
    from .requirement import Requirement

app = typer.Typer(
    name="phanedge-conformance",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="""Judge a chat-completions endpoint by PhanEdge's contract: OpenAI's API and the cache billing detail.

    Exit codes: 0 conforms, 1 violates a MUST, 2 wrong usage, 3 could not be judged.""",
)

USAGE_ERROR, NOT_JUDGED = 2, 3

Strict = Annotated[bool, typer.Option("--strict", help="A violated SHOULD makes the exit code 1 too.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Plant a fault in the reference endpoint: a name in docs/faults.md, or a "
                 "requirement's id; repeatable."),
]  # fmt: skip
SnapshotUpdate = Annotated[
    bool, typer.Option("--snapshot-update", help="Accept the shapes as they are now; nothing is said of changes.")
]
Workers = Annotated[int, typer.Option("-n", "--workers", min=0, help="Judge in this many processes; 0 for one.")]


def _taking(options: Iterable[Option]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command these options beside its own, which are those it names."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [each for each in inspect.signature(command, eval_str=True).parameters.values() if each.name != "given"]
        taken = [_parameter(option) for option in options]
        command.__signature__ = inspect.Signature([*own, *taken])  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in (*own, *taken)}
        return command

    return decorate


def _parameter(option: Option) -> inspect.Parameter:
    """The option as typer has it."""
    said = typer.Option(
        f"--{option.name}", help=option.help, metavar=option.metavar, min=option.least, envvar=option.variable,
        rich_help_panel=option.panel, show_envvar=False,
    )  # fmt: skip
    kind = GenericAlias(list, (option.kind,)) if option.many else option.kind
    annotation: Any = kind if kind is bool else kind | None
    default = None if option.many else option.default
    return inspect.Parameter(
        option.key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[annotation, said]
    )


def _arguments(given: Mapping[str, Any]) -> list[str]:
    """What a command was given, as pytest is given it."""
    arguments: list[str] = []
    for option in OPTIONS.values():
        value = given.get(option.key)
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                arguments.append(option.pytest_name)
            elif each is not None and each is not False and each != "":
                arguments.append(f"{option.pytest_name}={each}")
    return arguments


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
@_taking(OPTIONS.values())
def run(strict: Strict = False, workers: Workers = 0, snapshot_update: SnapshotUpdate = False, **given: Any) -> None:
    """Send the declared requests to an endpoint, judge what comes back, and write a report."""
    _pytest([*_arguments(given), *_accepting(snapshot_update, given)], strict, workers)


@app.command()
@_taking(option for option in OPTIONS.values() if not option.sending)
def judge(
    folder: Annotated[Path, typer.Argument(help="A run's folder, or a folder or file of recordings (JSONL, HAR).")],
    strict: Strict = False,
    workers: Workers = 0,
    snapshot_update: SnapshotUpdate = False,
    **given: Any,
) -> None:
    """Judge recorded exchanges again, sending nothing."""
    if not folder.exists():
        _stop(f"{folder} does not exist: name a run's folder, or one with recordings", NOT_JUDGED)
    option = "--archive" if (folder / "run.json").exists() else "--recordings"
    arguments = [option, str(folder), *_arguments(given), *_accepting(snapshot_update, given)]
    _pytest(arguments, strict, workers)


def _accepting(update: bool, given: Mapping[str, Any]) -> list[str]:
    """The option by which syrupy accepts the shapes of replies."""
    if update and given.get("snapshots") is None:
        _stop("--snapshot-update: say with --snapshots where the shapes are kept", USAGE_ERROR)
    return ["--snapshot-update"] if update else []


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on loopback.")] = 8080,
    fault: Faults = None,
) -> None:
    """Serve the reference endpoint over HTTP, until interrupted."""
    from .planted import plant
    from .reference import Endpoint
    from .reference.server import serving

    try:
        send = plant(Endpoint().answer, fault or [])
    except KeyError as error:
        _stop(str(error.args[0]), USAGE_ERROR)
    try:
        with serving(send, port) as url:
            typer.echo(f"reference endpoint on {url}, models reference-gpt and reference-claude; Ctrl-C ends it")
            threading.Event().wait()
    except KeyboardInterrupt:
        return
    except OSError as error:
        _stop(f"--port: {port} cannot be used ({error.strerror}): name another one", USAGE_ERROR)


@app.command()
def catalogue(
    area: Annotated[str, typer.Option(help="Only the requirements of this area.")] = "",
) -> None:
    """List every requirement: its id, level, sentence and source."""
    from .catalogue import load

    known = [each for each in load().values() if not area or each.area == area]
    if not known:
        areas = ", ".join(sorted({each.area for each in load().values()}))
        _stop(f"--area: there is no area {area!r}; there are {areas}", USAGE_ERROR)
    for each in known:
        typer.echo(str(each))


@app.command()
def explain(id: Annotated[str, typer.Argument(help="The id of a requirement, such as usage.prompt_tokens.")]) -> None:
    """Say all about one requirement: the sentence, its source, on what it is judged, and what to do when violated."""
    from .catalogue import load

    known = load()
    if id not in known:
        import difflib

        near = difflib.get_close_matches(id, known, 3, 0.4)
        _stop(
            f"there is no requirement {id!r}{': did you mean ' + ' or '.join(near) + '?' if near else ''}", USAGE_ERROR
        )
    typer.echo(explanation(known[id]))


def explanation(requirement: Requirement) -> str:
    """All that is known of a requirement, for a person."""
    from .requirement import Family
    from .sources import link, title

    family = requirement.on
    judged_on = str(family) if isinstance(family, Family) else ", ".join(map(str, family))
    rows = {
        "source": f"{title(requirement.source)}, {requirement.source.partition('#')[2] or 'as a whole'}",
        "link": link(requirement.source),
        "contract": ", ".join(requirement.contract) or "none of its rows",
        "judged on": judged_on,
        "member": requirement.at or "the exchange as a whole",
        "violated by": "; ".join(name for name, _ in requirement.broken_by if name) or "its counterexample",
        "what to do": requirement.hint or "send what the sentence says",
        "see it fail": f"phanedge-conformance run --fault {requirement.id}",
    }
    why = inspect.cleandoc(requirement.check.__doc__ or "")
    lines = [
        f"{requirement.id}",
        f"The endpoint {requirement.level} {requirement.sentence}.",
        *([why] if why else []),
        "",
    ]
    return "\n".join(lines + [f"{name + ':':<13}{value}" for name, value in rows.items()])


@app.command()
def render(
    report: Annotated[Path, typer.Argument(help="A report.json, or the folder of a run.")],
    format: Annotated[Format, typer.Option(help="What to render it as.")] = Format.terminal,
    out: Annotated[Path | None, typer.Option(help="The file to write [default: standard output].")] = None,
) -> None:
    """Render a report again: for the terminal, or as HTML, Markdown, JUnit or JSON."""
    from .render import RENDERERS

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
    from .baseline import BaselineError
    from .upkeep import list_known
    from .upkeep import prune as prune_known

    if (report is None) is (prune is None):
        _stop("name one report: --from REPORT to list its violations, or --prune REPORT", USAGE_ERROR)
    if not owner.strip():
        _stop("--owner: name someone", USAGE_ERROR)
    if report and out.exists() and not force:
        _stop(f"{out} exists: --force changes it, and keeps the entries that are not stale", USAGE_ERROR)
    last = (expires or datetime.now(UTC) + timedelta(days=90)).date()
    try:
        if report is not None:
            typer.echo(list_known(_judged_report(report), out, owner, last))
        elif prune is not None:
            typer.echo(prune_known(_judged_report(prune), out))
    except BaselineError as error:
        _stop(str(error), USAGE_ERROR)


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
    from .archive import ArchiveError
    from .catalogue import load
    from .compare import compare, drift_between
    from .render.difference import render
    from .run import RunError

    before, after = _report(old), _report(new)
    try:
        drift = drift_between(old, new, before, after)
    except (RunError, ArchiveError) as error:
        _stop(str(error), USAGE_ERROR)
    comparison = compare(before, after, load(), drift)
    typer.echo(render(comparison, format.value, strict), nl=False)
    raise typer.Exit(comparison.exit_code(strict))


def _report(path: Path) -> Report:
    """The report of a file or a run's folder."""
    from .report import read_report

    try:
        return read_report(path / "report.json" if path.is_dir() else path)
    except ValueError as error:
        _stop(str(error), USAGE_ERROR)


def _judged_report(path: Path) -> Report:
    """Likewise, where it judged something."""
    report = _report(path)
    if report.unjudged:
        _stop(f"{path} judged nothing ({report.unjudged}): no baseline follows from it", NOT_JUDGED)
    return report


def _pytest(arguments: list[str], strict: bool, workers: int) -> None:
    """Run the suite under pytest with its own configuration, and leave with the exit code of the report."""
    import pytest

    from .data import PACKAGE

    own = [
        "--pyargs",
        "conformance.suite",
        "-c",
        str(PACKAGE / "suite" / "pytest.ini"),
        "--rootdir",
        str(PACKAGE),
        "--noconftest",
    ]
    chosen = ["--gate-strict"] if strict else []
    shared = ["-n", str(workers)] if workers else []
    try:
        code = int(pytest.main([*own, *arguments, *chosen, *shared]))
    except Exception:  # a crash of ours is no verdict on the endpoint, and must not look like one
        traceback.print_exc()
        code = NOT_JUDGED
    raise typer.Exit(_EXIT_CODES.get(code, code))


#: pytest's own codes for wrong usage and for no tests, as ours.
_EXIT_CODES = {4: USAGE_ERROR, 5: NOT_JUDGED}


def _stop(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def main() -> None:
    """The entry point of the command `phanedge-conformance`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a sign must not end the run
    sys.exit(app())


if __name__ == "__main__":
    main()
