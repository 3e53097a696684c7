"""What no response may give away."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from conformance.contract.faults import edit, header, put, respond, status
from conformance.contract.requests import PLAIN, UNKNOWN_MODEL, UNKNOWN_TOKEN, bad, intrusive, once
from conformance.contract.requirement import Area, Fault, Scope
from conformance.contract.scopes import EVERY_ERROR, EVERY_FAILED_STREAM, EVERY_RESPONSE, EVERY_UNAUTHENTICATED
from conformance.evidence.exchange import MODEL, SCRUBBED_KEY, Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.send import Send
from conformance.suite.support.failing_streams import failing

AREA = Area("security")

ECHO = 16  #: contiguous characters of a token that disclose it
CREDENTIAL = re.compile(
    r"\bsk-(?:ant|proj|svcacct|or-v1|admin)-[\w-]{16,}"  # Anthropic, OpenAI, OpenRouter
    r"|\bsk-[A-Za-z0-9]{32,}\b|\bxai-[A-Za-z0-9]{32,}|\bgsk_[A-Za-z0-9]{32,}"
    r"|\bAIza[\w-]{35}|\bAKIA[0-9A-Z]{16}\b|\bya29\.[\w-]{20,}"  # Google, Amazon
    r"|\bBearer\s+[\w.~+/-]{20,}",
    re.ASCII,
)
ACCOUNT = re.compile(r"\b(?:org|proj)[-_][A-Za-z0-9]{16,}\b", re.ASCII)
ACCOUNT_HEADERS = ("openai-organization", "openai-project")
INTERNALS = re.compile(
    r"goroutine \d+|\bpanic\b|\bTraceback \(most recent|\bdial tcp\b|\bECONNREFUSED\b|HTTPS?ConnectionPool"
    r"|\w\.(?:go|py|rs|java|js|ts|cc|cpp):\d+|\bFile \"[^\"]+\", line \d+|\bsite-packages\b|\bnode_modules\b"
    r"|(?<![\w:/.])/(?:usr|home|root|opt|app|srv|var|etc|tmp|workspace)/[\w.-]+|\b[A-Z]:\\\\?(?:Users|Windows|app)\b"
    r"|\b(?:10(?:\.\d{1,3}){3}|127(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b"
    r"|\.svc\.cluster\.local|\.internal\b(?=[:/])",
    re.IGNORECASE,
)
NO_SUCH_MODEL = {"message": "No such model.", "type": "server_error", "param": None, "code": "model_not_found"}
UNKNOWN_KEY = Scope(
    "every response to an unknown key",
    lambda request: EVERY_RESPONSE.meant(request) and request.credentials == "unknown",
    lambda exchange: (
        exchange.failure is None
        and exchange.request.credentials == "unknown"
        and exchange.request.path == "/chat/completions"
    ),
)


@AREA.must(
    "refuse a request without valid credentials without any completion, usage or list of models",
    on=EVERY_UNAUTHENTICATED,
    source="rfc9110#15.5.2",
    contract=["security-01"],
    hint="Check the key before anything is sent upstream.",
    broken_by={
        "a completion": put("choices", [{"index": 0, "message": {"role": "assistant", "content": "OK"}}]),
        "usage": put("usage", {"prompt_tokens": 9}),
        "models": put("data", [{"id": "some-model"}]),
    },
)
def test_refusal_discloses_nothing(exchange: Exchange, document: Any) -> None:
    if not isinstance(document, dict):
        raise NotApplicable("the body is not an object, which is another requirement")
    given = [name for name in ("choices", "usage", "data", "models") if document.get(name)]
    assert not given, f"the HTTP {exchange.status} has {', '.join(given)}: {exchange.text[:120]}"


def _unknown_model_only(fault: Fault) -> Fault:
    return lambda each: fault(each) if each.request.asked.get("model") == UNKNOWN_MODEL else each


@AREA.must(
    "refuse an unknown key alike, whether the model that it asks for exists or not",
    on=UNKNOWN_KEY,
    source="rfc9110#15.5.2",
    contract=["security-01"],
    hint="Check the key before the model is looked up.",
    broken_by={
        "404": _unknown_model_only(respond(404, {"error": NO_SUCH_MODEL})),
        "another text": _unknown_model_only(put("error.message", "There is no such model.")),
    },
    needs=["request", "status"],
)
def test_refusal_same_for_any_model(exchanges: list[Exchange]) -> None:
    plain = [each for each in exchanges if not each.request.streams]
    known = [each for each in plain if each.request.asked.get("model") != UNKNOWN_MODEL]
    unknown = [each for each in plain if each not in known]
    if not known or not unknown or any(each.succeeded for each in plain):
        raise NotApplicable("not both a known and an unknown model were refused")
    if any(each.status >= 500 or each.status in (408, 429) for each in plain):
        raise Inconclusive("the endpoint was throttled or failing")
    for one in known:
        for other in unknown:
            if refusal(one) != refusal(other):
                raise Violation(f"a model that exists: {outline(one)}; one that does not: {outline(other)}", one, other)


def refusal(exchange: Exchange) -> tuple[int, str]:
    """A refusal without what differs by chance or by request: ids, times, the model's own name."""
    text = exchange.text.replace(str(exchange.request.asked.get("model")), "")
    return exchange.status, re.sub(r"[\w.:-]*\d[\w.:-]*|\s+", "", text)


