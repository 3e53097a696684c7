"""Conformance of an OpenAI-compatible chat-completions endpoint with PhanEdge's contract."""

from __future__ import annotations

__version__: str


def __getattr__(name: str) -> str:
    """`__version__` is that of the installed distribution. It is read when it is asked for, since most commands do not
    need it, and importing what reads it takes longer than they do."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("phanedge-conformance")
