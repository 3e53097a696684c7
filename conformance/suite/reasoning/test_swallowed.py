"""Answers that stand among the reasoning, and nowhere else."""

from __future__ import annotations

import re
from typing import Any

from conformance.contract.faults import put
from conformance.contract.requirement import Fault
from conformance.contract.scopes import EVERY_REPLY, cut_short, output_type
from conformance.evidence.exchange import Exchange, NotApplicable, Request, list_of
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.calls import is_object
from conformance.suite.support.replies import check_whole

from . import AREA

NAMES = ("reasoning_content", "reasoning")
#: Prompts whose answer is known: the text with which it ends.
_KNOWN = (
    re.compile(r"Say (\w+)\."),
    re.compile(r"Count from 1 to (\d+), one number per line\."),
    re.compile(r"Repeat exactly and add nothing: (.+)", re.DOTALL),
)


def _wanted(request: Request) -> str:
    """The text with which the answer ends; empty where it is not known."""
    messages = [each for each in list_of(request.asked.get("messages")) if isinstance(each, dict)]
    said = messages[-1].get("content") if messages else None
    found = [match[1] for each in _KNOWN if isinstance(said, str) and (match := each.fullmatch(said.strip()))]
    return found[0].strip() if found else ""


def _wants_json(request: Request) -> bool:
    return output_type(request) in ("json_object", "json_schema")


def _is_json(text: str) -> bool:
    """Whether a text is an object or an array as a whole, which nobody thinks in."""
    try:
        return isinstance(loads(text), dict | list)
    except JSONError:
        return False


def _is_answer(text: str, request: Request) -> bool:
    """Whether a text ends in what the request wants."""
    if _wants_json(request):
        return _is_json(text) or is_object(text[text.find("{") :])
    return text.strip(" \n\t.!\"'*`").casefold().endswith(_wanted(request).casefold())


def _moved(holder: str, name: str, nothing: str | None = None) -> Fault:
    """The text of each message, or delta, under another name."""

    def change(message: Any) -> Any:
        text = message.get("content")
        return message | {"content": nothing, name: text} if text else message

    return put(f"choices.*.{holder}", change)


@AREA.should(
    "give the answer in content, and not among the reasoning alone",
    on=EVERY_REPLY,
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["reasoning-04", "message-04"],
    at=" ".join(f"choices.*.message.{name}" for name in NAMES),
    hint="Only what stands between the model's own tags is reasoning; where no tag opened, all is content.",
    broken_by={
        "plain": _moved("message", "reasoning_content"),
        "empty, under the newer name": _moved("message", "reasoning", ""),
        "streamed": _moved("delta", "reasoning_content"),
    },
    needs=["request"],
)
def test_answer_in_content(exchange: Exchange, choices: list[dict[str, Any]]) -> None:
    """A reply that was cut off, or that calls a tool, may have nothing but reasoning."""
    if not (_wants_json(exchange.request) or _wanted(exchange.request)) or not choices:
        raise NotApplicable(say("the answer is not known"))
    check_whole(exchange)
    for text in filter(None, map(_instead, choices)):
        assert not _is_answer(text, exchange.request), say(
            "the content is empty, and the answer is at the end of the reasoning: {text!r}", text[-160:]
        )


def _instead(choice: dict[str, Any]) -> str:
    """The reasoning of a choice that came to its end without anything else; empty where there is none."""
    message = choice.get("message")
    if not isinstance(message, dict) or cut_short(choice.get("finish_reason")) or not choice.get("finish_reason"):
        return ""
    said = any(message.get(name) for name in ("content", "tool_calls", "function_call", "refusal", "audio"))
    texts = [message.get(name) for name in NAMES]
    return "" if said else next((each for each in texts if isinstance(each, str) and each.strip()), "")
