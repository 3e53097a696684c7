"""Text and tool arguments that the model repeats, in every script."""

from __future__ import annotations

import json
from dataclasses import replace
from unicodedata import normalize

from conformance.contract.faults import only, put, status
from conformance.contract.requests import (
    CHARACTERS,
    ONE_CALL,
    UNICODE,
    UNICODE_STREAM,
    WEATHER,
    chat,
    costly,
    disputed,
    once,
    streamed,
)
from conformance.contract.requirement import Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.observed import answered_with, strings
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.prompts import same_prompt

from . import AREA
from .characters import DAMAGED, damage

ESCAPED = replace(UNICODE, body=json.dumps(UNICODE.asked).encode(), label="unicode-escaped")
NULL_CHARACTER = once(chat("Say OK.\0", label="null-character"))
LONE_SURROGATE = disputed(
    replace(NULL_CHARACTER, body=NULL_CHARACTER.body.replace(b"\\u0000", b"\\ud83d"), label="lone-surrogate")
)
COMBINING = once(costly(chat(f"Say OK. a{chr(0x301) * 10_000}", label="combining-marks")))
_TOKYO = "東京"
TOOL_TOKYO = chat(
    f"Use the tool: weather in {_TOKYO}? Write the name of the city exactly as I do.",
    label="tool-tokyo", tools=[WEATHER], tool_choice="required", max_tokens=ONE_CALL,
)  # fmt: skip
TOOL_TOKYO_STREAM = streamed(TOOL_TOKYO)


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
    after=["unicode.no_replacement_character"],
    needs_model=True,
)
def test_text_survives(exchange: Exchange) -> None:
    texts = [text for message in exchange.messages if isinstance(text := message.get("content"), str)]
    for text in texts:
        seen = damage(text, CHARACTERS)
        assert not seen, say("the text that was to be repeated {seen}: {text!r}", seen, text[:120])
    if not any(normalize("NFC", CHARACTERS) in normalize("NFC", text) for text in texts):
        raise Inconclusive(say("the model did not repeat the text exactly: {texts!r:.160}", texts[:1]))


@AREA.must(
    "count the same prompt_tokens for text sent raw and as \\u escapes",
    on={"raw": UNICODE, "escaped": ESCAPED},
    impact=Impact.BILLING,
    source="rfc8259#8.3",
    contract=["unicode-03"],
    at="usage.prompt_tokens",
    hint="Parse the body before anything is counted or forwarded.",
    broken_by=only(lambda each: b"\\u4f60" in each.body, put("usage.prompt_tokens", lambda count: count + 40)),
)
def test_escapes_cost_the_same(raw: Exchange, escaped: Exchange) -> None:
    same_prompt(raw, escaped)


@AREA.should(
    "answer or reject prompts with U+0000, a lone surrogate or 10,000 combining marks, never with a server error",
    on=(NULL_CHARACTER, LONE_SURROGATE, COMBINING),
    impact=Impact.CLIENTS,
    source="rfc8259#8.2",
    contract=["unicode-04"],
    hint="Reject with 400 what cannot be encoded or stored.",
    broken_by=only(lambda each: each.label == LONE_SURROGATE.label, status(500)),
)
def test_odd_characters(exchange: Exchange) -> None:
    assert exchange.status < 500, answered_with(exchange)


def _arguments_of(exchange: Exchange) -> list[str]:
    """The arguments of each function that is called, as text."""
    functions = [call.get("function") for call in exchange.tool_calls]
    found = [each.get("arguments") for each in functions if isinstance(each, dict)]
    return [each for each in found if isinstance(each, str)]


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
    after=["tools.arguments_are_json"],
    needs_model=True,
)
def test_arguments_in_every_script(exchange: Exchange) -> None:
    found = [] if broken_off(exchange) else _arguments_of(exchange)
    if not found or any(choice.get("finish_reason") == "length" for choice in exchange.choices):
        raise Inconclusive(say("no whole call came, though a tool was required"))
    for text in found:
        _names_tokyo(text)


def _names_tokyo(arguments: str) -> None:
    """Hold that the arguments are JSON whose characters are undamaged. Raises Inconclusive for another city."""
    try:
        told = " ".join(strings(loads(arguments)))
    except JSONError as error:
        raise AssertionError(
            say("the arguments are not JSON ({error}): {arguments!r}", error, arguments[:160])
        ) from None
    seen = damage(told, _TOKYO)
    assert not seen, say("the arguments {seen}: {arguments!r}", seen, arguments[:160])
    if _TOKYO not in told and "tokyo" not in told.lower():
        raise Inconclusive(say("the model wrote another city: {arguments!r}", arguments[:160]))
