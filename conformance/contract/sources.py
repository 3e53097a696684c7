"""Where each sentence of the contract comes from: shorthand and anchor to a link."""

from __future__ import annotations

import json
from functools import cache

from conformance.resources import folder


@cache
def sources() -> dict[str, dict[str, str]]:
    """schemas/sources.json: title and url of each shorthand."""
    table: dict[str, dict[str, str]] = json.loads((folder("schemas") / "sources.json").read_text(encoding="utf-8"))
    return table


def link(source: str) -> str:
    """The address of a source such as `rfc9110#15.5.2`. Raises KeyError where the shorthand is unknown."""
    shorthand, _, anchor = source.partition("#")
    url = sources()[shorthand]["url"]
    return url.replace("{anchor}", anchor) if anchor else url.partition("#")[0]


def title(source: str) -> str:
    """What a person calls the source. Raises KeyError where the shorthand is unknown."""
    return sources()[source.partition("#")[0]]["title"]
