"""Thirty nights against the reference endpoint: what happened in each, and who is to be told what. The table of them is
in docs/nightly.md: `python -m tests.history.thirty` writes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from conformance.commands import direct, reports
from conformance.pytest_plugin import finish, target
from conformance.pytest_plugin.target import profile_of
from conformance.report.gate import conclude
from conformance.report.render.news import subject
from conformance.report.report import Report
from conformance.runs.dated import dated
from conformance.runs.folder import new_identity, write_run
from conformance.settings.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "nightly.md"
BEGIN, END = "<!-- thirty nights: begin -->", "<!-- thirty nights: end -->"
FIRST = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
KEPT = 12  #: runs, so that what a run has to tell outlives the removal of others

SUM, DONE, TIMING = "usage.total_tokens.sum_of", "framing.done_once", "framing.ends_after_done"
SHORT, CHOICES = "cache.short_claude_prompt", "envelope.choices_as_asked"
OLD, YOUNG = "2026.11.0", "2026.12.0"
GPT, BOTH = ("reference-gpt",), ("reference-gpt", "reference-claude")
CLOSED = "http://127.0.0.1:9/v1"  #: a port at which nothing listens


@dataclass(frozen=True)
class Night:
    """What happened, which faults the endpoint has, and what is told: the kind, the requirement and the model."""

    what: str
    faults: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    exit_code: int = 0
    models: tuple[str, ...] = GPT
    version: str = OLD
    down: bool = False
    killed: bool = False
    before: Callable[[Path, Path], object] | None = None  #: what is done to the baseline, by the last run's folder


def accept(baseline: Path, last: Path) -> None:
    reports.accept(last, baseline, "ann", date(2026, 12, 31))


def prune(baseline: Path, last: Path) -> None:
    reports.prune(last, baseline)


def accept_flaky(baseline: Path, last: Path) -> None:
    entry = f'[[known]]\nrequirement = "{TIMING}"\nreason = "a busy machine"\nowner = "ann"\nexpires = 2026-12-31\n'
    baseline.write_text(f"{baseline.read_text()}\n{entry}rate = 0.4\nwindow = 10\n")


NIGHTS = (
    Night("the first run"),
    Night("all as before"),
    Night("a deploy breaks `total_tokens`", (SUM,), (f"new {SUM}",), 1),
    Night("all as before", (SUM,), (), 1),
    Night("a second fault: streams end with two `[DONE]`", (SUM, DONE), (f"new {DONE}",), 1),
    Night("all as before", (SUM, DONE), (), 1),
    Night("`total_tokens` is accepted in the baseline; the second fault is fixed", (SUM,), (f"fixed {DONE}",),
          before=accept),
    Night("the endpoint is down", (SUM,), ("outage",), 3, down=True),
    Night("it is still down", (SUM,), (), 3, down=True),
    Night("it is back", (SUM,), ("recovered",)),
    Night("`total_tokens` is fixed: its entry in the baseline is stale", (), (f"fixed {SUM}",)),
    Night("nobody has pruned the baseline"),
    Night("the baseline is pruned", before=prune),
    Night("a stream is closed late", (TIMING,), (f"new {TIMING}",)),
    Night("it is not", (), (f"fixed {TIMING}",)),
    Night("it is again", (TIMING,), (f"flapping {TIMING}",)),
    Night("it is not"),
    Night("it is again; it is listed as flaky: 4 of 10 runs are accepted", (TIMING,), before=accept_flaky),
    Night("it is not"),
    Night("it is again", (TIMING,)),
    Night("it is again, in one run more than is accepted", (TIMING,), (f"worse {TIMING}",), 1),
    Night("it is not"),
    Night("a model is added, which counts cache writes for short prompts", (SHORT,), (f"new {SHORT}",), 1, BOTH),
    Night("all as before", (SHORT,), (), 1, BOTH),
    Night("that is fixed", (), (f"fixed {SHORT}",), 0, BOTH),
    Night("the suite is upgraded: a new requirement is violated", (CHOICES,), (f"new {CHOICES}",), 1, BOTH, YOUNG),
    Night("the machine is switched off in the middle of the run", (CHOICES,), (), 1, BOTH, YOUNG, killed=True),
    Night("all as before", (CHOICES,), (), 1, BOTH, YOUNG),
    Night("that is fixed", (), (f"fixed {CHOICES}",), 0, BOTH, YOUNG),
    Night("all as before", (), (), 0, BOTH, YOUNG),
)  # fmt: skip


@dataclass(frozen=True)
class Played:
    """A night, with the day, and the report of its run; None where it was killed."""

    night: Night
    day: date
    report: Report | None

    @property
    def told(self) -> tuple[str, ...]:
        """What is told in this night."""
        news = self.report.news if self.report else None
        if news is None:
            return ()
        lists = {"new": [each.change for each in news.new], "worse": news.worse, "flapping": news.flapping,
                 "lost": news.lost, "fixed": news.fixed}  # fmt: skip
        named = dict.fromkeys(f"{kind} {one.requirement}" for kind, each in lists.items() for one in each)
        return (*(["outage"] * news.began), *(["recovered"] * news.recovered), *named)

    @property
    def tells(self) -> bool:
        return bool(self.report and self.report.news and self.report.news.tells)


def played(folder: Path) -> Iterator[Played]:
    """Every night, one after the other."""
    history, baseline = folder / "history", folder / "baseline.toml"
    last = folder
    for number, night in enumerate(NIGHTS):
        at = FIRST + timedelta(days=number)
        if night.before:
            night.before(baseline, last)
        place = dated(history, at.timestamp())
        report = None
        if night.killed:
            _kill(place)
        else:
            report = _run(night, at, history, baseline)
        last = place if report and not report.unjudged else last
        yield Played(night, at.date(), report)


def _kill(place: Path) -> None:
    """What a process that is killed leaves behind."""
    write_run(place, replace(profile_of(Settings.of({"model": GPT})), base_url=CLOSED), new_identity(), "")
    (place / "archive").mkdir()


def _run(night: Night, at: datetime, history: Path, baseline: Path) -> Report:
    clock = SimpleNamespace(time=at.timestamp)
    new = (CHOICES,) if night.version == YOUNG else ()
    given = {
        "model": night.models, "fault": () if night.down else night.faults, "history": history, "keep": KEPT,
        "select": (SUM, DONE, TIMING, SHORT, *new), "baseline": baseline if baseline.exists() else None,
        "base_url": CLOSED if night.down else "", "patience": 0.0,
    }  # fmt: skip
    with ExitStack() as patched:
        patched.enter_context(patch.object(target, "REFERENCE_URL", CLOSED))  # it is one endpoint, up or down
        patched.enter_context(patch.object(direct, "time", clock))
        patched.enter_context(patch.object(finish, "time", clock))
        patched.enter_context(patch.object(finish, "__version__", night.version))
        patched.enter_context(patch.dict("os.environ", {"PHANEDGE_API_KEY": "sk-of-no-service-0123456789"}))
        return direct.judged(Settings.of(given))


def table(nights: list[Played]) -> str:
    """The table of docs/nightly.md."""
    lines = ["| night | what happened | exit code | told |", "|---|---|---|---|"]
    for number, each in enumerate(nights, 1):
        code = conclude(each.report).exit_code if each.report else "–"
        lines.append(f"| {number} | {each.night.what} | {code} | {_said(each)} |")
    return "\n".join([BEGIN, *lines, END])


def _said(each: Played) -> str:
    if not each.tells or each.report is None:
        return "nobody"
    named = "".join(f"<br>{kind} `{id}`" for kind, _, id in (one.partition(" ") for one in each.told) if id)
    return f"{subject(each.report)}{named}"


def written(page: str, nights: list[Played]) -> str:
    """The page with the table."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{table(nights)}{rest.partition(END)[2]}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as held:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), list(played(Path(held)))), encoding="utf-8")
