"""Cassettes in YAML -> the JSON that their adapter reads, within bounds."""

from __future__ import annotations

import base64
import re
from typing import Any

from conformance.language import say

from .recording import RecordingError
from .unpacking import extra

_BEGINS = re.compile(rb"^(http_)?interactions:", re.MULTILINE)
_MOST_VALUES, _MOST_TEXT = 4_000_000, 1 << 28  #: of a cassette: an alias of an alias may stand for any number


def is_cassette(head: bytes) -> bool:
    """Whether a file that begins like this is a cassette in YAML."""
    return _BEGINS.search(head) is not None and not head.lstrip().startswith((b"{", b"["))


def document_of(data: bytes, name: str) -> Any:
    """The cassette as JSON has it: bytes are an object with `base64_string`. Raises RecordingError."""
    yaml = extra("yaml", name, say("a cassette in YAML"))
    try:
        return _Plain().of(yaml.load(data, Loader=_loader(yaml)))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        said = f"line {where.line + 1}: {getattr(error, 'problem', '')}" if where else type(error).__name__
        raise RecordingError(say("{name} is not a cassette in YAML ({said}): record it again", name, said)) from None


def _loader(yaml: Any) -> Any:
    """A safe loader that leaves moments as text, and knows Ruby's own tags: of binary, of strings."""
    loader = type("Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    for tag in ("!binary", "tag:yaml.org,2002:binary"):
        loader.add_constructor(tag, lambda made, node: _decoded(made.construct_scalar(node)))  # type: ignore[attr-defined]
    for tag in ("tag:yaml.org,2002:timestamp", "!str"):
        loader.add_constructor(tag, lambda made, node: made.construct_scalar(node))  # type: ignore[attr-defined]
    return loader


def _decoded(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


class _Plain:
    """A value of YAML as one of JSON, within bounds."""

    def __init__(self) -> None:
        self._values, self._text = 0, 0

    def of(self, value: Any) -> Any:
        """The value. Raises ValueError where it is too large."""
        self._values += 1
        self._text += len(value) if isinstance(value, str | bytes) else 0
        if self._values > _MOST_VALUES or self._text > _MOST_TEXT:
            raise ValueError(say("it is too large"))
        if isinstance(value, dict):
            return {str(name): self.of(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if isinstance(value, bytes):
            return {"base64_string": base64.b64encode(value).decode()}
        return value if isinstance(value, str | int | float | bool | None) else str(value)
