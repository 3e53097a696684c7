"""One function for many values, on all processors."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

Result = TypeVar("Result")
_WORK: list[Callable[[str], Any]] = []  #: of a process that was forked, what it does for each value


def on_all_processors(work: Callable[[str], Result], values: Sequence[str]) -> list[Result]:
    """What a function makes of each value, in this order. What it refers to need not be pickled, its results are. Where
    the process cannot safely be forked, it is called here."""
    processors = os.cpu_count() or 1
    if sys.platform != "linux" or threading.active_count() > 1 or processors == 1:
        return [work(each) for each in values]
    with ProcessPoolExecutor(processors, get_context("fork"), _WORK.append, (work,)) as pool:
        return list(pool.map(_do, values, chunksize=8))


def _do(value: str) -> Any:
    return _WORK[-1](value)
