"""What a text says, and what it only speaks of: markup in code marks or quotation marks is no markup of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.evidence.exchange import list_of
from conformance.evidence.kept import kept_of
from conformance.evidence.observed import strings
from conformance.evidence.request import Request

from .markup import TEMPLATE_TOKENS, may_hold

_CODE = re.compile(r"(?s:```.*?(?:```|\Z)|`[^`]*`)")


@cache
def _spoken_of(markup: str) -> re.Pattern[str]:
    """Markup in quotation marks or brackets, named as what it is (`the tag <think>`, `<think> tags`), or as a pair
    (`<think> and </think>`)."""
    markup = f"(?:{markup})"
    several = rf"{markup}(?:(?:[ …./,]| and | or )*{markup})?"
    kind = r"(?:tags?|tokens?|markers?|delimiters?|blocks?|elements?|markup)"
    return re.compile(
        rf"[\"'“‘«(]{several}[\"'”’»)]|\b{kind} (?:like |such as |called )?{several}|(?<=[\w,:;] ){several} {kind}\b"
        rf"|{markup}(?: and | or |, ?| ?(?:…|\.\.\.) ?){markup}"
    )


def own_words(text: str, markup: str) -> str:
    """A text without code, and without markup (a pattern of `markup`) that it only speaks of; empty where it can have
    no markup."""
    if not may_hold(text, markup):
        return ""
    return _spoken_of(markup).sub(" ", _CODE.sub(" ", text))


def prompted(asked: dict[str, Any]) -> Iterator[str]:
    """Every string that a client put into a request: what the assistant said before is not its doing."""
    for name, value in asked.items():
        if name != "messages":
            yield from strings(value)
    for message in list_of(asked.get("messages")):
        if not (isinstance(message, dict) and message.get("role") == "assistant"):
            yield from strings(message)


@kept_of
def _prompt(request: Request) -> str:
    return "\n".join(prompted(request.asked))


def is_prompted(request: Request, markup: str) -> bool:
    """Whether a string that a client put into a request has markup (a pattern of `markup`) in it. To TEMPLATE_TOKENS
    belong those that open and close a text."""
    return may_hold(_prompt(request), markup) and any(map(_in_prompts(markup).search, prompted(request.asked)))


@cache
def _in_prompts(markup: str) -> re.Pattern[str]:
    return re.compile(f"{markup}|</?s>" if markup == TEMPLATE_TOKENS else markup)
