"""What the HTML page of a report holds."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from typing import Any


def packed(page: str) -> list[dict[str, Any]]:
    """The exchanges that it holds compressed."""
    found = re.search(r'id="packed">([^<]*)', page)
    assert found is not None
    exchanges: list[dict[str, Any]] = json.loads(gzip.decompress(b64decode(found[1])))
    return exchanges
