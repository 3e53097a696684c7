"""Renders a report as text, one module per format; a format's libraries are imported on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from conformance.text import harmless

if TYPE_CHECKING:
    from conformance.report.report import Report


def _render(module: str, report: Report, function: str = "render") -> str:
    return str(getattr(import_module(f".{module}", __name__), function)(report))


def _for_a_log(module: str, report: Report) -> str:
    """What a CI server may have in its log: nothing that an endpoint said is a command there."""
    return harmless(_render(module, report))


#: By the name that `--format` takes.
RENDERERS: dict[str, Callable[[Report], str]] = {
    "html": partial(_render, "html"),
    "markdown": partial(_for_a_log, "markdown"),
    "junit": partial(_for_a_log, "junit"),
    "json": partial(_render, "document"),
    "terminal": partial(_render, "terminal"),
    "github": partial(_render, "annotations"),
    "sarif": partial(_render, "sarif"),
    "code-quality": partial(_render, "code_quality"),
    "badge": partial(_render, "badge"),
    "shield": partial(_render, "badge", function="endpoint"),
}
