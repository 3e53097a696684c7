"""Whether to call tools, which, and with what."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .facts import facts, subjects
from .generate import instance
from .images import colour
from .messages import Message, images_of, text_of
from .patterns import Unwritable
from .refusal import Refusal
from .schemas import chosen_names
from .strings import TOLD
from .vocabulary import VERBS

_DIRECTION = re.compile(r"\b(?:use|using|call|invoke|run)\b[^.?!\n]{0,40}\b(?:tools?|functions?)\b", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:do not|don't|never|without)\s+(?:use|using|call|calling)\b[^.?!\n]{0,40}\b(?:tools?|functions?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Call:
    """A function called with arguments in JSON."""

    name: str
    arguments: str


def wanted_calls(asked: dict[str, Any]) -> list[Call]:
    """The calls that the choice of tools and the prompt lead to; none where text is to be written. Raises
    Refusal where a function's parameters cannot be filled in."""
    functions, mode = _offered(asked)
    if mode == "none" or (mode == "auto" and asked["messages"][-1]["role"] in ("tool", "function")):
        return []
    text = _prompt(asked["messages"])
    if mode == "auto" and not _is_wanted(functions, text):
        return []
    pairs = _split(functions, text) or [(_best(functions, text), text)]
    calls = [Call(function["name"], each) for function, part in pairs for each in _arguments(function, part, asked)]
    single = asked.get("parallel_tool_calls") is False or "functions" in asked or is_named(asked)
    return calls[:1] if single else calls


def is_named(asked: dict[str, Any]) -> bool:
    """Whether the request forces one function: such a reply ends with `stop` (OpenAI, function calling)."""
    choice = asked.get("tool_choice", asked.get("function_call"))
    return isinstance(choice, dict) and choice.get("type") != "allowed_tools"


def _offered(asked: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """The functions that may be called, and whether they must be."""
    functions = [tool["function"] for tool in asked.get("tools", ())] or list(asked.get("functions", ()))
    choice = asked.get("tool_choice", asked.get("function_call", "auto" if functions else "none"))
    if isinstance(choice, str):
        return functions, choice
    names = [choice["name"]] if "function_call" in asked and "tool_choice" not in asked else chosen_names(choice)
    mode = choice["allowed_tools"]["mode"] if choice.get("type") == "allowed_tools" else "required"
    return [each for each in functions if each["name"] in names], mode


def _prompt(messages: list[Message]) -> str:
    """What the user said last, and the colours of the images that there are."""
    said = next((text_of(each) for each in reversed(messages) if each["role"] == "user"), "")
    seen = [colour(each["image_url"]["url"]) for message in messages for each in images_of(message)]
    return " ".join([said, *(f"{each}." for each in seen if each)])


def _is_wanted(functions: list[dict[str, Any]], text: str) -> bool:
    """The prompt tells to use a tool, names one, or speaks of what one is about."""
    if _NEGATION.search(text):
        return False
    return _DIRECTION.search(text) is not None or any(_relevance(function, text) for function in functions)


def _relevance(function: dict[str, Any], text: str) -> int:
    words = set(re.findall(r"\w+", text.lower()))
    if function["name"].lower() in text.lower() and len(function["name"]) > 2:
        return 100
    about = {each for each in re.split(r"[_-]|(?<=[a-z])(?=[A-Z])", function["name"]) if len(each) > 2}
    return len(({each.lower() for each in about} - VERBS) & words)


def _best(functions: list[dict[str, Any]], text: str) -> dict[str, Any]:
    return max(functions, key=lambda function: _relevance(function, text))


def _split(functions: list[dict[str, Any]], text: str) -> list[tuple[dict[str, Any], str]]:
    """Each function with the words that follow its name, where the prompt names several."""
    places = sorted((text.find(each["name"]), index) for index, each in enumerate(functions) if each["name"] in text)
    if len(places) < 2:
        return []
    ends = [place for place, _ in places[1:]] + [len(text)]
    parts = [(functions[index], text[place:end]) for (place, index), end in zip(places, ends, strict=True)]
    return [(function, part.removeprefix(function["name"])) for function, part in parts]


def _arguments(function: dict[str, Any], text: str, asked: dict[str, Any]) -> list[str]:
    """The arguments of one call, or of one call for each subject where the function takes a single one."""
    schema = function.get("parameters") or {}
    told = TOLD.search(str(function.get("description", "")))
    subject = [told[1]] if told else subjects(text)
    names: list[str | None] = [*subject] if _takes_one_subject(schema) else []
    salt = str(asked.get("seed", ""))
    return [_dump(_fill(function, schema, text, salt, name)) for name in names or [None]]


def _takes_one_subject(schema: dict[str, Any]) -> bool:
    """Exactly one required property is a free string."""
    properties = schema.get("properties") or {}
    free = [
        name
        for name in schema.get("required", ())
        if isinstance(each := properties.get(name), dict)
        and each.get("type") == "string"
        and not {"enum", "const", "format", "pattern"} & set(each)
    ]
    return len(free) == 1


def _fill(function: dict[str, Any], schema: dict[str, Any], text: str, salt: str, name: str | None) -> Any:
    try:
        found = instance({"type": "object", **schema}, facts(text, salt, name))
    except Unwritable as error:
        message = f"Invalid schema for function '{function['name']}': {error}."
        raise Refusal(message, "tools", "invalid_function_parameters") from None
    return found


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
