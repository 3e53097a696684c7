"""No string of a reply holds half a character or a replacement character."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import content_edit, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_REPLY
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import strings
from conformance.language import say

from . import AREA
from .characters import DAMAGED, SURROGATE, is_damaged


@AREA.must(
    "send no lone surrogate in any string",
    on=EVERY_REPLY,
    impact=Impact.CLIENTS,
    source="rfc8259#8.2",
    contract=["unicode-02"],
    at="choices.*.message.content",
    hint="Cut text between code points, not between UTF-16 units: an emoji belongs in one chunk.",
    broken_by={
        "half an emoji": content_edit(lambda data: data.replace(b'{"', b'{"note": "\\ud83d", "', 1)),
        "in the text": put("choices.*.message.content", "\ud83d OK"),
    },
)
def test_no_lone_surrogate(exchange: Exchange) -> None:
    escaped = b"\\u" in exchange.content  # UTF-8 holds none otherwise
    documents = exchange.chunks if exchange.streamed else [exchange.document]
    texts = (text for document in documents for text in strings(document)) if escaped else ()
    lone = [text for text in texts if SURROGATE.search(text)]
    assert not lone, say("a string holds a lone surrogate: {dumps}", json.dumps(lone[0])[:120])


@AREA.must(
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
    if is_damaged(exchange.request):
        raise NotApplicable(say("the prompt has a replacement character itself, or half a surrogate pair"))
    if exchange.streamed and exchange.stream.broken:
        raise NotApplicable(say("lines of the stream are not UTF-8 (covered by framing.utf8)"))
    damaged = [text for text in _texts(choices) if DAMAGED in text]
    assert not damaged, say("text holds U+FFFD: {damaged!r}", damaged[0][max(damaged[0].find(DAMAGED) - 30, 0) :][:60])


def _texts(choices: list[dict[str, Any]]) -> list[str]:
    """The texts of all messages; without a character that the token limit cut in two. Raises NotApplicable where there
    are none."""
    found = [
        text.rstrip(DAMAGED) if choice.get("finish_reason") == "length" else text
        for choice in choices
        for text in strings(choice.get("message"))
        if text
    ]
    if not found:
        raise NotApplicable(say("the reply has no text"))
    return found
