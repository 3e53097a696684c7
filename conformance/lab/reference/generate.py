"""An instance of a JSON Schema, with what the prompt says in it where that fits.

The same schema, prompt and seed give the same instance. What is not supported is Unwritable, never ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .facts import Facts
from .numbers import fits, smallest
from .patterns import Unwritable
from .strings import string

Schema = dict[str, Any]
DEEPEST = 64  #: levels, beyond which a schema that refers to itself is taken not to end
MOST_VALUES = 20_000  #: in one instance, tries included
_USUAL_DEPTH = 12  #: levels of references, beyond which an instance is made as small as it may be
_UNSUPPORTED = (
    "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
    "propertyNames", "contains", "prefixItems", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
)  # fmt: skip


@dataclass(frozen=True)
class _Place:
    """Where in the instance: its path, how deep, and how many references were followed to get there."""

    path: str = "$"
    depth: int = 0
    references: int = 0

    def inside(self, name: str | int) -> _Place:
        return _Place(f"{self.path}.{name}", self.depth + 1, self.references)

    def referred(self) -> _Place:
        return _Place(self.path, self.depth + 1, self.references + 1)

    @property
    def small(self) -> bool:
        return self.references > 2 or self.depth > _USUAL_DEPTH


def instance(schema: Schema, facts: Facts) -> Any:
    """A value that is valid under the schema (2020-12, the part that structured outputs support). Raises
    Unwritable."""
    try:
        return _Generator(schema, facts).value(schema, _Place())
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError):
        raise Unwritable("a keyword has a value of the wrong type") from None


@dataclass(frozen=True)
class _Generator:
    root: Schema
    facts: Facts
    values: Iterator[int] = field(default_factory=count)

    def value(self, schema: Any, place: _Place) -> Any:
        if next(self.values) > MOST_VALUES:
            raise Unwritable("the schema has no instance of a sensible size")
        if schema is False or place.depth > DEEPEST:
            raise Unwritable(f"no value is allowed at {place.path}, or none that ends")
        if schema is True:
            schema = {}
        if unknown := [name for name in _UNSUPPORTED if name in schema]:
            raise Unwritable(f"the keyword {unknown[0]!r} at {place.path} is not supported")
        if "$ref" in schema:
            return self.value(resolve(self.root, schema["$ref"]), place.referred())
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.member(schema["enum"], place)
        for name in ("anyOf", "oneOf"):
            if name in schema:
                rest = {key: each for key, each in schema.items() if key != name}
                return self.branch(rest, schema[name], place)
        return self.typed(schema, place)

    def member(self, options: list[Any], place: _Place) -> Any:
        """The option that the prompt mentions, else any."""
        said: list[Any] = [each for each in options if isinstance(each, str) and self.facts.mentions(each)]
        said += [each for each in options if type(each) is int and each in self.facts.integers]
        options = said[:1] or options
        if not options:
            raise Unwritable(f"the enum at {place.path} is empty")
        taken = [str(each).lower() for each in said]
        self.facts.names[:] = [name for name in self.facts.names if name.lower() not in taken]
        return options[self.facts.choose(len(options), place.path)]

    def branch(self, rest: Schema, branches: list[Any], place: _Place) -> Any:
        """One of the branches: any while there is room, then the smallest that can be written."""
        start = self.facts.choose(max(len(branches), 1), place.path)
        order = [*branches[start:], *branches[:start]]
        if place.small:
            order.sort(key=lambda each: isinstance(each, dict) and ("$ref" in each or each.get("type") == "object"))
        for each in order:
            try:
                return self.value({**rest, **each} if isinstance(each, dict) else each, place.inside("?"))
            except Unwritable:
                continue
        raise Unwritable(f"none of the branches at {place.path} can be written")

    def typed(self, schema: Schema, place: _Place) -> Any:
        types = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(types, list):
            smallest = place.small and "null" in types
            types = "null" if smallest else next((each for each in types if each != "null"), "null")
        writers: dict[Any, Callable[[Schema, _Place], Any]] = {
            "object": self.object, "array": self.array, "string": self.string, "integer": self.number,
            "number": self.number, "boolean": self.boolean, "null": lambda *_: None,
        }  # fmt: skip
        if types not in writers:
            raise Unwritable(f"the type {types!r} at {place.path} is unknown")
        return writers[types]({**schema, "type": types}, place)

    def object(self, schema: Schema, place: _Place) -> dict[str, Any]:
        """Its required properties, and the optional ones of which the prompt names a value, in the schema's
        order."""
        properties, required = schema.get("properties", {}), schema.get("required", [])
        named = [name for name, each in properties.items() if name in required or self.is_said(each)]
        missing = [name for name in required if name not in properties]
        found = {name: self.value(properties[name], place.inside(name)) for name in named}
        found |= {name: self.value(schema.get("additionalProperties", {}), place.inside(name)) for name in missing}
        for name in properties:
            if len(found) < schema.get("minProperties", 0) and name not in found:
                found[name] = self.value(properties[name], place.inside(name))
        if not schema.get("minProperties", 0) <= len(found) <= schema.get("maxProperties", math.inf):
            raise Unwritable(f"the number of properties at {place.path} cannot be met")
        return found

    def is_said(self, schema: Any) -> bool:
        options = schema.get("enum", []) if isinstance(schema, dict) else []
        return any(isinstance(each, str) and self.facts.mentions(each) for each in options)

    def array(self, schema: Schema, place: _Place) -> list[Any]:
        low, high = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        length = low if place.small else max(low, min(2, high))
        if low > min(high, 1000):
            raise Unwritable(f"the length of the array at {place.path} cannot be met")
        found = [self.value(schema.get("items", {}), place.inside(index)) for index in range(length)]
        if schema.get("uniqueItems") and any(each in found[:index] for index, each in enumerate(found)):
            found = found[: max(low, 1)]
            if any(each in found[:index] for index, each in enumerate(found)):
                raise Unwritable(f"no different items are known at {place.path}")
        return found

    def string(self, schema: Schema, place: _Place) -> str:
        return string(schema, self.facts, place.path)

    def boolean(self, schema: Schema, place: _Place) -> bool:
        words = [each for each in place.path.rpartition(".")[2].replace("-", "_").split("_") if len(each) > 2]
        return not self.facts.denies(words or ["?"])

    def number(self, schema: Schema, place: _Place) -> float:
        whole = schema["type"] == "integer"
        said: list[Any] = self.facts.integers if whole else self.facts.decimals + self.facts.integers
        for each in said:
            if fits(each, schema):
                (self.facts.integers if type(each) is int else self.facts.decimals).remove(each)
                return each  # type: ignore[no-any-return]
        found = smallest(schema, whole, 1 + self.facts.choose(9, place.path))
        if not fits(found, schema):
            raise Unwritable(f"the bounds of the number at {place.path} cannot be met")
        return found


def resolve(root: Schema, reference: Any) -> Any:
    """The schema that a reference inside the same document names. Raises Unwritable."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise Unwritable(f"the reference {reference!r} leads out of the schema")
    found: Any = root
    for name in reference[1:].split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            raise Unwritable(f"the reference {reference!r} leads nowhere")
        found = found[name]
    return found
