"""What a client is expected to find in an exchange: our own fold of it, in the few parts that every client has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.evidence.exchange import Exchange, Inconclusive, list_of

#: Members of usage that every client names in some way, and those of `prompt_tokens_details` that billing needs.
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
MEMBERS = ("cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")


@dataclass(frozen=True)
class Call:
    """A call of a function; `arguments` is its JSON text as the model wrote it. A stream may repeat id and name, which
    our fold then joins, as openai-python does: `stated` are those of single deltas, which are right, too."""

    id: str
    name: str
    arguments: str
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Choice:
    """A choice of a reply. A text that is no string is None, and is not compared."""

    text: str | None
    refusal: str
    reasoning: str
    calls: tuple[Call, ...]
    finish_reason: str


@dataclass(frozen=True)
class Reply:
    """A completion, whole or streamed. `usage` and `members` hold the counts that are integers."""

    choices: tuple[Choice, ...]
    usage: Mapping[str, int]
    members: Mapping[str, int]


@dataclass(frozen=True)
class Refused:
    """An error: a client is to raise with this status (0 within a stream) and this message."""

    status: int
    message: str


def expected(exchange: Exchange) -> Reply | Refused | None:
    """What is in an exchange; None where we cannot read it ourselves, so that there is nothing to compare with."""
    try:
        if exchange.refused:
            return Refused(exchange.status, _message(exchange.error))
        if exchange.failed_in_stream:
            return Refused(0, _message(next(_errors(exchange))))
        stated = _stated(exchange) if exchange.streamed else {}
        choices = (_choice(each, stated) for each in exchange.choices)
        return Reply(tuple(choices), *_usage(exchange.reply))
    except Inconclusive:
        return Refused(exchange.status, "") if exchange.refused else None


def _errors(exchange: Exchange) -> Any:
    return (each["error"] for each in exchange.stream.documents if isinstance(each, dict) and each.get("error"))


def _message(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


#: The ids and names that the deltas of a call state, by the index of the choice and that of the call.
Stated = Mapping[tuple[Any, Any], frozenset[str]]


def _stated(exchange: Exchange) -> Stated:
    found: dict[tuple[Any, Any], frozenset[str]] = {}
    for choice in exchange.chunks.choices:
        delta = choice.get("delta")
        for entry in list_of(delta.get("tool_calls")) if isinstance(delta, dict) else ():
            call = _call(entry)
            if call and type(entry.get("index")) is int:
                key = choice.get("index"), entry["index"]
                found[key] = found.get(key, frozenset()) | {call.id, call.name}
    return found


def _choice(choice: Mapping[str, Any], stated: Stated) -> Choice:
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    content = message.get("content")
    return Choice(
        text="" if content is None else content if isinstance(content, str) else None,
        refusal=_text(message.get("refusal")),
        reasoning=_text(message.get("reasoning_content")) or _text(message.get("reasoning")),
        calls=tuple(_calls(choice.get("index"), message.get("tool_calls"), stated)),
        finish_reason=_text(choice.get("finish_reason")),
    )


def _calls(index: Any, entries: Any, stated: Stated) -> Iterator[Call]:
    for each in list_of(entries):
        place = each.get("index") if isinstance(each, dict) else None
        known = stated.get((index, place), frozenset()) if isinstance(place, int) else frozenset[str]()
        if call := _call(each):
            yield replace(call, stated=known - {call.id, call.name, ""})


def _call(call: Any) -> Call | None:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return None
    return Call(_text(call.get("id")), _text(function.get("name")), _text(function.get("arguments")))


def _usage(reply: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    usage = reply.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    return _integers(usage, COUNTS), _integers(details if isinstance(details, dict) else {}, MEMBERS)


def _integers(holder: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, int]:
    return {name: holder[name] for name in names if type(holder.get(name)) is int}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
