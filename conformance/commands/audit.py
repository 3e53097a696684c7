"""The options of the command `audit`; what it does is in audited.py, imported when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from conformance.settings.options import options_of
from conformance.settings.typer_options import taking

from .detail import Quiet, Verbose, detail_of


@taking(options_of("audit"))
def audit(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE…", help="Files, folders, globs, or URLs such as s3://bucket/folder."),
    ],
    by: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="What to group by, comma-separated: model, vendor, day, or a member of the record, with dots: "
            "metadata.tenant. Values that may be keys are shown as hashes.",
        ),
    ] = "model",
    invoice: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Invoice to compare (CSV or Parquet): group, tokens, amount."),
    ] = None,
    max_rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REQUIREMENT=SHARE",
            help="Share of the judged exchanges that may violate a requirement, such as 0.001; a higher one fails the "
            "gate. Repeatable.",
        ),
    ] = None,
    max_unreadable: Annotated[
        str, typer.Option(metavar="SHARE", help="Share of the records that may be unreadable; above it, exit with 3.")
    ] = "0.01",
    sample: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the records to judge, drawn uniformly, such as 0.01.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="What the sample is drawn by.")] = 0,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="Judge the first records only; 0: all.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the interrupted audit in --out; the rest as it was given.")
    ] = False,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="Judge on this machine (local), or on an existing cluster (ray).")
    ] = "local",
    engine_address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where the cluster is; the default is the one of this machine.")
    ] = "",
    show_content: Annotated[
        bool, typer.Option("--show-content", help="Show in messages what the exchanges contain.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    **given: Any,
) -> None:
    """Judge recorded traffic: how often each requirement is violated, and what it costs. Sends nothing."""
    from .audited import audit_traffic

    own: dict[str, Any] = {"by": by, "invoice": invoice, "max_rate": max_rate or [], "max_unreadable": max_unreadable}
    own |= {"sample": sample, "seed": seed, "limit": limit, "resume": resume, "show_content": show_content}
    own |= {"engine": engine, "engine_address": engine_address}
    audit_traffic(sources, {**given, **own}, detail_of(quiet, verbose))
