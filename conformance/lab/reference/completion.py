"""The choices of a reply: what the model writes, cut where the request says it ends."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from .calls import Call, is_named, wanted_calls
from .facts import facts
from .generate import instance
from .messages import text_of
from .patterns import Unwritable
from .refusal import Refusal
from .thinking import thoughts
from .tokens import count, pieces
from .writer import write

_KEYS = re.compile(r"\b(?:keys?|fields?|members?|properties)\b[:\s]+([^.;\n]+)", re.IGNORECASE)
_KEY = re.compile(r"[\w-]+")
MOST_REPEATED = 8  #: times that a word and what follows it are repeated where frequency_penalty is above 0
_REPEATED = re.compile(rf"(\b\w+\b\W+)\1{{{MOST_REPEATED},}}")
CALL_COST = 4  #: tokens of a call besides its name and its arguments


@dataclass(frozen=True)
class Choice:
    """One answer: tokens of text, or calls, after what was thought. `tokens` is what it costs, thoughts included."""

    finish: str
    tokens: int
    content: tuple[str, ...] | None = None
    calls: tuple[Call, ...] = ()
    thought: tuple[str, ...] = ()


def choose(asked: dict[str, Any]) -> Choice:
    """The answer to a valid request; with n, each choice is this one. Raises Refusal where a schema asked for
    cannot be followed."""
    limit = min(asked.get("max_tokens", 2**31), asked.get("max_completion_tokens", 2**31))
    thought = thoughts(asked)
    if len(thought) >= limit:
        return Choice("length", limit, (), thought=thought[:limit])
    answer = _answer(asked, limit - len(thought))
    return replace(answer, tokens=answer.tokens + len(thought), thought=thought)


def _answer(asked: dict[str, Any], limit: int) -> Choice:
    if calls := wanted_calls(asked):
        return _cut_calls(calls, limit, _finish_of_calls(asked))
    text = _varied(_text(asked)) if asked.get("frequency_penalty", 0) > 0 else _text(asked)
    return _cut_text(text, limit, _stops(asked))


def _varied(text: str) -> str:
    """A text in which nothing is repeated more than eight times in a row."""
    return _REPEATED.sub(lambda found: found[1] * MOST_REPEATED, text)


def _text(asked: dict[str, Any]) -> str:
    output = asked.get("response_format", {"type": "text"})
    prompt = "\n".join(text_of(each) for each in asked["messages"] if each["role"] == "user")
    salt = str(asked.get("seed", ""))
    if output["type"] == "json_schema":
        try:
            value = instance(output["json_schema"]["schema"], facts(prompt, salt))
        except Unwritable as error:
            raise Refusal(f"Invalid schema for response_format: {error}.", "response_format") from None
        return _dump(value)
    if output["type"] == "json_object" or _wants_json(prompt):
        return _dump(_free_object(prompt, salt) or {"answer": write(asked["messages"])})
    return write(asked["messages"])


def _wants_json(prompt: str) -> bool:
    return re.search(r"\breturn an? json object with (?:the )?keys?\b", prompt, re.IGNORECASE) is not None


def _free_object(prompt: str, salt: str) -> dict[str, Any]:
    """An object with the keys that the prompt names, strings where it speaks of strings, else numbers."""
    found = _KEYS.search(prompt)
    words = re.split(r",?\s+and\s+|,\s*", found[1]) if found else []
    keys = [each[0] for word in words if (each := _KEY.fullmatch(word.strip("\"'`")))]
    kind = "string" if re.search(r"\bstrings\b", prompt, re.IGNORECASE) else "number"
    said = facts(prompt, salt)
    schema = {"type": "object", "properties": {key: {"type": kind} for key in keys}, "required": keys}
    return instance(schema, said) if keys else {}


def _stops(asked: dict[str, Any]) -> list[str]:
    stop = asked.get("stop", [])
    return [each for each in ([stop] if isinstance(stop, str) else stop) if each]


def _cut_text(text: str, limit: int, stops: list[str]) -> Choice:
    """The first of the limit and the stop sequences ends the text; a stop sequence is not part of it."""
    whole = pieces(text)
    shown = "".join(whole[:limit])
    ends = [place for stop in stops if (place := shown.find(stop)) >= 0]
    if ends:
        content = pieces(shown[: min(ends)])
        return Choice("stop", len(content), content)
    return Choice("length" if len(whole) > limit else "stop", min(len(whole), limit), whole[:limit])


def _finish_of_calls(asked: dict[str, Any]) -> str:
    if is_named(asked):
        return "stop"
    return "tool_calls" if "tools" in asked else "function_call"


def _cut_calls(calls: list[Call], limit: int, finish: str) -> Choice:
    """As many calls as the limit has room for, the last one broken off where it ends."""
    room, kept = limit, []
    for call in calls:
        start, arguments = CALL_COST + count(call.name), pieces(call.arguments)
        if start + len(arguments) <= room:
            kept.append(call)
            room -= start + len(arguments)
            continue
        if start <= room:
            kept.append(Call(call.name, "".join(arguments[: room - start])))
        return Choice("length", limit, None if kept else (), tuple(kept))
    return Choice(finish, limit - room, None, tuple(kept))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
