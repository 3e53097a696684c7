"""The report as JSON, described by schemas/report.json."""

from __future__ import annotations

import json
import re

from conformance.report.report import Report
from conformance.report.report_json import dump_report
from conformance.text import harmless_json


def render(report: Report) -> str:
    """The report as it is kept, control characters as their escapes."""
    text = harmless_json(json.dumps(dump_report(report), indent=1, ensure_ascii=False)) + "\n"
    return re.sub("[\ud800-\udfff\x7f-\x9f]", lambda match: f"\\u{ord(match[0]):04x}", text)
