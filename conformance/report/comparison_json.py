"""What changed between two reports as JSON (schemas/diff.json)."""

from __future__ import annotations

from typing import Any

from .comparison import Comparison
from .report_json import converter

FORMAT = "diff-1"


def dump_comparison(comparison: Comparison, strict: bool = False) -> dict[str, Any]:
    """With the sentence and the exit code that it comes to."""
    head = {"format": FORMAT, "exit_code": comparison.exit_code(strict), "sentence": comparison.sentence(strict)}
    value: dict[str, Any] = converter().unstructure(comparison)
    return head | value
