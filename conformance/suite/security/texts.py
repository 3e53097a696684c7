"""What a response says, as text that is searched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.kept import kept_of
from conformance.evidence.observed import may_have


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
    own = [without_choices(document) for document in documents]
    return "\n".join([*fields, *(json.dumps(document, ensure_ascii=False) for document in _once(own))])


def telling(exchange: Exchange, signs: Sequence[str]) -> str:
    """What is beyond the choices, where one of the signs is in it; else nothing."""
    fields = "\n".join(f"{name}: {value}" for name, value in exchange.headers)
    if not (exchange.undecodable or may_have(exchange, *signs) or any(sign in fields for sign in signs)):
        return ""
    text = beyond_choices(exchange)
    return text if any(sign in text for sign in signs) else ""


def _once(documents: Sequence[Any]) -> Iterator[Any]:
    """The documents without objects that are like the one before: chunks are, but for their choices."""
    for number, document in enumerate(documents):
        if not (number and isinstance(document, dict) and document == documents[number - 1]):
            yield document


def without_choices(document: Any) -> Any:
    return (
        {name: value for name, value in document.items() if name != "choices"}
        if isinstance(document, dict)
        else document
    )


def unescaped(text: str) -> str:
    """JSON with the quotation marks in its strings as they are."""
    return text.replace('\\"', '"')
