"""Renders a report as text, one module per format; a format's libraries are imported on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.report.report import Report


def _render(module: str, report: Report) -> str:
    return str(import_module(f".{module}", __name__).render(report))


#: By the name that `--format` takes.
RENDERERS: dict[str, Callable[[Report], str]] = {
    "html": partial(_render, "html"),
    "markdown": partial(_render, "markdown"),
    "junit": partial(_render, "junit"),
    "json": partial(_render, "document"),
    "terminal": partial(_render, "terminal"),
}
