"""Bounds of one exchange."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange: seconds to connect, of silence, and in all; bytes of content as transferred."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 180.0
    content: int = 8 * 1024 * 1024
