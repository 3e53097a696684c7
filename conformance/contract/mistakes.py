"""What is wrong with a value by a JSON Schema, as a sentence: jsonschema's own messages are English only."""

from __future__ import annotations

import json
from typing import Any, cast

from jsonschema.exceptions import ValidationError

from conformance.language import Said, say

_SHOWN = 80  #: characters of a value


def said(error: ValidationError) -> str:
    """A sentence about what a validator found; jsonschema's own for keywords that our schemas do not use."""
    if isinstance(error.message, Said):  # of the accounting vocabulary
        return error.message
    value, limit, instance = shown(error.instance), cast(Any, error.validator_value), cast(Any, error.instance)
    match error.validator:
        case "type":
            types = [limit] if isinstance(limit, str) else limit
            return say("{value} is not of type {types}", value, ", ".join(map(str, types)))
        case "enum":
            return say("{value} is not one of {values}", value, ", ".join(map(shown, limit)))
        case "const":
            return say("{value} is not {wanted}", value, shown(limit))
        case "minimum":
            return say("{value} is less than the minimum of {minimum}", value, limit)
        case "maximum":
            return say("{value} is greater than the maximum of {maximum}", value, limit)
        case "exclusiveMinimum":
            return say("{value} is not greater than {minimum}", value, limit)
        case "exclusiveMaximum":
            return say("{value} is not less than {maximum}", value, limit)
        case "multipleOf":
            return say("{value} is not a multiple of {divisor}", value, limit)
        case "minLength" | "minItems" | "minProperties" if limit == 1:
            return say("{value} is empty", value)
        case "minLength" | "minItems" | "minProperties":
            return say("{value} is shorter than {minimum}", value, limit)
        case "maxLength" | "maxItems" | "maxProperties":
            return say("{value} is longer than {maximum}", value, limit)
        case "uniqueItems":
            return say("{value} has the same entry twice", value)
        case "pattern":
            return say("{value} does not match the pattern {pattern}", value, limit)
        case "required":
            lacking = [name for name in limit if name not in instance]
            return say("{name} absent", ", ".join(lacking))
        case "additionalProperties":
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            return say("{names} not expected", ", ".join(sorted(instance.keys() - known.keys(), key=str)))
        case "not" if limit == {}:
            return say("it must be left out")
        case "not" if isinstance(limit, dict) and limit.keys() == {"type"}:
            return say("{type} is not accepted", limit["type"])
        case "anyOf" | "oneOf":
            return say("{value} is none of the alternatives", value)
    return error.message[:200]


def shown(value: Any) -> str:
    """A value as JSON, its end cut off where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
