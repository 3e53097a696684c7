"""Model names without what varies between spellings of the same model."""

from __future__ import annotations

import re
from functools import lru_cache

#: What may follow a model's name without it being another model: a date, a snapshot, a stage.
_VERSION = re.compile(
    r"[-@](?:\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|\d{3}|latest|preview|exp|beta|stable|v\d+:\d+)$"
)


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """A model's name without vendor, region, date and punctuation: `gpt4o` of `openai/gpt-4o-2024-08-06`."""
    name = re.sub(r"^(?:[a-z]{2,}\.)+", "", name.strip().lower().rpartition("/")[2])
    while (shorter := _VERSION.sub("", name)) != name:
        name = shorter
    return re.sub(r"[^a-z0-9]", "", name.partition(":")[0])
