"""The chunks of a stream, and the reply that they stand for, as openai-python accumulates it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from conformance.language import say

JSONObject = dict[str, Any]


class Unfoldable(Exception):
    """The official SDK would raise on this stream."""


def fold(chunks: Iterable[JSONObject]) -> JSONObject:
    """The completion these chunks add up to. Raises Unfoldable.

    Strings of a delta are concatenated, lists are merged by `index`, `index` and `type` are replaced, and
    each chunk's usage replaces the one before, as `ChatCompletionStreamState` of openai-python does it. More
    lenient than the SDK, where a requirement of its own is about it: choices go by their index in whatever
    order they begin, and so do the entries of a list, whose indices may begin anywhere. Missing `choices` or
    `delta` count as empty ones, a usage of null does not overwrite counters, and a message without any content
    says null, as the SDK's object does. Calls that are null in every delta are left out, since the SDK's object
    does not tell them from absent ones.
    """
    try:
        return _fold(chunks)
    except RecursionError:
        raise Unfoldable(say("it is nested too deeply")) from None


def _fold(chunks: Iterable[JSONObject]) -> JSONObject:
    reply: JSONObject | None = None
    choices: dict[int, JSONObject] = {}
    for chunk in chunks:
        if reply is None:
            reply = {name: value for name, value in chunk.items() if name not in ("choices", "obfuscation")}
            reply["object"] = "chat.completion"
        else:
            _take_latest(reply, chunk)
        if streamed := chunk.get("choices"):
            for each in _objects(streamed, "choices"):
                _add_choice(choices, each)
    if reply is None:
        raise Unfoldable(say("it has no chunk"))
    for choice in choices.values():
        for name in ("tool_calls", "function_call"):
            if choice["message"].get(name, ...) is None:
                del choice["message"][name]
    return reply | {"choices": [choices[index] for index in sorted(choices)]}


def _take_latest(reply: JSONObject, chunk: JSONObject) -> None:
    for name in ("usage", "system_fingerprint", "service_tier"):
        if chunk.get(name) is not None or (name not in reply and name in chunk):
            reply[name] = chunk[name]


def _add_choice(choices: dict[int, JSONObject], streamed: JSONObject) -> None:
    index = streamed.get("index")
    if type(index) is not int:
        raise Unfoldable(say("a choice has the index {index!r}", index))
    delta = streamed.get("delta")
    if delta is not None and not isinstance(delta, dict):
        raise Unfoldable(say("a delta is not an object"))
    choice = choices.get(index)
    if choice is None:
        choice = choices[index] = {"index": index, "message": {"content": None}, "finish_reason": None}
    if delta:
        accumulate_delta(choice["message"], _own(delta))
    if streamed.get("finish_reason"):
        choice["finish_reason"] = streamed["finish_reason"]
    if "logprobs" in streamed:
        _add_logprobs(choice, streamed["logprobs"])


def _own(delta: JSONObject) -> JSONObject:
    """The delta with nothing in it that could be merged into; most hold text alone, which need not be copied."""
    for value in delta.values():
        if type(value) in (dict, list):
            return {name: _copied(each) for name, each in delta.items()}
    return delta


def _copied(value: Any) -> Any:
    """A JSON value, of which nothing is that of the original."""
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _add_logprobs(choice: JSONObject, logprobs: Any) -> None:
    if choice.get("logprobs") is None or logprobs is None:
        choice["logprobs"] = _copied(logprobs) if choice.get("logprobs") is None else choice["logprobs"]
        return
    for name, entries in logprobs.items() if isinstance(logprobs, dict) else ():
        if isinstance(entries, list) and isinstance(choice["logprobs"], dict):
            before = choice["logprobs"].get(name) or []
            choice["logprobs"][name] = before
            before += _copied(entries)


def accumulate_delta(accumulated: JSONObject, delta: JSONObject) -> JSONObject:
    """Merge a delta into what came before it, in place. Raises Unfoldable."""
    for name, value in delta.items():
        before = accumulated.get(name)
        if type(before) is type(value) is str and name not in ("index", "type"):
            accumulated[name] = before + value
            continue
        if before is None:
            if not _has_indexed_entries(value):
                accumulated[name] = value
                continue
            accumulated[name] = before = []
        if name in ("index", "type"):
            accumulated[name] = value
        elif any(isinstance(before, kind) and isinstance(value, kind) for kind in (str, int | float)):
            accumulated[name] = before + value
        elif isinstance(before, dict) and isinstance(value, dict):
            accumulate_delta(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            _merge_list(before, value)
    return accumulated


def _has_indexed_entries(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) and "index" in entry for entry in value)


def _merge_list(before: list[Any], entries: list[Any]) -> None:
    plain = all(isinstance(entry, str | int | float) for entry in before)
    if plain and (before or not _has_indexed_entries(entries)):
        before.extend(entries)
        return
    if not all(isinstance(entry, dict) for entry in before):
        raise Unfoldable(say("a streamed list holds both objects and other values"))
    for entry in _objects(entries, "a list"):
        index = entry.get("index")
        if type(index) is not int:
            raise Unfoldable(say("a streamed list entry has the index {index!r}", index))
        place = index if 0 <= index < len(before) and "index" not in before[index] else _place(before, index)
        if place < len(before) and before[place].get("index", index) == index:
            accumulate_delta(before[place], entry)
        else:
            before.insert(place, entry)


def _place(before: list[JSONObject], index: int) -> int:
    """Where the entry with this index is, or is to be, among those in the order of their indices."""
    return bisect_left(before, index, key=lambda each: each["index"] if type(each.get("index")) is int else -1)


def _objects(entries: Any, where: str) -> list[JSONObject]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unfoldable(say("{where} has an entry that is not an object", where))
    return entries


class Chunks(list[dict[str, Any]]):
    """JSON objects in the order in which they came; nothing is added to them."""

    @cached_property
    def choices(self) -> list[dict[str, Any]]:
        """The choices of all chunks, in order; what is not an object is left out."""
        found = []
        for chunk in self:
            choices = chunk.get("choices")
            if isinstance(choices, list):
                found += [choice for choice in choices if isinstance(choice, dict)]
        return found

    @cached_property
    def by_index(self) -> dict[int, list[dict[str, Any]]]:
        """The choices that have an integer index, by it."""
        found: dict[int, list[dict[str, Any]]] = {}
        for choice in self.choices:
            if type(index := choice.get("index")) is int:
                found.setdefault(index, []).append(choice)
        return found


def chunks_of(chunks: Iterable[dict[str, Any]]) -> Chunks:
    """The same, where it is not known that these are the chunks of a stream."""
    return chunks if isinstance(chunks, Chunks) else Chunks(chunks)
