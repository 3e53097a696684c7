"""Conformance of an OpenAI-compatible chat-completions endpoint with PhanEdge's contract."""

__version__ = "2026.11.0"
