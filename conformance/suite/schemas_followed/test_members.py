"""The members of structured output: their names, their order, the letters of their values."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.faults import status
from conformance.contract.requests import SCHEMA_FLAT
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.language import say
from conformance.suite.support.refusals import rejected
from conformance.suite.support.structured import outputs

from . import AREA, CONTENT
from .schemas import SCHEMAS, by_schema, changed


def _escaped(request: Request) -> Request:
    """The same request with all characters beyond ASCII in escapes, as many clients write it."""
    return replace(request, body=json.dumps(request.asked).encode())


NAMES = _escaped(by_schema("names", "Ada, of the house of Lovelace, in London, in England.", "schema.names"))


@AREA.should(
    "keep property names with spaces, dots, dashes and letters beyond ASCII as they are, or reject them",
    on=(NAMES,),
    source="openai-openapi#ResponseFormatJsonSchemaSchema",
    contract=["schema-10"],
    at=CONTENT,
    hint="Do not rewrite property names; where the upstream does not support them, translate them back.",
    needs=["request"],
    broken_by={
        "rewritten": changed(lambda value: value.update(first_name=value.pop("first-name"))),
        "split at the dot": changed(lambda value: value.update(x={"y": value.pop("x.y")})),
        "damaged": changed(lambda value: value.update({"??": value.pop("名前")})),
        "a failure": status(500),
    },
)
def test_names(exchange: Exchange) -> None:
    if rejected(exchange):
        return
    wanted = set(SCHEMAS["names"]["properties"])
    for output in outputs(exchange):
        names = set(output) if isinstance(output, dict) else set()
        assert names == wanted, say(
            "the properties {wanted} were asked for, and {names} came", sorted(wanted), sorted(names)
        )


@AREA.should(
    "keep letters beyond ASCII in the values of structured output",
    on=(SCHEMA_FLAT,),
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["unicode-01", "schema-03"],
    at=CONTENT,
    hint="Let the grammar that constrains the output allow all characters, and write JSON as UTF-8 or with escapes.",
    needs=["request"],
    broken_by={
        "left out": changed(lambda value: value.update(name="Zo ngstrm")),
        "damaged": changed(lambda value: value.update(name="ZoÃ« Ã…ngstrÃ¶m")),
    },
)
def test_letters(exchange: Exchange) -> None:
    for output in outputs(exchange):
        name = output.get("name") if isinstance(output, dict) else None
        given = unicodedata.normalize("NFC", name) if isinstance(name, str) else ""
        if not given.startswith("Zo") or given.startswith("Zoe"):  # models leave out accents, too
            raise Inconclusive(say("the model gave the name as {name!r:.80}", name))
        assert given.startswith("Zoë"), say("Zoë Ångström is called {name!r:.80}", name)


@AREA.should(
    "write the members of an object in the order of the schema's properties",
    on=(SCHEMA_FLAT,),
    impact=Impact.FORM,
    source="openai-structured-outputs#key-ordering",
    contract=["schema-11"],
    at=CONTENT,
    hint="Keep the order of the schema when it is read and written again: maps sort their keys or lose their order.",
    needs=["request"],
    broken_by=changed(lambda value: value.update({name: value.pop(name) for name in sorted(value)})),
)
def test_key_order(exchange: Exchange) -> None:
    wanted = list(exchange.request.asked["response_format"]["json_schema"]["schema"]["properties"])
    for output in _with_members(exchange, wanted):
        assert list(output) == wanted, say(
            "the members come in the order {output}, the schema has {wanted}", list(output), wanted
        )


def _with_members(exchange: Exchange, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The output of each choice. Raises NotApplicable at one that has other members."""
    for output in outputs(exchange):
        if not isinstance(output, dict) or set(output) != set(wanted):
            raise NotApplicable(
                say("the members are not those of the schema (covered by structured_output.follows_schema)")
            )
        yield output
