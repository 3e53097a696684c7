"""Tools that the server ran itself for a reply."""

from __future__ import annotations

from conformance.evidence.exchange import Exchange


def tools_run(exchange: Exchange) -> str:
    """What the server says of tools that it ran itself, such as searches, in OpenRouter's members; empty if nothing."""
    counts = (exchange.usage.get(name) for name in ("server_tool_use", "server_tool_use_details"))
    return " ".join(str(each) for each in counts if isinstance(each, dict) and any(each.values()))
