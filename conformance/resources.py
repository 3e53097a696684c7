"""The files that are not code, beside the package in a checkout, inside it once installed; and whether a value is as a
schema among them has it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.language import say

if TYPE_CHECKING:
    from referencing import Registry

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
        return say("it is nested too deeply")
    return f"{found.json_path[:_SHOWN]}: {found.message[:_SHOWN]}" if found else ""


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    schema = {"$ref": f"https://phanedge.cloud/conformance/schemas/{name}.json"}
    return Draft202012Validator(schema, registry=registry())


@cache
def registry() -> Registry[Any]:
    """All files of schemas/ by their $id; nothing is fetched."""
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    files = sorted(folder("schemas").glob("*.json"))
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    resources = [(each["$id"], Resource.from_contents(each, DRAFT202012)) for each in contents if "$id" in each]
    return Registry().with_resources(resources).crawl()


@cache
def fixture(name: str) -> Any:
    """A JSON file of fixtures/."""
    return json.loads((folder("fixtures") / name).read_text(encoding="utf-8"))
