"""One exchange as lines, the offending member flagged."""

from __future__ import annotations

from conformance.language import gettext, tell
from conformance.report.report import Evidence

from .excerpt import excerpt
from .mark import Line, mark, mark_head


def lines_of(evidence: Evidence, at: str, *, context: int = 3, most: int = 30) -> list[Line]:
    """The response: status, content type and flagged headers, and of the body what matters."""
    head = _head(evidence, at)
    if not evidence.body:
        return [*head, Line(gettext("(the body is empty)"), gap=True)]
    body = mark(evidence.body, at, streamed=evidence.streamed, truncated=evidence.truncated)
    if any(line.flagged for line in head) and not any(line.flagged for line in body):
        most = min(most, 8)
    end = [Line(gettext("… the report truncates the body here …"), gap=True)] if evidence.truncated else []
    return [*head, Line(""), *excerpt(body, context, most), *end]


def _head(evidence: Evidence, at: str) -> list[Line]:
    if evidence.failure:
        return [Line(tell("no complete response: {failure}", evidence.failure), flagged=True)]
    status, *headers = mark_head(evidence.status, evidence.headers, at)
    return [
        status,
        *(line for line in headers if line.flagged or line.text.lower().startswith("content-type:")),
    ]
