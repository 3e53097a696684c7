"""Marking finds the member, says what is absent, and changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.render.excerpt import excerpt
from conformance.report.render.mark import Line, mark, mark_head
from conformance.report.render.pretty import pretty

DOCUMENT = json.dumps(
    {
        "usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 0}},
        "choices": [{"index": 0, "message": {"content": "a"}}, {"message": {"content": "b"}}],
        "error": None,
    }
)


def flagged(lines: list[Line]) -> list[str]:
    return [f"{line.text.strip()} {line.note}".strip() for line in lines if line.flagged]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("usage.prompt_tokens", ['"prompt_tokens": 5,']),
        ("usage.prompt_tokens_details", ['"prompt_tokens_details": {', '"cached_tokens": 0', "}"]),
        ("choices.*.message.content", ['"content": "a"', '"content": "b"']),
        ("choices.1.message.content", ['"content": "b"']),
        ("usage.prompt_tokens error", ['"prompt_tokens": 5,', '"error": null']),
        ("", []),
        ("status header:allow", []),
    ],
)
def test_members_are_flagged(at: str, expected: list[str]) -> None:
    assert flagged(mark(DOCUMENT, at)) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (
            "usage.prompt_tokens_details.cached_write_tokens",
            ['"prompt_tokens_details": { absent: cached_write_tokens'],
        ),
        ("choices.*.index", ['"index": 0,', "{ absent: index"]),
        ("choices.*.logprobs.content", ["{ absent: logprobs.content", "{ absent: logprobs.content"]),
        ("error.code", ['"error": null absent: code']),
        ("id", ["{ absent: id"]),
        ("id model", ["{ absent: id, absent: model"]),
    ],
)
def test_the_nearest_container_is_flagged_for_an_absent_member(at: str, expected: list[str]) -> None:
    assert flagged(mark(DOCUMENT, at)) == expected


def test_an_empty_array_is_flagged_as_empty() -> None:
    assert flagged(mark('{"choices": []}', "choices.*")) == ['"choices": [] empty']


def test_tokens_stay_as_they_were_sent() -> None:
    text = '{"a":1.50,"a":1e400,"b":"\\u4f60\\/","c":12345678901234567890,"d":{},"e":[ ]}'
    assert [line.text.strip() for line in mark(text, "a")] == [
        "{", '"a": 1.50,', '"a": 1e400,', '"b": "\\u4f60\\/",', '"c": 12345678901234567890,', '"d": {},',
        '"e": []', "}",
    ]  # fmt: skip
    assert flagged(mark(text, "a")) == ['"a": 1.50,', '"a": 1e400,']


@pytest.mark.parametrize("text", ["", "<html>\n<b>", "{not json", '{"a":1} trailing', "[" * 5_000, "null"])
def test_what_is_no_json_stays_as_it_is(text: str) -> None:
    assert "\n".join(line.text for line in mark(text, "usage")) == text


def test_nesting_beyond_what_can_be_read_stays_as_it_is() -> None:
    text = "[" * 500 + "]" * 500
    assert mark(text, "usage") == [Line(text)]


def test_the_beginning_of_a_document_is_marked_too() -> None:
    lines = mark('{"usage": {"prompt_tokens": 5, "x": "cut o', "usage.prompt_tokens", truncated=True)
    assert [line.text for line in lines] == [
        "{",
        '  "usage": {',
        '    "prompt_tokens": 5,',
        '    "x": "cut o',
    ]
    assert flagged(lines) == ['"prompt_tokens": 5,']


# --- event streams ------------------------------------------------------------------------------------------


def stream(*chunks: Any, end: str = "\n\n") -> str:
    return "".join(f"data: {json.dumps(chunk)}{end}" for chunk in chunks) + f"data: [DONE]{end}"


def test_only_events_with_something_to_flag_are_spread_out() -> None:
    lines = mark(stream({"id": "x"}, {"usage": {"total_tokens": 3}}), "usage.total_tokens", streamed=True)
    assert [line.text for line in lines] == [
        'data: {"id": "x"}', "", "data: {", '  "usage": {', '    "total_tokens": 3', "  }", "}", "",
        "data: [DONE]", "", "",
    ]  # fmt: skip
    assert flagged(lines) == ['"total_tokens": 3']


def test_a_message_is_looked_for_in_the_deltas() -> None:
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in ({"role": "a"}, {"content": "b"}, {})]
    assert flagged(mark(stream(*chunks), "choices.*.message.content", streamed=True)) == ['"content": "b"']


def test_the_odd_event_out_is_flagged() -> None:
    text = stream(*({"id": "a"} for _ in range(20)), {"id": "b"}, {"id": "a"}, {"object": "c"})
    assert flagged(mark(text, "id", streamed=True)) == ['"id": "a"', '"id": "b"', '"id": "a"', "data: { absent: id"]


def test_what_is_repeated_is_flagged_where_it_is_repeated() -> None:
    """Two events that are alike: the second one is too many."""
    usage = {"choices": [], "usage": {"total_tokens": 3}}
    lines = mark(stream({"usage": None}, usage, {"usage": None}, usage), "usage.total_tokens", streamed=True)
    (first, second) = (place for place, line in enumerate(lines) if line.flagged)
    assert [line.text for line in lines[first:second]].count('data: {"usage": null}') == 1


def test_what_a_stream_lacks_is_flagged_where_it_should_be() -> None:
    text = stream({"usage": None}, {"usage": None}, {"usage": {"total_tokens": 3}})
    assert flagged(mark(text, "usage.prompt_tokens", streamed=True)) == ['"usage": { absent: prompt_tokens']


def test_what_no_event_has_is_flagged_once_at_the_end() -> None:
    lines = mark(stream({"id": "a"}, {"id": "b"}), "usage", streamed=True)
    assert flagged(lines) == ["data: { absent: usage"]
    assert [line.text for line in lines][:2] == ['data: {"id": "a"}', ""]


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
def test_lines_may_end_in_each_way(end: str) -> None:
    assert flagged(mark(stream({"id": "a"}, end=end), "id", streamed=True)) == ['"id": "a"']


# --- headers ------------------------------------------------------------------------------------------------


def test_headers_are_flagged_by_name_in_any_case() -> None:
    lines = mark_head(200, [("Content-Type", "text/html"), ("date", "x")], "header:content-type usage")
    assert flagged(lines) == ["Content-Type: text/html"]


def test_an_absent_header_is_noted_at_the_status() -> None:
    assert flagged(mark_head(405, [], "header:allow")) == ["HTTP 405 absent: allow"]


def test_the_status_is_flagged() -> None:
    assert flagged(mark_head(404, [("date", "x")], "status")) == ["HTTP 404"]


# --- properties ---------------------------------------------------------------------------------------------

names = st.sampled_from(["usage", "choices", "message", "delta", "content", "id"])
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(), inner, max_size=4),
    max_leaves=20,
)
paths = st.lists(names | st.just("*") | st.text("ab.*0 ", max_size=4), max_size=4).map(".".join)


def ink(text: str) -> str:
    return "".join(re.sub(r"[ \t\r\n]", "", text))


@given(documents, paths, st.booleans())
def test_marking_never_changes_a_document(document: Any, at: str, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    marked = "\n".join(line.text for line in mark(text, at))
    assert marked == pretty(text)
    assert ink(marked) == ink(text)


@given(st.text(), paths, st.booleans(), st.booleans())
def test_marking_never_changes_any_text(text: str, at: str, streamed: bool, truncated: bool) -> None:
    marked = "\n".join(line.text for line in mark(text, at, streamed=streamed, truncated=truncated))
    assert "".join(marked.split()) == "".join(text.split())


@given(st.lists(documents, max_size=5), paths)
def test_marking_never_changes_a_stream(chunks: list[Any], at: str) -> None:
    text = stream(*chunks)
    marked = "\n".join(line.text for line in mark(text, at, streamed=True))
    assert ink(marked) == ink(text)


@given(st.lists(st.booleans(), max_size=200), st.integers(0, 5), st.integers(4, 40))
def test_an_excerpt_accounts_for_every_line(flags: list[bool], context: int, most: int) -> None:
    lines = [Line(f"line {number}", flag) for number, flag in enumerate(flags)]
    shown = excerpt(lines, context, most)
    left_out = sum(int(re.sub(r"\D", "", line.text)) for line in shown if line.gap)
    kept = [line for line in shown if not line.gap]
    assert len(kept) + left_out == len(lines)
    assert kept == [line for line in lines if line in kept]
    if any(flags):
        assert any(line.flagged for line in kept)


def test_an_excerpt_cuts_long_lines() -> None:
    (line,) = excerpt([Line('"b64": "' + "A" * 9_000 + '"', flagged=True)])
    assert len(line.text) < 450
    assert "8,6" in line.text
    assert line.text.endswith('A"')
