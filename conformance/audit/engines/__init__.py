"""Distributed engines that shards can be judged on, one module each, with a function `judged` as `ray` has it."""

from __future__ import annotations

from pkgutil import iter_modules

LOCAL = "local"  #: the pool of processes on this machine, which is no module here


class EngineError(Exception):
    """An engine cannot be used, or gave up; the message is one sentence."""


def names() -> list[str]:
    """What `--engine` may be."""
    return [LOCAL, *sorted(each.name for each in iter_modules(__path__))]
