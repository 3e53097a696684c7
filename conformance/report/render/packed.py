"""The exchanges of a report as compressed data, which the HTML page holds and shows on demand."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from conformance.language import tell
from conformance.report.report import Evidence, Report

from . import found
from .excerpt import excerpt
from .mark import Line, mark, mark_head
from .words import clean, one_line, replaying

_LINES = 400  #: of a body
_WIDE = 2_000  #: characters of a line of it
_LONGEST = 20_000  #: characters of a command; beyond, the one that prints it stands in its place


def pack(report: Report, exchanges: Iterable[Evidence], room: int) -> str:
    """As many of the exchanges as fit into so many characters, in this order: a JSON array of an object each, in gzip,
    in Base64."""
    places = _places(report)
    packer = zlib.compressobj(9, wbits=31)
    data, separator = packer.compress(b"["), ""
    for each in exchanges:
        text = json.dumps(_shown(report, each, places.get(each.key, "")), ensure_ascii=False, separators=(",", ":"))
        trial = packer.copy()
        piece = trial.compress((separator + text).encode("utf-8", "replace")) + trial.flush(zlib.Z_SYNC_FLUSH)
        if (len(data) + len(piece)) * 4 / 3 <= room:
            packer, data, separator = trial, data + piece, ","
    return b64encode(data + packer.compress(b"]") + packer.flush()).decode()


def _places(report: Report) -> dict[str, str]:
    """The members that the violations seen in each exchange are about."""
    places: dict[str, dict[str, None]] = {}
    for entry in found.violations(report):
        for seen in found.worst(report, entry):
            for evidence in seen.evidence:
                places.setdefault(evidence.key, {}).update(dict.fromkeys(entry.at.split()))
    return {key: " ".join(each) for key, each in places.items()}


def _shown(report: Report, evidence: Evidence, at: str) -> dict[str, Any]:
    """One exchange by the parts of the page's template."""
    status, *fields = mark_head(evidence.status, evidence.headers, at)
    head = (
        [Line(tell("no complete response: {failure}", evidence.failure), flagged=True)]
        if evidence.failure
        else [status]
    )
    body = mark(evidence.body, at, streamed=evidence.streamed, truncated=evidence.truncated) if evidence.body else []
    return {
        "key": evidence.key,
        "curl": clean(evidence.command(_LONGEST) or replaying(report, evidence.key)),
        "asked": one_line(f"{evidence.method} {evidence.url}", _WIDE),
        "request": _lines(mark(evidence.request_body, "") if evidence.request_body else []),
        "response": _lines([*head, *fields, Line(""), *body]),
        "cost": one_line(found.input_cost(report, evidence), 1000),
    }


def _lines(lines: Sequence[Line]) -> list[Any]:
    """The lines, those with a mark as a list: text, kind, note."""
    return [
        [clean(each.text), "flagged" if each.flagged else "gap", clean(each.note)]
        if each.flagged or each.gap
        else clean(each.text)
        for each in excerpt(lines, context=_LINES, most=_LINES, width=_WIDE)
    ]
