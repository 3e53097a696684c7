"""Characters that arrive as they were meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.exchange import Exchange, NotApplicable
from conformance.families import EVERY_REPLY
from conformance.faults import content_edit, put
from conformance.requirement import must

SURROGATE = re.compile("[\ud800-\udfff]")
DAMAGED = "\ufffd"


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from strings(each)


@must(
    "send no lone surrogate in any string",
    on=EVERY_REPLY,
    source="rfc8259#8.2",
    contract=["unicode-02"],
    at="choices.*.message.content",
    hint="Cut text between code points, not between UTF-16 units: an emoji belongs into one chunk.",
    broken_by={
        "half an emoji": content_edit(lambda data: data.replace(b'{"', b'{"note": "\\ud83d", "', 1)),
        "in the text": put("choices.*.message.content", "\ud83d OK"),
    },
)
def test_no_lone_surrogate(exchange: Exchange) -> None:
    documents = exchange.chunks if exchange.streamed else [exchange.document]
    lone = [text for document in documents for text in strings(document) if SURROGATE.search(text)]
    assert not lone, f"a string holds a lone surrogate: {json.dumps(lone[0])[:120]}"


@must(
    "return no replacement character U+FFFD that the prompt did not have",
    on=EVERY_REPLY,
    source="whatwg-sse#parsing-an-event-stream",
    contract=["unicode-02"],
    at="choices.*.message.content",
    hint="Decode the upstream's bytes as one stream; a character may lie across two reads or two tokens.",
    broken_by={
        "in the text": put("choices.*.message.content", f"na{DAMAGED}ve"),
        "in a stream": put("choices.*.delta.content", f"na{DAMAGED}ve"),
    },
    needs=["request"],
)
def test_no_replacement_character(exchange: Exchange, choices: list[dict[str, Any]]) -> None:
    if DAMAGED in json.dumps(exchange.request.asked, ensure_ascii=False):
        raise NotApplicable("the prompt has a replacement character itself")
    if exchange.streamed and exchange.stream.broken:
        raise NotApplicable("lines of the stream are not UTF-8, which is another requirement")
    texts = [text for choice in choices for text in strings_of(choice)]
    if not texts:
        raise NotApplicable("the reply has no text")
    damaged = [text for text in texts if DAMAGED in text]
    assert not damaged, f"text holds U+FFFD: {damaged[0][max(damaged[0].find(DAMAGED) - 30, 0) :][:60]!r}"


def strings_of(choice: dict[str, Any]) -> list[str]:
    """The texts of a message; where it was cut off by the limit, without a character that was cut in two."""
    texts = [text for text in strings(choice.get("message")) if text]
    return [text.rstrip(DAMAGED) for text in texts] if choice.get("finish_reason") == "length" else texts
