"""What a message has to consist of, beyond its shape (`test_shape.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import chain, drop, put
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Area, Impact
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, EVERY_COMPLETION, EVERY_REPLY, asks_usage
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import count_or_none
from conformance.language import say
from conformance.suite.support.calls import declared
from conformance.suite.support.markup import TEMPLATE_TOKENS, lost_call, template_token
from conformance.suite.support.spoken import is_prompted, own_words

AREA = Area("message", Impact.DATA)

OTHER_ANSWERS = ("tool_calls", "function_call", "refusal", "audio")
CUT = ("length", "content_filter")  #: finish reasons that explain an empty answer
#: Completion tokens of a turn that a model ends without a word, as Claude does now and then (Anthropic, Handling stop
#: reasons: Empty responses with end_turn).
WORDLESS = range(1, 4)


def _nothing_but(content: object) -> Any:
    others = [drop(f"choices.*.message.{name}") for name in OTHER_ANSWERS]
    return chain(put("choices.*.finish_reason", "stop"), put("choices.*.message.content", content), *others)


def _not_empty(choice: dict[str, Any], exchange: Exchange, observed: str, beside: Sequence[Exchange]) -> None:
    """Hold that a choice has a message that says something, or was cut off. Raises Inconclusive where the model may
    have ended its turn without a word."""
    reason = choice.get("finish_reason")
    if answers(choice["message"]) or reason in CUT:
        return
    tokens = count_or_none(exchange.reply.get("usage"), "completion_tokens")
    if reason == "stop" and _says_nothing(choice["message"], exchange.streamed):
        _wordless(exchange, tokens, beside)
    raise AssertionError(
        say("{observed}, finish_reason is {reason!r} and completion_tokens {tokens}", observed, reason, tokens)
    )


def _wordless(exchange: Exchange, tokens: int | None, beside: Sequence[Exchange]) -> None:
    """Raises Inconclusive where the usage allows that an empty text is all that the model wrote."""
    if tokens in WORDLESS:
        raise Inconclusive(
            say(
                "{request}: the model may have ended its turn without a word: {tokens} tokens", exchange.request, tokens
            )
        )
    if tokens is None and exchange.streamed and not asks_usage(exchange.request):
        raise Inconclusive(say("{request}: no usage tells whether the model said anything", exchange.request))
    if not tokens and not _says_ok(beside):
        raise Inconclusive(
            say("{request}: the model ended its turn at once, nor does it say OK when told to", exchange.request)
        )


def _covered(asked: dict[str, Any]) -> None:
    """Raises NotApplicable where something else explains that there is no content."""
    if asked.get("stop"):
        raise NotApplicable(say("the first words may have been the stop sequence"))
    if asked.get("functions"):
        raise NotApplicable(say("the deprecated functions may be called (covered by tool_use.legacy)"))


def _says_nothing(message: dict[str, Any], streamed: bool) -> bool:
    """Whether content is an empty text, which in a stream may be none at all, and no other member says anything."""
    empty = message.get("content") == "" or streamed
    return empty and not any(value for name, value in message.items() if name != "role")


def _says_ok(exchanges: Sequence[Exchange]) -> bool:
    """Whether a reply to the plain prompt says OK, or none is known."""
    plain = [each for each in exchanges if each.request.asked.get("messages") == PLAIN.asked["messages"]]
    return not plain or any("ok" in str(message.get("content")).lower() for each in plain for message in each.messages)


@AREA.should(
    "answer with text, a tool call, a refusal or audio, unless it was cut off",
    on=EVERY_COMPLETION,
    source="openai-openapi#ChatCompletionResponseMessage",
    contract=["message-04"],
    at="choices.*.message.content",
    hint="Map every kind of upstream content block; repeat the request where the upstream ends a turn without any.",
    shown_by=_nothing_but("OK"),
    broken_by={"empty": _nothing_but(""), "null": _nothing_but(None)},
    after=["reasoning.answer_in_content"],
)
def test_not_empty(exchange: Exchange, choices: list[dict[str, Any]], beside: Sequence[Exchange]) -> None:
    judged = [each for each in choices if isinstance(each.get("message"), dict) and legible(each["message"])]
    if not judged:
        raise NotApplicable(say("no choice has a message whose content is a string or null"))
    if not any(each["message"].get("content") for each in judged):
        _covered(exchange.request.asked)
    for each in judged:
        observed = say("content is {content!r} with nothing in its place", each["message"].get("content"))
        _not_empty(each, exchange, observed, beside)


@AREA.should(
    "answer in a stream, too, with text, a tool call, a refusal or audio, unless it was cut off",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#ChatCompletionStreamResponseDelta",
    contract=["message-04", "equiv-01"],
    at="choices.*.delta.content",
    hint="Text held back as the possible beginning of a tool call must be sent once it turns out to be none.",
    broken_by={
        "empty": chain(put("choices.*.delta.content", ""), drop("choices.*.delta.tool_calls")),
        "absent": chain(drop("choices.*.delta.content"), drop("choices.*.delta.tool_calls")),
    },
    needs=["request"],
    after=["reasoning.answer_in_content"],
)
def test_stream_not_empty(exchange: Exchange, choices: list[dict[str, Any]], beside: Sequence[Exchange]) -> None:
    if exchange.request.asked.get("stop"):
        raise NotApplicable(say("the first words may have been the stop sequence"))
    judged = [each for each in choices if legible(each["message"]) and each.get("finish_reason")]
    if not judged:
        raise NotApplicable(say("no choice came to its end with a content that is a string or null"))
    for each in judged:
        _not_empty(each, exchange, say("the deltas add up to nothing"), beside)


def answers(message: dict[str, Any]) -> bool:
    """Whether a message has text, or what may stand in place of it."""
    return bool(message.get("content") or any(message.get(name) for name in OTHER_ANSWERS))


def legible(message: dict[str, Any]) -> bool:
    """Whether content is null or text; its type is covered by other requirements."""
    return message.get("content") is None or isinstance(message["content"], str)


def _ended(token: str) -> Any:
    return put("choices.*.message.content", f"OK.{token}")


@AREA.should(
    "leave the tokens of the model's chat template, which open and close a turn, out of content",
    on=EVERY_REPLY,
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["message-07"],
    at="choices.*.message.content",
    hint="Stop at the tokens that end a turn in this model's template, and skip special tokens where text is decoded.",
    broken_by={
        "ChatML": _ended("<|im_end|>"),
        "Llama": _ended("<|eot_id|>"),
        "an end of text": _ended("</s>"),
        "harmony": put("choices.*.message.content", "<|channel|>final<|message|>OK."),
    },
    needs=["request"],
)
def test_no_template_tokens(exchange: Exchange, messages: list[dict[str, Any]]) -> None:
    texts = [text for message in messages if isinstance(text := message.get("content"), str) and text]
    if not texts or is_prompted(exchange.request, TEMPLATE_TOKENS):
        raise NotApplicable(say("the reply has no text, or the request has such tokens in it"))
    names = declared(exchange.request.asked)
    for text in texts:
        token = template_token(own_words(text, TEMPLATE_TOKENS))
        assert not token or lost_call(text, names), say("the content holds {token!r}: {text!r}", token, text[-160:])