def outline(exchange: Exchange) -> str:
    return f"HTTP {exchange.status} {exchange.text[:120].strip()}"


# --- secrets ------------------------------------------------------------------------------------------------


def everything(exchange: Exchange) -> str:
    """Header fields and body of a response."""
    return "\n".join([*(f"{name}: {value}" for name, value in exchange.headers), exchange.text])


def beyond_choices(exchange: Exchange) -> str:
    """Header fields and body without what a model wrote, which may be anything that it was asked for."""
    fields = [f"{name}: {value}" for name, value in exchange.headers]
    try:
        documents = exchange.stream.documents if exchange.streamed else [exchange.document]
    except Inconclusive:
        return "\n".join([*fields, exchange.text])
    own = [without_choices(document) for document in documents]
    return "\n".join([*fields, *(json.dumps(document, ensure_ascii=False) for document in own)])


def without_choices(document: Any) -> Any:
    return (
        {name: value for name, value in document.items() if name != "choices"}
        if isinstance(document, dict)
        else document
    )


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
    assert SCRUBBED_KEY not in text, f"the response echoes the caller's key: {around(text, SCRUBBED_KEY)}"
    if exchange.request.credentials == "unknown":
        parts = (UNKNOWN_TOKEN[start : start + ECHO] for start in range(len(UNKNOWN_TOKEN) - ECHO + 1))
        echoed = next((part for part in parts if part in text), None)
        assert echoed is None, f"the response echoes the presented token: {around(text, echoed or '')}"


def around(text: str, part: str) -> str:
    """The part of a text, quoted, with some of what stands around it."""
    start = text.find(part)
    return repr(text[max(start - 40, 0) : start + len(part) + 20])


@AREA.must(
    "disclose no credentials of an upstream provider, nor the account that it has there",
    on=EVERY_RESPONSE,
    source="rfc6750#5.2",
    contract=["security-03"],
    hint="Do not pass upstream headers and error texts on as they are: URLs in them may hold keys.",
    broken_by={
        "a key in a URL": put(
            "error.message", f"404 for url https://upstream.example/v1beta/models?key=AIza{'Sy0123456' * 4}"
        ),
        "an Anthropic key": put("debug", f"x-api-key: sk-ant-api03-{'fedcba9876543210' * 2}"),
        "an authorization header": header("x-upstream-authorization", f"Bearer {'fedcba9876543210' * 2}"),
        "an organization": header("anthropic-organization-id", "[scrubbed]"),
    },
)
def test_no_upstream_credentials(exchange: Exchange) -> None:
    names = [name for name, _ in exchange.headers if name.lower() == "anthropic-organization-id"]
    assert not names, "the response has the upstream's header anthropic-organization-id"
    found = CREDENTIAL.search(beyond_choices(exchange).replace(UNKNOWN_TOKEN, ""))
    assert not found, f"the response holds what looks like a credential: {masked(found)}"


def masked(found: re.Match[str] | None) -> str:
    """As much of a secret as tells which it is: reports are published."""
    return f"{found[0][:12]}…, {len(found[0])} characters" if found else ""


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
    assert not names, f"the response has {', '.join(names)}"
    found = ACCOUNT.search(beyond_choices(exchange))
    assert not found, f"the response names an account: {masked(found)}"


