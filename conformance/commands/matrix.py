"""The command `matrix`: its arguments and help; submissions.py does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def matrix(
    reports: Annotated[
        list[Path], typer.Argument(help="Bundles, or folders of them; the folder of a bundle names its vendor.")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the site.")] = Path("site"),
) -> None:
    """Judge the bundles of vendors again, and write the matrix of vendors and requirements as a static site."""
    from .submissions import built

    typer.echo(built(reports, out))
