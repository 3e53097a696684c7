"""Tokens, upstream accounts and internals: no response discloses them."""

from __future__ import annotations

import json
import re

from conformance.contract.faults import header, put
from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.contract.scopes import EVERY_ERROR, EVERY_FAILED_STREAM, EVERY_RESPONSE
from conformance.evidence.exchange import SCRUBBED_KEY, Exchange
from conformance.language import say
from conformance.suite.security import AREA
from conformance.suite.security.patterns import (
    ACCOUNT,
    ACCOUNT_HEADERS,
    ACCOUNT_SIGNS,
    CREDENTIAL,
    CREDENTIAL_SIGNS,
    INTERNALS,
    INTERNALS_SIGNS,
)
from conformance.suite.security.texts import everything, telling, unescaped
from conformance.suite.support.failing_streams import failing

ECHO = 16  #: contiguous characters of a token that disclose it


@AREA.must(
    "never echo the token it was sent, nor 16 characters of it, in header or body",
    on=EVERY_RESPONSE,
    source="rfc6750#5.2",
    contract=["security-02"],
    hint="Show at most the first eight and the last four characters, as OpenAI does.",
    shown_by=put("error.message", f"Wrong key: {UNKNOWN_TOKEN[:8]}********{UNKNOWN_TOKEN[-4:]}"),
    broken_by={
        "the caller's own": put("error.message", f"Wrong key: {SCRUBBED_KEY}]****************"),
        "in a header": header("x-key", f"{SCRUBBED_KEY}]****************"),
    },
    needs=["key", "bytes", "other headers"],
)
def test_token_not_echoed(exchange: Exchange) -> None:
    """The client masks the endpoint's own key in whatever it stores, and leaves a mark that tells of it."""
    text = everything(exchange)
    assert SCRUBBED_KEY not in text, say("the response echoes the caller's key: {around}", around(text, SCRUBBED_KEY))
    if exchange.request.credentials == "unknown":
        parts = (UNKNOWN_TOKEN[start : start + ECHO] for start in range(len(UNKNOWN_TOKEN) - ECHO + 1))
        echoed = next((part for part in parts if part in text), None)
        assert echoed is None, say("the response echoes the presented token: {around}", around(text, echoed or ""))


def around(text: str, part: str) -> str:
    """The part of a text, quoted, with some of what stands around it."""
    start = text.find(part)
    return repr(text[max(start - 40, 0) : start + len(part) + 20])


@AREA.must(
    "disclose no credentials of an upstream provider, nor its account there",
    on=EVERY_RESPONSE,
    source="rfc6750#5.2",
    contract=["security-03", "security-07"],
    hint="Do not forward upstream header fields and error texts unchanged: URLs in them may hold keys.",
    broken_by={
        "a key in a URL": put(
            "error.message", f"404 for url https://upstream.example/v1beta/models?key=AIza{'Sy0123456' * 4}"
        ),
        "an Anthropic key": put("debug", f"x-api-key: sk-ant-api03-{'fedcba9876543210' * 2}"),
        "a short key": put("error.message", "401 for key sk-4f9a2b7c1d8e3f6a2b"),
        "a key by its name": put("debug", {"api_key": "k-live-77"}),
        "an authorization header": header("x-upstream-authorization", f"Bearer {'fedcba9876543210' * 2}"),
        "an organization": header("anthropic-organization-id", "[scrubbed]"),
    },
)
def test_no_upstream_credentials(exchange: Exchange) -> None:
    names = [name for name, _ in exchange.headers if name.lower() == "anthropic-organization-id"]
    assert not names, say("the response has the upstream's header anthropic-organization-id")
    found = CREDENTIAL.search(unescaped(telling(exchange, CREDENTIAL_SIGNS)).replace(UNKNOWN_TOKEN, ""))
    assert not found, say("the response holds what looks like a credential: {masked}", masked(found))


