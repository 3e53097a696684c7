"""What the endpoint does with requests that are none of a chat completion, or that no client means to send."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from conformance.contract.faults import failing, header, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import (
    INTRUSIVE,
    LONG_STREAM,
    PLAIN,
    UNKNOWN_MODEL,
    WRONG_METHOD,
    attempts,
    bad,
    chat,
    intrusive,
    once,
)
from conformance.contract.requirement import Area
from conformance.contract.scopes import EVERY_405
from conformance.evidence.exchange import JSON_CONTENT, Exchange, Failure, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send

AREA = Area("robust")

NOT_ALLOWED = {"message": "PUT is not allowed", "type": "invalid_request_error", "param": None, "code": None}


@AREA.should(
    "name POST in the Allow header of a 405",
    on=EVERY_405,
    source="rfc9110#15.5.6",
    contract=["robust-02"],
    at="header:allow",
    hint="The RFC says MUST; answering 404 instead is as good.",
    shown_by=respond(405, {"error": NOT_ALLOWED}, ("allow", "OPTIONS, POST")),
    broken_by={"absent": header("allow", None), "others alone": header("allow", "GET, HEAD")},
    needs=["headers", "other headers"],
)
def test_allow(exchange: Exchange) -> None:
    allowed = exchange.header("allow")
    assert allowed is not None, "the 405 has no Allow header"
    assert "POST" in [method.strip() for method in allowed.split(",")], f"Allow is {allowed!r}, without POST"


GET = once(bad("method-get", b"", method="GET", headers=()))
DELETE = once(bad("method-delete", b"", method="DELETE", headers=()))
PATCH = once(bad("method-patch", PLAIN.asked, method="PATCH"))
OK = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "OK."}}]}
SERVED = respond(200, OK)


def outcome(exchange: Exchange) -> str:
    return f"{exchange.request} was answered with HTTP {exchange.status}: {exchange.text[:120].strip()}"


@AREA.must(
    "answer GET, PUT, DELETE and PATCH with status 405 or 404, never with a completion or a server error",
    on=(GET, WRONG_METHOD, DELETE, PATCH),
    source="rfc9110#15.5.6",
    contract=["robust-01"],
    at="status",
    broken_by={"served": SERVED, "500": status(500), "a redirection": status(302)},
    needs=["request", "status"],
)
def test_other_methods(exchange: Exchange) -> None:
    """OpenAI lists stored completions at this address."""
    document = exchange.document if exchange.status == 200 and exchange.request.method == "GET" else None
    if isinstance(document, dict) and document.get("object") == "list":
        raise NotApplicable("GET lists stored completions, as at OpenAI")
    assert exchange.status in (401, 403, 404, 405), outcome(exchange)


# --- media types and characters -----------------------------------------------------------------------------

AS_TEXT = once(replace(PLAIN, headers=(("content-type", "text/plain"),), label="json-as-text"))
UNTYPED = once(replace(PLAIN, headers=(), label="json-untyped"))
FORM = (("content-type", "application/x-www-form-urlencoded"),)
AS_FORM = once(bad("body-a-form", b"model=$MODEL$&messages=Say+OK.", headers=FORM))
NOT_UTF_8 = once(bad("json-not-utf-8", PLAIN.body.replace(b"OK.", b"OK. \xff\xfe")))
UTF_16 = bad("json-utf-16", json.dumps({"model": UNKNOWN_MODEL, "messages": PLAIN.asked["messages"]}).encode("utf-16"))


@AREA.should(
    "refuse JSON called text, or of no media type, with status 415 or 400, or take it for JSON",
    on=(AS_TEXT, UNTYPED),
    source="rfc9110#15.5.16",
    contract=["robust-03"],
    at="status",
    broken_by={"500": status(500), "404": status(404)},
    needs=["request", "status"],
)
def test_wrong_media_type(exchange: Exchange) -> None:
    assert exchange.status in (200, 400, 415, 422), outcome(exchange)


@AREA.should(
    "refuse a form with status 415 or 400",
    on=(AS_FORM,),
    source="rfc9110#15.5.16",
    contract=["robust-03"],
    at="status",
    broken_by={"served": SERVED, "500": status(500), "404": status(404)},
    needs=["request", "status"],
)
def test_form_refused(exchange: Exchange) -> None:
    assert exchange.status in (400, 415, 422), outcome(exchange)


@AREA.should(
    "refuse a string that is not UTF-8 with a client error, or replace what it cannot decode",
    on=(NOT_UTF_8,),
    source="rfc8259#8.1",
    contract=["robust-04"],
    at="status",
    hint="Without a check the bytes may reach an upstream that fails on them.",
    broken_by={"500": status(500), "an error in a success": respond(200, {"error": {"message": "bad string"}})},
    needs=["request", "status"],
)
def test_not_utf_8(exchange: Exchange) -> None:
    assert exchange.status < 500, outcome(exchange)
    assert exchange.refused or "choices" in exchange.reply, outcome(exchange)


@AREA.should(
    "answer a body in UTF-16 with status 400",
    on=(UTF_16,),
    source="rfc8259#8.1",
    contract=["robust-04"],
    at="status",
    broken_by={"404": status(404), "500": status(500)},
    needs=["request", "status"],
)
def test_utf_16_is_400(exchange: Exchange) -> None:
    assert exchange.status in (400, 415, 422), outcome(exchange)


# --- odd, large and broken off ------------------------------------------------------------------------------

DEPTH, LARGE = 10_000, 20 * 2**20  #: levels, and bytes
HUGE_SECONDS = 120.0


def odd(label: str, member: str) -> Request:
    """A body with a member as no serializer writes it, for a model that nobody serves, so that nothing is billed."""
    messages = json.dumps(PLAIN.asked["messages"])
    return bad(label, f'{{"model": "{UNKNOWN_MODEL}", "messages": {messages}, {member}}}'.encode())


NESTED = intrusive(odd("json-nested", f'"x_nested": {"[" * DEPTH}{"]" * DEPTH}'))
EXPONENT = odd("max_tokens-1e999", '"max_tokens": 1e999')
OVERFLOW = odd("max_tokens-2-to-the-64", '"max_tokens": 18446744073709551616')


def plain_after(request: Request) -> Request:
    """A small request that no other requirement sends, to follow this one."""
    return once(chat(f"Say OK. ({request.label})", label=f"after-{request.label}"))


def still_serves(send_raw: Send, request: Request) -> Exchange:
    """A plain request is served after this one, and what it is answered. Raises Inconclusive where a failure may have
    another reason; one that may pass has to come three times."""
    for asked in attempts(plain_after(request)):
        exchange = send_raw(asked)
        if not exchange.transient:
            break
    if exchange.status in (401, 402, 403, 429):
        raise Inconclusive(f"{exchange}, which has another reason")
    assert exchange.succeeded, f"after “{request}” a plain request gave {exchange.outcome}"
    return exchange


@AREA.should(
    "answer numbers that it cannot hold with a client error, or ignore them",
    on=(EXPONENT, OVERFLOW),
    source="rfc8259#6",
    contract=["robust-05"],
    at="status",
    broken_by={"500": status(500), "an error in a success": status(200)},
    needs=["request", "status"],
)
def test_odd_numbers(exchange: Exchange) -> None:
    assert exchange.status < 500, outcome(exchange)
    assert exchange.refused or "choices" in exchange.reply, outcome(exchange)


@AREA.should(
    "answer JSON of 10,000 levels with a client error, or ignore it, and go on serving",
    on=(NESTED,),
    source="rfc8259#9",
    contract=["robust-05"],
    at="status",
    hint="Bound the depth that is parsed: recursion without a bound ends the process.",
    broken_by={
        "500": only(lambda each: each.label == "json-nested", status(500)),
        "no answer": only(lambda each: each.label == "json-nested", failing(Failure("reset", "the process ended"))),
        "away": only(lambda each: each.label.startswith("after-"), status(503)),
    },
)
def test_nested_json(send: Send, send_raw: Send) -> None:
    exchange = send_raw(NESTED)
    if exchange.failure and send(PLAIN).status != 200:
        raise Inconclusive(f"{exchange}")
    assert not exchange.failure, f"{exchange}"
    assert exchange.status < 500, outcome(exchange)
    still_serves(send_raw, NESTED)


def tells(exchange: Exchange) -> bool:
    """Whether it has an error object."""
    try:
        return bool(exchange.error)
    except Inconclusive:
        return False


@cache
def _huge() -> Request:
    """Made where it is sent, and once: it takes a while."""
    return bad("body-of-20-MB", {"model": UNKNOWN_MODEL, "messages": [{"role": "user", "content": "a" * LARGE}]})


@AREA.should(
    "refuse a body of 20 MB with a client error and an error object in two minutes, and go on serving",
    on=(PLAIN,),
    source="rfc9110#15.5.14",
    contract=["robust-06"],
    at="status",
    hint="Bound the size of a body before it is read, and say 413 with an error object.",
    broken_by={
        "500": only(lambda each: len(each.body) > LARGE, status(500)),
        "no error object": only(lambda each: len(each.body) > LARGE, respond(413, {"detail": "too large"})),
        "away": only(lambda each: each.label.startswith("after-"), status(503)),
        "too late": only(lambda each: len(each.body) > LARGE, lambda each: replace(each, seconds=130.0)),
    },
)
def test_huge_body(send: Send, send_raw: Send, model: Model) -> None:
    """The connection may be closed instead: who reads no further need not answer."""
    if not model.claims(INTRUSIVE):
        raise NotApplicable("it could hurt a production endpoint, and is sent with --intrusive only")
    huge = _huge()
    exchange = send_raw(huge)
    assert exchange.seconds < HUGE_SECONDS, f"it was answered after {exchange.seconds:.0f} s"
    if not exchange.failure:
        assert 400 <= exchange.status < 500, outcome(exchange)
        assert tells(exchange), f"{outcome(exchange)}, which is no error object"
    still_serves(send_raw, huge)


#: Announces more than it has, so that the connection is closed in the middle of the body.
TOO_LONG = (*JSON_CONTENT, ("content-length", str(len(PLAIN.body) + 500)))
HALF_A_BODY = once(bad("body-broken-off", PLAIN.asked, headers=TOO_LONG))
HUNG_UP = once(replace(LONG_STREAM, hang_up_after=1, label="long-stream-hung-up"))


@AREA.should(
    "go on serving after a client closed the connection in the middle of a body, or of a stream",
    on=(PLAIN,),
    source="rfc9112#9.5",
    contract=["robust-07", "isolation-05"],
    at="status",
    hint="Let a write to a closed connection end that request alone, and begin to count anew with the next.",
    broken_by={
        "away": only(lambda each: each.label == f"after-{HUNG_UP.label}", status(500)),
        "counted on": only(lambda each: each.label == f"after-{HUNG_UP.label}", put("usage.prompt_tokens", 1)),
    },
)
def test_hung_up(send_raw: Send, send: Send) -> None:
    """What is hung up is named by no `on`: it would have been sent long before what is to show its effect."""
    plain = send(PLAIN)
    assert plain.status == 200, outcome(plain)
    send_raw(HALF_A_BODY)
    send_raw(HUNG_UP)
    later = still_serves(send_raw, HUNG_UP)
    counts = [_prompt_of(each) for each in (plain, later)]
    assert 0 in counts or counts[1] >= counts[0], (
        f"after “{HUNG_UP}” a longer prompt than “{PLAIN}” has {counts[1]} prompt_tokens, and that one {counts[0]}"
    )


def _prompt_of(exchange: Exchange) -> int:
    """Its prompt_tokens, 0 where it has none."""
    usage = exchange.reply.get("usage")
    count = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return count if type(count) is int else 0
