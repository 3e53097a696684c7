"""Bodies with a member that no serializer writes."""

from __future__ import annotations

import json

from conformance.contract.requests import PLAIN, UNKNOWN_MODEL, bad
from conformance.evidence.exchange import Request


def with_member(label: str, member: str) -> Request:
    """A body with this member beside model and messages; its model is unknown, so that nothing is billed."""
    messages = json.dumps(PLAIN.asked["messages"])
    return bad(label, f'{{"model": "{UNKNOWN_MODEL}", "messages": {messages}, {member}}}'.encode())
