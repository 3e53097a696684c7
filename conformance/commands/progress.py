"""What a terminal shows while a run goes on: requests, tokens, money and the time left, and each violation as it is
found. It looks into the folder of the run, so that it knows of the requests of every worker."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from conformance import language
from conformance.billing.costs import costs_of
from conformance.billing.prices import Sheet
from conformance.evidence.archive import ArchiveError, read_exchange
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.language import tell
from conformance.pytest_plugin.opening import plan_of
from conformance.pytest_plugin.outcomes import FINDING, unpack
from conformance.pytest_plugin.session import Conformance
from conformance.report.build import spend_of
from conformance.report.render.log import told
from conformance.settings.shown import without_values

_TICK = 0.3  #: seconds between two looks
_STYLE = {Verdict.FAIL: "bold red", Verdict.WARN: "yellow"}


@dataclass
class Meter:
    """What was answered so far, told from the archive of a run."""

    archive: Path
    sheet: Sheet | None = None
    seen: set[str] = field(default_factory=set)
    requests: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)

    def look(self) -> None:
        """Count what was answered since the last look. A file that is not whole yet is counted at the next."""
        with suppress(FileNotFoundError):  # nothing was answered yet
            for entry in os.scandir(self.archive):
                if entry.name.endswith(".json") and entry.name not in self.seen:
                    with suppress(ArchiveError):
                        self._count(entry)

    def _count(self, entry: os.DirEntry[str]) -> None:
        exchange = read_exchange(Path(entry.path))
        self.seen.add(entry.name)
        spend = spend_of([exchange])
        self.requests += len(exchange.all)
        self.tokens += spend.input_tokens + spend.output_tokens
        if self.sheet:
            costs = costs_of(self.sheet, [(str(exchange.request.asked.get("model", "")), exchange)], (), {})
            self.cost += sum((Decimal(each) for each in (costs.input.amount, costs.output) if each), Decimal(0))

    def __str__(self) -> str:
        money = tell(", {amount:.4f} {currency}", self.cost, self.sheet.currency) if self.sheet else ""
        return tell("{requests:,} requests answered, {tokens:,} tokens{money}", self.requests, self.tokens, money)


class Live:
    """A plugin of pytest, which draws while the session goes on. `descriptor` is that of the terminal: pytest puts
    others in its place while it judges."""

    def __init__(self, session: Conformance, descriptor: int) -> None:
        file = os.fdopen(os.dup(descriptor), "w", encoding="utf-8", errors="replace")
        self.console = Console(file=file, force_terminal=True, highlight=False, markup=False, emoji=False)
        self.session, self.settings = session, session.settings
        self.meter = Meter(self.settings.folder / "archive", session.sheet)
        self.over = threading.Event()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:  # the result of the hook is sent back through the generator
        if not self.settings.sends:
            return (yield)
        with self._drawn():
            return (yield)

    @contextmanager
    def _drawn(self) -> Iterator[None]:
        planned = plan_of(self.settings).usually.requests
        columns = (BarColumn(), TextColumn("{task.description}"), TextColumn(tell("of about {number:,}", planned)))
        with Progress(*columns, TimeRemainingColumn(), console=self.console, transient=True) as progress:
            task = progress.add_task(str(self.meter), total=planned)

            def draw() -> None:
                while not self.over.wait(_TICK):
                    self.meter.look()
                    done = min(self.meter.requests, planned)
                    progress.update(task, completed=done, description=str(self.meter))

            drawing = threading.Thread(target=draw, name="progress", daemon=True)
            drawing.start()
            try:
                yield
            finally:
                self.over.set()
                drawing.join()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for value in (value for name, value in report.user_properties if name == FINDING):
            finding = unpack(value)  # type: ignore[arg-type]
            if finding.verdict in VIOLATIONS:
                line = told(finding.verdict, finding.requirement, finding.model, language.told(finding.message))
                self.console.print(Text(without_values(line), style=_STYLE[finding.verdict]))
