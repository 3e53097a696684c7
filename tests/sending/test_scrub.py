"""Secrets are found in every form in which they come back, in one pass, and nothing else is changed."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.exchange import SCRUBBED_KEY, Exchange, Failure, Request
from conformance.sending import forms, preflight, scrub, storing, views
from conformance.sending.scrub import scrub as without
from conformance.sending.scrub import scrubbed
from conformance.suite.catalogue import declared

KEY = "sk-proj-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
PLAIN = KEY.encode()
PIECES = [KEY[at : at + 3] for at in range(0, len(KEY), 3)]
PARTS = [KEY[at : at + 16] for at in range(len(KEY) - 15)]
REQUEST = Request(body=b'{"model": "m"}')


def _lines(documents: list[Any], before: str = "", between: str = "\n") -> str:
    return between.join(f"{before}{json.dumps(each)}" for each in documents)


def _chunks() -> list[Any]:
    return [{"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": each}}]} for each in PIECES]


def _shifted(encode: Callable[[bytes], bytes], shifts: int, text: bytes = PLAIN) -> list[str]:
    return [encode(b"?>&"[:shift] + text + b"!").decode() for shift in range(shifts)]


ESCAPED = "".join(f"\\u{ord(each):04x}" for each in KEY)
FORMS = {
    "plain": KEY,
    "upper case": KEY.upper(),
    "cut by a line feed": f"{KEY[:17]}\n{KEY[17:]}",
    "cut by a carriage return": f"{KEY[:23]}\r{KEY[23:]}",
    "cut by a folded line": f"{KEY[:9]}\r\n {KEY[9:]}",
    "cut by an escaped line feed": f"{KEY[:15]}\\n{KEY[15:]}",
    "every character apart": " ".join(KEY),
    "percent": "".join(f"%{ord(each):02x}" for each in KEY),
    "percent twice": "".join(f"%25{ord(each):02X}" for each in KEY),
    "escapes of JSON": ESCAPED,
    "JSON in JSON": json.dumps(json.dumps({"key": KEY.replace("-", "\u2028")})).replace("\u2028", "-"),
    "escapes of JSON in JSON": json.dumps(json.dumps({"message": "x"})).replace("x", ESCAPED.replace("\\", "\\\\\\")),
    "escapes of a program": "".join(f"\\x{ord(each):02x}" for each in KEY),
    "HTML, decimal": "".join(f"&#{ord(each)};" for each in KEY),
    "HTML, hexadecimal": "".join(f"&#x{ord(each):X};" for each in KEY),
    "HTML twice": "".join(f"&amp;#{ord(each)};" for each in KEY),
    "HTML in JSON": "".join(f"\\u0026#{ord(each)};" for each in KEY),
    "hex": PLAIN.hex(),
    "hex in upper case": PLAIN.hex().upper(),
    "hex with colons": PLAIN.hex(":"),
    "reversed": KEY[::-1],
    "Base64 in lines": base64.encodebytes(b"x" * 40 + PLAIN).decode(),
    "an array of pieces": json.dumps({"pieces": PIECES}),
    "an array of objects": json.dumps([{"at": at, "text": each} for at, each in enumerate(PIECES)]),
    "NDJSON": _lines(_chunks()),
    "events": _lines(_chunks(), "data: ", "\n\n"),
    "events ended by carriage returns": _lines(_chunks(), "data: ", "\r\r"),
    "events ended by both": _lines(_chunks(), "data:", "\r\n\r\n"),
    "events of text": "\n\n".join(f"data: {each}" for each in PIECES),
    "lines of one event": "\n".join(f"data: {each}" for each in PIECES),
    "after an unclosed string": f'{{"a": "b\n{_lines(_chunks(), "data: ", chr(10) * 2)}',
} | {
    f"{name}, shifted by {shift}": text
    for name, encode, shifts, inner in [
        ("Base64", base64.b64encode, 3, PLAIN),
        ("Base64 for addresses", base64.urlsafe_b64encode, 3, PLAIN),
        ("Base64 twice", base64.b64encode, 3, base64.b64encode(b"user:" + PLAIN)),
        ("Base64 for addresses twice", base64.urlsafe_b64encode, 3, base64.urlsafe_b64encode(PLAIN)),
        ("Base32", base64.b32encode, 5, PLAIN),
    ]
    for shift, text in enumerate(_shifted(encode, shifts, inner))
}  # fmt: skip


FILLING = "eh4x"  #: what the forms have before the key where they have much


def letters(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())


def spelled(text: str) -> str:
    """The letters and digits of a text, of pieces those that they spell together."""
    pieces = re.findall(r'"(?:content|text)": "([^"]*)"', text) or re.findall(r"data: *([^\r\n]*)", text)
    return letters("".join(pieces) or text)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_part_of_a_key_is_left_in_any_form(form: str) -> None:
    masked = without(f"before {form} after".encode(), [KEY]).decode()
    assert len(masked) == len(f"before {form} after")
    assert (masked[:7], masked[-6:]) == ("before ", " after")
    own, left = spelled(form), spelled(masked)
    parts = (own[at : at + 20] for at in range(len(own) - 19))
    assert [each for each in parts if each in left and set(each) - set(FILLING)] == []
    assert not any(letters(part) in left for part in PARTS)
    assert without(masked.encode(), [KEY]).decode() == masked


@pytest.mark.parametrize("form", [each for each in FORMS.values() if each.startswith(('"', "{", "["))])
def test_json_stays_json(form: str) -> None:
    masked = without(form.encode(), [KEY]).decode()
    if "\n" not in form:
        assert json.loads(masked)


def test_both_ends_of_a_key_are_masked_and_what_may_be_shown_is_not() -> None:
    assert without(f"{KEY[:15]}…{KEY[-15:]}".encode(), [KEY]).decode() == f"{'*' * 15}…{'*' * 15}"
    assert without(f'{{"from": "{KEY[:12]}", "to": "{KEY[-10:]}"}}'.encode(), [KEY]).decode() == (
        '{"from": "************", "to": "**********"}'
    )
    shown = f"{KEY[:8]}********{KEY[-4:]}".encode()
    assert without(shown, [KEY]) == shown
    assert without(KEY[:15].encode(), [KEY]) == KEY[:15].encode(), "one part that is no echo"


def test_the_mark_stands_where_the_key_was() -> None:
    body = json.dumps({"error": {"message": f"Wrong key {KEY}, try again"}}).encode()
    assert without(body, [KEY]) == body.replace(PLAIN, f"{SCRUBBED_KEY}{'*' * (len(KEY) - len(SCRUBBED_KEY))}".encode())


@given(st.binary(max_size=400))
def test_what_holds_no_secret_is_left_as_it_is(data: bytes) -> None:
    assert without(data, [KEY]) == data


def test_nothing_that_the_suite_sends_is_taken_for_a_key() -> None:
    bodies = {request.body for request in declared()} | {UNKNOWN_TOKEN.encode()}
    assert [body for body in bodies if without(body, [KEY, "sk-or-v1-" + "4f2a9c" * 10]) != body] == []


@pytest.mark.parametrize("key", ["x" * 40, "0" * 32, "1010101010101010", "sk-no-key-required"])
def test_a_uniform_key_is_looked_for_as_it_is(key: str) -> None:
    data = json.dumps({"counts": [0] * 40, "flags": [1, 0] * 20, "text": "x, x, x, " * 20}).encode()
    assert without(data, [key]) == data
    assert key.encode() not in without(f"before {key} after".encode(), [key])


# --- exchanges ----------------------------------------------------------------------------------------------


def response(*headers: tuple[str, str], body: bytes = b"{}", **more: Any) -> Exchange:
    return Exchange(REQUEST, 200, headers, ((0.1, body),), **more)


def test_names_of_fields_are_masked_as_their_values_are() -> None:
    clean = scrubbed(response((f"x-{KEY}", "1"), ("x-half", KEY[:18]), ("x-other-half", KEY[18:])), [KEY])
    text = json.dumps(clean.headers)
    assert not [part for part in PARTS if part in text]
    assert clean.headers[0][0].startswith(f"x-{SCRUBBED_KEY}")
    assert [value for _, value in clean.headers[1:]] == [f"{SCRUBBED_KEY}*****", f"{SCRUBBED_KEY}*********"]


def test_earlier_attempts_and_failures_are_masked() -> None:
    before = response(body=PLAIN, failure=Failure("reset", f"at {KEY}"))
    clean = scrubbed(response(earlier=(before,)), [KEY])
    assert KEY not in str((clean.earlier[0].content, clean.earlier[0].failure))


def test_a_short_secret_that_the_request_shows_is_a_word() -> None:
    shown = Exchange(Request(body=b'{"model": "lm-studio-1"}'), 200, (), ((0.1, b'"lm-studio-1"'),))
    assert scrubbed(shown, ["lm-studio-1"]).content == b'"lm-studio-1"'
    assert scrubbed(response(body=b'"lm-studio-1"'), ["lm-studio-1"]).content == b'"***********"'


# --- it is linear -------------------------------------------------------------------------------------------

HOSTILE: dict[str, bytes] = {
    "the beginning of the key": PLAIN[:16],
    "one character too few": PLAIN[:15] + b"!",
    "the key": PLAIN,
    "its characters apart": b" ".join(bytes([each]) for each in PLAIN),
    "an unclosed string": b'\\"',
    "brackets": b"[",
    "brackets and strings": b'[{"',
    "strings": b'"a",',
    "names": b'"a":"b",',
    "backslashes": b"\\",
    "escaped escapes": b"\\\\u0061",
    "percent": b"%25",
    "ampersands": b"&amp;",
    "events": b"data:\n",
    "Base64 of the key": base64.b64encode(PLAIN),
}


def operations(data: bytes) -> int:
    """How many lines of Python are run to scrub this, all modules together."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        without(data, [KEY])
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_twice_the_text_takes_twice_the_operations(part: bytes) -> None:
    without(b"", [KEY])
    few, many = (operations(part * (size // len(part))) for size in (4_000, 8_000))
    assert many <= 2.2 * few + 200


def patterns(module: ModuleType) -> Iterator[re.Pattern[Any]]:
    return (each for each in vars(module).values() if isinstance(each, re.Pattern))


def repeats(parsed: Any, within: str = "") -> Iterator[str]:
    """How what a parsed pattern repeats without bound could be tried again in another way."""
    for operator, argument in parsed:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            unbounded = argument[1] > 128
            if unbounded and name != "POSSESSIVE_REPEAT":
                yield f"{name} in {within or 'the pattern'}"
            yield from repeats(argument[2], name)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from repeats(branch, within)
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
            yield from repeats(argument if name == "ATOMIC_GROUP" else argument[-1], within)


@pytest.mark.parametrize("module", [views, forms, scrub, storing, preflight], ids=lambda each: each.__name__)
def test_no_pattern_tries_again_what_it_has_read(module: ModuleType) -> None:
    import re._parser as parser  # type: ignore[import-not-found]  # its tree is what a pattern is compiled from

    for pattern in patterns(module):
        assert list(repeats(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))) == [], pattern.pattern


def test_a_mebibyte_of_anything_hostile_is_scrubbed_whole() -> None:
    for part in (PLAIN[:16], b'\\"', b"["):
        masked = without(part * (2**20 // len(part)), [KEY])
        assert len(masked) == 2**20 // len(part) * len(part)
        assert PLAIN[:16] not in masked
