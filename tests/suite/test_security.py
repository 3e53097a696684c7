"""What the requirements of security accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.requests import UNKNOWN_MODEL, UNKNOWN_TOKEN
from conformance.evidence.exchange import SCRUBBED_KEY, Exchange, Request
from tests.support.builders_http import Said, asking, choice, chunk, completion, refusal, response, said, stream

WRONG, WRONG_MODEL = asking("unknown"), asking("unknown", model=UNKNOWN_MODEL)
KEY = "sk-ant-api03-fedcba9876543210fedcba9876543210"


def told(message: str, **error: Any) -> Exchange:
    return refusal(500, message=message, request=WRONG, **error)


def refused(request: Request = WRONG, **error: Any) -> Exchange:
    return refusal(401, request=request, **error)


def wrote(content: str) -> Exchange:
    return response(completion(choices=[choice({"content": content})]))


DISCLOSING = (
    "Key Hash (Token) =4f9a2b7c1d8e3f6a4f9a2b7c1d8e3f6a",
    'key_hash: "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"',
    "Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
    'relation "tokens" does not exist (SQLSTATE 42P01)',
    "no such table: channels",
    "could not connect to postgresql://relay@db-1/relay",
    "no answer from ip-10-0-0-3.ec2.internal",
    "dial vllm-7.internal: no route",
    "no answer from models.relay.internal",
    "cannot reach http://localhost:11434/api/chat",
    "lookup relay.models.svc: no such host",
    "upstream http://gpu4.lan:8000 failed",
    'No deployments available, cooldown_list=["a1"]',
    '{"model_name": "gpt-4o", "litellm_params": {"api_base": "https://x.example"}}',
    "api_base=https://one.example/v1",
    "404 for https://acme-east.openai.azure.com/openai/deployments/gpt4-prod",
    "AccessDenied: arn:aws:bedrock:us-east-1:123456789012:inference-profile/x",
    "projects/acme-prod-7/locations/us-east5/publishers/anthropic/models/claude not found",
)
HARMLESS = (
    "An internal error occurred. See https://docs.example/internal.",
    "type.googleapis.com/google.internal.Error",
    "code: server.internal",
    "error.internal: try again",
    "The tool java.internal.misc is unknown",
    "Set api_base to your endpoint.",
    "Invalid value for 'api_key'.",
    "The table in your message is not valid Markdown.",
    "Use localhost only in development.",
    "Your token hash does not match",
    "The file must end in .local",
    "Deployment gpt-4o is not available in this region",
)


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("refusal_discloses_nothing", refusal(403, request=WRONG), "accepted"),
        ("refusal_discloses_nothing", response({"code": 401, "data": None}, status=401), "accepted"),
        ("refusal_discloses_nothing", response(completion(), status=401), "violated"),
        ("refusal_discloses_nothing", response({"error": {}, "data": [{"id": "gpt-4o"}]}, status=403), "violated"),
        ("refusal_discloses_nothing", response([], status=401), "not applicable"),
        ("token_not_echoed", told("Wrong key: sk-confo****mnop"), "accepted"),
        ("token_not_echoed", wrote("conformance"), "accepted"),
        ("token_not_echoed", told(f"Wrong key: {UNKNOWN_TOKEN}"), "violated"),
        ("token_not_echoed", told(f"Wrong key: …{UNKNOWN_TOKEN[-16:]}"), "violated"),
        ("token_not_echoed", refusal(401, ("x-authorization", f"Bearer {UNKNOWN_TOKEN}"), request=WRONG), "violated"),
        ("token_not_echoed", stream(chunk({"content": "OK"}, user=f"{SCRUBBED_KEY}]*****")), "violated"),
        ("no_upstream_credentials", wrote(f"A key looks like {KEY}."), "accepted"),
        ("no_upstream_credentials", stream(chunk({"content": f"Like {KEY}."})), "accepted"),
        ("no_upstream_credentials", told("Incorrect API key provided: sk-proj-********************mnop"), "accepted"),
        ("no_upstream_credentials", told("Bearer tokens begin with sk-proj- or sk-ant-"), "accepted"),
        ("no_upstream_credentials", told(f"Unknown token: Bearer {UNKNOWN_TOKEN}"), "accepted"),
        ("no_upstream_credentials", told(f"401 for key {KEY}"), "violated"),
        ("no_upstream_credentials", told("…:generateContent?key=AIzaSy0123456789abcdef0123456789abcdefx"), "violated"),
        (
            "no_upstream_credentials",
            stream(chunk({"content": "OK"}, debug={"key": "AKIA0123456789ABCDEF"})),
            "violated",
        ),
        ("no_upstream_credentials", response(b"upstream said: " + KEY.encode(), status=502), "violated"),
        ("no_upstream_credentials", response(completion(), ("x-upstream-key", KEY)), "violated"),
        ("no_upstream_credentials", told("401 for key sk-4f9a2b7c1d8e3f6a2b"), "violated"),
        ("no_upstream_credentials", told('failed: {"api_key": "k-live-77", "model": "x"}'), "violated"),
        ("no_upstream_credentials", told("api-key: 0123456789abcdef0123456789abcdef"), "violated"),
        ("no_upstream_credentials", told("GET /v1?key=AbCdEf0123456789xyz failed"), "violated"),
        ("no_upstream_credentials", told("Pass {'api_key': 'your-key-here'} or {'api_key': None}."), "accepted"),
        ("no_upstream_credentials", told("Incorrect key: sk-xxxxxxxxxxxxxxxxxxxx1234"), "accepted"),
        ("no_upstream_credentials", told("Keys begin with sk-; received sk-...mnop"), "accepted"),
        ("no_upstream_credentials", told("The class sk-fading-circle-of-dots-and-more is CSS"), "accepted"),
        ("no_upstream_account", wrote("org-0123456789abcdef01234567"), "accepted"),
        ("no_upstream_account", told("Limit reached in organization org-0123456789abcdef01234567"), "violated"),
        ("no_upstream_account", response(completion(), ("OpenAI-Project", "proj_1")), "violated"),
        ("errors_hide_internals", told("Unsupported URL: see https://example.com/usr/guide on /v1/chat"), "accepted"),
        ("errors_hide_internals", told("Version 10.4.2 of the client, and/or a newer one, is needed."), "accepted"),
        ("errors_hide_internals", told("Invalid 'messages[0].content': null"), "accepted"),
        ("errors_hide_internals", refusal(request=asking(user="10.0.0.3"), message="user 10.0.0.3"), "accepted"),
        ("errors_hide_internals", told("HTTPConnectionPool(host='172.17.0.4', port=80)"), "violated"),
        ("errors_hide_internals", told("No such file: '/app/keys/vertex.json'"), "violated"),
        (
            "errors_hide_internals",
            told('Expecting value\n\nTraceback (most recent call last):\n File "/home/a"'),
            "violated",
        ),
        ("errors_hide_internals", told("Panic detected, error: runtime error"), "violated"),
        ("streamed_errors_hide_internals", stream({"error": {"message": "The upstream broke off."}}), "accepted"),
        ("streamed_errors_hide_internals", stream({"error": {"message": 'File "/srv/a.py", line 7'}}), "violated"),
        ("streamed_errors_hide_internals", stream({"error": "dial tcp 10.0.0.3:80"}), "violated"),
        ("errors_hide_internals", told("connect ECONNREFUSED 192.168.4.20:9000"), "violated"),
        ("errors_hide_internals", told("TypeError\n at relay (file:///srv/relay.js:12:7)"), "violated"),
        ("errors_hide_internals", response(b"panic at relay/main.go:395", status=500), "violated"),
        ("errors_hide_internals", told("Flagged: the text speaks of panic attacks and self-harm."), "accepted"),
        ("errors_hide_internals", told("Do not panic, and try again in a minute."), "accepted"),
        ("errors_hide_internals", told("panic: assignment to entry in nil map"), "violated"),
        ("errors_hide_internals", told("thread 'main' panicked at src/relay.rs"), "violated"),
        ("errors_hide_internals", told("internal error: panic recovered in relay"), "violated"),
        *(("errors_hide_internals", told(each), "violated") for each in DISCLOSING),
        *(("errors_hide_internals", told(each), "accepted") for each in HARMLESS),
    ],
)
def test_security(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"security.{requirement}", exchange) == expected


@pytest.mark.parametrize(
    ("known", "unknown", "expected"),
    [
        (refused(id="20260101a7"), refused(WRONG_MODEL, id="20260102b8"), "accepted"),
        (refused(message="No: gpt-4o"), refused(WRONG_MODEL, message=f"No: {UNKNOWN_MODEL}"), "accepted"),
        (refused(), refusal(404, request=WRONG_MODEL), "violated"),
        (refused(), refused(WRONG_MODEL, code="model_not_found"), "violated"),
        (response(completion(), request=WRONG), refusal(404, request=WRONG_MODEL), "not applicable"),
    ],
)
def test_refusal_same_for_any_model(known: Exchange, unknown: Exchange, expected: Said) -> None:
    assert said("security.refusal_same_for_any_model", known, unknown) == expected
