"""How much the log of a run says."""

from __future__ import annotations

from enum import IntEnum


class Detail(IntEnum):
    """The conclusion alone, each violation, or everything."""

    QUIET, USUAL, VERBOSE = range(-1, 2)
