"""Images with a detail, without vision, and broken ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.faults import only, put, respond, status
from conformance.contract.given import in_turn, on_demand
from conformance.contract.profile import Model
from conformance.contract.requests import attempts, costly
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.prompts import prompt_tokens

from . import AREA
from .images import BLIND, IMAGES, NO_IMAGE, RED, REFUSED, SMALLEST_IMAGE, cost, looked, showing, shown, text_of

SLOW = 60.0  #: seconds
LOW = costly(showing("image-large-low", IMAGES["red-1024"], detail="low"))
HIGH = costly(showing("image-large-high", IMAGES["red-1024"], detail="high"))
BARE = showing("image-bare", IMAGES["red-64"])
BROKEN = replace(showing("image-broken", "data:image/png;base64,AAAA"), expect="error")
UNREACHABLE = replace(showing("image-unreachable", "https://no-such-host.invalid/x.png"), expect="error")


@AREA.should(
    "accept an image with detail low, high and auto",
    on={"exchanges": (RED, LOW, HIGH), "bare": on_demand(BARE)},
    impact=Impact.CLIENTS,
    source="openai-openapi#ChatCompletionRequestMessageContentPartImage.image_url.detail",
    contract=["multimodal-02"],
    at="error",
    hint="A model without detail ignores it.",
    broken_by={
        "low refused": only(lambda each: each.label == LOW.label, respond(400, REFUSED)),
        "500": only(lambda each: b'"high"' in each.body, status(500)),
        "each refused": only(lambda each: b'"detail"' in each.body, respond(400, REFUSED)),
    },
    after=["multimodal.image_seen"],
)
def test_detail_taken(exchanges: tuple[Exchange, ...], bare: Sequence[Exchange]) -> None:
    """Where each is refused, an image without a detail tells whether it is the image that is."""
    if all(400 <= each.status < 500 for each in exchanges) and not bare[0].succeeded:
        raise NotApplicable(say("the model accepts no images"))
    rejected = [answered_with(each) for each in exchanges if not each.succeeded]
    assert not rejected, rejected[0]


@AREA.should(
    "count no more prompt_tokens for an image with detail low than with detail high",
    on={"low": LOW, "high": HIGH},
    impact=Impact.BILLING,
    source="openai-vision#choose-an-image-detail-level",
    contract=["multimodal-02"],
    at="usage.prompt_tokens",
    broken_by=only(lambda each: each.label == LOW.label, put("usage.prompt_tokens", 5000)),
)
def test_low_costs_less(low: Exchange, high: Exchange) -> None:
    if not low.succeeded or not high.succeeded:
        raise NotApplicable(say("not both were accepted (covered by multimodal.detail_taken)"))
    counts = prompt_tokens(low), prompt_tokens(high)
    assert counts[0] <= counts[1], say("low costs {counts} prompt_tokens, and high {counts2}", counts[0], counts[1])


@AREA.should(
    "reject what is not an image, or cannot be fetched, with a client error within a minute",
    on=(BROKEN, UNREACHABLE),
    source="rfc9110#15.5.1",
    contract=["multimodal-03"],
    at="status",
    hint="Where the image is left out silently, the model invents what it shows.",
    broken_by={
        "left out": respond(200, {"choices": [{"index": 0, "message": {"content": "Blue."}}]}),
        "500": status(500),
        "late": lambda exchange: replace(exchange, seconds=61.0),
    },
    needs=["request", "status"],
)
def test_broken_image_refused(exchange: Exchange) -> None:
    assert 400 <= exchange.status < 500, answered_with(exchange)
    assert exchange.seconds < SLOW, say(
        "{request} was answered after {seconds:.0f} s", exchange.request, exchange.seconds
    )


WITHOUT = say("if the model has no vision, reject images, or use --without vision")


@AREA.should(
    "let the model see an image, or reject it, and not leave it out",
    on={"blind": in_turn(NO_IMAGE), "answers": on_demand(*attempts(RED))},
    source="openai-openapi#ChatCompletionRequestUserMessageContentPart",
    contract=["roles-10", "multimodal-04"],
    at="usage.prompt_tokens",
    hint="Reject images for a model without vision: the model invents what they show.",
    broken_by=only(shown, respond(200, BLIND)),
    needs_model=True,
)
def test_no_image_dropped(blind: Sequence[Exchange], answers: Sequence[Exchange], model: Model) -> None:
    """A model that is said to have no vision need not reject images (contract, multimodal-04)."""
    if not model.claims("vision"):
        raise NotApplicable(say("not claimed: vision"))
    if answers[0].status >= 500:
        raise NotApplicable(say("{answer} (covered by served.no_server_error)", answered_with(answers[0])))
    if "red" not in text_of(exchange := looked(answers)):
        _counted(exchange, blind)
        raise AssertionError(_dropped(exchange, model))


def _dropped(exchange: Exchange, model: Model) -> str:
    """A sentence about an image that was left out, with the remedy where nobody said that the model has vision."""
    remedy = "" if "vision" in model.claimed else say("; {member}", WITHOUT)
    return say("an image is neither seen, counted nor rejected: {answer}{remedy}", answered_with(exchange), remedy)


def _counted(exchange: Exchange, blind: Sequence[Exchange]) -> None:
    """Raises NotApplicable where an image that was not seen is in prompt_tokens."""
    if (extra := cost(exchange, blind)) >= SMALLEST_IMAGE:
        raise NotApplicable(say("the image costs {extra} prompt_tokens (covered by multimodal.image_seen)", extra))


@AREA.may(
    "reject an image for a model without vision with a client error, not with a failure",
    on=(RED,),
    source="openai-openapi#ErrorResponse",
    contract=["multimodal-04"],
    at="status",
    shown_by=only(shown, respond(400, REFUSED)),
    broken_by=only(shown, status(500)),
)
def test_image_without_vision(exchange: Exchange) -> None:
    if exchange.succeeded:
        raise NotApplicable(say("the image is accepted (covered by multimodal.no_image_dropped)"))
    assert exchange.status < 500, answered_with(exchange)
