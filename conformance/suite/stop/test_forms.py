"""The forms in which stop sequences are accepted: one or several, words or white space."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.faults import only, put, respond
from conformance.contract.given import in_turn, on_demand
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, STOP, chat
from conformance.contract.requirement import Fault, Impact
from conformance.evidence.exchange import Exchange, NotApplicable, Violation
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.refusals import refuses

from . import AREA
from .texts import ends_before

_SIX = "Repeat exactly and add nothing: one two three four five six"
STOP_FOUR = chat(_SIX, label="stop-four", stop=["five six", "three four", "\n\n", "qqq"], max_tokens=40)
STOP_FOUR_WORDS = replace(STOP_FOUR, body=STOP_FOUR.body.replace(rb'"\n\n"', b'"zzz"'), label="stop-four-words")


def _rejecting(kind: type | tuple[type, ...], status: int, message: str) -> Fault:
    """Rejects stop where it is of this type."""
    rejection = respond(status, {"error": {"message": message, "type": "invalid_request_error"}})
    return only(lambda request: isinstance(request.asked.get("stop"), kind), rejection)


@AREA.must(
    "accept up to four stop sequences, of which the first to occur ends the text",
    on={"four": STOP_FOUR, "one": STOP, "plain": in_turn(PLAIN), "words": on_demand(STOP_FOUR_WORDS)},
    source="openai-openapi#StopConfiguration",
    contract=["stop-02"],
    at="choices.*.message.content",
    hint="Pass all of the array on, not its first or its last element. An endpoint that offers no stop sequences is "
    "judged with --without chat.stop.",
    broken_by={
        "only the first counts": put("choices.*.message.content", "one two three four"),
        "none counts": put("choices.*.message.content", "one two three four five six"),
        "the first word of one left over": put("choices.*.message.content", "one two three"),
        "an array refused": _rejecting(list, 400, "stop: must be a string"),
        "text refused": _rejecting(str, 422, "stop: must be an array"),
        "both refused": _rejecting((list, str), 400, "Unsupported parameter: stop"),
    },
    after=["stop.text_ends_before"],
)
def test_up_to_four(
    four: Exchange, one: Exchange, plain: Sequence[Exchange], words: Sequence[Exchange], model: Model
) -> None:
    """An array may be rejected for its sequence of white space (covered by stop.white_space)."""
    several = words[0] if refuses(four) else four
    _no_form_is_rejected(several, one)
    if refuses(several) and refuses(one) and not model.reasons and plain[0].succeeded:
        said = say("{answer}; if the endpoint does not offer stop, use --without chat.stop", answered_with(one))
        raise Violation(said, one, several)
    ends_before(several, "one", "two", "three")


def _no_form_is_rejected(four: Exchange, one: Exchange) -> None:
    """Hold that neither an array nor a single string is rejected where the other is accepted."""
    for rejected, accepted, form in ((four, one, say("an array of four")), (one, four, say("a string"))):
        said = say("stop is rejected as {form}, and accepted otherwise: {answer}", form, answered_with(rejected))
        assert not (rejected.refused and accepted.succeeded), said


def _for_white_space(exchange: Exchange) -> bool:
    """Whether a response says that a stop sequence may not be white space."""
    return refuses(exchange) and re.search(r"white.?space", exchange.text, re.IGNORECASE) is not None


@AREA.may(
    "accept a stop sequence of white space",
    on=(STOP_FOUR,),
    impact=Impact.CLIENTS,
    source="openai-openapi#StopConfiguration",
    contract=["stop-02"],
    at="error",
    hint="Where the upstream rejects it, as Claude does, cut the text in the gateway.",
    needs=["request"],
    broken_by=respond(400, {"error": {"message": "each stop sequence must contain non-whitespace", "type": "t"}}),
    needs_model=False,
)
def test_white_space(exchange: Exchange) -> None:
    if exchange.refused and not _for_white_space(exchange):
        raise NotApplicable(say("it is rejected for another reason (covered by stop.up_to_four)"))
    assert not exchange.refused, say("a stop sequence of two line ends is rejected: {text}", exchange.text[:160])
