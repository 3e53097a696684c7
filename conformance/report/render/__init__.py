"""Renders a report as text, one module per format; a format's libraries are imported on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from conformance.language import gettext, speaking, spoken, told
from conformance.text import harmless

if TYPE_CHECKING:
    from conformance.report.report import Entry, Report


def _render(module: str, report: Report, function: str = "render") -> str:
    """For programs, in English."""
    with speaking("en"):
        return str(getattr(import_module(f".{module}", __name__), function)(report))


def _for_people(module: str, report: Report) -> str:
    """In the language that is spoken."""
    return str(import_module(f".{module}", __name__).render(translated(report)))


def translated(report: Report) -> Report:
    """The report with sentences, remedies and messages in the language that is spoken, and why nothing was judged."""
    if spoken() == "en":
        return report
    return replace(report, entries=tuple(map(_translated, report.entries)), unjudged=told(report.unjudged))


def _translated(entry: Entry) -> Entry:
    findings = tuple(replace(each, message=told(each.message)) for each in entry.findings)
    sentence, hint, warns = (gettext(each) if each else "" for each in (entry.sentence, entry.hint, entry.warns))
    return replace(entry, findings=findings, sentence=sentence, hint=hint, warns=warns)


#: By the name that `--format` takes.
RENDERERS: dict[str, Callable[[Report], str]] = {
    "html": partial(_for_people, "html"),
    "markdown": lambda report: harmless(_for_people("markdown", report)),
    "junit": lambda report: harmless(_for_people("junit", report)),
    "json": partial(_render, "document"),
    "terminal": partial(_for_people, "terminal"),
    "github": partial(_for_people, "annotations"),
    "sarif": partial(_for_people, "sarif"),
    "code-quality": partial(_for_people, "code_quality"),
    "badge": partial(_render, "badge"),
    "shield": partial(_render, "badge", function="endpoint"),
}
