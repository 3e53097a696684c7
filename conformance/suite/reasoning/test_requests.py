"""Requests to models that reason: efforts, limits, and tool results.

Only models that reason claim `reasoning`. Those of the reference endpoint do not, so `shown_by` changes its replies.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import chain, only, put, status
from conformance.contract.given import in_turn, tries
from conformance.contract.marks import REASONING
from conformance.contract.requests import WEATHER, chat, costly
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.replies import REFUSED, control, lacks, one_of, without

from . import AREA
from .counts import COUNT, UNCOUNTED, shows_reasoning, token_counts

EFFORTS = ("low", "medium", "high")
_REASONS = frozenset({REASONING})
_QUESTION = (
    "Three friends have 47, 61 and 83 coins. Each in turn gives a third of what they have, rounded down, to the next."
    " After five full rounds, how many has each? Answer with three numbers."
)
WITH_EFFORT = tuple(
    chat(
        label=f"effort-{each}", temperature=None, max_tokens=None, max_completion_tokens=4096,
        reasoning_effort=each, features=_REASONS,
    )
    for each in EFFORTS
)  # fmt: skip
PUZZLE = costly(
    chat(
        _QUESTION, label="puzzle", temperature=None, max_tokens=None, max_completion_tokens=8192,
        reasoning_effort="high", features=_REASONS,
    )
)  # fmt: skip
EXHAUSTED = chat(
    _QUESTION, label="exhausted", temperature=None, max_tokens=None, max_completion_tokens=64,
    reasoning_effort="high", features=_REASONS,
)  # fmt: skip

_CALL = {"id": "call_2c7d", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
#: As sent by a client that keeps the members of OpenAI's API: calls without the reasoning that led to them.
AFTER_REASONING = chat(
    label="effort-tool-results", temperature=None, max_tokens=None, max_completion_tokens=4096,
    reasoning_effort="low", features=_REASONS, tools=[WEATHER],
    messages=[
        {"role": "user", "content": "Use the tool: weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [_CALL]},
        {"role": "tool", "tool_call_id": "call_2c7d", "content": "Station QD7730 reports hail."},
        {"role": "user", "content": "Which station reports hail? Answer with its code."},
    ],
)  # fmt: skip


@AREA.should(
    "accept the reasoning_effort low, medium and high for models that reason",
    on={"exchanges": in_turn(*WITH_EFFORT)},
    impact=Impact.CLIENTS,
    source="openai-openapi#ReasoningEffort",
    contract=["reasoning-01"],
    hint="Map reasoning_effort to what the upstream calls it.",
    broken_by=only(lambda each: each.asked.get("reasoning_effort") == "medium", status(400)),
    needs=["status"],
)
def test_efforts_are_accepted(exchanges: Sequence[Exchange]) -> None:
    for exchange in exchanges:
        effort, text = exchange.request.asked["reasoning_effort"], exchange.text[:160]
        assert exchange.succeeded, say(
            "reasoning_effort {effort} is answered with HTTP {status}: {text}", effort, exchange.status, text
        )


@AREA.should(
    "count the tokens of the reasoning in reasoning_tokens",
    on={"exchange": PUZZLE},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.completion_tokens_details.reasoning_tokens",
    contract=["reasoning-02"],
    at=COUNT,
    hint="Pass the upstream's count on; it is a part of completion_tokens.",
    shown_by=chain(
        put("usage.completion_tokens", 900), put("usage.completion_tokens_details", {"reasoning_tokens": 800})
    ),
    broken_by={
        "absent": put("usage.completion_tokens_details", {}),
        "counted apart": put(COUNT, 1000),
        "thought for nothing": chain(put(COUNT, 0), put("choices.*.message.reasoning_content", "First, 47.")),
    },
    after=["usage.completion_tokens.covers_reasoning"],
)
def test_reasoning_is_counted(exchange: Exchange) -> None:
    reasoning, written = token_counts(exchange)
    assert type(reasoning) is int, say("a model that reasons reports reasoning_tokens {reasoning!r}", reasoning)
    assert type(written) is not int or reasoning <= written, say(
        "{reasoning} reasoning_tokens of {written} in all", reasoning, written
    )
    assert reasoning > 0 or not shows_reasoning(exchange), UNCOUNTED
    if not reasoning:
        raise Inconclusive(say("reasoning_tokens is 0: the model may have answered without reasoning"))


@AREA.should(
    "end a reply whose limit was used up by reasoning with finish_reason length, within the limit, and without content "
    "of its own",
    on={"exchange": EXHAUSTED},
    source="openai-reasoning#allocating-space-for-reasoning",
    contract=["reasoning-03"],
    at="choices.*.finish_reason",
    hint="Pass the upstream's finish_reason on, and put no text of the gateway into content.",
    shown_by=chain(
        put("choices.*.finish_reason", "length"),
        put("choices.*.message.content", ""),
        put("usage.completion_tokens", 64),
        put("usage.completion_tokens_details", {"reasoning_tokens": 64}),
    ),
    broken_by={
        "called a natural end": put("choices.*.finish_reason", "stop"),
        "beyond the limit": put("usage.completion_tokens", 200),
        "words of the gateway": put("choices.*.message.content", "[truncated: raise max_tokens]"),
    },
)
def test_exhausted_by_reasoning(exchange: Exchange) -> None:
    (reasoning, written), limit = token_counts(exchange), exchange.request.asked["max_completion_tokens"]
    texts = [message["content"] for message in exchange.messages if message.get("content")]
    assert type(written) is not int or written <= limit, say(
        "{written} completion_tokens, expected at most {limit}", written, limit
    )
    _limit_ended(exchange, limit, texts)
    _without_content(texts, all_reasoning=type(reasoning) is int and reasoning == written)


def _limit_ended(exchange: Exchange, limit: int, texts: Sequence[str]) -> None:
    """Hold that the finish_reason is length. Raises Inconclusive where the model answered within the limit."""
    reasons = [choice.get("finish_reason") for choice in exchange.choices]
    if texts and reasons == ["stop"]:
        raise Inconclusive(say("the model answered within {limit} tokens", limit))
    assert reasons == ["length"], say(
        "nothing was answered within {limit} tokens, and finish_reason is {reasons}", limit, reasons
    )


def _without_content(texts: Sequence[str], *, all_reasoning: bool) -> None:
    assert not (all_reasoning and texts), say("all tokens were reasoning, and the content is {texts!r:.160}", texts[:1])


_STATION_CONTROL = control(
    "after-reasoning", "Station QD7730 reports hail. Which station reports hail? Answer with its code."
)


@AREA.should(
    "accept tool results for a model that was asked to reason, without the reasoning that led to the calls",
    on={"answers": tries(AFTER_REASONING), "controls": _STATION_CONTROL},
    impact=Impact.CLIENTS,
    source="openai-openapi#ChatCompletionRequestAssistantMessage",
    contract=["reasoning-01", "tools-14"],
    at="choices.*.message.content",
    hint="Keep what the upstream wants back (thinking blocks, signatures) in the gateway, or send it without thinking.",
    broken_by={"refused": REFUSED, "the result dropped": without("QD7730")},
)
def test_results_after_thoughts(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, lacks(["QD7730"]), controls)
