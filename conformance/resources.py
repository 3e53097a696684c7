"""Where the files that are not code lie: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `schemas` or `fixtures`."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


@cache
def fixture(name: str) -> Any:
    """A JSON file of fixtures/."""
    return json.loads((folder("fixtures") / name).read_text(encoding="utf-8"))
