"""Text for people and files: nearest names, printable lines, files that are written whole, TOML that is read."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import stat
import threading
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from conformance.language import Said, changed, joined, phrase, say


def nearest(name: str, names: Iterable[str]) -> str:
    """The question whether the most similar of the names was meant; empty where none is similar."""
    return _meant(difflib.get_close_matches(name, list(names), 1, 0.5))


def nearest_few(name: str, names: Iterable[str]) -> str:
    """The same for long names that differ in little, such as ids: with up to three of them, and behind a colon."""
    meant = _meant(difflib.get_close_matches(name, list(names), 3, 0.4))
    return say(": {question}", meant) if meant else ""


def _meant(near: list[str]) -> str:
    return say("did you mean {names}?", joined(" or ", near)) if near else ""


#: What a CI server takes for a command where a log has it: `##vso[`, `##[`, `##teamcity[` anywhere in a line, and
#: GitHub's `::name`. The ends of IPv6 addresses are none: `::1`, `[::]`.
_LOG_COMMAND = re.compile(r"#(?=#\w*\[)|:(?=:(?![\d\]/]))")


def harmless(text: str) -> str:
    """The text without commands to CI servers, which a space takes apart."""
    return _LOG_COMMAND.sub(r"\g<0> ", text)


def harmless_json(text: str) -> str:
    """The same for a JSON text, whose value stays: there an escape takes them apart."""
    return _LOG_COMMAND.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def printable(text: str) -> str:
    """The text for a terminal or a log: each character that is not printable becomes a space, except line feeds, and
    commands to CI servers are taken apart."""
    return changed(text, _printable)


def _printable(text: str) -> str:
    return harmless("".join(each if each.isprintable() or each == "\n" else " " for each in text))


def quoted(text: str) -> str:
    """The text as one word for a shell (bash, zsh, ksh). What a terminal would not show, and what a CI server takes for
    a command, is written as escapes."""
    if (text.isprintable() or text.replace("\n", "").isprintable()) and not _LOG_COMMAND.search(text):
        return shlex.quote(text)
    whole = text.replace("\\", "\\\\").replace("'", "\\'")
    whole = _LOG_COMMAND.sub(lambda found: _escaped(found[0]), whole)
    escaped = "".join(each if each.isprintable() else _escaped(each) for each in whole)
    return f"$'{escaped}'"


def _escaped(character: str) -> str:
    """Its bytes in UTF-8, three digits each: a digit that follows does not belong to them."""
    return "".join(f"\\{each:03o}" for each in character.encode("utf-8", "replace"))


def printable_line(text: str, most: int | None = None) -> str:
    """The printable text on one line, its end cut off where it has more than `most` characters."""
    apart = changed(text, lambda each: re.sub(r"\s+", " ", printable(each)))
    line = apart if isinstance(apart, Said) else apart.strip()
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def typed_path(path: Path) -> str:
    """The path as a person would type it: relative to the working directory where it lies below it, else absolute."""
    whole = path.absolute()
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees all of it or what was there before, also where this process is killed.
    Text is written as UTF-8. No link is followed: one that has the name of the file is replaced. Raises OSError."""
    data = content.encode() if isinstance(content, str) else content
    part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    part.unlink(missing_ok=True)
    with part.open("xb") as file:
        file.write(data)
    part.replace(path)


def toml_string(text: str) -> str:
    """A basic string of TOML, which is one of JSON but for DEL; a lone surrogate becomes a question mark."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


class TextError(Exception):
    """A file cannot be read; the message is one sentence that names it."""


def reason_of(error: OSError) -> str:
    """Why the operating system refused something."""
    return phrase(error.strerror) if error.strerror else str(error)


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a file that somebody else may have made. Raises TextError where it is no regular file, or has more
    than `most` bytes."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise TextError(say("{path} is not a regular file", path))
            data = file.read(most + 1)
    except OSError as error:
        raise TextError(say("{path} cannot be read: {reason}", path, reason_of(error))) from None
    if len(data) > most:
        raise TextError(say("{path} has more than {most:,} bytes", path, most))
    return data


def _without_waiting(path: str, flags: int) -> int:
    """A descriptor; of a named pipe, too, without waiting for a writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, without a byte order mark, each line ended by a line feed. Raises TextError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TextError(say("{path} cannot be read ({reason})", path, reason_of(error))) from None
    except UnicodeDecodeError as error:
        raise TextError(say("{path} cannot be read as UTF-8: {error}", path, error)) from None


def parse_toml(text: str, file: str | Path, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The TOML document of a text; `file` names it in the sentence of a TextError, which is raised where it is none."""
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, and an integer of too many digits
        raise TextError(say("{file} is not TOML: {error}", file, error)) from None


def read_toml(path: Path, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The TOML document in a file. Raises TextError."""
    return parse_toml(read_text(path), path, parse_float)
