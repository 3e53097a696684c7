"""Prompts with images, the answers to them, and what an image costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.requests import chat, streamed
from conformance.contract.scopes import cut_short
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.resources import fixture
from conformance.suite.support.prompts import prompt_tokens

IMAGES: dict[str, str] = fixture("images.json")  #: PNG of one colour, by colour and width in pixels
VISION = frozenset({"vision"})
QUESTION = "Which colour is this? Answer in one word."
#: Prompt tokens that any image costs at least, beyond the text beside it.
SMALLEST_IMAGE = 16


def showing(label: str, url: str, **detail: str) -> Request:
    """A question about an image."""
    image = {"type": "image_url", "image_url": {"url": url} | detail}
    parts: list[dict[str, Any]] = [{"type": "text", "text": QUESTION}, image]
    return replace(chat(parts, label=label), features=VISION)


RED = showing("image-red", IMAGES["red-64"], detail="auto")
RED_STREAM = streamed(RED)
NO_IMAGE = chat(QUESTION, label="image-none")
#: How an endpoint rejects an image, and how a model answers that was not shown it.
REFUSED = {"error": {"message": "images are not supported", "type": "invalid_request_error", "param": None}}
BLIND = {"choices": [{"index": 0, "message": {"content": "Blue."}}], "usage": {"prompt_tokens": 12}}


def shown(request: Request) -> bool:
    """Whether a request has an image."""
    return b"image_url" in request.body


def text_of(exchange: Exchange) -> str:
    return " ".join(str(message.get("content")) for message in exchange.messages).lower()


def whole(exchange: Exchange) -> Exchange:
    """The exchange. Raises Inconclusive where its answer is missing or cut short."""
    if not exchange.messages or any(cut_short(each.get("finish_reason")) for each in exchange.choices):
        raise Inconclusive(say("{request}: no whole answer came (covered by other requirements)", exchange.request))
    return exchange


def looked(answers: Sequence[Exchange]) -> Exchange:
    """The first answer about a red image that says red, else the last. Raises NotApplicable where images are rejected,
    and Inconclusive where an answer is not whole."""
    for exchange in answers:
        if 400 <= exchange.status < 500:
            raise NotApplicable(say("the model accepts no images (HTTP {status})", exchange.status))
        assert exchange.status == 200, answered_with(exchange)
        if "red" in text_of(whole(exchange)):
            break
    return exchange


def obeys(plain: Exchange) -> None:
    """Raises Inconclusive where the model does not even say OK when it is told to, so that its answers show nothing."""
    if "ok" not in text_of(whole(plain)):
        raise Inconclusive(
            say("the model does not do as it is told without an image, either: {answer}", answered_with(plain))
        )


def cost(shown: Exchange, blind: Sequence[Exchange]) -> int:
    """The prompt tokens of an image, beside those of its question, which is sent `blind`, without it."""
    return prompt_tokens(shown) - prompt_tokens(blind[0])
