"""Counts held against what was sent and what came back: no text is free, and a token is a byte or more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from conformance.contract.faults import chain, edit, put
from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_USAGE, broken_off
from conformance.evidence.exchange import Exchange, NotApplicable, list_of
from conformance.evidence.observed import count_or_none, count_or_not_applicable, count_or_zero, strings
from conformance.language import say

from . import AREA

#: Characters of prose, and of a tool in JSON, that no tokenizer takes for one token on average; half of it is usual in
#: no script, and upstreams write a tool in fewer words than JSON does.
PROSE, SCHEMA = 12, 40
LONG = 200_000  #: characters of a text that is not counted
FAMILIES = ("gpt", "claude")
HIDDEN = (
    "thinking",
    "reasoning",
    "reasoning_effort",
    "prediction",
    "audio",
)  #: members for more than is shown
#: Tokens beside the text of one choice, and of one call, that an upstream may count.
BESIDE_TEXT, BESIDE_CALL = 24, 160
REASONING = "completion_tokens_details.reasoning_tokens"
_THOUGHT = re.compile(r"<think(ing)?>.*?</think(ing)?>", re.DOTALL)
TEXTS = ("content", "function_call", "reasoning_content", "reasoning")  #: members of a message


# --- what was sent ------------------------------------------------------------------------------------------


def _messages(asked: dict[str, Any]) -> Iterator[str]:
    """The texts of all messages; images, sound and files are no text, and templates leave out what was thought."""
    for message in list_of(asked.get("messages")):
        if isinstance(message, dict):
            content = message.get("content")
            said = [content] if isinstance(content, str) else _parts(content)
            yield from (_THOUGHT.sub("", each) if "<think" in each else each for each in said)
            yield from (each for call in list_of(message.get("tool_calls")) for each in strings(call.get("function")))


def _parts(content: Any) -> Iterator[str]:
    texts = [each.get("text") for each in list_of(content) if isinstance(each, dict) and each.get("type") == "text"]
    yield from (each for each in texts if isinstance(each, str))


@lru_cache(maxsize=256)
def _length(text: str) -> int:
    """Its characters; what is repeated may be few tokens, and counts three times at most."""
    return len(re.sub(r"(.{1,8}?)\1{3,}", r"\1\1\1", text, flags=re.DOTALL)) if len(text) < LONG else 0


def least(asked: dict[str, Any], enough: int = 0) -> int:
    """Tokens that the messages and the tools of a request have at least. Where they cannot be more than `enough`, they
    may be fewer than this says, but not fewer than four: nothing that is repeated is looked for, which takes long."""
    most = sum(map(len, _messages(asked))) // PROSE + len(json.dumps(asked.get("tools"), ensure_ascii=False)) // SCHEMA
    if most < 4:
        return most
    # what is repeated beyond the beginning of a text shortens that by four times eight characters at most
    if most <= enough and any(_length(text[:96]) >= 4 * PROSE + 32 for text in _messages(asked) if len(text) < LONG):
        return most
    tools = [each["function"] for each in list_of(asked.get("tools")) if isinstance(each, dict) and "function" in each]
    described = sum(_length(json.dumps(each, ensure_ascii=False)) for each in tools)
    return sum(map(_length, _messages(asked))) // PROSE + described // SCHEMA


@AREA.should(
    "count all text of messages and tools in prompt_tokens: at least a token for each dozen characters of messages",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-10"],
    at="usage.prompt_tokens",
    hint="Use the upstream's count of the whole prompt: system messages, tools and results of tools are in it.",
    broken_by={
        "the question alone": put("usage.prompt_tokens", 3),
        "half of nothing": put("usage.prompt_tokens", lambda count: count // 12),
    },
    needs=["request"],
    after=["usage.prompt_tokens.covers_cache", "usage.prompt_tokens"],
    needs_model=True,
)
def test_whole_prompt(asked: dict[str, Any], usage: dict[str, Any]) -> None:
    fewest = least(asked, count_or_zero(usage, "prompt_tokens"))
    if fewest < 4:
        raise NotApplicable(say("the prompt has next to no text"))
    count = count_or_not_applicable(usage, "prompt_tokens")
    assert count >= fewest, say(
        "prompt_tokens is {count}, and the text of messages and tools has {fewest} at least", count, fewest
    )


# --- what came back -----------------------------------------------------------------------------------------


def _size(exchange: Exchange) -> int:
    """Tokens that the choices of a reply have at most, what a stop sequence cut off included."""
    texts = [each for message in exchange.messages for name in TEXTS for each in strings(message.get(name))]
    texts += [each for call in exchange.tool_calls for each in strings(call.get("function"))]
    calls = sum(len(list_of(each.get("tool_calls"))) + bool(each.get("function_call")) for each in exchange.messages)
    stops = sum(len(each.encode()) for each in strings(exchange.request.asked.get("stop")))
    size = sum(len(each.encode("utf-8", "replace")) for each in texts)
    return size + BESIDE_CALL * calls + (BESIDE_TEXT + stops) * len(exchange.messages)


def _written(exchange: Exchange, model: Model) -> int:
    """The completion_tokens but for the reasoning. Raises NotApplicable where more may be in them than is shown: other
    families than these reason, uncounted and unshown."""
    asked = exchange.request.asked
    hidden = model.reasons or model.family not in FAMILIES or any(asked.get(name) for name in HIDDEN)
    if hidden or "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable(say("the output may be more than what the reply shows"))
    if not exchange.messages or broken_off(exchange) or _taken_away(exchange):
        raise NotApplicable(say("the reply has no whole message"))
    return count_or_not_applicable(exchange.usage, "completion_tokens") - count_or_zero(exchange.usage, REASONING)


def _taken_away(exchange: Exchange) -> bool:
    """Whether text may have been written that the reply does not have."""
    filtered = any(each.get("finish_reason") == "content_filter" for each in exchange.choices)
    return filtered or any(each.get("refusal") for each in exchange.messages)


@AREA.should(
    "count no more completion_tokens beside its reasoning than the reply has bytes, and a few for its form",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.completion_tokens",
    at="usage.completion_tokens",
    hint="Count what was written, not the limit that was asked for, nor what an earlier attempt wrote.",
    broken_by={
        "a limit": put("usage.completion_tokens", 4096),
        "the prompt, too": put("usage.completion_tokens", lambda count: count + 9000),
    },
    needs=["request"],
)
def test_output_is_written(exchange: Exchange, model: Model) -> None:
    count, most = _written(exchange, model), _size(exchange)
    said = say(
        "{count} completion_tokens are counted beside reasoning, and the reply has {most} bytes at most, form",
        count,
        most,
    )
    assert count <= most, say("{said} included", said)


def _all_reasoning(document: Any) -> None:
    if isinstance(usage := document.get("usage"), dict):
        usage["completion_tokens_details"] = {"reasoning_tokens": usage["completion_tokens"]}


@AREA.should(
    "count the text and the calls of a reply in completion_tokens beside reasoning_tokens, not as reasoning",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.completion_tokens_details.reasoning_tokens",
    contract=["usage-04", "usage-08"],
    at=f"usage.{REASONING}",
    hint="reasoning_tokens is a part of completion_tokens, and what the reply shows is another part.",
    shown_by=chain(put("usage.completion_tokens", 9), put("usage.completion_tokens_details", {"reasoning_tokens": 1})),
    broken_by=edit(_all_reasoning),
    after=["usage.completion_tokens.covers_reasoning"],
)
def test_text_beside_reasoning(messages: list[dict[str, Any]], usage: dict[str, Any]) -> None:
    reasoning, count = count_or_none(usage, REASONING), count_or_not_applicable(usage, "completion_tokens")
    shown = [each for each in messages if each.get("content") or each.get("tool_calls")]
    if not reasoning or not shown or reasoning > count:
        raise NotApplicable(say("no reasoning is counted, or nothing beside it is shown"))
    assert reasoning < count, say(
        "all {count} completion_tokens are reasoning_tokens, and the reply has text or a call", count
    )
