"""What is irregular in a stream, found once: a stream without an irregularity gives many checks nothing to find.

Each name says what is not as in nearly every stream. It is no violation; the checks that it concerns are then called.
"""

from __future__ import annotations

from typing import Any

from conformance.evidence.exchange import Exchange
from conformance.evidence.kept import kept_of

#: Of a choice.
OF_CHOICES = ("choices", "role", "role again", "unfinished", "finished again", "late", "message", "text")
_SAID = ("content", "refusal", "tool_calls", "function_call")
_LONG = 20  #: characters of a text in several deltas, the last of which is shorter
_CONSTANT = {"id": str, "created": int, "model": str}
_OF_USAGE = ("usage", "no usage", "usage again", "usage early", "usage lacking", "usage in choice", "empty")
NAMES = ("framing", "idle", *_CONSTANT, *_OF_USAGE, *OF_CHOICES)


@kept_of
def irregularities(exchange: Exchange) -> tuple[str, ...]:
    """The names of what is irregular.

    - `framing`: anything but data of JSON objects without an error, one in each event, and one [DONE] at the end;
    - `idle`: an empty object, or one with a type;
    - `id`, `created`, `model`: not the same text or integer in each of two chunks or more;
    - `usage`, `no usage`, `usage again`, `usage early`, `usage lacking`, `usage in choice`: a usage that is not null is
      there, is not there, twice, not in the last chunk, not even null in a chunk, beside choices;
    - `empty`: a chunk has an empty array of choices;
    - `choices`: anything but one choice of index 0 with a delta, or none, in a chunk, and one in all; then the others
      are named, too: `role`, `role again`, `unfinished`, `finished again`, `late`, `message`, `text`.
    """
    chunks = exchange.chunks
    found = [] if _is_framed(exchange) else ["framing"]
    if not all(chunks) or any("type" in chunk for chunk in chunks):
        found.append("idle")
    found += [name for name, kind in _CONSTANT.items() if not _is_constant(chunks, name, kind)]
    return (*found, *_of_usage(chunks), *_of_choices(chunks))


def _is_framed(exchange: Exchange) -> bool:
    stream = exchange.stream
    events = stream.events
    if stream.pending is not None or stream.foreign or stream.idle or stream.broken or not events:
        return False
    whole = len(exchange.chunks) == len(events) - 1 > 0 and events[-1].done
    return whole and not any(event.fields for event in events)


def _is_constant(chunks: list[dict[str, Any]], name: str, kind: type) -> bool:
    values = [chunk.get(name) for chunk in chunks]
    first = values[0] if len(values) > 1 else None
    return bool(first) and values.count(first) == len(values) and {*map(type, values)} == {kind}


def _of_usage(chunks: list[dict[str, Any]]) -> list[str]:
    given = [place for place, chunk in enumerate(chunks) if chunk.get("usage") is not None]
    found = ["usage" if given else "no usage"]
    if len(given) > 1:
        found.append("usage again")
    if given and given[-1] != len(chunks) - 1:
        found.append("usage early")
    if given and chunks[given[-1]].get("choices") != []:
        found.append("usage in choice")
    if not all("usage" in chunk for chunk in chunks):
        found.append("usage lacking")
    if any(chunk.get("choices") == [] for chunk in chunks):
        found.append("empty")
    return found


def _of_choices(chunks: list[dict[str, Any]]) -> list[str]:
    choices = []
    for chunk in chunks:
        match chunk.get("choices"):
            case [{"index": 0, "delta": {}} as choice] if type(choice["index"]) is int:
                choices.append(choice)
            case []:
                pass
            case _:
                return [*OF_CHOICES]
    return [*_of_pieces(choices)] if choices else [*OF_CHOICES]


def _of_pieces(choices: list[dict[str, Any]]) -> list[str]:
    """What is irregular in the pieces of one choice."""
    roles = [choice["delta"].get("role") for choice in choices]
    found = [] if roles[0] == "assistant" and all(each in (None, "", "assistant") for each in roles[1:]) else ["role"]
    if any(roles[1:]):
        found.append("role again")
    ends = [
        place for place, each in enumerate(choices) if type(each.get("finish_reason")) is str and each["finish_reason"]
    ]
    if not ends:
        found.append("unfinished")
    if len(ends) > 1:
        found.append("finished again")
    if ends and any(choice["delta"].get(name) for choice in choices[ends[0] + 1 :] for name in _SAID):
        found.append("late")
    if any(choice.get("message") for choice in choices):
        found.append("message")
    return found if _is_spread([choice["delta"].get("content") for choice in choices]) else [*found, "text"]


def _is_spread(contents: list[Any]) -> bool:
    """Whether a text is spread over several deltas, the last of which is too short to be all of it."""
    texts = [each for each in contents if type(each) is str and each]
    return len(texts) > 2 and len(texts[-1]) < _LONG <= sum(map(len, texts))
