"""What comes back where a request fails: a JSON object, under a status that says so."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import chain, content, failing, header, only, put, respond, status
from conformance.contract.marks import INTRUSIVE
from conformance.contract.requirement import Impact, Scope
from conformance.contract.scopes import EVERY_ERROR, EVERY_INVALID, EVERY_PLAIN_SUCCESS
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, NotApplicable, Violation
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say

from . import AREA

PAGE = b"<html><head><title>400 Bad Request</title></head></html>"
NO_CHANNEL = {"error": {"message": "No channel", "type": "server_error", "param": None, "code": None}}
#: Members that error bodies of other dialects have where a completion has its choices.
ERROR_MEMBERS = (
    "message",
    "detail",
    "details",
    "errors",
    "error_message",
    "error_msg",
    "msg",
    "status_msg",
    "base_resp",
)


def told(exchange: Exchange) -> str:
    """What an error body is, in words; empty where it is a JSON object."""
    try:
        document = loads(exchange.content)
    except JSONError as error:
        return say("is not JSON ({error}): {text!r}", error, exchange.text[:80])
    return "" if isinstance(document, dict) else say("is not a JSON object: {text!r}", exchange.text[:80])


@AREA.must(
    "answer a request that it rejects (4xx) with a JSON object",
    on=EVERY_ERROR,
    source="openai-openapi#ErrorResponse",
    contract=["errors-01", "transport-05"],
    hint='Answer with {"error": {"message", "type", "param", "code"}}, also from middleware and framework.',
    broken_by={
        "a page": content(PAGE),
        "plain text": content(b"Bad Request"),
        "empty": content(b""),
        "an array": content(b'[{"error": {"message": "Bad Request"}}]'),
        "an event": content(b'data: {"error": {"message": "Bad Request"}}\n\n'),
    },
    after=["errors.mistake_is_4xx"],
)
def test_refusal_is_json(exchange: Exchange) -> None:
    if exchange.status >= 500:
        raise NotApplicable(say("a server error (covered by errors.server_error_is_json)"))
    problem = told(exchange)
    assert not problem, say("the body of the HTTP {status} {problem}", exchange.status, problem)


@AREA.should(
    "answer a failure of its own (5xx) with a JSON object",
    on=EVERY_ERROR,
    impact=Impact.FORM,
    source="openai-openapi#ErrorResponse",
    contract=["errors-01"],
    hint="Configure the load balancer to answer with an error object too, or map its pages.",
    shown_by=respond(503, NO_CHANNEL),
    broken_by={
        "a page": content(PAGE),
        "plain text": content(b"upstream connect error or disconnect/reset before headers"),
    },
    after=["errors.refusal_is_json"],
)
def test_server_error_is_json(exchange: Exchange) -> None:
    if exchange.status < 500:
        raise NotApplicable(say("the request was rejected (covered by errors.refusal_is_json)"))
    server = exchange.header("server")
    problem = told(exchange)
    assert not problem, say("the body of the HTTP {status} {problem}", exchange.status, _served(problem, server))


def _served(problem: str, server: str | None) -> str:
    return say("{problem} (Server: {server})", problem, server) if server else problem


@AREA.should(
    "declare an error as application/json",
    on=EVERY_ERROR,
    impact=Impact.FORM,
    source="openai-openapi#TooManyRequests",
    contract=["errors-08"],
    at="header:content-type",
    hint="OpenAI itself has sent text/plain (a 401 and some 503s), and SDKs parse the body whatever its type.",
    broken_by={
        "plain text": header("content-type", "text/plain; charset=utf-8"),
        "an event stream": header("content-type", "text/event-stream"),
        "a page": chain(header("content-type", "text/html"), content(PAGE)),
        "no type": header("content-type", None),
    },
    needs=["headers"],
    after=["errors.refusal_is_json"],
)
def test_media_type(exchange: Exchange) -> None:
    assert exchange.media_type == "application/json", say(
        "the HTTP {status} has the content type {header!r}", exchange.status, exchange.header("content-type")
    )


@AREA.should(
    "answer an invalid request with a status below 500",
    on=EVERY_INVALID,
    source="rfc9110#15.5",
    contract=["errors-06"],
    at="status",
    hint="SDKs retry after a 5xx, and retrying an invalid request cannot succeed.",
    broken_by={"500": status(500), "503": status(503)},
    needs=["status", "request"],
)
def test_mistake_is_4xx(exchange: Exchange) -> None:
    assert exchange.status < 500, say(
        "the invalid request {request} was answered with HTTP {status}", exchange.request, exchange.status
    )


MISTAKEN = Scope(
    "every invalid request, answered or not",
    lambda each: each.expect == "error" and INTRUSIVE not in each.features,
    lambda each: (
        each.request.expect == "error"
        and each.request.attempt > 0
        and INTRUSIVE not in each.request.features
        and (each.failure is None or each.failure.kind in ("timeout", "reset", "truncated"))
    ),
)


@AREA.should(
    "answer an invalid request, neither leaving it unanswered nor closing the connection",
    on=MISTAKEN,
    source="rfc9110#15.5",
    contract=["errors-01", "errors-06"],
    at="status",
    hint="Turn every failure, including a panic, into an error response.",
    broken_by=only(lambda each: b'"tools"' in each.body, failing(Failure("reset", "the connection was closed"))),
)
def test_mistakes_are_answered(exchanges: list[Exchange]) -> None:
    """One may be chance. Where most are not answered, nothing is."""
    silent = [each for each in exchanges if each.failure]
    if len(silent) * 2 > len(exchanges):
        raise Inconclusive(say("{number} of {number2} invalid requests were not answered", len(silent), len(exchanges)))
    if len(found := dict.fromkeys(each.request.label for each in silent)) > 1:
        labels = ", ".join(found)[:400]
        raise Violation(say("never answered: {labels} ({outcome})", labels, silent[0].outcome), *silent)


@AREA.must(
    "signal a failure by its status, not by an error object in a success",
    on=EVERY_PLAIN_SUCCESS,
    source="openai-openapi#createChatCompletion",
    contract=["errors-07"],
    at="error",
    hint="Send the upstream's error with an error status; keep-alive bytes commit the status too early.",
    broken_by={
        "an error object": respond(200, NO_CHANNEL),
        "an error beside a completion": put("error", {"message": "upstream timeout"}),
        "an error that is a string": put("error", "upstream timeout"),
        "the error itself": respond(200, {"object": "error", "message": "No such model", "code": 404}),
        "another dialect": respond(200, {"choices": None, "base_resp": {"status_code": 1008}}),
    },
)
def test_no_error_in_success(document: Any) -> None:
    if not isinstance(document, dict):
        raise NotApplicable(say("the body is not an object (covered by transport.one_json_object)"))
    assert not document.get("error"), say("a success has the top-level error {error}", str(document["error"])[:200])
    foreign = [name for name in ERROR_MEMBERS if document.get(name)] if no_choices(document) else []
    assert document.get("object") != "error", say("a success is an error object: {document}", str(document)[:200])
    assert not foreign, say(
        "a success has no choices, but {foreign}: {document}", ", ".join(foreign), str(document)[:200]
    )


def no_choices(document: dict[str, Any]) -> bool:
    return not isinstance(document.get("choices"), list)
