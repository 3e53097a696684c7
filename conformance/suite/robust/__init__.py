"""Requests that are none of a chat completion, or that no client sends on purpose."""

from conformance.contract.requirement import Area, Impact

AREA = Area("robust", Impact.FORM)

OK = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "OK."}}]}
