"""Validation of the schemas in a body: tools, the choice among them, and the output format."""

from __future__ import annotations

import re
from typing import Any

from .messages import Message, text_of
from .refusal import Refusal, missing, unsupported, wrong_type
from .strict import fault_of, strict_fault

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MODES = ["none", "auto", "required"]


def check_tools(asked: dict[str, Any]) -> None:
    """Refuse tools that are none, and a choice of a tool that was not given. Raises Refusal."""
    tools = asked.get("tools")
    if tools is not None:
        if not isinstance(tools, list):
            raise wrong_type("tools", "an array of objects", tools)
        if not tools:
            raise Refusal("Invalid 'tools': empty array. Expected at least one tool.", "tools", "empty_array")
        for index, tool in enumerate(tools):
            if not isinstance(tool, dict):
                raise wrong_type(f"tools[{index}]", "an object", tool)
            if tool.get("type") != "function":
                raise unsupported(f"tools[{index}].type", tool.get("type"), ["function"])
            check_function(tool.get("function"), f"tools[{index}].function")
    if "parallel_tool_calls" in asked and tools is None:
        message = "Invalid value for 'parallel_tool_calls': it is only allowed when 'tools' are specified."
        raise Refusal(message, "parallel_tool_calls")
    if "tool_choice" in asked:
        _check_choice(asked["tool_choice"], tools)
    _check_functions(asked)


def check_function(function: Any, where: str) -> None:
    """Refuse a function without a usable name, or with parameters that are no schema. Raises Refusal."""
    if not isinstance(function, dict):
        raise missing(where) if function is None else wrong_type(where, "an object", function)
    name = function.get("name")
    if not isinstance(name, str):
        raise missing(f"{where}.name") if name is None else wrong_type(f"{where}.name", "a string", name)
    if not _NAME.fullmatch(name):
        message = f"Invalid '{where}.name': string does not match the pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
        raise Refusal(message, f"{where}.name", "invalid_value")
    parameters = function.get("parameters")
    if parameters is None:
        return
    if not isinstance(parameters, dict):
        raise wrong_type(f"{where}.parameters", "an object", parameters)
    fault = strict_fault(parameters) if function.get("strict") is True else fault_of(parameters)
    if fault is None and parameters.get("type", "object") != "object":
        fault = "schema must be of type 'object'"
    if fault:
        message = f"Invalid schema for function '{name}': {fault}."
        raise Refusal(message, f"{where}.parameters", "invalid_function_parameters")


def check_format(asked: dict[str, Any]) -> None:
    """Refuse an output format that is none, and JSON mode where nothing speaks of JSON. Raises Refusal."""
    output = asked.get("response_format")
    if output is None:
        return
    kinds = ["text", "json_object", "json_schema"]
    if output.get("type") not in kinds:
        raise unsupported("response_format.type", output.get("type"), kinds)
    if output["type"] == "json_object":
        _check_json_is_asked(asked["messages"])
    if output["type"] == "json_schema":
        _check_json_schema(output.get("json_schema"))


def _check_json_schema(named: Any) -> None:
    where = "response_format.json_schema"
    if not isinstance(named, dict):
        raise missing(where) if named is None else wrong_type(where, "an object", named)
    name, schema = named.get("name"), named.get("schema")
    if not isinstance(name, str):
        raise missing(f"{where}.name") if name is None else wrong_type(f"{where}.name", "a string", name)
    if not _NAME.fullmatch(name):
        raise Refusal(f"Invalid '{where}.name': {name[:100]!r}.", f"{where}.name", "invalid_value")
    if not isinstance(schema, dict):
        raise (missing(f"{where}.schema") if schema is None else wrong_type(f"{where}.schema", "an object", schema))
    fault = strict_fault(schema) if named.get("strict") is True else fault_of(schema)
    if fault:
        raise Refusal(f"Invalid schema for response_format '{name}': {fault}.", "response_format")


def _check_json_is_asked(messages: list[Message]) -> None:
    if not any("json" in text_of(message).lower() for message in messages):
        text = "must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        raise Refusal(f"'messages' {text}", "messages")


def _check_choice(choice: Any, tools: list[dict[str, Any]] | None) -> None:
    if tools is None and choice != "none":
        raise Refusal("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")
    if isinstance(choice, str):
        if choice not in MODES:
            raise unsupported("tool_choice", choice, MODES)
        return
    for name in chosen_names(choice):
        if name not in [tool["function"]["name"] for tool in tools or ()]:
            raise Refusal(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice", "invalid_value")


def chosen_names(choice: Any) -> list[str]:
    """The tools that a choice names: one, or those it allows. Raises Refusal."""
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind == "function":
        named = [choice]
    elif kind == "allowed_tools" and isinstance(choice.get("allowed_tools"), dict):
        allowed = choice["allowed_tools"]
        if allowed.get("mode") not in ("auto", "required"):
            raise unsupported("tool_choice.allowed_tools.mode", allowed.get("mode"), ["auto", "required"])
        named = allowed.get("tools") if isinstance(allowed.get("tools"), list) else []
    else:
        raise wrong_type("tool_choice", "one of 'none', 'auto', 'required' or an object that names a tool", choice)
    functions = [each.get("function") if isinstance(each, dict) else None for each in named]
    names = [each.get("name") if isinstance(each, dict) else None for each in functions]
    if not names or not all(isinstance(each, str) for each in names):
        raise missing("tool_choice.function.name")
    return [str(each) for each in names]


def _check_functions(asked: dict[str, Any]) -> None:
    """The deprecated form of tools."""
    functions, choice = asked.get("functions"), asked.get("function_call")
    if functions is not None:
        if not isinstance(functions, list) or not functions:
            raise wrong_type("functions", "a non-empty array of objects", functions)
        for index, function in enumerate(functions):
            check_function(function, f"functions[{index}]")
    if choice is None:
        return
    if functions is None:
        raise Refusal("'function_call' is only allowed when 'functions' are specified.", "function_call")
    if isinstance(choice, str) and choice not in MODES[:2]:
        raise unsupported("function_call", choice, MODES[:2])
    name = choice.get("name") if isinstance(choice, dict) else None
    if not isinstance(choice, str) and name not in [function["name"] for function in functions]:
        raise Refusal(f"Function {str(name)[:64]!r} is not among 'functions'.", "function_call", "invalid_value")
