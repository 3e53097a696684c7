"""Media types, character encodings, and numbers that no client sends."""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.contract.faults import respond, status
from conformance.contract.requests import PLAIN, UNKNOWN_MODEL, bad, disputed, once
from conformance.evidence.exchange import Exchange
from conformance.evidence.observed import answered_with

from . import AREA, OK
from .members import with_member

AS_TEXT = disputed(once(replace(PLAIN, headers=(("content-type", "text/plain"),), label="json-as-text")))
UNTYPED = disputed(once(replace(PLAIN, headers=(), label="json-untyped")))
FORM = (("content-type", "application/x-www-form-urlencoded"),)
AS_FORM = once(bad("body-a-form", b"model=$MODEL$&messages=Say+OK.", headers=FORM))
NOT_UTF_8 = once(bad("json-not-utf-8", PLAIN.body.replace(b"OK.", b"OK. \xff\xfe")))
UTF_16 = bad("json-utf-16", json.dumps({"model": UNKNOWN_MODEL, "messages": PLAIN.asked["messages"]}).encode("utf-16"))
EXPONENT = with_member("max_tokens-1e999", '"max_tokens": 1e999')
OVERFLOW = with_member("max_tokens-2-to-the-64", '"max_tokens": 18446744073709551616')


@AREA.should(
    "reject JSON that is sent as text, or without a media type, with status 415 or 400, or accept it as JSON",
    on=(AS_TEXT, UNTYPED),
    source="rfc9110#15.5.16",
    contract=["robust-03"],
    at="status",
    broken_by={"500": status(500), "404": status(404)},
    needs=["request", "status"],
)
def test_wrong_media_type(exchange: Exchange) -> None:
    assert exchange.status in (200, 400, 415, 422), answered_with(exchange)


@AREA.should(
    "reject a form with status 415 or 400",
    on=(AS_FORM,),
    source="rfc9110#15.5.16",
    contract=["robust-03"],
    at="status",
    broken_by={"served": respond(200, OK), "500": status(500), "404": status(404)},
    needs=["request", "status"],
)
def test_form_refused(exchange: Exchange) -> None:
    assert exchange.status in (400, 415, 422), answered_with(exchange)


@AREA.should(
    "reject a string that is not UTF-8 with a client error, or replace the bytes that it cannot decode",
    on=(NOT_UTF_8,),
    source="rfc8259#8.1",
    contract=["robust-04"],
    at="status",
    hint="Without a check the bytes may reach an upstream that fails on them.",
    broken_by={"500": status(500), "an error in a success": respond(200, {"error": {"message": "bad string"}})},
    needs=["request", "status"],
    after=["validation.malformed_is_400"],
)
def test_not_utf_8(exchange: Exchange) -> None:
    assert exchange.status < 500, answered_with(exchange)
    assert exchange.refused or "choices" in exchange.reply, answered_with(exchange)


@AREA.should(
    "answer a body in UTF-16 with status 400",
    on=(UTF_16,),
    source="rfc8259#8.1",
    contract=["robust-04"],
    at="status",
    broken_by={"404": status(404), "500": status(500)},
    needs=["request", "status"],
    after=["validation.malformed_is_400"],
)
def test_utf_16_is_400(exchange: Exchange) -> None:
    assert exchange.status in (400, 415, 422), answered_with(exchange)


@AREA.should(
    "answer numbers that it cannot represent with a client error, or ignore them",
    on=(EXPONENT, OVERFLOW),
    source="rfc8259#6",
    contract=["robust-05"],
    at="status",
    broken_by={"500": status(500), "an error in a success": status(200)},
    needs=["request", "status"],
)
def test_odd_numbers(exchange: Exchange) -> None:
    assert exchange.status < 500, answered_with(exchange)
    assert exchange.refused or "choices" in exchange.reply, answered_with(exchange)
