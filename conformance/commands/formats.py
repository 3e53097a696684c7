"""What `--format` takes."""

from __future__ import annotations

from enum import StrEnum


class HistoryFormat(StrEnum):
    """The formats of a history."""

    terminal = "terminal"
    html = "html"
    json = "json"


class DiffFormat(StrEnum):
    """The formats of a comparison."""

    terminal = "terminal"
    markdown = "markdown"
    json = "json"


class Format(StrEnum):
    """The formats of a report."""

    terminal = "terminal"
    html = "html"
    markdown = "markdown"
    junit = "junit"
    json = "json"
    github = "github"
    sarif = "sarif"
    code_quality = "code-quality"
    badge = "badge"
    shield = "shield"
