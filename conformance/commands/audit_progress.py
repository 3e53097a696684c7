"""What is shown while an audit goes on: on a terminal the rate and the time left, in a log one line a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from conformance.audit.auditing import Watch
from conformance.language import gettext, tell, told
from conformance.report.render.detail import Detail
from conformance.text import printable

_EVERY = 60  #: seconds between two lines in a log


@contextmanager
def watching(detail: Detail, clock: Callable[[], float] = time.monotonic) -> Iterator[Watch]:
    """What an audit tells its progress to; all of it goes to standard error."""
    if detail is Detail.QUIET:
        yield Watch(told=_told)
        return
    started = clock()
    if sys.stderr.isatty():
        with Live(Text(""), console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
            yield Watch(lambda records, share: live.update(Text(said(records, share, clock() - started))), _told)
        return
    last = started

    def line(records: int, share: float) -> None:
        nonlocal last
        if clock() - last >= _EVERY:
            last = clock()
            _told(said(records, share, last - started))

    yield Watch(line, _told)


def said(records: int, share: float, seconds: float) -> str:
    """How far it is: records, their rate, and the time left where that can be told."""
    parts = [tell("{records:,} records judged", records)]
    parts += [tell("{rate:,.0f} a second", records / seconds)] if seconds > 0 else []
    done = [tell("{share:.0%} of the shards done", share)]
    done += [tell("{time} left", _time(seconds / share * (1 - share)))] if 0 < share < 1 else []
    return gettext("; ").join(gettext(", ").join(each) for each in (parts, done))


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return tell("{hours} h {minutes:02} min", hours, minutes)
    return tell("{minutes} min {rest:02} s", minutes, rest) if minutes else tell("{rest} s", rest)


def _told(sentence: str) -> None:
    print(printable(told(sentence)), file=sys.stderr, flush=True)
