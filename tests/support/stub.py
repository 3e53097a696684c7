"""A gateway before a stub, as pipelines have it: the reference endpoint, whose model answers all requests alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint


def stubbed() -> Callable[[Request], Exchange]:
    """A `Send`. What is not valid is rejected as ever; of what is, only model, stream and its options get through."""
    endpoint = Endpoint()

    def send(request: Request) -> Exchange:
        exchange = endpoint.answer(request)
        if not exchange.succeeded or not request.asked.get("messages"):
            return exchange
        passed = {name: request.asked[name] for name in ("model", "stream", "stream_options") if name in request.asked}
        document = passed | {"messages": [{"role": "user", "content": "Hello"}]}
        answer = endpoint.answer(replace(request, body=json.dumps(document).encode()))
        return replace(answer, request=request)

    return send
