"""The command line: thin commands over pytest, the catalogue and the renderers."""

from __future__ import annotations

import io
import sys
import threading
import traceback
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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

Model = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME[=FAMILY]", help="A model to judge; repeatable. The family (gpt, claude, gemini, "
                 "deepseek, grok, other) follows from the name unless given."),
]  # fmt: skip
Without = Annotated[
    list[str] | None, typer.Option(metavar="FEATURE", help="A feature that is not claimed, such as chat.n; repeatable.")
]
Out = Annotated[Path | None, typer.Option(help="Where exchanges and report are written [default: reports/<endpoint>].")]
Strict = Annotated[bool, typer.Option("--strict", help="A violated SHOULD makes the exit code 1 too.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Plant a fault in the reference endpoint: a name in docs/faults.md, or a "
                 "requirement's id; repeatable."),
]  # fmt: skip
Snapshots = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep the shape of each reply there, and say in the report what changed."),
]
SnapshotUpdate = Annotated[
    bool, typer.Option("--snapshot-update", help="Accept the shapes as they are now; nothing is said of changes.")
]
Workers = Annotated[int, typer.Option("-n", "--workers", min=0, help="Judge in this many processes; 0 for one.")]


class Format(StrEnum):
    """What a report can be rendered as."""

    terminal = "terminal"
    html = "html"
    markdown = "markdown"
    junit = "junit"
    json = "json"


@app.command()
def run(
    base_url: Annotated[
        str, typer.Option(help="The endpoint, such as https://host/v1. Without it the reference endpoint is judged.")
    ] = "",
    model: Model = None,
    without: Without = None,
    api_key_variable: Annotated[
        str, typer.Option(metavar="NAME", help="The environment variable that holds the API key.")
    ] = "PHANEDGE_API_KEY",
    out: Out = None,
    fault: Faults = None,
    intrusive: Annotated[
        bool, typer.Option("--intrusive", help="Send what could hurt a production endpoint, too.")
    ] = False,
    no_costly: Annotated[bool, typer.Option("--no-costly", help="Leave out what costs thousands of tokens.")] = False,
    examples: Annotated[
        int, typer.Option(min=1, metavar="NUMBER", help="Generated requests that one requirement may send at most.")
    ] = 10,
    snapshots: Snapshots = None,
    snapshot_update: SnapshotUpdate = False,
    strict: Strict = False,
    workers: Workers = 0,
    timeout_seconds: Annotated[float, typer.Option(min=0.1, help="The longest silence to wait for.")] = 60.0,
) -> None:
    """Send the declared requests to an endpoint, judge what comes back, and write a report."""
    arguments = ["--api-key-variable", api_key_variable, "--timeout-seconds", str(timeout_seconds)]
    arguments += ["--examples", str(examples)]
    arguments += [*(["--intrusive"] if intrusive else []), *(["--no-costly"] if no_costly else [])]
    if base_url:
        arguments += ["--base-url", base_url]
    for name in fault or []:
        arguments += ["--fault", name]
    for name in model or []:
        arguments += ["--model", name]
    for name in without or []:
        arguments += ["--without", name]
    _pytest(arguments + _snapshots(snapshots, snapshot_update), out, strict, workers)


@app.command()
def judge(
    folder: Annotated[Path, typer.Argument(help="A run's folder, or a folder or file of recordings (JSONL, HAR).")],
    out: Out = None,
    snapshots: Snapshots = None,
    snapshot_update: SnapshotUpdate = False,
    strict: Strict = False,
    workers: Workers = 0,
) -> None:
    """Judge recorded exchanges again, sending nothing."""
    if not folder.exists():
        _stop(f"{folder} does not exist: name a run's folder, or one with recordings", NOT_JUDGED)
    option = "--archive" if (folder / "run.json").exists() else "--recordings"
    _pytest([option, str(folder), *_snapshots(snapshots, snapshot_update)], out, strict, workers)


def _snapshots(folder: Path | None, update: bool) -> list[str]:
    """The options about the shapes of replies, as pytest has them."""
    if update and folder is None:
        _stop("--snapshot-update: say with --snapshots where the shapes are kept", USAGE_ERROR)
    return [*(["--snapshots", str(folder)] if folder else []), *(["--snapshot-update"] if update else [])]


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
    why = (requirement.check.__doc__ or "").strip()
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
    from .report import read_report

    try:
        text = RENDERERS[format.value](read_report(report / "report.json" if report.is_dir() else report))
    except ValueError as error:
        _stop(str(error), USAGE_ERROR)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text, encoding="utf-8")


def _pytest(arguments: list[str], out: Path | None, strict: bool, workers: int) -> None:
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
    chosen = [*(["--out", str(out)] if out else []), *(["--gate-strict"] if strict else [])]
    shared = ["-n", str(workers)] if workers else []
    try:
        code = int(pytest.main([*own, *arguments, *chosen, *shared]))
    except Exception:  # a crash of ours is no verdict on the endpoint, and must not look like one
        traceback.print_exc()
        code = NOT_JUDGED
    raise typer.Exit(_EXIT_CODES.get(code, code))


#: pytest's own codes for wrong usage and for no tests, as ours.
_EXIT_CODES = {4: USAGE_ERROR, 5: NOT_JUDGED}


def _stop(message: str, code: int) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def main() -> None:
    """The entry point of the command `phanedge-conformance`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a sign must not end the run
    sys.exit(app())


if __name__ == "__main__":
    main()
