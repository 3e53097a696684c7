"""Characters that arrive as they were meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from unicodedata import normalize

from conformance.contract.faults import content_edit, only, put, status
from conformance.contract.requests import CHARACTERS, UNICODE, UNICODE_STREAM, WEATHER, chat, costly, once, streamed
from conformance.contract.requirement import Area
from conformance.contract.scopes import EVERY_REPLY
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.send import Send
from conformance.evidence.strict_json import JSONError, loads
from conformance.suite.support.prompts import same_prompt

AREA = Area("unicode")

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


@AREA.must(
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


# --- what was sent, come back -------------------------------------------------------------------------------

ESCAPED = replace(UNICODE, body=json.dumps(UNICODE.asked).encode(), label="unicode-escaped")
NULL_CHARACTER = once(chat("Say OK.\0", label="null-character"))
LONE_SURROGATE = replace(
    NULL_CHARACTER, body=NULL_CHARACTER.body.replace(b"\\u0000", b"\\ud83d"), label="lone-surrogate"
)
COMBINING = once(costly(chat(f"Say OK. a{chr(0x301) * 10_000}", label="combining-marks")))
_TOKYO = "東京"
TOOL_TOKYO = chat(
    f"Use the tool: weather in {_TOKYO}? Write the name of the city exactly as I do.",
    label="tool-tokyo", tools=[WEATHER], tool_choice="required", max_tokens=300,
)  # fmt: skip
TOOL_TOKYO_STREAM = streamed(TOOL_TOKYO)


def damage(text: str, original: str) -> str:
    """What became of characters that were not kept, in words: lost, read in another encoding, or escaped twice;
    empty where none of this is seen."""
    words = [word for word in original.split() if not word.isascii()]
    if DAMAGED in text or SURROGATE.search(text):
        return "holds U+FFFD or a lone surrogate"
    for character in filter(lambda each: not each.isascii(), "".join(words)):
        for encoding in ("latin-1", "cp1252"):
            if len(read := character.encode().decode(encoding, "ignore")) > 1 and read in text:
                return f"has {character} as UTF-8 read in {encoding}"
        if (escaped := json.dumps(character)[1:-1]) in text:
            return f"has {character} as the literal {escaped}"
    for word in words:
        lost = word.encode("ascii", "replace").decode()
        if lost.count("?") > 1 and lost in text.split():
            return f"has question marks for {word}"
    return ""


@AREA.must(
    "return text in every script as the model wrote it",
    on=(UNICODE, UNICODE_STREAM, ESCAPED),
    source="rfc8259#8.1",
    contract=["unicode-01"],
    at="choices.*.message.content",
    hint="Read and write UTF-8 everywhere; decode a stream as a whole, not read by read.",
    broken_by={
        "bytes read as Latin-1": put("choices.*.message.content", lambda text: text.encode().decode("latin-1")),
        "question marks": put("choices.*.message.content", lambda text: text.encode("ascii", "replace").decode()),
        "escaped twice": put("choices.*.message.content", lambda text: json.dumps(text)[1:-1]),
        "replacement characters": put("choices.*.message.content", lambda text: text.replace("好", DAMAGED)),
    },
)
def test_text_survives(exchange: Exchange) -> None:
    texts = [text for message in exchange.messages if isinstance(text := message.get("content"), str)]
    for text in texts:
        seen = damage(text, CHARACTERS)
        assert not seen, f"the text that was to be repeated {seen}: {text[:120]!r}"
    if not any(normalize("NFC", CHARACTERS) in normalize("NFC", text) for text in texts):
        raise Inconclusive(f"the model did not repeat the text exactly: {texts[:1]!r:.160}")


@AREA.must(
    "count the same prompt_tokens for text sent raw and as \\u escapes",
    on=(UNICODE, ESCAPED),
    source="rfc8259#8.3",
    contract=["unicode-03"],
    at="usage.prompt_tokens",
    hint="Parse the body before anything is counted or forwarded.",
    broken_by=only(lambda each: b"\\u4f60" in each.body, put("usage.prompt_tokens", lambda count: count + 40)),
)
def test_escapes_cost_the_same(send: Send) -> None:
    same_prompt(send(UNICODE), send(ESCAPED))


@AREA.should(
    "answer or refuse prompts with U+0000, a lone surrogate or 10,000 combining marks, never with a server error",
    on=(NULL_CHARACTER, LONE_SURROGATE, COMBINING),
    source="rfc8259#8.2",
    contract=["unicode-04"],
    hint="Refuse with 400 what cannot be encoded or stored.",
    broken_by=only(lambda each: each.label == LONE_SURROGATE.label, status(500)),
)
def test_odd_characters(exchange: Exchange) -> None:
    assert exchange.status < 500, f"“{exchange.request}” is answered with HTTP {exchange.status}: {exchange.text[:120]}"


def arguments_of(exchange: Exchange) -> Iterable[str]:
    """The arguments of each function that is called, as text."""
    for call in exchange.tool_calls:
        function = call.get("function")
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            yield function["arguments"]


_ARGUMENTS = "choices.*.message.tool_calls.*.function.arguments"


@AREA.should(
    "give tool arguments in every script as JSON of the characters that were meant",
    on=(TOOL_TOKYO, TOOL_TOKYO_STREAM),
    source="openai-openapi#ChatCompletionMessageToolCall.function.arguments",
    contract=["unicode-05"],
    at=_ARGUMENTS,
    hint="Escape the arguments once; in a stream do not send them again, whole, at the end.",
    broken_by={
        "escaped twice": put(_ARGUMENTS, json.dumps({"city": json.dumps(_TOKYO)[1:-1]})),
        "bytes read as Latin-1": put(_ARGUMENTS, lambda text: text.encode().decode("latin-1")),
        "sent again in other spelling": put(_ARGUMENTS, lambda text: text + json.dumps({"city": _TOKYO})),
    },
)
def test_arguments_in_every_script(exchange: Exchange) -> None:
    found = list(arguments_of(exchange))
    if not found or any(choice.get("finish_reason") == "length" for choice in exchange.choices):
        raise Inconclusive("no whole call came, though a tool was required")
    for text in found:
        try:
            told = " ".join(strings(loads(text)))
        except JSONError as error:
            raise AssertionError(f"the arguments are not JSON ({error}): {text[:160]!r}") from None
        seen = damage(told, _TOKYO)
        assert not seen, f"the arguments {seen}: {text[:160]!r}"
        if _TOKYO not in told and "tokyo" not in told.lower():
            raise Inconclusive(f"the model wrote another city: {text[:160]!r}")