def masked(found: re.Match[str] | None) -> str:
    """As much of a secret as tells which it is: reports are published."""
    return say("{secret}…, {number} characters", found[0][:12], len(found[0])) if found else ""


@AREA.should(
    "not pass on the name of its account with an upstream provider",
    on=EVERY_RESPONSE,
    source="owasp#api8",
    contract=["security-03"],
    at="header:openai-organization",
    hint="Remove openai-organization and openai-project, and organization ids in error texts.",
    broken_by={
        "the organization": header("openai-organization", "[scrubbed]"),
        "the project": header("openai-project", "proj_fedcba987654321001234567"),
        "in an error": put("error.message", "Rate limit reached in organization org-fedcba987654321001234567"),
    },
    needs=["headers", "other headers"],
)
def test_no_upstream_account(exchange: Exchange) -> None:
    names = sorted({name.lower() for name, _ in exchange.headers} & set(ACCOUNT_HEADERS))
    assert not names, say("the response has {names}", ", ".join(names))
    found = ACCOUNT.search(telling(exchange, ACCOUNT_SIGNS))
    assert not found, say("the response names an account: {masked}", masked(found))


@AREA.should(
    "keep stack traces, panics, file paths, inner hosts and addresses, tables of its database, hashes of keys and its "
    "deployments out of errors",
    on=EVERY_ERROR,
    source="owasp#api8",
    contract=["security-04", "security-07"],
    at="error.message",
    hint="Log the failure under the request id, and return that id to the caller.",
    broken_by={
        "a panic": put("error.message", "Panic detected, error: runtime error: index out of range"),
        "a Go trace": put("error.message", "goroutine 41 [running]:\nmain.relay()\n\trelay/main.go:395"),
        "a Python trace": put("error.message", 'Traceback (most recent call last):\n  File "/srv/api.py", line 7'),
        "an address": put("error.message", "dial tcp 10.0.0.3:8080: connect: connection refused"),
        "a host": put("error.message", "no answer from relay.models.svc.cluster.local"),
        "an inner host": put("error.message", "no answer from vllm-7.internal"),
        "a path": put("error.message", "cannot open /app/keys/vertex.json"),
        "a table": put("error.message", "Unable to find token in `LiteLLM_VerificationTokenTable`"),
        "the hash of a key": put("error.message", f"Key Hash (Token) ={'4f9a2b7c' * 8}"),
        "a deployment": put("error.message", "404 for https://acme-east.openai.azure.com/openai/deployments/prod"),
    },
)
def test_errors_hide_internals(exchange: Exchange) -> None:
    _hides_internals(exchange, exchange.text)


@AREA.should(
    "keep stack traces, panics, file paths, inner hosts and addresses, tables of its database, hashes of keys and its "
    "deployments out of errors in streams, too",
    on=EVERY_FAILED_STREAM,
    source="owasp#api8",
    contract=["security-04", "security-07"],
    at="error.message",
    shown_by=failing,
    broken_by={
        "a trace": put("error.message", 'Traceback (most recent call last):\n  File "/srv/api.py", line 7'),
        "an address": put("error.message", "dial tcp 10.0.0.3:8080: connect: connection refused"),
    },
)
def test_streamed_errors_hide_internals(exchange: Exchange) -> None:
    told = [each["error"] for each in exchange.stream.documents if isinstance(each, dict) and each.get("error")]
    _hides_internals(exchange, "\n".join(json.dumps(each, ensure_ascii=False) for each in told))


def _hides_internals(exchange: Exchange, text: str) -> None:
    plain = unescaped(text)
    if not _may_disclose(plain):
        return
    sent = exchange.request.body.decode("utf-8", "replace")
    found = [each[0] for each in INTERNALS.finditer(plain) if each[0] not in sent]
    assert not found, say("the error discloses {found!r}: {around}", found[0], around(plain, found[0]))


def _may_disclose(text: str) -> bool:
    """Whether a sign of what is internal is in a text, in capitals or not."""
    either = text + text.lower()
    return any(sign in either for sign in INTERNALS_SIGNS)
