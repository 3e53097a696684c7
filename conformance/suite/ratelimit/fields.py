"""The forms of values in header fields about limits."""

from __future__ import annotations

import re

WHOLE = re.compile(r"[0-9]{1,300}")  #: of more digits it is no number that a client reads
