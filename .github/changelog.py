"""The section of CHANGELOG.md for a tag, as the notes of its release: python .github/changelog.py v2026.11.0"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"


def section(changelog: str, tag: str) -> str:
    """What the changelog says of the version that a tag names. Raises ValueError where it has no section for it, or one
    without the date of the release or without content."""
    version = tag.removeprefix("v")
    parts = re.split(r"^## (.+)$", changelog, flags=re.MULTILINE)
    for heading, content in zip(parts[1::2], parts[2::2], strict=True):
        name, _, released = heading.partition(" — ")
        if name.strip() == version:
            try:
                date.fromisoformat(released.strip())
            except ValueError:
                raise ValueError(f"the section {heading!r} has no date: write “## {version} — 2026-11-30”") from None
            if not content.strip():
                raise ValueError(f"the section {heading!r} is empty")
            return content.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section “## {version} — DATE” for the tag {tag}")


if __name__ == "__main__":
    try:
        print(section(CHANGELOG.read_text(encoding="utf-8"), sys.argv[1]), end="")
    except ValueError as error:
        sys.exit(str(error))
