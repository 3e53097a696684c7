"""Freezes the catalogue as a revision: `python docs/freeze.py 2026-11`. One that was released is never frozen anew."""

from __future__ import annotations

import re
import sys

from conformance.policy.revisions import dump, names, path_of
from conformance.suite.catalogue import load


def freeze(name: str, again: bool) -> str:
    """Write the revision; what is wrong, where it cannot be written."""
    if not re.fullmatch(r"\d{4}-\d{2}", name):
        return f"{name!r} is no revision: name the year and the month, such as 2026-11"
    if name in names() and not again:
        return f"the revision {name} is frozen already: --again freezes it anew, as long as it was not released"
    path_of(name).parent.mkdir(parents=True, exist_ok=True)
    path_of(name).write_text(dump(name, load()), encoding="utf-8")
    return ""


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--again"]
    sys.exit(freeze(given[0], "--again" in sys.argv) if len(given) == 1 else __doc__)
