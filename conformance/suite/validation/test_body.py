"""What a body must have, and that it must be JSON."""

from __future__ import annotations

import json

from conformance.contract.faults import status
from conformance.contract.requests import EMPTY_MESSAGES, MALFORMED, NO_MESSAGES, bad, once
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.parameters import LEAST, USER

from . import AREA
from .rejections import ACCEPTED, TAKEN, answered, rejected

NO_MODEL = bad("no-model", {"messages": [USER]})
EMPTY_BODY = bad("body-empty", b"")
NULL_BODY = bad("body-null", b"null")
ARRAY_BODY = bad("body-array", b"[]")


@AREA.must(
    "reject a body without model with a client error, unless it has a default model that answers",
    on=(NO_MODEL,),
    source="openai-openapi#CreateChatCompletionRequest.model",
    contract=["validation-01"],
    at="error",
    broken_by={"a server error": status(500), "an error in a success": status(200)},
)
def test_model_required(exchange: Exchange) -> None:
    if answered(exchange):
        raise NotApplicable(say("it has a default model (covered by validation.no_default_model)"))
    rejected(exchange)


@AREA.should(
    "reject a body without model rather than choose a model",
    on=(NO_MODEL,),
    source="openai-openapi#CreateChatCompletionRequest.model",
    contract=["validation-01"],
    at="model",
    hint="What the caller pays follows from the model: do not choose it for them.",
    broken_by=ACCEPTED,
)
def test_no_default_model(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.must(
    "reject a body without messages with a client error",
    on=(NO_MESSAGES,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["validation-02"],
    broken_by=TAKEN,
)
def test_messages_required(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.must(
    "reject an empty array of messages with a client error",
    on=(EMPTY_MESSAGES,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["validation-03"],
    hint='Go\'s binding:"required" lets an empty slice through: check its length.',
    broken_by=TAKEN,
)
def test_messages_not_empty(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.must(
    "reject a body that is empty, or JSON but not an object, with a client error",
    on=(EMPTY_BODY, NULL_BODY, ARRAY_BODY),
    source="openai-openapi#createChatCompletion",
    contract=["validation-05"],
    broken_by=TAKEN,
    after=["validation.malformed_is_400"],
)
def test_body_is_object(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.should(
    "answer a body that lacks what is required with status 400",
    on=(NO_MODEL, NO_MESSAGES, EMPTY_MESSAGES, EMPTY_BODY, NULL_BODY, ARRAY_BODY),
    source="rfc9110#15.5.1",
    contract=["validation-01", "validation-02", "validation-03", "validation-05"],
    at="status",
    hint="Validate the body before a model or a channel is looked up; 422 is as good.",
    broken_by={"404": status(404), "409": status(409)},
)
def test_lacking_is_400(exchange: Exchange) -> None:
    if not exchange.refused or exchange.status >= 500:
        raise NotApplicable(say("it was not rejected with a client error (covered by other requirements)"))
    rejected(exchange, 400, 422)


# --- JSON ---------------------------------------------------------------------------------------------------

_MESSAGES = json.dumps(LEAST["messages"]).encode()
TRAILING_COMMA = once(bad("json-trailing-comma", b'{"model": "$MODEL$", "messages": ' + _MESSAGES + b",}"))
NOT_A_NUMBER = once(bad("json-nan", b'{"model": "$MODEL$", "temperature": NaN, "messages": ' + _MESSAGES + b"}"))
TWO_OBJECTS = once(bad("json-two-objects", json.dumps(LEAST).encode() * 2))


@AREA.must(
    "answer a body that is not JSON (cut short, a trailing comma, NaN) with status 400",
    on=(MALFORMED, TRAILING_COMMA, NOT_A_NUMBER),
    source="rfc9110#15.5.1",
    contract=["validation-04"],
    at="status",
    hint="Parse strictly; Python's json accepts NaN unless parse_constant rejects it.",
    broken_by=TAKEN | {"422": status(422)},
)
def test_malformed_is_400(exchange: Exchange) -> None:
    rejected(exchange, 400)


@AREA.should(
    "answer a body of two JSON objects, one after the other, with status 400",
    on=(TWO_OBJECTS,),
    source="rfc9110#15.5.1",
    contract=["validation-04"],
    at="status",
    hint="Go's Decoder reads the first value only: check that nothing follows it.",
    broken_by=TAKEN,
    after=["validation.malformed_is_400"],
)
def test_one_json_text(exchange: Exchange) -> None:
    rejected(exchange, 400)
