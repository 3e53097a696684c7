"""Endpoints that differ from the reference endpoint and are right: none of them may be accused.

Each is a function from exchange to exchange, with one sentence on what it does and where it was seen or is allowed.
"""

from . import (
    calls,
    chunks,
    costs,
    errors,
    failures,
    http,
    members,
    names,
    refusals,
    replies,
    stream_bytes,
    texts,
    thoughts,
    usage,
)
from .kit import VARIATIONS, Variation

__all__ = [
    "VARIATIONS",
    "Variation",
    "calls",
    "chunks",
    "costs",
    "errors",
    "failures",
    "http",
    "members",
    "names",
    "refusals",
    "replies",
    "stream_bytes",
    "texts",
    "thoughts",
    "usage",
]