@AREA.should(
    "keep stack traces, panics, file paths, private addresses and internal host names out of errors",
    on=EVERY_ERROR,
    source="owasp#api8",
    contract=["security-04"],
    at="error.message",
    hint="Log what failed under the request's id, and tell the caller that id.",
    broken_by={
        "a panic": put("error.message", "Panic detected, error: runtime error: index out of range"),
        "a Go trace": put("error.message", "goroutine 41 [running]:\nmain.relay()\n\trelay/main.go:395"),
        "a Python trace": put("error.message", 'Traceback (most recent call last):\n  File "/srv/api.py", line 7'),
        "an address": put("error.message", "dial tcp 10.0.0.3:8080: connect: connection refused"),
        "a host": put("error.message", "no answer from relay.models.svc.cluster.local"),
        "a path": put("error.message", "cannot open /app/keys/vertex.json"),
    },
)
def test_errors_hide_internals(exchange: Exchange) -> None:
    _hides_internals(exchange, exchange.text)


@AREA.should(
    "keep stack traces, panics, file paths, private addresses and internal host names out of errors in streams, too",
    on=EVERY_FAILED_STREAM,
    source="owasp#api8",
    contract=["security-04"],
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
    sent = exchange.request.body.decode("utf-8", "replace")
    found = [each[0] for each in INTERNALS.finditer(text) if each[0] not in sent]
    assert not found, f"the error tells of {found[0]!r}: {around(text, found[0])}"


# --- addresses, and what may be read in two ways ------------------------------------------------------------


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
    "refuse an image at a loopback, link-local or private address, or in a file of its own, with a client error",
    on=(LOOPBACK, METADATA, LOOPBACK_6, SERVERS_FILE),
    source="owasp#api7",
    contract=["security-05"],
    at="status",
    hint="Resolve the name first, refuse private addresses, and follow no redirection without looking again.",
    broken_by={
        "served": respond(200, {"choices": [{"index": 0, "message": {"content": "OK."}}]}),
        "500": status(500),
    },
    needs=["request", "status"],
)
def test_internal_image_refused(exchange: Exchange) -> None:
    said = f"{exchange.request} was answered with {outline(exchange)}"
    assert 400 <= exchange.status < 500, said


@AREA.should(
    "tell nothing of what is, or is not, at an internal address that an image is to come from",
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
    assert not found, f"{exchange.request} tells of {found[0] if found else ''!r}: {exchange.text[:160]}"


def two_models(label: str, first: str, second: str) -> Request:
    """A body with two members named model, in this order."""
    messages = json.dumps(PLAIN.asked["messages"])
    body = f'{{"model": "{first}", "max_tokens": 16, "messages": {messages}, "model": "{second}"}}'
    return once(intrusive(bad(label, body.encode())))


UNKNOWN_LAST = two_models("two-models-unknown-last", MODEL, UNKNOWN_MODEL)
UNKNOWN_FIRST = two_models("two-models-unknown-first", UNKNOWN_MODEL, MODEL)


@AREA.should(
    "refuse a body with two models, or take the same one of them whatever their order",
    on=(UNKNOWN_LAST, UNKNOWN_FIRST),
    source="rfc8259#4",
    contract=["security-06"],
    at="model",
    hint="Parse the body once, and use what was parsed for routing, for billing and for the upstream.",
    broken_by={
        "both served": respond(200, {"model": "some-model", "choices": [], "usage": {}}),
        "a server error": status(500),
        "the unknown one served": edit(lambda document: document.update(model=UNKNOWN_MODEL, choices=[], error=None)),
    },
)
def test_two_models(send: Send) -> None:
    exchanges = [send(UNKNOWN_LAST), send(UNKNOWN_FIRST)]
    for exchange in exchanges:
        assert exchange.status < 500, outline(exchange)
        served = exchange.succeeded and exchange.reply.get("model") == UNKNOWN_MODEL
        assert not served, f"{exchange.request} was served as a model that does not exist"
    assert not all(each.succeeded for each in exchanges), "a model that does not exist was passed over in both orders"
