"""What is wrong in the file of a baseline, in a sentence with the line and the remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from conformance.evidence.strict_json import loads
from conformance.language import joined, phrase, say
from conformance.resources import folder
from conformance.text import nearest

from .baseline import BaselineError


def check_layout(value: Mapping[str, Any], places: Sequence[int], text: str, file: str) -> None:
    """Raise BaselineError where a document is no baseline. `places` are the lines of its entries, `text` is what is in
    the file, and `file` what it is called."""
    schema = loads((folder("schemas") / "baseline.json").read_bytes())
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    problems = list(validator.iter_errors(value))
    if not problems:
        return
    # a key that is misspelt is told before the one that is missing for it
    first = min(problems, key=lambda each: (list(each.absolute_path)[1:2], each.validator != "additionalProperties"))
    path = list(first.absolute_path)
    line = places[path[1]] if len(path) > 1 and path[1] < len(places) else 0
    key = path[2] if len(path) > 2 else _unknown(first) or ""
    line = _line_of(key, text, line) if key else line
    place = say("{file}, line {line}", file, line) if line else file
    raise BaselineError(joined(": ", (place, _problem(first))))


def _line_of(key: str, text: str, start: int) -> int:
    """The line of a key, at or after a line; that line where the key is not found."""
    pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]|\s*\[+\s*[\"']?{re.escape(key)}\b")
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if number >= start and pattern.match(line)), start)


def _unknown(error: Any) -> str | None:
    """Of a jsonschema.ValidationError the key that is not known."""
    if error.validator != "additionalProperties":
        return None
    return next(str(each) for each in error.instance if each not in error.schema["properties"])


def _problem(error: Any) -> str:
    """Of a jsonschema.ValidationError what is wrong, and what to do."""
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    path = list(error.absolute_path)
    if name := _unknown(error):
        meant = nearest(name, known) or say("there are {names}", ", ".join(known))
        return say("the key {name} is unknown: {remedy}", name, meant)
    if error.validator == "required":
        lacking = next(each for each in error.schema["required"] if each not in error.instance)
        return say("the entry lacks {name}: {meaning}", lacking, phrase(known[lacking]["description"]))
    if error.validator == "dependentRequired":
        return say("window is the number of runs that a rate is about: add rate, or remove window")
    if len(path) < 3:
        return say("write each entry under a [[known]] of its own")
    shown = json.dumps(error.instance, ensure_ascii=False, default=str)
    value = say("{name} is {value:.60}", path[2], shown)
    if path[2] == "requirement" and isinstance(error.instance, str) and set(error.instance) & set("*?["):
        return say(
            "{value}, a pattern: give each requirement an entry of its own, so that none is accepted unseen", value
        )
    return joined(": ", (value, phrase(error.schema["description"])))
