"""What a run would send and cost, as a table for the terminal."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table

from conformance.billing.budget import Amount
from conformance.contract.marks import NO_FAMILY
from conformance.language import gettext, tell, told
from conformance.runs.plan import Plan


def table(plan: Plan) -> str:
    """The plan by area, what is sent most first, then the sum in one line."""
    made = Table(box=None, padding=(0, 2, 0, 0))
    made.add_column(gettext("area"))
    for name in ("requirements", "requests", "at most", "input tokens", "output tokens"):
        made.add_column(gettext(name), justify="right")
    sent = [row for row in plan.rows if row.most != Amount()]
    for row in sorted(sent, key=lambda row: (-row.usually.requests, -row.most.requests, row.area)):
        numbers = (
            row.requirements, row.usually.requests, row.most.requests, row.most.input_tokens, row.most.output_tokens,
        )  # fmt: skip
        made.add_row(row.area, *(f"{number:,}" for number in numbers))
    free = sorted(row.area for row in plan.rows if row.most == Amount())
    named = tell("Judged on the requests of other areas: {areas}.", ", ".join(free))
    rest = f"\n{named}\n" if free else ""
    note = f"\n{told(NO_FAMILY)}" if plan.without_family else ""
    return f"{_printed(made)}{rest}\n{told(str(plan))}{note}"


def _printed(made: Table) -> str:
    out = io.StringIO()
    Console(file=out, width=100, highlight=False, markup=False).print(made)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
