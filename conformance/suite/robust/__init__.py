"""Requests that are none of a chat completion, or that no client sends on purpose."""

from conformance.contract.requirement import Area

AREA = Area("robust")

OK = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "OK."}}]}
