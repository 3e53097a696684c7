"""Usage is the same whether the reply is streamed or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import drop, only, put
from conformance.contract.given import tries
from conformance.contract.requests import PLAIN, STREAM_USAGE
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import count_or_not_applicable, count_or_zero
from conformance.language import say
from conformance.suite.support.agreement import Pair, Tries, agree, cost_alike, each_pair

from . import AREA
from .pairs import OUTPUT_PAIRS, TEXT_PAIRS, TOOL_PAIRS, WORDS_PAIR, is_plain, is_streamed, text_of, tried

_ESTIMATED = only(is_streamed, put("usage.prompt_tokens", lambda count: count + 7))


@AREA.must(
    "count the same prompt_tokens for a request whether it is streamed or not",
    on={"pairs": tried((*TEXT_PAIRS, WORDS_PAIR), 3)},
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on; do not estimate it.",
    broken_by={
        "estimated in streams": _ESTIMATED,
        "only what was not cached": only(is_streamed, put("usage.prompt_tokens", 1)),
    },
)
def test_prompt_tokens(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, cost_alike)


@AREA.must(
    "count the same prompt_tokens for a request with tools whether it is streamed or not",
    on={"pairs": tried(TOOL_PAIRS, 3)},
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on: an estimate omits the tools.",
    broken_by=_ESTIMATED,
    after=["equivalence.prompt_tokens"],
)
def test_prompt_tokens_with_tools(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, cost_alike)


@AREA.must(
    "count the same prompt_tokens for a request for JSON whether it is streamed or not",
    on={"pairs": tried(OUTPUT_PAIRS, 3)},
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionStreamResponse.usage",
    contract=["equiv-02"],
    at="usage.prompt_tokens",
    hint="Ask the upstream for usage in streams and pass it on: an estimate omits the schema.",
    broken_by=_ESTIMATED,
    after=["equivalence.prompt_tokens"],
)
def test_prompt_tokens_with_output(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, cost_alike)


def _written(exchange: Exchange) -> int:
    """The completion_tokens without reasoning_tokens, of which there are more one time than another."""
    reasoning = count_or_zero(exchange.usage, "completion_tokens_details.reasoning_tokens")
    return count_or_not_applicable(exchange.usage, "completion_tokens") - reasoning


def _written_alike(plain: Tries, stream: Tries) -> None:
    one, other = plain[0], stream[0]
    if text_of(one) != text_of(other):
        raise NotApplicable(
            say("“{request}” and “{request2}” are answered with different texts", one.request, other.request)
        )
    agree(plain, stream, _written, lambda count, streamed_count: abs(count - streamed_count) <= 2)


@AREA.should(
    "report completion_tokens for the same text that differ by at most two, whether it is streamed or not",
    on={"pairs": tried(TEXT_PAIRS)},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.completion_tokens",
    contract=["equiv-03"],
    at="usage.completion_tokens",
    hint="Pass the upstream's count on in streams; do not count chunks or characters.",
    broken_by=only(is_streamed, put("usage.completion_tokens", lambda count: count + 3)),
)
def test_completion_tokens(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, _written_alike)


def _details(exchange: Exchange) -> dict[str, Any]:
    """The members of both details of the usage, by their paths."""
    names = ("prompt_tokens_details", "completion_tokens_details")
    found = [(name, exchange.usage.get(name)) for name in names]
    return {f"{name}.{key}": each[key] for name, each in found if isinstance(each, dict) for key in each}


def _same_members(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both have the same members. One that counts something may be left out of the other as zero."""
    return not any(not (one | other)[name] for name in one.keys() ^ other.keys())


@AREA.should(
    "report the same details in usage whether the reply is streamed or not",
    on={"plain": tries(PLAIN, 2), "stream": tries(STREAM_USAGE, 2)},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage",
    contract=["equiv-05"],
    at="usage.prompt_tokens_details",
    hint="Build the usage of both forms in one place, so that streams do not lose the details.",
    broken_by={
        "no details in streams": only(is_streamed, drop("usage.prompt_tokens_details")),
        "a zero left out in streams": only(is_streamed, drop("usage.prompt_tokens_details.cached_tokens")),
        "no details in whole replies": only(is_plain, drop("usage.completion_tokens_details")),
    },
    after=["caching.streams_report_writes"],
)
def test_usage_details(plain: Tries, stream: Tries) -> None:
    agree(plain, stream, _details, _same_members)
