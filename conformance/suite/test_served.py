"""What is valid is served: where it is not, in a way that tells a client what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from conformance.contract.faults import only, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import TOOL_AUTO, TOOL_NAMED, TOOL_NONE, TOOL_REQUIRED
from conformance.contract.requirement import Area, Scope
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.send import Send
from conformance.suite.support.refusals import refuses

AREA = Area("served")


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
    "answer no valid request with a server error, asked again neither",
    on=VALID,
    source="rfc9110#15.6",
    contract=["transport-01"],
    at="status",
    hint="Say what is not supported with a 400 that names it: clients repeat what is answered with a 5xx.",
    broken_by={"500": status(500), "not implemented": status(501)},
    needs=["status", "request"],
)
def test_no_server_error(exchanges: list[Exchange]) -> None:
    """Over a whole run: of a recording made elsewhere nobody knows whether its request was meant to be valid."""
    failing = [each for each in exchanges if each.status >= 500]
    told = "; ".join(f"“{each.request}”: {each.outcome}, {_shown(each)}" for each in failing[:_NAMED])
    if failing:
        raise Violation(f"{len(failing)} of {len(exchanges)} valid requests fail, such as {told}", *failing)


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
_EMPTY = frozenset(_OF_ANY_ERROR.split())  #: words of which a message may consist that says nothing of the request


def _words(text: str) -> Iterable[str]:
    """Its words in lower case, those in snake_case and camelCase taken apart; a sign of another script is one."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return re.findall(r"[a-z]+|[^\W\d_a-zA-Z]", apart.lower())


def _says_nothing(exchange: Exchange) -> bool:
    error = exchange.error
    said = " ".join(str(error.get(name) or "") for name in ("message", "param", "code"))
    said = said.replace(str(exchange.request.asked.get("model")), "")
    return not set(_words(said)) - _EMPTY


@AREA.should(
    "say of a valid request that it refuses what it is that it does not take",
    on=VALID,
    source="openai-openapi#Error.message",
    contract=["transport-01", "unknown-01"],
    at="error.message",
    hint="Name the parameter, in param too, or the feature that the model lacks; pass on what the upstream says of it.",
    broken_by={
        "no reason": respond(400, _error("Bad request.")),
        "a reason that is none": respond(422, _error("Provider returned error")),
        "no message": respond(400, _error("")),
    },
    needs=["status", "request"],
)
def test_refusal_says_why(exchange: Exchange) -> None:
    """Only what says nothing at all is reported: a feature has many names."""
    if not refuses(exchange):
        raise NotApplicable("it was not refused")
    said = f"“{exchange.request}” is refused with HTTP {exchange.status} without a word of why: {_shown(exchange)}"
    assert not _says_nothing(exchange), said


def _apart_from_streaming(exchange: Exchange) -> str:
    asked = {name: each for name, each in exchange.request.asked.items() if name not in ("stream", "stream_options")}
    return json.dumps([asked, exchange.request.headers], sort_keys=True)


@AREA.should(
    "take a request streamed where it takes it plain, and the other way about",
    on=VALID,
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["transport-01"],
    at="status",
    hint="Where an upstream cannot stream this, send what it answered as a stream of one chunk; and put a stream "
    "together where it can nothing else.",
    broken_by={
        "streams are refused": only(lambda each: each.streams, respond(400, _error("stream: not with this model"))),
        "all else is refused": only(lambda each: not each.streams, respond(400, _error("Stream must be true"))),
    },
    needs=["status", "request"],
)
def test_streamed_or_not(exchanges: list[Exchange]) -> None:
    found: dict[str, tuple[list[Exchange], list[Exchange]]] = {}
    for exchange in exchanges:
        found.setdefault(_apart_from_streaming(exchange), ([], []))[exchange.request.streams].append(exchange)
    for forms in found.values():
        for taken, refused in (forms, forms[::-1]):
            if taken and refused and all(each.succeeded for each in taken) and all(map(refuses, refused)):
                said = (
                    f"“{refused[0].request}” is refused with HTTP {refused[0].status}, and “{taken[0].request}” is not"
                )
                raise Violation(f"{said}: {_shown(refused[0])}", refused[0], taken[0])


def _while_thinking(exchange: Exchange) -> bool:
    """Whether it says that a call cannot be forced of a model that thinks, which may not show its thoughts."""
    return refuses(exchange) and "thinking" in exchange.text.lower()


@AREA.must(
    "take a tool_choice of none, of required and of a named function where it takes tools",
    on=(TOOL_AUTO, TOOL_NONE, TOOL_REQUIRED, TOOL_NAMED),
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-05", "tools-06", "tools-07"],
    at="error",
    hint="Leave the tools out where none is asked for, and translate required to what the upstream calls it (any). "
    "An endpoint that offers tools and no choice of them is judged with --without chat.tool_choice.",
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
def test_tool_choice(send: Send, model: Model) -> None:
    """A model that thinks may refuse a forced call, as Claude does; OpenAI's take it."""
    if not send(TOOL_AUTO).succeeded:
        raise Inconclusive("tools are not taken without tool_choice, either")
    for request in (TOOL_NONE, TOOL_REQUIRED, TOOL_NAMED):
        exchange = send(request)
        if request is not TOOL_NONE and ((model.reasons and not model.asked_as_openai) or _while_thinking(exchange)):
            continue
        said = f"tools are taken, and “{request}” is refused with {exchange.outcome}: {_shown(exchange)}"
        assert not refuses(exchange), f"{said}; if the endpoint offers no choice, say --without chat.tool_choice"
