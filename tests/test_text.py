"""Text for people and files: what is similar, what a terminal may show, what a killed process leaves."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.text import (
    TextError,
    nearest,
    nearest_few,
    printable,
    printable_line,
    read_toml,
    toml_string,
    typed_path,
    write_whole,
)

IDS = ["usage.total_tokens.sum", "usage.total_tokens.number", "usage.total_tokens.there", "error.type"]


@pytest.mark.parametrize(
    ("name", "said"), [("imput", "did you mean input?"), ("write", "did you mean write_5m?"), ("zzz", "")]
)
def test_the_nearest_key(name: str, said: str) -> None:
    assert nearest(name, ("input", "output", "write_5m")) == said


def test_some_of_the_nearest_ids() -> None:
    said = nearest_few("usage.total_tokens.sums", IDS)
    assert said.startswith(": did you mean usage.total_tokens.sum or usage.total_tokens.")
    assert said.count(" or ") == 2
    assert said.endswith("?")
    assert nearest_few("zzzzzzzz", IDS) == ""


@pytest.mark.parametrize(
    ("text", "most", "line"),
    [
        ("one\r\n two\t\x1b[31mred", None, "one two [31mred"),
        ("right to left \u202e", None, "right to left"),
        ("lone \ud800 surrogate", None, "lone surrogate"),
        ("12345", 5, "12345"),
        ("123456", 5, "1234…"),
        ("", 5, ""),
    ],
)
def test_a_line_for_a_terminal(text: str, most: int | None, line: str) -> None:
    assert printable_line(text, most) == line


@given(st.text(), st.integers(1, 20))
def test_a_line_is_printable_and_no_longer_than_it_may_be(text: str, most: int) -> None:
    line = printable_line(text, most)
    assert line.isprintable()
    assert len(line) <= most


def test_lines_of_a_message_stay() -> None:
    assert printable("one\ntwo\r\x07 three") == "one\ntwo   three"


@given(st.text())
def test_a_string_of_toml(text: str) -> None:
    assert tomllib.loads(f"a = {toml_string(text)}") == {"a": text}


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["ä\n", b"\x00\xff"])
def test_a_file_is_replaced_whole(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")
    assert path.read_text() == "old"


def test_what_a_killed_process_leaves_is_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(part: Path, path: Path) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "run.json"
    path.write_text("old")
    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [each.suffix for each in tmp_path.iterdir() if each != path] == [".part"]


def test_a_document(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_bytes(b"\xef\xbb\xbfinput = 0.10\r\n")
    assert read_toml(path, Decimal) == {"input": Decimal("0.10")}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff = 1", r"cannot be read as UTF-8: .*0xff in position 0"),
        (b"a = ", r"is not TOML: Invalid value \(at end of document\)"),
        (b"a = " + 100_000 * b"[", r"is not TOML: .*"),
    ],
)
def test_a_file_that_is_no_document(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "baseline.toml"
    path.write_bytes(content)
    with pytest.raises(TextError, match=rf"^\S*baseline\.toml {sentence}"):
        read_toml(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"^\S*none\.toml cannot be read \(No such file or directory\)$"):
        read_toml(tmp_path / "none.toml")


def test_a_path_as_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert typed_path(tmp_path / "reports" / "x") == typed_path(Path("reports/x")) == str(Path("reports", "x"))
    assert typed_path(tmp_path.parent) == str(tmp_path.parent)
