"""What a client made of an exchange, compared with what is in it. Pure: an answer is what a driver prints.

An answer has either `raised` (`type`, `message`, `status`), or `choices` (`text`, `refusal`, `reasoning`, `calls` with
`id`, `name` and `arguments`, `finish_reason`), `usage` and `members`. A member has its `value`, `how` it is had, and
the expression that `reads` it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from .expected import COUNTS, Call, Choice, Refused, Reply

Outcome = Literal["right", "lost", "raised"]
How = Literal["typed", "untyped", "raw", "changed", "lost"]
PARTS = ("choice", "text", "refusal", "reasoning", "call", "arguments", "finish reason", "usage", "error")


@dataclass(frozen=True)
class Finding:
    """What came of an exchange in a client: `parts` are those that are lost or changed, `error` is what it raised."""

    outcome: Outcome
    parts: tuple[str, ...] = ()
    error: str = ""
    message: str = ""


RIGHT = Finding("right")


def found(wanted: Reply | Refused, answer: Mapping[str, Any], *, refusal_is_text: bool = False) -> Finding:
    """What a client made of an exchange in which `wanted` is; `refusal_is_text` as in `Client`."""
    raised = answer.get("raised")
    if isinstance(wanted, Refused):
        return _of_error(wanted, raised)
    if raised:
        return Finding("raised", error=str(raised.get("type")), message=str(raised.get("message")))
    if refusal_is_text:
        wanted = replace(wanted, choices=tuple(map(_refusing_in_text, wanted.choices)))
    lost = dict.fromkeys(_lost(wanted, answer))
    return Finding("lost", tuple(each for each in PARTS if each in lost)) if lost else RIGHT


def without(finding: Finding, lacks: frozenset[str]) -> Finding:
    """The finding without the parts for which a client has no place."""
    if finding.outcome != "lost":
        return finding
    parts = tuple(each for each in finding.parts if each not in lacks)
    return Finding("lost", parts) if parts else RIGHT


def _of_error(wanted: Refused, raised: Mapping[str, Any] | None) -> Finding:
    """Raising is right here, with the status and the message that came."""
    if not raised:
        return Finding("lost", ("error",))
    told = _words(wanted.message) in _words(str(raised.get("message")))
    return (
        RIGHT
        if told and wanted.status in (0, raised.get("status"))
        else Finding("lost", ("error",), str(raised.get("type")), str(raised.get("message")))
    )


def _refusing_in_text(choice: Choice) -> Choice:
    return replace(choice, text=None if choice.text is None else choice.text + choice.refusal, refusal="")


def _words(text: str) -> str:
    """The words of a message, which clients quote with escapes or without."""
    return re.sub(r"(\\+[nrt]?|\W)+", " ", text).strip()


def _lost(wanted: Reply, answer: Mapping[str, Any]) -> Iterator[str]:
    choices: Sequence[Mapping[str, Any]] = answer.get("choices") or []
    if len(choices) < len(wanted.choices):
        yield "choice"
    for each, got in zip(wanted.choices, choices, strict=False):
        yield from _lost_of_choice(each, got)
    usage = answer.get("usage") or {}
    if any(usage.get(name) != wanted.usage[name] for name in COUNTS if name in wanted.usage):
        yield "usage"


def _lost_of_choice(wanted: Choice, got: Mapping[str, Any]) -> Iterator[str]:
    if wanted.text is not None and wanted.text != (got.get("text") or ""):
        yield "text"
    for name in ("refusal", "reasoning"):
        if getattr(wanted, name) != (got.get(name) or "") and getattr(wanted, name):
            yield name
    if wanted.finish_reason and wanted.finish_reason != got.get("finish_reason"):
        yield "finish reason"
    calls: Sequence[Mapping[str, Any]] = got.get("calls") or []
    if len(wanted.calls) != len(calls) or not all(map(_same_call, wanted.calls, calls)):
        yield "call"
    elif not all(map(_same_arguments, wanted.calls, calls)):
        yield "arguments"


def _same_call(wanted: Call, got: Mapping[str, Any]) -> bool:
    return got.get("id") in {wanted.id, *wanted.stated} and got.get("name") in {wanted.name, *wanted.stated}


def _same_arguments(wanted: Call, got: Mapping[str, Any]) -> bool:
    """Whether they are the same text, or the same value: some clients give an object."""
    arguments = got.get("arguments") or ""
    return wanted.arguments == arguments or _value(wanted.arguments) == _value(arguments) is not None


def _value(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None


def members(wanted: Reply | Refused, answer: Mapping[str, Any]) -> dict[str, tuple[How, str]]:
    """For each count of `prompt_tokens_details` that is not 0: how a client has it, and how to read it. Nothing where
    the client raised."""
    if isinstance(wanted, Refused) or answer.get("raised"):
        return {}
    got = answer.get("members") or {}
    return {name: _how(value, got.get(name) or {}) for name, value in wanted.members.items() if value}


def _how(value: int, got: Mapping[str, Any]) -> tuple[How, str]:
    if got.get("value") is None:
        return "lost", ""
    how: How = got["how"]
    return (how if got["value"] == value else "changed"), str(got.get("reads", ""))
