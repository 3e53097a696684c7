"""Every source leads to a place in a dated revision of its document."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from conformance.contract.sources import link, sources, title
from conformance.resources import folder
from conformance.suite.catalogue import load

DOCS = Path(__file__).parents[2] / "docs"
REQUIREMENTS = load()


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def cited(value: Any) -> set[str]:
    """The value of every `x-source` of a schema, at any depth."""
    if isinstance(value, list):
        return {each for item in value for each in cited(item)}
    if not isinstance(value, dict):
        return set()
    own = value.get("x-source")
    return ({own} if isinstance(own, str) else set()) | {each for item in value.values() for each in cited(item)}


IN_SCHEMAS = {source for path in folder("schemas").glob("*.json") for source in cited(read(path))}


def test_the_table_is_valid() -> None:
    schema = read(folder("schemas") / "sources.schema.json")
    errors = Draft202012Validator(schema).iter_errors(read(folder("schemas") / "sources.json"))
    assert not [f"{error.json_path}: {error.message}" for error in errors]


def test_every_requirement_leads_to_a_place() -> None:
    assert [id for id, each in REQUIREMENTS.items() if not link(each.source).partition("#")[2]] == []


def test_every_member_of_the_schemas_leads_to_a_place() -> None:
    assert len(IN_SCHEMAS) > 200
    assert not [source for source in IN_SCHEMAS if not link(source).partition("#")[2]]


def test_no_document_stands_uncited() -> None:
    used = {source.partition("#")[0] for source in IN_SCHEMAS | {each.source for each in REQUIREMENTS.values()}}
    assert used == sources().keys()


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("rfc9110#15.5.2", "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2"),
        (
            "openai-python#_streaming.py",
            "https://github.com/openai/openai-python/blob/v3.54.0/src/openai/_streaming.py#L63",
        ),
        (
            "openai-openapi#CreateChatCompletionRequest.max_tokens",
            "https://github.com/openai/openai-openapi/blob/f85dbe223d40e1a31cba812ab2d755c7e98a92a3/openapi.yaml#L33373",
        ),
    ],
)
def test_link(source: str, address: str) -> None:
    assert link(source) == address


def test_title_gives_the_date_of_the_revision() -> None:
    assert title("rfc9110#15.5.2") == "RFC 9110: HTTP semantics (2022-06)"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rfc9110#xyz", "schemas/sources.json knows no place 'xyz' of rfc9110"),
        (
            "owasp#ap7",
            "schemas/sources.json knows no place 'ap7' of owasp: did you mean api7 or api8?",
        ),
        ("rfc9110", "schemas/sources.json knows no document without a place (rfc9110#…)"),
        ("iso#1", "schemas/sources.json knows no document 'iso'"),
    ],
)
def test_unknown_places_are_refused(source: str, said: str) -> None:
    with pytest.raises(ValueError, match="leads nowhere") as refusal:
        link(source)
    assert str(refusal.value) == f"the source {source!r} leads nowhere: {said}"


OPENAPI = """\
paths:
  /chat/completions:
    post:
      operationId: createChatCompletion
components:
  schemas:
    CreateChatCompletionRequest:
      allOf:
        - $ref: "#/components/schemas/Shared"
        - properties:
            messages:
              items:
                properties:
                  role: {type: string}
          required: [messages]
    Shared:
      properties:
        user: {type: string}
    Elsewhere: {}
  responses:
    TooManyRequests: {}
"""


def test_lines_of_an_openapi_description() -> None:
    lines = runpy.run_path(str(DOCS / "openapi_lines.py"))["lines"]
    assert lines(yaml.compose(OPENAPI)) == {
        "createChatCompletion": 4,
        "CreateChatCompletionRequest": 7,
        "CreateChatCompletionRequest.messages": 11,
        "CreateChatCompletionRequest.messages.role": 14,
        "CreateChatCompletionRequest.required": 15,
        "Shared": 16,
        "Shared.user": 18,
        "TooManyRequests": 21,
    }
