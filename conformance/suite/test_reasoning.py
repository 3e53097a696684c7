"""Models that think before they answer: what they are asked, what it costs, and what is kept apart.

Only models that reason claim `reasoning`; those of the reference endpoint do not, and its replies are dressed up.
"""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import chain, only, put, status
from conformance.contract.requests import REASONING, WEATHER, chat, costly
from conformance.contract.requirement import Area
from conformance.contract.scopes import EVERY_REPLY, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.send import Send
from conformance.suite.support.replies import REFUSED, lacks, one_of_three, without

AREA = Area("reasoning")

EFFORTS = ("low", "medium", "high")
_REASONS = frozenset({REASONING})
_PUZZLE = (
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
        _PUZZLE, label="puzzle", temperature=None, max_tokens=None, max_completion_tokens=8192,
        reasoning_effort="high", features=_REASONS,
    )
)  # fmt: skip
EXHAUSTED = chat(
    _PUZZLE, label="exhausted", temperature=None, max_tokens=None, max_completion_tokens=64,
    reasoning_effort="high", features=_REASONS,
)  # fmt: skip

_CALL = {"id": "call_2c7d", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
#: As a client sends it that keeps what the API knows of a message: calls without the thoughts that led to them.
THOUGHT_RESULTS = chat(
    label="effort-tool-results", temperature=None, max_tokens=None, max_completion_tokens=4096,
    reasoning_effort="low", features=_REASONS, tools=[WEATHER],
    messages=[
        {"role": "user", "content": "Use the tool: weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [_CALL]},
        {"role": "tool", "tool_call_id": "call_2c7d", "content": "Station QD7730 reports hail."},
        {"role": "user", "content": "Which station reports hail? Answer with its code."},
    ],
)  # fmt: skip

_COUNT = "usage.completion_tokens_details.reasoning_tokens"


def _counts(exchange: Exchange) -> tuple[Any, Any]:
    """reasoning_tokens, None where absent, and completion_tokens."""
    details = exchange.usage.get("completion_tokens_details")
    thought = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return thought, exchange.usage.get("completion_tokens")


@AREA.should(
    "accept the reasoning_effort low, medium and high for models that reason",
    on=WITH_EFFORT,
    source="openai-openapi#ReasoningEffort",
    contract=["reasoning-01"],
    hint="Map reasoning_effort to what the upstream calls it.",
    broken_by=only(lambda each: each.asked.get("reasoning_effort") == "medium", status(400)),
)
def test_efforts_are_accepted(send: Send) -> None:
    for exchange in map(send, WITH_EFFORT):
        effort = exchange.request.asked["reasoning_effort"]
        said = f"reasoning_effort {effort} is answered with HTTP {exchange.status}: {exchange.text[:160]}"
        assert exchange.succeeded, said


@AREA.should(
    "count what a model thought in reasoning_tokens",
    on=(PUZZLE,),
    source="openai-openapi#CompletionUsage.completion_tokens_details.reasoning_tokens",
    contract=["reasoning-02"],
    at=_COUNT,
    hint="Pass the upstream's count on; it is a part of completion_tokens.",
    shown_by=chain(
        put("usage.completion_tokens", 900), put("usage.completion_tokens_details", {"reasoning_tokens": 800})
    ),
    broken_by={
        "absent": put("usage.completion_tokens_details", {}),
        "counted apart": put(_COUNT, 1000),
        "thought for nothing": chain(put(_COUNT, 0), put("choices.*.message.reasoning_content", "First, 47.")),
    },
)
def test_reasoning_is_counted(send: Send) -> None:
    exchange = send(PUZZLE)
    thought, written = _counts(exchange)
    assert type(thought) is int, f"a model that reasons reports reasoning_tokens {thought!r}"
    assert type(written) is not int or thought <= written, f"{thought} reasoning_tokens, of {written} completion_tokens"
    shown = [message for message in exchange.messages if message.get("reasoning_content") or message.get("reasoning")]
    assert thought > 0 or not shown, "the reply has the text of the reasoning, and reasoning_tokens is 0"
    if not thought:
        raise Inconclusive("reasoning_tokens is 0: the model may have answered without thinking")


@AREA.should(
    "end a reply whose limit was used up by reasoning with length, within the limit, and without a text of its own",
    on=(EXHAUSTED,),
    source="openai-reasoning#allocating-space-for-reasoning",
    contract=["reasoning-03"],
    at="choices.*.finish_reason",
    hint="Pass the upstream's reason to stop on, and put no words of the gateway into content.",
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
def test_exhausted_by_reasoning(send: Send) -> None:
    exchange = send(EXHAUSTED)
    (thought, written), limit = _counts(exchange), exchange.request.asked["max_completion_tokens"]
    reasons = [choice.get("finish_reason") for choice in exchange.choices]
    texts = [message["content"] for message in exchange.messages if message.get("content")]
    assert type(written) is not int or written <= limit, f"{written} completion_tokens, of at most {limit}"
    if texts and reasons == ["stop"]:
        raise Inconclusive(f"the model answered within {limit} tokens")
    assert reasons == ["length"], f"nothing was answered within {limit} tokens, and finish_reason is {reasons}"
    all_thought = type(thought) is int and thought == written
    assert not (all_thought and texts), f"all {written} tokens were reasoning, and the content is {texts[:1]!r:.160}"


@AREA.should(
    "take the results of tools of a model that was asked to think, without its thoughts",
    on=(THOUGHT_RESULTS,),
    source="openai-openapi#ChatCompletionRequestAssistantMessage",
    contract=["reasoning-01", "tools-14"],
    at="choices.*.message.content",
    hint="Keep what the upstream wants back (thinking blocks, signatures) in the gateway, or send it without thinking.",
    broken_by={"refused": REFUSED, "the result dropped": without("QD7730")},
)
def test_results_after_thoughts(send: Send) -> None:
    one_of_three(send, THOUGHT_RESULTS, lacks(["QD7730"]))


@AREA.should(
    "keep the text of the reasoning out of content",
    on=EVERY_REPLY,
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["reasoning-04"],
    at="choices.*.message.content",
    hint="Parse what stands between <think> and </think> into reasoning_content.",
    broken_by={
        "before the answer": put("choices.*.message.content", "<think>\nThe user wants OK.\n</think>\n\nOK."),
        "without a beginning": put("choices.*.message.content", "The user wants OK.</think>OK."),
    },
    needs=["request"],
)
def test_reasoning_apart(exchange: Exchange, messages: list[dict[str, Any]]) -> None:
    texts = [text for message in messages if isinstance(text := message.get("content"), str) and text]
    if not texts or b"think>" in exchange.request.body:
        raise NotApplicable("the reply has no text, or the prompt speaks of the tag itself")
    for text in texts:
        tags = [tag for tag in ("<think>", "</think>", "<thinking>", "</thinking>") if tag in text]
        assert not tags, f"the content holds {tags[0]}: {text[:120]!r}"


@AREA.should(
    "send reasoning_content, where it sends it, as text in the message or delta of a choice that was asked for",
    on=EVERY_REPLY,
    source="deepseek#reasoning_content",
    contract=["reasoning-04"],
    at="choices.*.message.reasoning_content",
    hint="A thinking block is no choice: keep the index 0 for it.",
    shown_by=chain(
        put("choices.*.message.reasoning_content", "The user wants OK."),
        put("choices.*.delta.reasoning_content", "The user wants OK."),
    ),
    broken_by={
        "a list": put("choices.*.message.reasoning_content", [{"type": "thinking", "thinking": "OK."}]),
        "an object in a stream": put("choices.*.delta.reasoning_content", {"text": "OK."}),
        "a choice of its own": chain(put("choices.*.index", 1), put("choices.*.message.reasoning_content", "OK.")),
    },
    needs=["request"],
)
def test_reasoning_is_text(exchange: Exchange, asked: dict[str, Any]) -> None:
    wanted = n if type(n := asked.get("n")) is int else 1
    choices = streamed_choices(exchange.chunks) if exchange.streamed else exchange.choices
    told = [(choice.get("index"), holder["reasoning_content"]) for choice in choices for holder in _holders(choice)]
    if not told:
        raise NotApplicable("the reply has no reasoning_content")
    for index, text in told:
        assert isinstance(text, str), f"reasoning_content is {text!r:.120}"
        assert type(index) is not int or index < wanted, f"reasoning_content is in choice {index} of {wanted}"


@AREA.should(
    "count what a model thought in reasoning_tokens wherever the text of it is sent",
    on=EVERY_REPLY,
    source="openai-openapi#CompletionUsage.completion_tokens_details.reasoning_tokens",
    contract=["reasoning-02"],
    at=_COUNT,
    hint="Count thoughts where tools are offered and in streams as elsewhere: they are paid for.",
    shown_by=chain(
        put("choices.*.message.reasoning_content", "First, 47."),
        put("choices.*.delta.reasoning_content", "First."),
        put("usage.completion_tokens_details", {"reasoning_tokens": 1}),
    ),
    broken_by=put(_COUNT, 0),
)
def test_shown_reasoning_is_counted(exchange: Exchange) -> None:
    if not any(each.get("reasoning_content") or each.get("reasoning") for each in exchange.messages):
        raise NotApplicable("the reply does not show what the model thought")
    usage = exchange.reply.get("usage")
    thought = _counts(exchange)[0] if isinstance(usage, dict) else None
    if type(thought) is not int:
        raise NotApplicable("the reply does not tell reasoning_tokens")
    assert thought > 0, "the reply has the text of the reasoning, and reasoning_tokens is 0"


def _holders(choice: dict[str, Any]) -> list[dict[str, Any]]:
    """The message and the delta of a choice that have reasoning_content, not null."""
    parts = [choice.get("message"), choice.get("delta")]
    return [each for each in parts if isinstance(each, dict) and each.get("reasoning_content") is not None]
