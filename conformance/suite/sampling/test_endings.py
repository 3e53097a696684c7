"""How a reply ends: finish_reason, and the content of one that was cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.faults import edit, put, respond
from conformance.contract.given import in_turn, tries
from conformance.contract.profile import Model
from conformance.contract.requests import (
    COMPLETION_LENGTH,
    LENGTH,
    LENGTH_STREAM,
    LONG,
    PLAIN,
    STREAM,
    STREAM_USAGE,
    chat,
)
from conformance.contract.requirement import Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import JSON_CONTENT, Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.limits import ended_early, ending, roomy
from conformance.suite.support.replies import content_of

from . import AREA

#: Required members only. The answer is longer than the 16 to 256 tokens that some servers write without a limit, and
#: than what is too short to be compressed: it is asked for in no content coding.
MINIMAL = replace(
    chat("Count from 1 to 200, one number per line.", label="minimal", max_tokens=None, temperature=None),
    headers=(*JSON_CONTENT, ("accept-encoding", "identity")),
)

BEGINNING = 8  #: characters by which two texts are known to begin alike


@AREA.must(
    "report length as the finish_reason of a reply that max_completion_tokens cut off",
    on=(COMPLETION_LENGTH,),
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["sampling-04"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length.",
    broken_by=put("choices.*.finish_reason", "stop"),
    after=["sampling.cut_is_length"],
    needs_model=True,
)
def test_completion_cut_is_length(exchange: Exchange) -> None:
    _ends_with_length(exchange)


def _ends_with_length(exchange: Exchange) -> None:
    """Hold that a reply was cut off by its limit. Raises NotApplicable where that is large, and Inconclusive where the
    model ended before it."""
    if roomy(exchange.request.asked):
        raise NotApplicable(say("a model that reasons was given a large limit"))
    reason = ending(exchange)
    if reason == "stop" and ended_early(exchange):
        raise Inconclusive(say("the model ended before the limit: {content!r:.100}", content_of(exchange)))
    assert reason == "length", say("counting to 100 in 20 tokens ended with finish_reason {reason!r}", reason)


def _with_text(answers: Sequence[Exchange]) -> Exchange:
    """The first answer that has text: a model may end a turn without any once. Raises Inconclusive for a refusal."""
    for exchange in answers:
        assert exchange.succeeded, say("a request of model and messages only: {answer}", answered_with(exchange))
        content, reason = content_of(exchange), ending(exchange)
        if isinstance(content, str) and content.strip():
            return exchange
        if any(message.get("refusal") for message in exchange.messages):
            raise Inconclusive(say("“{request}”: the model refuses to answer", exchange.request))
    raise AssertionError(
        say("the content is {content!r:.100} each time, the finish_reason {reason!r}", content, reason)
    )


@AREA.must(
    "answer a request that has a model and one user message, and nothing else, to the end of the answer",
    on={"answers": tries(MINIMAL, 2)},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest.required",
    contract=["sampling-01", "sampling-07"],
    at="choices.*.message.content",
    hint="Supply what the upstream needs beyond that: Anthropic's API wants a max_tokens, large enough for an answer.",
    broken_by={
        "refused": respond(400, {"error": {"message": "max_tokens: field required", "type": "t"}}),
        "cut after few tokens": put("choices.*.finish_reason", "length"),
        "no text": put("choices.*.message.content", ""),
    },
    after=["message.content", "completion.choices.message", "sampling.end_is_stop", "reasoning.answer_in_content"],
)
def test_minimal(answers: Sequence[Exchange]) -> None:
    reason = ending(_with_text(answers))
    assert reason == "stop", say("counting to 200 without a limit ends with finish_reason {reason!r}", reason)


@AREA.must(
    "report length as the finish_reason of a reply that max_tokens cut off",
    on=(LENGTH,),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["sampling-03"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length.",
    broken_by={
        "stop": put("choices.*.finish_reason", "stop"),
        "the upstream's word": put("choices.*.finish_reason", "max_tokens"),
    },
    after=["completion.choices.finish_reason", "chunk.choices.finish_reason"],
    needs_model=True,
)
def test_cut_is_length(exchange: Exchange) -> None:
    _ends_with_length(exchange)


def _notice(document: Any) -> None:
    for choice in document["choices"]:
        if "message" in choice and choice["finish_reason"] == "length":
            choice["message"]["content"] = "[truncated: raise max_tokens]"


@AREA.should(
    "give what was written up to the limit as the content of a reply that was cut off, or nothing, but no notice",
    on={"cuts": in_turn(LENGTH, LENGTH_STREAM, COMPLETION_LENGTH), "whole": in_turn(LONG)},
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["sampling-03", "reasoning-03"],
    at="choices.*.message.content",
    hint="Put no words of the gateway into content: finish_reason says that the limit was reached.",
    broken_by={
        "a notice": edit(_notice),
        "a notice in a stream": put("choices.*.delta.content", lambda text: text and "[cut]"),
    },
    needs_model=True,
)
def test_cut_text_is_its_own(cuts: Sequence[Exchange], whole: Sequence[Exchange], model: Model) -> None:
    """A model may begin with a phrase of its own; it then does so where it is not cut off, too."""
    if model.reasons:
        raise NotApplicable(say("a model that reasons was given a large limit"))
    judged = [_with_own_text(exchange, whole) for exchange in cuts if _is_cut(exchange)]
    if not judged:
        raise Inconclusive(say("no reply was cut off"))


def _with_own_text(cut: Exchange, whole: Sequence[Exchange]) -> Exchange:
    """The exchange. Raises AssertionError where its content does not begin as a model's."""
    content = content_of(cut)
    assert _counts(content) or _begins_alike(cut, whole[0]), say(
        "“{request}”: a count from 1 that was cut off has the content {content!r:.120}", cut.request, content
    )
    return cut


def _is_cut(exchange: Exchange) -> bool:
    return exchange.succeeded and not broken_off(exchange) and ending(exchange) == "length"


def _counts(content: Any) -> bool:
    """Whether a content is empty, or holds the number one."""
    return not content or "1" in str(content)


def _begins_alike(cut: Exchange, whole: Exchange) -> bool:
    """Whether a text that was cut off begins as one that was not."""
    texts = [str(content_of(each)).strip() if each.messages else "" for each in (cut, whole)]
    return ending(whole) == "stop" and texts[0][:BEGINNING] == texts[1][:BEGINNING]


@AREA.must(
    "report stop as the finish_reason of a reply that ends well below the limit",
    on=(PLAIN, STREAM, STREAM_USAGE, MINIMAL),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["sampling-05"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (end_turn, STOP, eos) to stop.",
    broken_by={
        "length": put("choices.*.finish_reason", lambda reason: reason and "length"),
        "the upstream's word": put("choices.*.finish_reason", lambda reason: reason and "end_turn"),
    },
    after=["completion.choices.finish_reason", "chunk.choices.finish_reason", "streaming.finish_once"],
)
def test_end_is_stop(exchange: Exchange, asked: dict[str, Any]) -> None:
    reason, text = ending(exchange), content_of(exchange)
    limit = asked.get("max_tokens", asked.get("max_completion_tokens", 4096))
    if not isinstance(text, str) or not 0 < len(text) <= limit / 2:  # a token is a character at least
        raise Inconclusive(say("the reply is not well below its limit of {limit} tokens: {text!r:.100}", limit, text))
    assert reason == "stop", say(
        "“{request}” is answered {text!r:.80}, which ends with finish_reason {reason!r}", exchange.request, text, reason
    )
