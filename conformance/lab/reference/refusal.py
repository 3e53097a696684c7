"""Saying no, in OpenAI's error envelope."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """The request is not served: the error response that says why."""

    def __init__(
        self,
        message: str,
        param: str | None = None,
        code: str | None = None,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message, self.param, self.code = message, param, code
        self.status, self.kind, self.headers = status, kind, headers

    @property
    def document(self) -> dict[str, Any]:
        """The body: `error` with message, type, param and code, each always there (corpus, section 4)."""
        return {
            "error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code},
        }


_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", int: "an integer"}


def wrong_type(param: str, expected: str, value: Any) -> Refusal:
    """A value of another type than its parameter has; `expected` with its article."""
    found = "null" if value is None else _NAMES.get(type(value), "a decimal")
    message = f"Invalid type for '{param}': expected {expected}, but got {found} instead."
    return Refusal(message, param, "invalid_type")


def missing(param: str) -> Refusal:
    """A parameter that must be given is not."""
    return Refusal(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def unsupported(param: str, value: object, supported: list[str]) -> Refusal:
    """A value that is none of those the parameter takes."""
    listed = ", ".join(repr(each) for each in supported)
    message = f"Invalid value: {str(value)[:100]!r}. Supported values are: {listed}."
    return Refusal(message, param, "invalid_value")
