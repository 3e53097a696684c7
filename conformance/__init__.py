"""Conformance of an OpenAI-compatible chat-completions endpoint with PhanEdge's contract. What is imported from here is
in api.py, and loaded when it is asked for: the command line and pytest need none of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import (
        Application,
        ClientsResult,
        Conclusion,
        Entry,
        Finding,
        Impact,
        Level,
        Plan,
        Report,
        Requirement,
        SessionError,
        Verdict,
        conclude,
        judge,
        metrics,
        notify,
        plan,
        read_by_clients,
        render,
        requirements,
        run,
        send_metrics,
        violations,
    )

__version__: str
__all__ = [
    "Application", "ClientsResult", "Conclusion", "Entry", "Finding", "Impact", "Level", "Plan", "Report",
    "Requirement", "SessionError", "Verdict", "conclude", "judge", "metrics", "notify", "plan", "read_by_clients",
    "render", "requirements", "run", "send_metrics", "violations",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """`__version__` is that of the installed distribution. It is read when it is asked for, since most commands do not
    need it, and importing what reads it takes longer than they do."""
    if name == "__version__":
        from importlib.metadata import version

        return version("phanedge-conformance")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".api", __name__), name)
