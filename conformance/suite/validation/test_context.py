"""Limits and prompts beyond what a model can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.contract.faults import content, only, put, respond, status
from conformance.contract.given import in_turn
from conformance.contract.marks import INTRUSIVE
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, chat, disputed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.overflow import (
    OVERFLOW_STREAM_TRIES,
    OVERFLOW_TRIES,
    OVERFLOW_WORDS,
    blames_the_prompt,
    overflow,
)
from conformance.suite.support.refusals import TOO_LONG, error_in, not_about_the_key

from . import AREA
from .rejections import ACCEPTED, rejected

#: More than any model can write; none writes it, since the answer is short.
LIMIT_HUGE = disputed(chat(label="max_tokens-10000000", max_tokens=10_000_000))


@AREA.should(
    "answer a limit that is larger than the model's own, or reject it with a 400 whose error names the limit",
    on=(LIMIT_HUGE,),
    source="openai-openapi#Error.param",
    contract=["validation-14", "errors-01"],
    at="error.param",
    hint="Lower the limit to what the upstream accepts, or say so in the API's words: max_tokens is too large.",
    broken_by={
        "the upstream's words": respond(400, {"error": "<400> InternalError.Algo.InvalidParameter: [1, 8192]"}),
        "another parameter": respond(400, {"error": {"message": "Invalid request.", "param": "input.length"}}),
        "a failure": status(500),
        "an error in a success": respond(200, {"error": {"message": "max_tokens is too large"}}),
    },
)
def test_huge_limit(exchange: Exchange) -> None:
    if not not_about_the_key(exchange).refused:
        assert exchange.reply.get("choices"), answered_with(exchange)
        return
    rejected(exchange, 400, 422)
    assert _names_the_limit(exchange), say(
        "{answer}; expected an error object that names the limit", answered_with(exchange)
    )


def _names_the_limit(exchange: Exchange) -> bool:
    error = error_in(exchange)
    told = f"{error.get('param')} {error.get('message')}".lower()
    return any(name in told for name in ("max_tokens", "max_completion_tokens", "maximum", "token"))


# --- the context --------------------------------------------------------------------------------------------

LONG_PROMPTS = {"plain": in_turn(PLAIN), "streamed": OVERFLOW_STREAM_TRIES, "whole": OVERFLOW_TRIES}
EMPTY = {"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}]}


@AREA.must(
    "reject a prompt beyond the model's context with a client error that has a message",
    on=LONG_PROMPTS,
    impact=Impact.CLIENTS,
    source="openai-errors#api-errors",
    contract=["validation-25", "validation-23"],
    at="status",
    hint="Pass the upstream's rejection on: a prompt that is cut to fit is answered wrongly, and a 5xx is sent again.",
    broken_by={
        "cut to fit": only(lambda each: each.streams, ACCEPTED),
        "a gateway's failure": only(lambda each: each.streams, status(502)),
        "a success of no content": only(lambda each: each.streams, content(b""), status(200)),
        "a failure where it is plain": only(lambda each: not each.streams and each.expect == "error", status(500)),
        "an error in a success": only(lambda each: each.streams, respond(200, {"error": {"message": "too long"}})),
        "no message": only(lambda each: each.streams, put("error.message", "")),
        "a wrong key": only(lambda each: each.streams and each.expect == "error", status(401)),
        "throttled": only(lambda each: each.streams and each.expect == "error", status(429)),
        "an empty completion": only(lambda each: each.streams and each.expect == "error", respond(200, EMPTY)),
    },
    needs_model=True,
)
def test_overflow_refused(
    plain: Sequence[Exchange], streamed: Sequence[Exchange], whole: Sequence[Exchange], model: Model
) -> None:
    """It is streamed first. Where that is accepted, another would only cost more."""
    for tries in (streamed, whole) if model.claims(INTRUSIVE) else (streamed,):
        exchange = overflow(model, tries, plain)
        said = say("a prompt of {member} tokens: {answer}", OVERFLOW_WORDS, answered_with(exchange))
        assert blames_the_prompt(exchange), say("{said}; expected status 400", said)
        assert exchange.error.get("message"), say("{said}; expected an error with a message", said)


def _rejections(
    plain: Sequence[Exchange], streamed: Sequence[Exchange], whole: Sequence[Exchange], model: Model
) -> Iterator[Exchange]:
    """The rejections of a prompt beyond the context. Raises NotApplicable where one is none, or of another thing."""
    for tries in (streamed, whole) if model.claims(INTRUSIVE) else (streamed,):
        exchange = overflow(model, tries, plain)
        if not blames_the_prompt(exchange):
            raise NotApplicable(
                say("it is not rejected as the caller's mistake (covered by validation.overflow_refused)")
            )
        yield exchange


@AREA.should(
    "say in the error for a prompt beyond the model's context that it is too long",
    on=LONG_PROMPTS,
    impact=Impact.CLIENTS,
    source="openai-errors#api-errors",
    contract=["validation-23"],
    at="error.message error.code",
    hint="Pass the upstream's words on: clients that shorten a conversation by them give up without.",
    broken_by={
        "an address": only(lambda each: each.expect == "error", respond(404, {"error": {"message": "Cannot POST /"}})),
        "a message that hides it": only(
            lambda each: each.streams,
            put("error.message", "All target providers failed."), put("error.code", "upstream_error"),
        ),
    },
    after=["validation.overflow_refused"],
    needs_model=True,
)  # fmt: skip
def test_context_overflow(
    plain: Sequence[Exchange], streamed: Sequence[Exchange], whole: Sequence[Exchange], model: Model
) -> None:
    for exchange in _rejections(plain, streamed, whole, model):
        told = f"{exchange.error.get('code')} {exchange.error.get('message')}".lower()
        assert any(each in told for each in TOO_LONG), say("the error does not mention the context: {told}", told[:160])


@AREA.should(
    "reject a prompt beyond the model's context with status 400",
    on=LONG_PROMPTS,
    impact=Impact.FORM,
    source="openai-errors#api-errors",
    contract=["validation-23"],
    at="status",
    hint="Answer 400, or 413; 422 is tolerated elsewhere, and here SDKs raise another exception than OpenAI's API.",
    broken_by={
        "404": only(lambda each: each.streams, status(404)),
        "422": only(lambda each: each.streams, status(422)),
    },
    after=["validation.overflow_refused"],
)
def test_overflow_is_400(
    plain: Sequence[Exchange], streamed: Sequence[Exchange], whole: Sequence[Exchange], model: Model
) -> None:
    for exchange in _rejections(plain, streamed, whole, model):
        assert exchange.status in (400, 413), say("{answer}; expected 400", answered_with(exchange))


@AREA.may(
    "use the code context_length_exceeded in the error for a prompt beyond the context",
    on=LONG_PROMPTS,
    source="openai-errors#api-errors",
    contract=["validation-23"],
    at="error.code",
    broken_by=put("error.code", 400),
)
def test_context_overflow_code(
    plain: Sequence[Exchange], streamed: Sequence[Exchange], whole: Sequence[Exchange], model: Model
) -> None:
    for exchange in _rejections(plain, streamed, whole, model):
        code = exchange.error.get("code")
        assert code == "context_length_exceeded", say("the error's code is {code!r}", code)
