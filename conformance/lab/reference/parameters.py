"""Validation of a body's scalar members, in OpenAI's words."""

from __future__ import annotations

import math
from typing import Any

from .refusal import Refusal, missing, unsupported, wrong_type

LARGEST_OUTPUT = 128_000  #: tokens
_INTEGERS: dict[str, tuple[int, int]] = {
    "n": (1, 128),
    "max_tokens": (1, LARGEST_OUTPUT),
    "max_completion_tokens": (1, LARGEST_OUTPUT),
    "top_logprobs": (0, 20),
    "seed": (-(2**63), 2**63 - 1),
}
_DECIMALS: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
_BOOLEANS = ("stream", "logprobs", "parallel_tool_calls", "store")
_OBJECTS = ("stream_options", "response_format", "logit_bias", "metadata")
_STRINGS = ("user", "prompt_cache_key", "safety_identifier", "service_tier", "reasoning_effort")


def check_parameters(asked: dict[str, Any]) -> None:
    """Refuse members of a wrong type or out of range (OpenAPI CreateChatCompletionRequest). Nulls must have
    been taken out. Raises Refusal."""
    for name, types, expected in (
        *((name, (bool,), "a boolean") for name in _BOOLEANS),
        *((name, (dict,), "an object") for name in _OBJECTS),
        *((name, (str,), "a string") for name in _STRINGS),
    ):
        if name in asked and not isinstance(asked[name], types):
            raise wrong_type(name, expected, asked[name])
    for name, (low, high) in _INTEGERS.items():
        if name in asked:
            _check_integer(name, asked[name], low, high)
    for name, bounds in _DECIMALS.items():
        if name in asked:
            _check_decimal(name, asked[name], *bounds)
    _check_stop(asked.get("stop"))
    _check_logit_bias(asked.get("logit_bias", {}))
    _check_combinations(asked)


def check_body(document: Any) -> dict[str, Any]:
    """The members of a body but those that are null, which is the same as absent (contract, validation-22).
    Raises Refusal where the body is not an object or lacks what it must have."""
    if not isinstance(document, dict):
        raise wrong_type("body", "an object", document)
    asked = {name: value for name, value in document.items() if value is not None}
    for name in ("model", "messages"):
        if name not in asked:
            raise missing(name)
    if not isinstance(asked["model"], str):
        raise wrong_type("model", "a string", asked["model"])
    return asked


def _check_integer(name: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, "an integer", value)
    _check_range("integer", name, value, low, high)


def _check_decimal(name: str, value: Any, low: float, high: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise wrong_type(name, "a decimal", value)
    _check_range("decimal", name, value, low, high)


def _check_range(kind: str, name: str, value: float, low: float, high: float) -> None:
    for wrong, side, short, sign, bound in (
        (value < low, "below minimum", "below_min", ">=", low),
        (value > high, "above maximum", "above_max", "<=", high),
    ):
        if wrong:
            text = f"Expected a value {sign} {bound}, but got {value} instead."
            raise Refusal(f"Invalid '{name}': {kind} {side} value. {text}", name, f"{kind}_{short}_value")


def _check_stop(stop: Any) -> None:
    if stop is None or isinstance(stop, str):
        return
    if not isinstance(stop, list) or not all(isinstance(each, str) for each in stop):
        raise wrong_type("stop", "a string or an array of strings", stop)
    if not 1 <= len(stop) <= 4:
        message = f"Invalid 'stop': expected an array with 1 to 4 elements, but got {len(stop)} instead."
        raise Refusal(message, "stop", "array_above_max_length" if stop else "empty_array")


def _check_logit_bias(bias: dict[str, Any]) -> None:
    for token, value in bias.items():
        _check_decimal(f"logit_bias.{token}", value, -100, 100)


def _check_combinations(asked: dict[str, Any]) -> None:
    if "top_logprobs" in asked and not asked.get("logprobs"):
        message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise Refusal(message, "top_logprobs")
    if "stream_options" in asked:
        if not asked.get("stream"):
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise Refusal(message, "stream_options")
        include = asked["stream_options"].get("include_usage")
        if include is not None and not isinstance(include, bool):
            raise wrong_type("stream_options.include_usage", "a boolean", include)
    if asked.get("modalities", ["text"]) != ["text"]:
        raise unsupported("modalities", asked["modalities"], ["text"])
