"""The files that are not code, beside the package in a checkout, inside it once installed; and whether a value is as a
schema among them has it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
_SHOWN = 200  #: characters of what is said of a value


def folder(name: str) -> Path:
    """The folder `schemas` or `fixtures`."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def mistake(value: Any, schema: str) -> str:
    """What keeps a value from being one of our own formats, as the file of schemas/ with this name has it; empty where
    nothing does."""
    try:
        found = next(_validator(schema).iter_errors(value), None)
    except RecursionError:
        return "it is nested too deeply"
    return f"{found.json_path[:_SHOWN]}: {found.message[:_SHOWN]}" if found else ""


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    def from_file(uri: str) -> Resource[Any]:
        text = (folder("schemas") / uri.rpartition("/")[2]).read_text(encoding="utf-8")
        return Resource.from_contents(json.loads(text))

    known: Registry[Any] = Registry(retrieve=from_file)  # type: ignore[call-arg]
    return Draft202012Validator({"$ref": f"https://phanedge.cloud/conformance/schemas/{name}.json"}, registry=known)


@cache
def fixture(name: str) -> Any:
    """A JSON file of fixtures/."""
    return json.loads((folder("fixtures") / name).read_text(encoding="utf-8"))
