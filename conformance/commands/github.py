"""The commands of the GitHub action (action.yml) that use GitHub's API. The token is in GITHUB_TOKEN; the address of
the API and the repository are in the variables that a runner sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.language import say
from conformance.settings.errors import NOT_JUDGED, SessionError

from .help import Helped, HelpedGroup

app = typer.Typer(
    name="github",
    cls=HelpedGroup,
    no_args_is_help=True,
    help="What the GitHub action does over GitHub's API. The token is in GITHUB_TOKEN.",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the artifact, which the comment is known by, too.")]


@app.command("last-report", cls=Helped)
def last_report(
    name: Name,
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write.")] = Path("report.json"),
) -> None:
    """Download the report of the latest run on the default branch.

    Exit codes: 0 written, 2 wrong usage, 3 there is none, or it cannot be downloaded."""
    from .github_api import GitHubError, download

    try:
        typer.echo(download(name, out))
    except GitHubError as error:
        raise SessionError(say("no earlier report to compare with: {error}", error), NOT_JUDGED) from None


@app.command(cls=Helped)
def comment(
    name: Name,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the pull request.", min=1)],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Markdown, the most important file first.")],
) -> None:
    """Write a comment on a pull request, or update the comment that an earlier run wrote.

    Exit codes: 0 written, 2 wrong usage, 3 it could not be written."""
    from .github_api import GitHubError, write_comment

    try:
        typer.echo(write_comment(name, number, files))
    except GitHubError as error:
        raise SessionError(say("the comment could not be written: {error}", error), NOT_JUDGED) from None
