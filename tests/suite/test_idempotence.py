"""What the requirements of repeated requests accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, drop, header, only, put, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked


def repeated(request: Request) -> bool:
    return request.attempt > 1


def with_key(request: Request) -> bool:
    return any(name == "idempotency-key" for name, _ in request.headers)


def with_charset(request: Request) -> bool:
    return any("charset" in value for _, value in request.headers)


SAME = put("id", "chatcmpl-same")


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("repeats_are_independent", put("id", lambda own: f"gen-{own}"), "accepted"),
        ("repeats_are_independent", chain(SAME, header("x-cache", "HIT")), "not applicable"),
        ("repeats_are_independent", chain(SAME, header("x-litellm-cache-hit", "True")), "not applicable"),
        ("repeats_are_independent", chain(SAME, header("age", "3")), "not applicable"),
        ("repeats_are_independent", chain(SAME, header("cache-control", "no-cache")), "violated"),
        ("repeats_are_independent", chain(SAME, header("x-cache", "MISS")), "violated"),
        ("repeats_are_independent", only(repeated, status(409)), "violated"),
        ("repeats_are_independent", only(repeated, status(429)), "inconclusive"),
        ("repeats_are_independent", only(repeated, drop("usage")), "inconclusive"),
        ("sdk_headers", only(with_key, SAME), "accepted"),  # played back
        ("sdk_headers", only(with_key, status(400)), "violated"),
        ("sdk_headers", only(with_charset, status(415)), "violated"),
        ("sdk_headers", only(lambda each: with_key(each) and repeated(each), status(409)), "violated"),
        ("sdk_headers", only(with_key, status(502)), "inconclusive"),
    ],
)
def test_idempotence(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"idempotence.{requirement}", change) == expected
