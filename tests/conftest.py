"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any machine", deadline=None, max_examples=60)  # a slow machine is no failure
settings.load_profile("any machine")
