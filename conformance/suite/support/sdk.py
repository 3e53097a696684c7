"""A request with the header fields that official SDKs send."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.requests import PLAIN, once
from conformance.evidence.exchange import JSON_CONTENT

#: What the official SDK for Python adds to each request, the header by which a client marks a repetition, and an Accept
#: of both media types, as sent by clients that use one for all requests: it selects neither.
SDK_HEADERS = (
    ("accept", "application/json, text/event-stream"),
    ("user-agent", "OpenAI/Python 3.54.0"),
    ("x-stainless-lang", "python"),
    ("x-stainless-package-version", "3.54.0"),
    ("x-stainless-os", "Linux"),
    ("x-stainless-arch", "x64"),
    ("x-stainless-runtime", "CPython"),
    ("x-stainless-runtime-version", "3.12.0"),
    ("x-stainless-async", "false"),
    ("x-stainless-retry-count", "0"),
    ("x-stainless-read-timeout", "600"),
    ("idempotency-key", "stainless-python-retry-5f2c9a0e-6d41-4b8e-9a57-3c1e8d70b264"),
)

SDK = once(replace(PLAIN, headers=(*JSON_CONTENT, *SDK_HEADERS), label="sdk-headers"))
