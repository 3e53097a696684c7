"""What an answer consists of, beyond the shape of a message (`test_shape.py`)."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import chain, drop, put
from conformance.contract.requirement import Area
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, EVERY_COMPLETION
from conformance.evidence.exchange import Exchange, NotApplicable

AREA = Area("message")

OTHER_ANSWERS = ("tool_calls", "function_call", "refusal", "audio")
CUT = ("length", "content_filter")  #: finish reasons that explain an empty answer


def _nothing_but(content: object) -> Any:
    others = [drop(f"choices.*.message.{name}") for name in OTHER_ANSWERS]
    return chain(put("choices.*.finish_reason", "stop"), put("choices.*.message.content", content), *others)


@AREA.should(
    "answer with text, a tool call, a refusal or audio, unless it was cut off",
    on=EVERY_COMPLETION,
    source="openai-openapi#ChatCompletionResponseMessage",
    contract=["message-04"],
    at="choices.*.message.content",
    hint="Map every kind of upstream content block; ask the upstream again where it ends a turn without any.",
    shown_by=_nothing_but("OK"),
    broken_by={"empty": _nothing_but(""), "null": _nothing_but(None)},
)
def test_not_empty(asked: dict[str, Any], choices: list[dict[str, Any]]) -> None:
    judged = [choice for choice in choices if isinstance(choice.get("message"), dict) and legible(choice["message"])]
    if not judged:
        raise NotApplicable("no choice has a message whose content is a string or null")
    if asked.get("stop") and not any(choice["message"].get("content") for choice in judged):
        raise NotApplicable("the first words may have been the stop sequence")
    empty = [choice for choice in judged if not answers(choice["message"]) and choice.get("finish_reason") not in CUT]
    assert not empty, (
        f"content is {empty[0]['message'].get('content', 'absent')!r} with nothing in its place, "
        f"and finish_reason is {empty[0].get('finish_reason')!r}"
    )


@AREA.should(
    "answer in a stream, too, with text, a tool call, a refusal or audio, unless it was cut off",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#ChatCompletionStreamResponseDelta",
    contract=["message-04", "equiv-01"],
    at="choices.*.delta.content",
    hint="Send what was held back, lest it be the beginning of a tool call, once it has turned out to be text.",
    broken_by={
        "empty": chain(put("choices.*.delta.content", ""), drop("choices.*.delta.tool_calls")),
        "absent": chain(drop("choices.*.delta.content"), drop("choices.*.delta.tool_calls")),
    },
    needs=["request"],
)
def test_stream_not_empty(exchange: Exchange, choices: list[dict[str, Any]]) -> None:
    if exchange.request.asked.get("stop"):
        raise NotApplicable("the first words may have been the stop sequence")
    judged = [each for each in choices if legible(each["message"]) and each.get("finish_reason")]
    if not judged:
        raise NotApplicable("no choice came to its end with a content that is a string or null")
    empty = [each for each in judged if not answers(each["message"]) and each["finish_reason"] not in CUT]
    assert not empty, f"the deltas add up to nothing, and finish_reason is {empty[0]['finish_reason']!r}"


def answers(message: dict[str, Any]) -> bool:
    return bool(message.get("content") or any(message.get(name) for name in OTHER_ANSWERS))


def legible(message: dict[str, Any]) -> bool:
    """Whether content has a type that says whether it is empty; which type it has is another requirement."""
    return message.get("content") is None or isinstance(message["content"], str)
