"""Members of the wrong type, and messages without a valid role or content."""

from __future__ import annotations

from conformance.contract.faults import status
from conformance.contract.requests import WRONG_TYPE, once
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange
from conformance.suite.support.parameters import USER

from . import AREA
from .rejections import NULL_CONTENT, TAKEN, rejected, wrong

MODEL_NUMBER = wrong("model-a-number", model=123)
STREAM_TEXT = once(wrong("stream-a-string", stream="yes"))
#: Before a valid message, so that a message which is silently left out shows.
UNKNOWN_ROLE = wrong("role-unknown", messages=[{"role": "wizard", "content": "Say HI."}, USER])
NO_ROLE = wrong("role-absent", messages=[{"content": "Say HI."}, USER])
NO_CONTENT = wrong("content-absent", messages=[{"role": "user"}])
EMPTY_CONTENT = wrong("content-empty-array", messages=[{"role": "user", "content": []}])


@AREA.should(
    "answer a model that is not a string, messages that are not an array and stream that is not a boolean with "
    "status 400",
    on=(MODEL_NUMBER, WRONG_TYPE, STREAM_TEXT),
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-08"],
    at="status",
    broken_by=TAKEN | {"404": status(404)},
)
def test_wrong_type_is_400(exchange: Exchange) -> None:
    rejected(exchange, 400, 422)


@AREA.should(
    "reject a message whose role is missing or not one of the API's, also where others follow it",
    on=(UNKNOWN_ROLE, NO_ROLE),
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionRequestMessage",
    contract=["validation-09"],
    hint="Do not leave the message out, and do not treat an unknown role as assistant.",
    broken_by=TAKEN,
)
def test_role_refused(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.should(
    "reject a user message whose content is absent, null or an empty array",
    on=(NO_CONTENT, NULL_CONTENT, EMPTY_CONTENT),
    source="openai-openapi#ChatCompletionRequestUserMessage.content",
    contract=["validation-10"],
    broken_by=TAKEN,
    after=["errors.mistake_is_4xx"],
)
def test_content_required(exchange: Exchange) -> None:
    rejected(exchange)
