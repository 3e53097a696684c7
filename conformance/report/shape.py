"""The shape of a JSON document: which members it has and of what types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from conformance.language import joined, say

DEPTH = 40  #: no member below this is looked at
#: Of each member the types that it has, by its path: `choices[].message.content` is `null` or `string`.
Shape = dict[str, tuple[str, ...]]
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
_STEP = re.compile(r"\.[^.\[]+$|\[\]$|^[^.\[]+$")
#: Names that are values in truth: numbers, dates, digests, identifiers.
_VOLATILE = re.compile(r"\d{4}|[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{16}")


def shape(document: Any) -> Shape:
    """The members of a JSON document with their types. The items of an array count as one, whatever values there are
    count not at all, and members named by a value, such as a date, are one member named `*`."""
    found: dict[str, set[str]] = {}
    _enter(document, "", found, 0)
    return {path: tuple(sorted(types)) for path, types in sorted(found.items())}


def _enter(value: Any, path: str, found: dict[str, set[str]], depth: int) -> None:
    found.setdefault(path, set()).add("null" if value is None else _TYPES[type(value)])
    if depth >= DEPTH:
        return
    if isinstance(value, dict):
        for name, member in value.items():
            known = "*" if _VOLATILE.search(name) else re.sub(r"[.\[\]]", "_", name) or '""'
            _enter(member, f"{path}.{known}" if path else known, found, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _enter(item, f"{path}[]", found, depth + 1)


def diff(old: Shape, new: Shape) -> list[str]:
    """A sentence for each member that appeared, vanished or changed its type. Of a member that appeared or vanished
    with all it holds only itself is named."""
    sentences: list[str] = []
    for path in sorted({*old, *new}):
        if path and not (_holder(path) in old and _holder(path) in new):
            continue
        name = path or say("the document")
        if path not in old:
            sentences.append(say("{name} appeared: {types}", name, _said(new[path])))
        elif path not in new:
            sentences.append(say("{name} vanished: it was {types}", name, _said(old[path])))
        elif old[path] != new[path]:
            sentences.append(say("{name} was {before}, is {after}", name, _said(old[path]), _said(new[path])))
    return sentences


def _holder(path: str) -> str:
    """The path of the object or array that holds a member."""
    return _STEP.sub("", path)


def _said(types: Iterable[str]) -> str:
    articles = {"integer": "an ", "object": "an ", "array": "an ", "null": ""}
    return joined(" or ", (say("{_article}{type}", articles.get(each, "a "), each) for each in types))
