"""Text, tool calls and finish_reason are the same whether the reply is streamed or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import events, only, put
from conformance.contract.given import in_turn
from conformance.contract.profile import Model
from conformance.contract.requests import LENGTH, LENGTH_STREAM
from conformance.contract.scopes import asks_usage, broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Read
from conformance.language import say
from conformance.suite.support.agreement import Pair, Tries, agree, each_pair
from conformance.suite.support.calls import argument_deltas, is_object
from conformance.suite.support.limits import ended_early, ending
from conformance.suite.support.replies import sent_choices

from . import AREA
from .pairs import CALL_PAIRS, MORE_TEXT_PAIRS, TEXT_PAIRS, TOOL_PAIRS, is_plain, is_streamed, text_of, tried


def _twice_each(before: list[Read]) -> list[Read]:
    return [block for block in before for _ in range(2 if b'"content":"' in block[1] else 1)]


def _some_lost(before: list[Read]) -> list[Read]:
    texts = [block for block in before if b'"content":"' in block[1]]
    return [block for block in before if block not in texts[-2:]]


@AREA.should(
    "stream the same text that it sends without streaming, where the request leaves the model no choice",
    on={"pairs": tried((*TEXT_PAIRS, *MORE_TEXT_PAIRS))},
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03"],
    at="choices.*.delta.content",
    hint="Send each part of the text once and unchanged: without what came before it, and complete.",
    broken_by={
        "pieces sent twice": events(_twice_each),
        "the end lost": events(_some_lost),
        "twice where a sequence stops it": only(
            lambda request: "stop" in request.asked, put("choices.*.delta.content", lambda text: text and text * 2)
        ),
        "twice where no usage is asked for": only(
            lambda request: request.streams and not asks_usage(request),
            put("choices.*.delta.content", lambda text: text and text * 2),
        ),
    },
    after=["unicode.text_survives"],
)
def test_text(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, lambda plain, stream: agree(plain, stream, text_of))


@AREA.should(
    "end a reply with the same finish_reason whether it is streamed or not, where the request leaves the model no "
    "choice",
    on={"pairs": tried(TEXT_PAIRS)},
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason in streams as in plain replies.",
    broken_by=only(is_streamed, put("choices.*.finish_reason", lambda reason: reason and "length")),
    after=["sampling.end_is_stop", "sampling.cut_is_length"],
)
def test_finish_reason(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, lambda plain, stream: agree(plain, stream, ending))


def _called(exchange: Exchange) -> tuple[list[str], str]:
    """The names of the functions that are called, in alphabetical order, and whether text stands beside them."""
    if broken_off(exchange) or not exchange.tool_calls:
        raise Inconclusive(say("“{request}”: no tool is called", exchange.request))
    functions = [call.get("function") for call in exchange.tool_calls]
    beside = any(each.get("content") for each in exchange.messages)
    names = sorted(str(each.get("name")) for each in functions if isinstance(each, dict))
    return names, say("with text beside") if beside else say("without text")


@AREA.should(
    "call the same functions whether the reply is streamed or not, with text beside the calls in both or in neither, "
    "where a call is forced",
    on={"pairs": tried(TOOL_PAIRS[1:])},
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03"],
    at="choices.*.delta.tool_calls",
    hint="Translate each of the upstream's calls once in streams too, with its name, and send no text for it.",
    broken_by={
        "another name": only(
            is_streamed, put("choices.*.delta.tool_calls.*.function.name", lambda name: name and f"{name}_2")
        ),
        "as text, too": only(is_streamed, put("choices.*.delta.content", "Paris")),
    },
    needs_model=True,
)
def test_calls(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, lambda plain, stream: agree(plain, stream, _called))


def _broken(exchange: Exchange) -> str:
    """The first arguments of a call that are no JSON object, empty where all are."""
    if exchange.streamed:
        given = ["".join(texts) for texts in argument_deltas(exchange)]
    else:
        functions = [each.get("function") for each in exchange.tool_calls]
        given = [str(each.get("arguments")) for each in functions if isinstance(each, dict)]
    if not given:
        raise Inconclusive(say("“{request}”: no tool is called", exchange.request))
    return next((repr(each[:160]) for each in given if not is_object(each)), "")


def _objects_in_streams(plain: Tries, streams: Tries) -> None:
    """Hold that the arguments of streamed calls are objects. A model writes others now and then: only where all streams
    have them, and the plain reply has not, they are the endpoint's doing."""
    first = streams[0]
    if not (broken := _broken(first)):
        return
    if not all(map(_broken, streams[1:])) or _broken(plain[0]):
        raise Inconclusive(
            say(
                "“{request}” gives the arguments {broken}, but not each time, or not only in streams",
                first.request,
                broken,
            )
        )
    raise AssertionError(
        say("“{request}” gives arguments that are no JSON object three times: {broken}", first.request, broken)
    )


@AREA.must(
    "stream arguments that are a JSON object where the arguments of the plain reply are one",
    on={"pairs": tried(CALL_PAIRS, 3, plain_times=1)},
    source="openai-openapi#ChatCompletionMessageToolCallChunk.function.arguments",
    contract=["tools-20"],
    at="choices.*.delta.tool_calls.*.function.arguments",
    hint="Send every delta of the arguments, the last one too, before the finish_reason.",
    broken_by=only(is_streamed, put("choices.*.delta.tool_calls.*.function.arguments", lambda text: text.rstrip("}"))),
    after=["tools.pieces_add_up"],
)
def test_arguments(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, _objects_in_streams)


def _only_ending(exchange: Exchange) -> Any:
    """The finish_reason. Raises Inconclusive for a stream that has several, or none: which of them is wrong nobody
    knows."""
    sent = [reason for choice in sent_choices(exchange) if (reason := choice.get("finish_reason"))]
    if exchange.streamed and len(sent) != 1:
        told = say(
            "“{request}”: {number} finish_reasons (covered by streaming.finish_once)", exchange.request, len(sent)
        )
        raise Inconclusive(told)
    return ending(exchange)


@AREA.must(
    "give the finish_reason length for a reply that the token limit cut off, streamed or not",
    on={"cut": in_turn(LENGTH, LENGTH_STREAM)},
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["equiv-04"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length in both forms.",
    broken_by={
        "stop in streams": only(is_streamed, put("choices.*.finish_reason", lambda reason: reason and "stop")),
        "stop in whole replies": only(is_plain, put("choices.*.finish_reason", lambda reason: reason and "stop")),
    },
    after=[
        "sampling.cut_is_length",
        "completion.choices.finish_reason",
        "chunk.choices.finish_reason",
    ],
    needs_model=True,
)
def test_length(cut: Sequence[Exchange], model: Model) -> None:
    if model.reasons:
        raise NotApplicable(say("a model that reasons is given a larger limit"))
    for each in cut:
        reason = _only_ending(each)
        if reason == "stop" and ended_early(each):
            raise Inconclusive(say("“{request}”: the model ended before the limit", each.request))
        reasons = {str(each.request): reason}
        assert reason == "length", say("counting to 100 in 20 tokens ends with {reasons}", reasons)
