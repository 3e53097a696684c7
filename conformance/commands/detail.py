"""How much a command prints: -q and -v."""

from __future__ import annotations

from typing import Annotated

import typer

from conformance.language import say
from conformance.report.render.detail import Detail
from conformance.settings.errors import SessionError

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the conclusion only.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print everything: remedies, clauses, what was not judged.")
]


def detail_of(quiet: bool, verbose: bool) -> Detail:
    """How much is printed. Raises SessionError."""
    if quiet and verbose:
        raise SessionError(say("-q and -v contradict each other: give one of them"))
    return Detail(verbose - quiet)
