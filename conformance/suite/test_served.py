"""Valid requests are answered; a rejection says what is not supported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from conformance.contract.faults import only, respond, status
from conformance.contract.given import in_turn
from conformance.contract.profile import Model
from conformance.contract.requests import TOOL_AUTO, TOOL_NAMED, TOOL_NONE, TOOL_REQUIRED
from conformance.contract.requirement import Area, Impact, Scope
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.refusals import may_not_be_forced, refuses

AREA = Area("served", Impact.CLIENTS)


def _valid(request: Request) -> bool:
    return request.path == "/chat/completions" and request.expect == "reply" and request.authentic


VALID = Scope(
    "every last answer to a valid request",
    _valid,
    lambda each: (
        _valid(each.request)
        and each.request.method == "POST"
        and each.request.attempt > 0
        and each.failure is None
        and not each.transient
    ),
)


_NAMED = 3  #: of those that fail


def _error(message: str) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def _shown(exchange: Exchange) -> str:
    return " ".join(exchange.text.split())[:160]


@AREA.should(
    "answer no valid request with a server error, nor when it is sent again",
    on=VALID,
    source="rfc9110#15.6",
    contract=["transport-01"],
    at="status",
    hint="Answer what is not supported with a 400 that names it: clients retry after a 5xx.",
    broken_by={"500": status(500), "not implemented": status(501)},
    needs=["status", "request"],
)
def test_no_server_error(exchanges: list[Exchange]) -> None:
    """Over a whole run: a recording made elsewhere does not show whether its request was meant to be valid."""
    failing = [each for each in exchanges if each.status >= 500]
    told = "; ".join(f"“{each.request}”: {each.outcome}, {_shown(each)}" for each in failing[:_NAMED])
    if failing:
        raise Violation(
            say("{number} of {number2} valid requests fail, such as {told}", len(failing), len(exchanges), told),
            *failing,
        )


_OF_ANY_ERROR = """
a an and at be been but by can cannot could did do does for from has have i in is it its no not of on or our please
that the their this to us was we went were will with you your
again api argument arguments bad body call called client code completed contact entity error errors exception fail
failed failure field generic http https inference input internal invalid later message model none null object
occurred openai operation parameter parameters problem process processed processing provider rejected request
requests response result retry returned server service something status support supported try trying type unable
undefined unexpected unknown unprocessable unsupported upstream value values wrong
d ll re s t ve
"""
_EMPTY = frozenset(_OF_ANY_ERROR.split())  #: a message of these words alone says nothing about the request


def _words(text: str) -> Iterable[str]:
    """Its words in lower case, with snake_case and camelCase split; each character of another script is a word."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return re.findall(r"[a-z]+|[^\W\d_a-zA-Z]", apart.lower())


def _says_nothing(exchange: Exchange) -> bool:
    error = exchange.error
    said = " ".join(str(error.get(name) or "") for name in ("message", "param", "code"))
    said = said.replace(str(exchange.request.asked.get("model")), "")
    return not set(_words(said)) - _EMPTY


@AREA.should(
    "say, where it rejects a valid request, what it does not accept",
    on=VALID,
    impact=Impact.FORM,
    source="openai-openapi#Error.message",
    contract=["transport-01", "unknown-01"],
    at="error.message",
    hint="Name the parameter, in param too, or the feature that the model lacks; pass on the upstream's explanation.",
    shown_by=respond(400, _error("temperature is not supported with this model: use the default, 1")),
    broken_by={
        "no reason": respond(400, _error("Bad request.")),
        "a reason that is none": respond(422, _error("Provider returned error")),
        "no message": respond(400, _error("")),
    },
    needs=["status", "request"],
)
def test_refusal_says_why(exchange: Exchange) -> None:
    """Only an error that says nothing at all is reported: a feature has many names."""
    if not refuses(exchange):
        raise NotApplicable(say("it was not rejected"))
    status, shown = exchange.status, _shown(exchange)
    assert not _says_nothing(exchange), say(
        "“{request}” is rejected with HTTP {status} and no reason: {shown}", exchange.request, status, shown
    )


def _apart_from_streaming(exchange: Exchange) -> str:
    asked = {name: each for name, each in exchange.request.asked.items() if name not in ("stream", "stream_options")}
    return json.dumps([asked, exchange.request.headers], sort_keys=True)


@AREA.should(
    "accept a request with stream where it accepts it without, and vice versa",
    on=VALID,
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["transport-01"],
    at="status",
    hint="Where an upstream cannot stream this, send its answer as a stream of one chunk; where it can only stream, "
    "assemble the stream.",
    broken_by={
        "streams are refused": only(lambda each: each.streams, respond(400, _error("stream: not with this model"))),
        "all else is refused": only(lambda each: not each.streams, respond(400, _error("Stream must be true"))),
    },
    needs=["status", "request"],
)
def test_streamed_or_not(exchanges: list[Exchange]) -> None:
    for plain, streamed in _forms(exchanges):
        for accepted, rejected in ((plain, streamed), (streamed, plain)):
            if accepted and rejected and all(each.succeeded for each in accepted) and all(map(refuses, rejected)):
                told = say("“{request}” is rejected with HTTP {status}", rejected[0].request, rejected[0].status)
                told = say("{told}, and “{request}” is not: {shown}", told, accepted[0].request, _shown(rejected[0]))
                raise Violation(told, rejected[0], accepted[0])


def _forms(exchanges: list[Exchange]) -> Iterable[tuple[list[Exchange], list[Exchange]]]:
    """The exchanges of each request: those that were not streamed, and those that were."""
    found: dict[str, tuple[list[Exchange], list[Exchange]]] = {}
    for exchange in exchanges:
        found.setdefault(_apart_from_streaming(exchange), ([], []))[exchange.request.streams].append(exchange)
    return found.values()


@AREA.must(
    "accept a tool_choice of none, of required and of a named function where it accepts tools",
    on={"auto": TOOL_AUTO, "chosen": in_turn(TOOL_NONE, TOOL_REQUIRED, TOOL_NAMED)},
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-05", "tools-06", "tools-07"],
    at="error",
    hint="Leave the tools out for none, and translate required to what the upstream calls it (any). An endpoint that "
    "offers tools and no choice of them is judged with --without chat.tool_choice.",
    broken_by={
        "none refused": only(
            lambda each: each.asked.get("tool_choice") == "none", respond(400, _error("tool_choice: none"))
        ),
        "required refused": only(
            lambda each: each.asked.get("tool_choice") == "required", respond(400, _error("tool_choice: required"))
        ),
        "a named one refused": only(
            lambda each: isinstance(each.asked.get("tool_choice"), dict), respond(422, _error("tool_choice: an object"))
        ),
    },
)
def test_tool_choice(auto: Exchange, chosen: Sequence[Exchange], model: Model) -> None:
    if not auto.succeeded:
        raise Inconclusive(say("tools are not accepted without tool_choice, either"))
    for exchange in chosen:
        if refuses(exchange) and not may_not_be_forced(exchange, model):
            remedy = say("if the endpoint offers no choice, use --without chat.tool_choice")
            raise AssertionError(say("tools are accepted, yet {answer}; {remedy}", answered_with(exchange), remedy))
