"""The model sees every image, and its tokens are counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.faults import only, put, respond, status
from conformance.contract.given import in_turn, tries, tries_or
from conformance.contract.requests import PLAIN, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.agreement import cost_alike
from conformance.suite.support.replies import not_refused

from . import AREA
from .images import (
    IMAGES,
    NO_IMAGE,
    RED,
    RED_STREAM,
    REFUSED,
    SMALLEST_IMAGE,
    VISION,
    cost,
    looked,
    obeys,
    shown,
    text_of,
    whole,
)


@AREA.must(
    "show the model an image that came as a data URL, where it counts the image's tokens",
    on={"answers": tries(RED), "blind": in_turn(NO_IMAGE), "plain": in_turn(PLAIN)},
    source="openai-openapi#ChatCompletionRequestMessageContentPartImage",
    contract=["multimodal-01"],
    at="choices.*.message.content",
    hint="Translate image_url to the upstream's form of an image; do not send it on as text.",
    broken_by={
        "another colour": only(shown, put("choices.*.message.content", "I see no image.")),
        "500": only(shown, status(500)),
    },
    needs_model=True,
)
def test_image_seen(answers: Sequence[Exchange], blind: Sequence[Exchange], plain: Sequence[Exchange]) -> None:
    """An image neither seen nor counted shows a model without vision (covered by multimodal.image_without_vision)."""
    exchange = looked(answers)
    if "red" in text_of(exchange):
        return
    extra = _charged(exchange, blind)
    obeys(plain[0])
    raise AssertionError(
        say("a red image costs {extra} prompt_tokens, and no answer says red: {answer}", extra, answered_with(exchange))
    )


def _charged(exchange: Exchange, blind: Sequence[Exchange]) -> int:
    """The prompt tokens of an image that was not seen. Raises Inconclusive where it was not counted, either."""
    extra = cost(exchange, blind)
    if extra < SMALLEST_IMAGE:
        raise Inconclusive(say("the image is neither seen nor counted: use --without vision if the model has none"))
    return extra


@AREA.must(
    "count an image that the model sees in prompt_tokens",
    on={"answers": tries(RED), "blind": in_turn(NO_IMAGE)},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["multimodal-01"],
    at="usage.prompt_tokens",
    hint="Use the upstream's count; a gateway's own count of the text leaves images out.",
    broken_by=only(shown, put("usage.prompt_tokens", 12)),
    after=["multimodal.image_seen"],
    needs_model=True,
)
def test_image_counted(answers: Sequence[Exchange], blind: Sequence[Exchange]) -> None:
    exchange = looked(answers)
    if "red" not in text_of(exchange):
        raise Inconclusive(say("the model does not say what it sees"))
    extra = cost(exchange, blind)
    if extra < SMALLEST_IMAGE:
        said = say("the image is seen, and costs {extra} prompt_tokens beside its question", extra)
        raise Violation(said, exchange, blind[0])


@AREA.must(
    "count the same prompt_tokens for a request with an image whether it is streamed or not",
    on={"plain": tries(RED, 3), "streams": tries(RED_STREAM, 3)},
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02", "multimodal-01"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on: an estimate omits the image.",
    broken_by=only(lambda each: each.streams, put("usage.prompt_tokens", lambda count: count + 7)),
    after=["equivalence.prompt_tokens"],
)
def test_image_costs_alike(plain: Sequence[Exchange], streams: Sequence[Exchange]) -> None:
    if 400 <= plain[0].status < 500:
        raise NotApplicable(say("the model accepts no images (HTTP {status})", plain[0].status))
    cost_alike(plain, streams)


# --- several images -----------------------------------------------------------------------------------------

_COLOURS = {
    "earlier": {"type": "string", "enum": ["green", "red", "orange", "pink", "brown", "black"]},
    "latest": {"type": "string", "enum": ["yellow", "white", "purple", "blue", "grey", "cyan"]},
}
_REPORT = {
    "name": "report_colours",
    "description": "Takes the colours of two pictures.",
    "parameters": {"type": "object", "properties": _COLOURS, "required": ["earlier", "latest"]},
}


def _image(name: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": IMAGES[name]}}


#: Two images: one in an earlier turn, alone in its message, after another user message, beside a system message; and
#: one in the last message. A function is to be called with the colours of both.
CONVERSATION = replace(
    chat(
        label="image-conversation", max_tokens=100,
        tools=[{"type": "function", "function": _REPORT}],
        tool_choice={"type": "function", "function": {"name": "report_colours"}},
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Here is a picture."},
            {"role": "user", "content": [_image("red-64")]},
            {"role": "assistant", "content": "Thank you."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Report the colours of the earlier picture and of this one."},
                    _image("blue-64"),
                ],
            },
        ],
    ),
    features=VISION | {"chat.tools", "chat.tool_choice"},
)  # fmt: skip


def _reporting(request: Request) -> bool:
    return b"report_colours" in request.body


def without_choice(request: Request) -> Request:
    """The same request without tool_choice, so that the model is free to call."""
    document = {name: value for name, value in request.asked.items() if name != "tool_choice"}
    return replace(request, body=json.dumps(document).encode(), label=f"{request.label}-free")


@AREA.should(
    "show the model every image of a conversation, of an earlier turn too, and beside tools",
    on={"answers": tries_or(CONVERSATION, without_choice(CONVERSATION)), "single": tries(RED)},
    source="openai-openapi#ChatCompletionRequestMessageContentPartImage",
    contract=["multimodal-01", "roles-04", "roles-07"],
    at="choices.*.message.tool_calls",
    hint="Translate the images of all messages, whatever stands before, after and beside them.",
    broken_by={
        "the earlier one lost": only(
            _reporting,
            put("choices.*.message.tool_calls.*.function.arguments", '{"earlier":"green","latest":"blue"}'),
        ),
        "refused": only(_reporting, respond(400, REFUSED)),
        "no call": only(_reporting, put("choices.*.message", {"role": "assistant", "content": "Red."})),
    },
    after=["multimodal.image_seen"],
)
def test_every_image_seen(answers: Sequence[Exchange], single: Sequence[Exchange]) -> None:
    """Models that reason may reject a forced call; then none is forced."""
    if "red" not in text_of(looked(single)):
        raise NotApplicable(say("the model does not see a single image (covered by multimodal.image_seen)"))
    for exchange in not_refused(answers):
        assert exchange.succeeded, answered_with(exchange)
        told = _told(whole(exchange))
        if "red" in told and "blue" in told:
            return
    raise AssertionError(say("in none of three answers the red and the blue image are both seen: {told!r:.160}", told))


def _told(exchange: Exchange) -> str:
    """The text and the arguments of an answer."""
    functions = [each.get("function") for each in exchange.tool_calls]
    given = [str(each.get("arguments")) for each in functions if isinstance(each, dict)]
    return " ".join([text_of(exchange), *given]).lower()
