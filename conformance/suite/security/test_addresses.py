"""Images at internal addresses: not fetched, and nothing is told of what is there."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.contract.faults import put, respond, status
from conformance.contract.requests import bad, intrusive, once
from conformance.evidence.exchange import MODEL, Exchange, Request
from conformance.language import say
from conformance.suite.security import AREA
from conformance.suite.security.outlines import outline


def fetching(label: str, url: str) -> Request:
    """A request with an image that only the endpoint itself could fetch from there."""
    parts = [{"type": "text", "text": "What does it say?"}, {"type": "image_url", "image_url": {"url": url}}]
    request = bad(f"image-at-{label}", {"model": MODEL, "messages": [{"role": "user", "content": parts}]})
    return intrusive(replace(request, features=frozenset({"vision"})))


LOOPBACK = fetching("loopback", "http://127.0.0.1:1/x.png")


METADATA = once(fetching("metadata-service", "http://169.254.169.254/latest/meta-data/"))


LOOPBACK_6 = once(fetching("loopback-6", "http://[::1]/"))


SERVERS_FILE = once(fetching("file", "file:///etc/hostname"))


#: What an image service says of the inside where it tried: the metadata's names, or how the connection failed.
INSIDE = re.compile(
    r"ami-id|instance-id|iam/|security-credentials|computeMetadata|connection refused|ECONNREFUSED|no route to host",
    re.IGNORECASE,
)


@AREA.should(
    "reject an image at a loopback, link-local or private address, or in a local file, with a 4xx status",
    on=(LOOPBACK, METADATA, LOOPBACK_6, SERVERS_FILE),
    source="owasp#api7",
    contract=["security-05"],
    at="status",
    hint="Resolve the name first, reject private addresses, and check again before following a redirect.",
    broken_by={
        "served": respond(200, {"choices": [{"index": 0, "message": {"content": "OK."}}]}),
        "500": status(500),
    },
    needs=["request", "status"],
)
def test_internal_image_refused(exchange: Exchange) -> None:
    said = say("{request} was answered with {outline}", exchange.request, outline(exchange))
    assert 400 <= exchange.status < 500, said


@AREA.should(
    "disclose nothing of what is, or is not, at an internal address given as an image URL",
    on=(LOOPBACK, METADATA, LOOPBACK_6),
    source="owasp#api7",
    contract=["security-05"],
    at="error.message",
    broken_by={
        "what is there": put("error.message", "not an image: ami-id ami-launch-index hostname iam/"),
        "that nothing listens": put("error.message", "Get: dial: connect: connection refused"),
    },
    needs=["request"],
)
def test_internal_address_hidden(exchange: Exchange) -> None:
    found = INSIDE.search(exchange.text)
    assert not found, say(
        "{request} discloses {found!r}: {text}", exchange.request, found[0] if found else "", exchange.text[:160]
    )
