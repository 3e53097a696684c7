"""The baseline as a TOML file: read with places, written so that what people wrote in it stays."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from conformance.judgement.verdict import Finding
from conformance.language import gettext, say
from conformance.text import TextError, parse_toml, printable_line, read_text, toml_string

from .baseline import VIOLATED, Baseline, BaselineError, Known
from .baseline_layout import check_layout

_HEADER = re.compile(r"\s*\[\[\s*(known|\"known\"|'known')\s*\]\]")
_COMMENT_CHARACTERS = 200  #: of a comment; a report has the whole
HEAD = """\
# Violations that are known and accepted for now. Each fails the gate again once its day has passed;
# `phanedge-conformance baseline --prune REPORT --out {file}` removes those that are stale.
"""


# --- reading ------------------------------------------------------------------------------------------------


def read_baseline(path: Path) -> Baseline:
    """A baseline (schemas/baseline.json, as TOML). Raises BaselineError."""
    try:
        return parse(read_text(path), str(path))
    except TextError as error:
        raise BaselineError(str(error)) from None


def parse(text: str, file: str) -> Baseline:
    """The baseline of this text; `file` is what it is called. Raises BaselineError."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        value = _comparable(parse_toml(text, file))
    except TextError as error:
        raise BaselineError(str(error)) from None
    head, pieces = _pieces(text)
    check_layout(value, [piece.line for piece in pieces], text, file)
    entries = value.get("known", [])
    if len(entries) != len(pieces):
        raise BaselineError(say("{file}: write each entry under a [[known]] of its own", file))
    known = [_known(entry, piece) for entry, piece in zip(entries, pieces, strict=True)]
    for entry in known:
        if entry.rate is not None and not entry.allowed:
            raise BaselineError(
                say(
                    "{file}, line {line}: rate {rate:g} of {window} runs accepts no violation: raise one of the two",
                    file,
                    entry.line,
                    entry.rate,
                    entry.window,
                )
            )
    for position, entry in enumerate(known):
        for before in known[:position]:
            if (before.requirement, before.model) == (entry.requirement, entry.model):
                again = say(
                    "{requirement} on {model} is listed in line {line} already",
                    entry.requirement,
                    entry.model,
                    before.line,
                )
                raise BaselineError(say("{file}, line {line}: {again}: remove one of the two", file, entry.line, again))
    return Baseline(file, tuple(known), head)


def _known(entry: Mapping[str, Any], piece: Known) -> Known:
    """The entry at the place and with the text of a piece."""
    return replace(piece, **{"model": "*", **entry, "expires": date.fromisoformat(entry["expires"])})


def _comparable(value: Any) -> Any:
    """The value as the schema can read it, dates as text."""
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


# --- where in the file --------------------------------------------------------------------------------------


def _pieces(text: str) -> tuple[str, list[Known]]:
    """What stands above the first entry, and of each entry its line, its text and what follows it."""
    lines = re.findall("[^\n]*\n|[^\n]+", text)
    headers = list(_headers(lines))
    starts = [header - _comments_above(lines[:header]) for header in headers]
    pieces = []
    for header, start, end in zip(headers, starts, [*starts, len(lines)][1:], strict=True):
        own = end - _trailing(lines[header:end])
        written, after = "".join(lines[start:own]), "".join(lines[own:end])
        pieces.append(Known("", "*", "", "", date.max, header + 1, written, after))
    return "".join(lines[: starts[0] if starts else len(lines)]), pieces


def _headers(lines: Sequence[str]) -> Iterator[int]:
    """The lines with a `[[known]]` that is none within a text of several lines: what stands between two is whole."""
    found = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    while found:
        header = found.pop(0)
        yield header
        while found and not _whole("".join(lines[header : found[0]])):
            found.pop(0)


def _whole(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _comments_above(lines: Sequence[str]) -> int:
    return len(list(takewhile(lambda line: line.startswith("#"), reversed(lines))))


def _trailing(lines: Sequence[str]) -> int:
    """How many lines at the end are empty, or comments that belong to no entry."""
    return len(list(takewhile(lambda line: not line.strip() or line.startswith("#"), reversed(lines))))


# --- writing ------------------------------------------------------------------------------------------------


def dump(baseline: Baseline) -> str:
    """The file. Raises BaselineError where it would not say what it should."""
    text = baseline.head + "".join(each.text + each.after for each in baseline.known)
    meant = [replace(each, line=0, text="", after="") for each in baseline.known]
    try:
        written = [replace(each, line=0, text="", after="") for each in parse(text, baseline.file).known]
    except BaselineError:
        written = None
    if written != meant:
        raise BaselineError(say("{file} is laid out so that it cannot be rewritten: change it by hand", baseline.file))
    return text


def without(baseline: Baseline, dropped: Iterable[Known]) -> Baseline:
    """The baseline without these entries; comments that belong to none of them stay."""
    gone = list(dropped)
    head, kept = baseline.head, list[Known]()
    for entry in baseline.known:
        if entry not in gone:
            kept.append(entry)
        elif "#" in entry.after and kept:
            kept[-1] = replace(kept[-1], after=kept[-1].after + entry.after.lstrip("\n"))
        elif "#" in entry.after:
            head += entry.after.lstrip("\n")
    return replace(baseline, known=tuple(kept), head=head)


def extended(
    baseline: Baseline, findings: Sequence[Finding], sentences: Mapping[str, str], owner: str, expires: date
) -> Baseline:
    """The baseline with an entry for each violation that it does not list. One that all of several models have in
    common is one entry for any model."""
    new = []
    for id in sorted({each.requirement for each in findings}):
        own = sorted((each for each in findings if each.requirement == id), key=lambda each: each.model)
        violated = [each for each in own if each.verdict in VIOLATED]
        listed = [each for each in violated if any(entry.covers(each) for entry in baseline.known)]
        missing = [each for each in violated if each not in listed]
        if len(own) > 1 and missing == own:
            missing = [replace(own[0], model="*")]
        new += [_new(each, sentences[id], owner, expires) for each in missing]
    known = list(baseline.known)
    if known and new and not known[-1].after.endswith("\n\n"):
        known[-1] = replace(known[-1], text=_ended(known[-1].text), after=known[-1].after + "\n")
    for position, entry in enumerate(new, 1):
        known.append(replace(entry, after="\n" if position < len(new) else ""))
    head = baseline.head if baseline.known or baseline.head else HEAD.format(file=baseline.file) + "\n"
    return replace(baseline, known=tuple(known), head=head)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _new(finding: Finding, sentence: str, owner: str, expires: date) -> Known:
    """The entry for a violation, with the sentence and what was observed above it."""
    entry = Known(finding.requirement, finding.model, gettext("not looked into yet"), owner, expires)
    lines = [
        f"# {printable_line(sentence, _COMMENT_CHARACTERS)}",
        *([f"# Observed: {printable_line(finding.message, _COMMENT_CHARACTERS)}"] if finding.message else []),
        "[[known]]",
        *(f"{name} = {toml_string(getattr(entry, name))}" for name in ("requirement", "model", "reason", "owner")),
        f"expires = {expires}",
    ]
    return replace(entry, text="\n".join(lines) + "\n")
