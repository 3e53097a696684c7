"""Whether the token limit of a request ended its reply."""

from __future__ import annotations

import re
from typing import Any

from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, list_of
from conformance.evidence.observed import count_or_zero
from conformance.language import say

END_TOKEN = 1  #: some tokenizers count the token that ends a reply
#: What is about one token in every tokenizer: a word, three digits, a mark, a line end.
_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]|\n+")
_JOINED = 0.8  #: tokens a piece at least: marks may be one with a word
_WHOLE = re.compile(r"[.!?。！？…][\"'”’)\]*`]*\s*\Z")  #: the end of a sentence


def ended_early(exchange: Exchange) -> bool:
    """Whether a reply came to its own end within its limit, so that it was not cut off. The text decides where it is
    longer than the limit allows, and where it ends with a sentence; else usage does, or its length if there is none."""
    limit, text = limit_of(exchange.request.asked), _text(exchange)
    if type(limit) is not int or len(_PIECE.findall(text)) * _JOINED > limit:
        return False
    if _WHOLE.search(text):
        return True
    count = count_or_zero(exchange.reply.get("usage"), "completion_tokens")
    return (count if count > 0 else len(text)) < limit - END_TOKEN


def ending(exchange: Exchange) -> Any:
    """The finish_reason of the first choice. Raises Inconclusive for a stream that broke off, without a choice, and
    where a content filter left less than half of what the limit allows: that may happen to any reply."""
    if broken_off(exchange):
        raise Inconclusive(say("“{request}”: the stream broke off", exchange.request))
    if not exchange.choices:
        raise Inconclusive(say("“{request}”: the reply has no choice", exchange.request))
    reason, pieces = exchange.choices[0].get("finish_reason"), len(_PIECE.findall(_text(exchange)))
    limit = limit_of(exchange.request.asked)
    if reason == "content_filter" and (2 * pieces < limit if type(limit) is int else not pieces):
        raise Inconclusive(say("“{request}”: a content filter ended the reply", exchange.request))
    return reason


def limit_of(asked: dict[str, Any]) -> Any:
    """The token limit of a request, by either name."""
    return asked.get("max_tokens") or asked.get("max_completion_tokens")


def _text(exchange: Exchange) -> str:
    """All that a model wrote in its first choice: text, thoughts, the arguments of calls."""
    message = exchange.messages[0] if exchange.messages else {}
    functions = [each.get("function") for each in list_of(message.get("tool_calls")) if isinstance(each, dict)]
    written = [message.get(name) for name in ("reasoning_content", "reasoning", "content", "refusal")]
    written += [each.get("arguments") for each in functions if isinstance(each, dict)]
    return "\n".join(each for each in written if isinstance(each, str) and each)


def roomy(asked: dict[str, Any]) -> bool:
    """Whether a limit that was meant to be short is not, since the model reasons."""
    return (limit_of(asked) or 0) > 100
