"""Counts of what was not asked for: tokens of a short prompt that nobody sent, of predictions and of sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.contract.faults import put
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import Exchange, NotApplicable, list_of
from conformance.evidence.observed import count_or_not_applicable, count_or_zero
from conformance.language import joined, say
from conformance.suite.support.server_tools import tools_run

from . import AREA

SHORT = 200  #: bytes of all messages together
ROOM = 500  #: tokens of a template, and of a short system message that an endpoint adds on its own
#: Members that add nothing to a prompt; others, such as tools and a vendor's own, may.
COSTLESS = frozenset(
    {"model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed", "user"}
    | {"stream", "stream_options", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "logit_bias"}
)


def _texts(asked: dict[str, Any]) -> Iterator[str]:
    """The texts of all messages. Raises NotApplicable where the prompt is made of anything else, too."""
    messages = list_of(asked.get("messages"))
    if not messages or any(value is not None for name, value in asked.items() if name not in COSTLESS):
        raise NotApplicable(say("the prompt is more than its messages"))
    for message in messages:
        if not isinstance(message, dict) or message.keys() - {"role", "content", "name"}:
            raise NotApplicable(say("a message is more than its content"))
        content = message.get("content")
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else list_of(content):
            if not isinstance(part, dict) or part.keys() != {"type", "text"} or not isinstance(part["text"], str):
                raise NotApplicable(say("a message is more than text"))
            yield part["text"]


def _check_unaided(exchange: Exchange) -> None:
    """Raises NotApplicable where the server ran tools, as Groq's and OpenRouter's replies tell: it counts their results
    in the prompt."""
    choices = [each for each in list_of(exchange.reply.get("choices")) if isinstance(each, dict)]
    messages = [each["message"] for each in choices if isinstance(each.get("message"), dict)]
    if tools_run(exchange) or any(message.get("executed_tools") for message in messages):
        raise NotApplicable(say("the server ran tools for the reply, whose results are in the prompt that it counts"))


@AREA.should(
    "count for a short prompt of nothing but text no more tokens than it has bytes, and 500 for its template",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-15"],
    at="usage.prompt_tokens",
    hint="The customer pays for a system prompt, tools or a constant that is added on the way, and did not send it.",
    broken_by={
        "a system prompt": put("usage.prompt_tokens", lambda count: count + 2000),
        "a constant": put("usage.prompt_tokens", lambda count: count + 800),
    },
    needs=["request"],
)
def test_short_prompt(asked: dict[str, Any], exchange: Exchange, usage: dict[str, Any]) -> None:
    """A token is a byte or more."""
    _check_unaided(exchange)
    size = sum(len(text.encode("utf-8", "replace")) for text in _texts(asked))
    if size > SHORT:
        raise NotApplicable(say("the prompt has more than {member} bytes", SHORT))
    count = count_or_not_applicable(usage, "prompt_tokens")
    assert count <= size + ROOM, say("a prompt of {size} bytes costs {count} prompt_tokens", size, count)


TWO_WORDS = 2
OF_TWO = 200  #: tokens (contract, usage-15)


@AREA.should(
    "count fewer than 200 tokens for a prompt of two words",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-15"],
    warns="an endpoint may openly add a system prompt, and a model a preamble; usage.short_prompt allows for both",
    at="usage.prompt_tokens",
    hint="Tell customers what is added to their prompts, for they pay for it.",
    broken_by=put("usage.prompt_tokens", 200),
    needs=["request"],
    after=["usage.short_prompt"],
)
def test_two_words(asked: dict[str, Any], exchange: Exchange, usage: dict[str, Any]) -> None:
    _check_unaided(exchange)
    words = sum(len(text.split()) for text in _texts(asked))
    if not 0 < words <= TWO_WORDS:
        raise NotApplicable(say("the prompt is none of two words"))
    count = count_or_not_applicable(usage, "prompt_tokens")
    assert count < OF_TWO, say("a prompt of {words} words costs {count} prompt_tokens", words, count)


PREDICTIONS = tuple(f"completion_tokens_details.{name}_prediction_tokens" for name in ("accepted", "rejected"))
SOUND_IN, SOUND_OUT = "prompt_tokens_details.audio_tokens", "completion_tokens_details.audio_tokens"


def _unasked(asked: dict[str, Any], usage: dict[str, Any]) -> Iterator[str]:
    """The details of what a request does not ask for and does not send; sound in the prompt where it is counted."""
    if not asked.get("prediction"):
        yield from PREDICTIONS
    if not (asked.get("audio") or "audio" in list_of(asked.get("modalities"))):
        yield SOUND_OUT
        if count_or_zero(usage, SOUND_IN) and "audio" not in str(asked.get("messages")):
            yield SOUND_IN


@AREA.should(
    "count no tokens of a prediction where none was sent, and none of sound where none was sent or asked for",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.completion_tokens_details.accepted_prediction_tokens",
    contract=["usage-17"],
    at=" ".join(f"usage.{path}" for path in (*PREDICTIONS, SOUND_OUT, SOUND_IN)),
    hint="Leave these members out, or 0: rejected predictions are billed as output, and sound has a price of its own.",
    broken_by={
        "all output accepted": put("usage.completion_tokens_details", {"accepted_prediction_tokens": 20}),
        "rejected": put("usage.completion_tokens_details", {"rejected_prediction_tokens": 9}),
        "sound": put("usage.completion_tokens_details", {"audio_tokens": 9}),
        "sound in the prompt": put("usage.prompt_tokens_details.audio_tokens", 9),
    },
    needs=["request"],
)
def test_unasked_details(asked: dict[str, Any], usage: dict[str, Any]) -> None:
    counts = {path: count_or_zero(usage, path) for path in _unasked(asked, usage)}
    if not counts:
        raise NotApplicable(say("the request has a prediction, and sound"))
    found = joined(", ", (say("{path} is {count}", path, count) for path, count in counts.items() if count))
    assert not found, say("{found}, and the request has nothing of the kind", found)
