"""What a response says, as text that is searched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.kept import kept_of


def everything(exchange: Exchange) -> str:
    """Header fields and body of a response."""
    return "\n".join([*(f"{name}: {value}" for name, value in exchange.headers), exchange.text])


@kept_of
def beyond_choices(exchange: Exchange) -> str:
    """Header fields and body without what a model wrote, which may be anything that it was asked for."""
    fields = [f"{name}: {value}" for name, value in exchange.headers]
    try:
        documents = exchange.stream.documents if exchange.streamed else [exchange.document]
    except Inconclusive:
        return "\n".join([*fields, exchange.text])
    own = map(without_choices, _once(documents))
    return "\n".join([*fields, *(json.dumps(document, ensure_ascii=False) for document in own)])


def _once(documents: Sequence[Any]) -> Iterator[Any]:
    """The documents without objects that are like the one before but for their choices, as chunks are."""
    before: Any = None
    for document in documents:
        alike = {**document, "choices": None} if isinstance(document, dict) and "choices" in document else None
        if alike is None or alike != before:
            yield document
        before = alike


def without_choices(document: Any) -> Any:
    """An object without its choices; any other value as it is."""
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in document.items() if name != "choices"}


def telling(exchange: Exchange, signs: Sequence[str]) -> str:
    """What is beyond the choices, where one of the signs is in it; else nothing."""
    text = beyond_choices(exchange)
    return text if any(sign in text for sign in signs) else ""


def unescaped(text: str) -> str:
    """JSON with the quotation marks in its strings as they are."""
    return text.replace('\\"', '"')
