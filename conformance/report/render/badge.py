"""The conclusion as a badge: an SVG image, and what shields.io draws one from. It never has a percentage."""

from __future__ import annotations

import json
import re
from html import escape

from conformance.judgement.verdict import Verdict
from conformance.policy.revisions import RevisionError, revision
from conformance.report.report import Report
from conformance.suite.catalogue import load
from conformance.text import harmless

from .words import clean, headline, plural

_LABEL = "PhanEdge contract"
_COLOURS = {0: ("brightgreen", "#2b7a3d"), 1: ("red", "#b3261e"), 3: ("lightgrey", "#5f6871")}
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{said}">
<title>{said}</title>
<rect width="{whole}" height="20" rx="3" fill="#444c55"/>
<path fill="{colour}" d="M{left} 0h{right_less}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right_less}z"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="8" y="14" textLength="{left_text}">{label}</text>
<text x="{right_at}" y="14" textLength="{right_text}">{message}</text>
</g>
</svg>
"""


def render(report: Report) -> str:
    """As an SVG image."""
    said = message(report)
    left_text, right_text = _width(_LABEL), _width(said)
    _, colour = _COLOURS[headline(report).exit_code]
    return _SVG.format(
        said=escape(f"{_LABEL}: {said}"), label=_LABEL, message=escape(said), colour=colour,
        whole=left_text + right_text + 32, left=left_text + 16, right_less=right_text + 13, left_text=left_text,
        right_text=right_text, right_at=left_text + 24,
    )  # fmt: skip


def endpoint(report: Report) -> str:
    """As the JSON that shields.io's endpoint badge reads."""
    colour, _ = _COLOURS[headline(report).exit_code]
    value = {"schemaVersion": 1, "label": _LABEL, "message": message(report), "color": colour}
    return json.dumps(value, indent=1) + "\n"


def message(report: Report) -> str:
    """“conforms 2026-11”, “violates” or “not judged”; and what keeps “conforms” from saying more than is known."""
    concluded = headline(report)
    if concluded.exit_code:
        return {1: concluded.meaning, 3: "not judged"}[concluded.exit_code]
    known = sum(entry.verdict is Verdict.KNOWN for entry in report.counting)
    part = "" if _is_whole(report) else " in part"
    return f"conforms {_revision(report)}{part}" + (f", {plural(known, 'known violation')}" if known else "")


def _revision(report: Report) -> str:
    """The revision to which the endpoint was held; without one, that of the suite."""
    version = re.match(r"(\d{4})\.(\d{1,2})\b", report.version)
    suite = f"{version[1]}-{version[2]:0>2}" if version else report.version
    return harmless(clean(report.revision or suite)[:20])


def _is_whole(report: Report) -> bool:
    """Whether all of what is required was judged: nothing was left out of the selection."""
    try:
        wanted = set(revision(report.revision).requirements) if report.revision else set(load())
    except RevisionError:
        wanted = set(load())
    return report.source != "recording" and wanted & load().keys() <= {entry.id for entry in report.entries}


def _width(text: str) -> int:
    """About how wide it is, in pixels of the font that is asked for; the text is fitted to it."""
    return round(sum(4 if each in " .,-il" else 7.2 for each in text))
