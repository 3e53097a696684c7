"""Images in a prompt: seen, counted, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.contract.faults import only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import attempts, chat, costly
from conformance.contract.requirement import Area, Fault
from conformance.contract.scopes import cut_short
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send
from conformance.resources import fixture
from conformance.suite.support.prompts import prompt_tokens

AREA = Area("multimodal")

IMAGES: dict[str, str] = fixture("images.json")  #: PNG of one colour, by colour and width in pixels
VISION = frozenset({"vision"})
QUESTION = "Which colour is this? Answer in one word."
#: Prompt tokens that any image costs at least, beyond the text beside it.
SMALLEST_IMAGE = 16
SLOW = 60.0  #: seconds


def showing(label: str, url: str, **detail: str) -> Request:
    """A question about an image."""
    image = {"type": "image_url", "image_url": {"url": url} | detail}
    parts: list[dict[str, Any]] = [{"type": "text", "text": QUESTION}, image]
    return replace(chat(parts, label=label), features=VISION)


RED = showing("image-red", IMAGES["red-64"], detail="auto")
NO_IMAGE = chat(QUESTION, label="image-none")
LOW = costly(showing("image-large-low", IMAGES["red-1024"], detail="low"))
HIGH = costly(showing("image-large-high", IMAGES["red-1024"], detail="high"))
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


#: Two images: one of an earlier turn, alone in its message and after another of the user's, beside a system message;
#: and one whose colour a function is told.
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
BROKEN = replace(showing("image-broken", "data:image/png;base64,AAAA"), expect="error")
UNREACHABLE = replace(showing("image-unreachable", "https://no-such-host.invalid/x.png"), expect="error")


def shown(request: Request) -> bool:
    return b"image_url" in request.body


def said(exchange: Exchange) -> str:
    return f"{exchange.request} was answered with HTTP {exchange.status}: {exchange.text[:160].strip()}"


def text_of(exchange: Exchange) -> str:
    return " ".join(str(message.get("content")) for message in exchange.messages).lower()


def looked(send: Send) -> Exchange:
    """The first of three answers that says red, else the last. Raises NotApplicable where images are refused,
    and Inconclusive where an answer is not whole."""
    for request in attempts(RED):
        exchange = send(request)
        if 400 <= exchange.status < 500:
            raise NotApplicable(f"the model takes no images (HTTP {exchange.status})")
        assert exchange.status == 200, said(exchange)
        if not exchange.messages or any(cut_short(each.get("finish_reason")) for each in exchange.choices):
            raise Inconclusive(f"{exchange.request}: no whole answer came, which is another requirement")
        if "red" in text_of(exchange):
            break
    return exchange


def cost(send: Send, exchange: Exchange) -> int:
    """The prompt tokens of an image, beside its question."""
    return prompt_tokens(exchange) - prompt_tokens(send(NO_IMAGE))


def answering(text: str) -> Fault:
    return only(shown, put("choices.*.message.content", text))


UNCOUNTED = only(shown, put("usage.prompt_tokens", 12))
REFUSED = {"error": {"message": "images are not supported", "type": "invalid_request_error", "param": None}}


@AREA.must(
    "show the model an image that came as a data URL, where it counts the image's tokens",
    on=(RED, NO_IMAGE),
    source="openai-openapi#ChatCompletionRequestMessageContentPartImage",
    contract=["multimodal-01"],
    at="choices.*.message.content",
    hint="Translate image_url to the upstream's form of an image; do not send it on as text.",
    broken_by={"another colour": answering("I see no image."), "500": only(shown, status(500))},
)
def test_image_seen(send: Send) -> None:
    """Neither seen nor counted shows a model without vision, of which another requirement speaks."""
    exchange = looked(send)
    if "red" in text_of(exchange):
        return
    extra = cost(send, exchange)
    if extra < SMALLEST_IMAGE:
        raise Inconclusive("the image is neither seen nor counted: say --without vision if the model has none")
    raise AssertionError(f"a red image costs {extra} prompt_tokens, and three answers do not say red: {said(exchange)}")


@AREA.must(
    "count an image that the model sees in prompt_tokens",
    on=(RED, NO_IMAGE),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["multimodal-01"],
    at="usage.prompt_tokens",
    hint="Take the upstream's count; one of one's own over the text leaves images out.",
    broken_by=UNCOUNTED,
)
def test_image_counted(send: Send) -> None:
    exchange = looked(send)
    if "red" not in text_of(exchange):
        raise Inconclusive("the model does not say what it sees")
    extra = cost(send, exchange)
    assert extra >= SMALLEST_IMAGE, f"the image is seen, and costs {extra} prompt_tokens beside its question"


@AREA.should(
    "take an image with detail low, high and auto",
    on=(RED, LOW, HIGH),
    source="openai-openapi#ChatCompletionRequestMessageContentPartImage.image_url.detail",
    contract=["multimodal-02"],
    at="error",
    hint="A model without detail ignores it.",
    broken_by={
        "low refused": only(lambda each: each.label == LOW.label, respond(400, REFUSED)),
        "500": only(lambda each: b'"high"' in each.body, status(500)),
    },
)
def test_detail_taken(send: Send) -> None:
    exchanges = [send(each) for each in (RED, LOW, HIGH)]
    if all(400 <= each.status < 500 for each in exchanges):
        raise NotApplicable("the model takes no images")
    refused = [said(each) for each in exchanges if not each.succeeded]
    assert not refused, refused[0]


@AREA.should(
    "count no more prompt_tokens for an image with detail low than with detail high",
    on=(LOW, HIGH),
    source="openai-vision#choose-an-image-detail-level",
    contract=["multimodal-02"],
    at="usage.prompt_tokens",
    broken_by=only(lambda each: each.label == LOW.label, put("usage.prompt_tokens", 5000)),
)
def test_low_costs_less(send: Send) -> None:
    low, high = send(LOW), send(HIGH)
    if not low.succeeded or not high.succeeded:
        raise NotApplicable("not both were taken, which is another requirement")
    counts = prompt_tokens(low), prompt_tokens(high)
    assert counts[0] <= counts[1], f"low costs {counts[0]} prompt_tokens, and high {counts[1]}"


@AREA.should(
    "refuse an image that is none, or that cannot be had, with a client error within a minute",
    on=(BROKEN, UNREACHABLE),
    source="rfc9110#15.5.1",
    contract=["multimodal-03"],
    at="status",
    hint="Leaving the image out silently makes the model invent what it shows.",
    broken_by={
        "left out": respond(200, {"choices": [{"index": 0, "message": {"content": "Blue."}}]}),
        "500": status(500),
        "late": lambda exchange: replace(exchange, seconds=61.0),
    },
    needs=["request", "status"],
)
def test_broken_image_refused(exchange: Exchange) -> None:
    assert 400 <= exchange.status < 500, said(exchange)
    assert exchange.seconds < SLOW, f"{exchange.request} was answered after {exchange.seconds:.0f} s"


#: An answer that tells of an image which was left out.
BLIND = {"choices": [{"index": 0, "message": {"content": "Blue."}}], "usage": {"prompt_tokens": 12}}


@AREA.may(
    "refuse an image for a model without vision with a client error, rather than leave it out",
    on=(NO_IMAGE,),
    source="openai-openapi#ErrorResponse",
    contract=["multimodal-04"],
    at="status",
    shown_by=only(shown, respond(400, REFUSED)),
    broken_by={
        "left out": only(shown, respond(200, BLIND)),
        "500": only(shown, status(500)),
    },
)
def test_image_without_vision(send: Send, model: Model) -> None:
    """Which models have vision only asking can show, so a model that is not said to have it is asked, too."""
    exchange = send(RED)
    if exchange.status == 200:
        exchange = looked(send)
        if "red" in text_of(exchange) or cost(send, exchange) >= SMALLEST_IMAGE:
            raise NotApplicable("the model has vision")
        raise AssertionError(f"an image is neither seen nor refused: {said(exchange)}")
    assert exchange.status < 500, said(exchange)


def _reporting(request: Request) -> bool:
    return b"report_colours" in request.body


def without_choice(request: Request) -> Request:
    """The same, and the model is free to call."""
    document = {name: value for name, value in request.asked.items() if name != "tool_choice"}
    return replace(request, body=json.dumps(document).encode(), label=f"{request.label}-free")


def _told(exchange: Exchange) -> str:
    """What was said and called with."""
    functions = [each.get("function") for each in exchange.tool_calls]
    given = [str(each.get("arguments")) for each in functions if isinstance(each, dict)]
    return " ".join([text_of(exchange), *given]).lower()


@AREA.should(
    "show the model every image of a conversation, of an earlier turn too, and beside tools",
    on=(CONVERSATION, RED),
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
)
def test_every_image_seen(send: Send) -> None:
    if "red" not in text_of(looked(send)):
        raise NotApplicable("the model does not see a single image, which is another requirement")
    free, forced = without_choice(CONVERSATION), CONVERSATION
    asked = free if send(forced).refused and send(free).succeeded else forced  # models that think may not be forced
    for request in attempts(asked):
        exchange = send(request)
        assert exchange.succeeded, said(exchange)
        if not exchange.messages or any(cut_short(each.get("finish_reason")) for each in exchange.choices):
            raise Inconclusive(f"{exchange.request}: no whole answer came, which is another requirement")
        told = _told(exchange)
        if "red" in told and "blue" in told:
            return
    raise AssertionError(f"in none of three answers the red and the blue image are both seen: {told!r:.160}")
