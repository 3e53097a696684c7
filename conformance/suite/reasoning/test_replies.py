"""Replies that show reasoning: apart from the content, as text, and counted."""

from __future__ import annotations

import re
from typing import Any

from conformance.contract.faults import chain, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_REPLY
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import may_have
from conformance.language import say
from conformance.suite.support.markup import THOUGHT_TAGS
from conformance.suite.support.replies import sent_choices
from conformance.suite.support.spoken import is_prompted, own_words

from . import AREA
from .counts import COUNT, UNCOUNTED, shows_reasoning, token_counts


@AREA.should(
    "keep the text of the reasoning out of content",
    on=EVERY_REPLY,
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["reasoning-04", "equiv-07"],
    at="choices.*.message.content",
    hint="Move the text between <think> and </think>, or what this model has for them, into reasoning_content.",
    broken_by={
        "before the answer": put("choices.*.message.content", "<think>\nThe user wants OK.\n</think>\n\nOK."),
        "without a beginning": put("choices.*.message.content", "The user wants OK.</think>OK."),
        "EXAONE": put("choices.*.message.content", "<thought>\nThe user wants OK.\n</thought>\n\nOK."),
        "Magistral": put("choices.*.message.content", "[THINK]The user wants OK.[/THINK]OK."),
        "Kimi": put("choices.*.message.content", "◁think▷The user wants OK.◁/think▷OK."),
    },
    needs=["request"],
)
def test_reasoning_apart(exchange: Exchange, messages: list[dict[str, Any]]) -> None:
    """What the assistant said earlier excuses nothing: a reply that leaked tags stands in the next request."""
    texts = [text for message in messages if isinstance(text := message.get("content"), str) and text]
    if not texts or is_prompted(exchange.request, THOUGHT_TAGS):
        raise NotApplicable(say("the reply has no text, or the prompt has such tags in it"))
    for text in texts:
        tag = re.search(THOUGHT_TAGS, own_words(text, THOUGHT_TAGS))
        assert not tag, say("the content holds {tag}: {text!r}", tag and tag[0], text[:120])


def _sent(exchange: Exchange) -> list[tuple[Any, Any]]:
    """Each reasoning_content of a message or a delta that is not null, with the index of its choice. Raises
    NotApplicable where there is none."""
    choices, found = sent_choices(exchange), []
    for choice in choices if may_have(exchange, "reasoning_content") else ():
        parts = [each for each in (choice.get("message"), choice.get("delta")) if isinstance(each, dict)]
        given = [each["reasoning_content"] for each in parts if each.get("reasoning_content") is not None]
        found += [(choice.get("index"), text) for text in given]
    if not found:
        raise NotApplicable(say("the reply has no reasoning_content"))
    return found


@AREA.should(
    "send reasoning_content, where it sends it, as text in the message or delta of a choice that was asked for",
    on=EVERY_REPLY,
    impact=Impact.CLIENTS,
    source="deepseek#reasoning_content",
    contract=["reasoning-04"],
    at="choices.*.message.reasoning_content",
    hint="A thinking block is not a choice of its own: keep index 0 for it.",
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
    for index, text in _sent(exchange):
        assert isinstance(text, str), say("reasoning_content is {text!r:.120}", text)
        assert type(index) is not int or index < wanted, say(
            "reasoning_content is in choice {index} of {wanted}", index, wanted
        )


@AREA.should(
    "count the tokens of the reasoning in reasoning_tokens wherever the text of the reasoning is sent",
    on=EVERY_REPLY,
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.completion_tokens_details.reasoning_tokens",
    contract=["reasoning-02"],
    at=COUNT,
    hint="Count reasoning where tools are offered and in streams as elsewhere: it is billed.",
    shown_by=chain(
        put("choices.*.message.reasoning_content", "First, 47."),
        put("choices.*.delta.reasoning_content", "First."),
        put("usage.completion_tokens_details", {"reasoning_tokens": 1}),
    ),
    broken_by=put(COUNT, 0),
    after=["reasoning.answer_in_content"],
)
def test_shown_reasoning_is_counted(exchange: Exchange) -> None:
    if not shows_reasoning(exchange):
        raise NotApplicable(say("the reply does not show its reasoning"))
    usage = exchange.reply.get("usage")
    reasoning = token_counts(exchange)[0] if isinstance(usage, dict) else None
    if type(reasoning) is not int:
        raise NotApplicable(say("the reply has no reasoning_tokens"))
    assert reasoning > 0, UNCOUNTED
