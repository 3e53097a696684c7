"""Other names: ids, models, and times of creation."""

from __future__ import annotations

import uuid
from typing import Any

from conformance.evidence.exchange import Exchange

from .kit import (
    FINDINGS,
    calls_named,
    completions,
    digest,
    renamed,
    right,
)


@right(FINDINGS)
def ids_with_uuids(exchange: Exchange) -> Exchange:
    """A completion's id is chatcmpl- and a UUID, as that of OpenAI's search models."""
    return renamed(lambda old: f"chatcmpl-{uuid.uuid5(uuid.NAMESPACE_OID, old)}")(exchange)


@right(FINDINGS)
def ids_of_a_router(exchange: Exchange) -> Exchange:
    """A completion's id is gen- with a time and letters, as OpenRouter's."""
    return renamed(lambda old: f"gen-1760000000-{digest(old, 20)}")(exchange)


@right(FINDINGS)
def ids_of_eight_digits(exchange: Exchange) -> Exchange:
    """A completion's id is short and without a prefix."""
    return renamed(lambda old: digest(old, 8))(exchange)


@right(FINDINGS)
def ids_of_messages(exchange: Exchange) -> Exchange:
    """A completion's id is that of Anthropic's message."""
    return renamed(lambda old: f"msg_01{digest(old, 22)}")(exchange)


@right(FINDINGS)
def call_ids_of_anthropic(exchange: Exchange) -> Exchange:
    """A tool call's id is toolu_ and letters, as the upstream gave it."""
    return calls_named(lambda old: f"toolu_01{digest(old, 22)}")(exchange)


@right(FINDINGS)
def call_ids_of_nine_characters(exchange: Exchange) -> Exchange:
    """A tool call's id has nine characters and no prefix, as Mistral's."""
    return calls_named(lambda old: digest(old, 9))(exchange)


@right(FINDINGS)
def call_ids_with_uuids(exchange: Exchange) -> Exchange:
    """A tool call's id is a bare UUID, as vLLM's and Ollama's."""
    return calls_named(lambda old: str(uuid.uuid5(uuid.NAMESPACE_OID, old)))(exchange)


@right(FINDINGS)
def dated_model(exchange: Exchange) -> Exchange:
    """The reply names the dated snapshot of the alias that was asked for, as OpenAI's do nearly always."""
    return completions(lambda document: document.update(model=document["model"] + "-2024-07-18"))(exchange)


@right("envelope-06: a vendor's prefix is not another model")
def model_of_a_vendor(exchange: Exchange) -> Exchange:
    """The reply names the model with its vendor before it, as routers do."""
    return completions(lambda document: document.update(model="vendor/" + document["model"]))(exchange)


@right("equiv-02, isolation-02: routing differences")
def model_by_turns(exchange: Exchange) -> Exchange:
    """Now this and now that snapshot of the model answers, each with a fingerprint of its own."""
    month = 5 + int(exchange.request.key, 16) % 3

    def change(document: Any) -> None:
        document |= {"model": f"{document['model']}-2024-0{month}-13", "system_fingerprint": f"fp_{month}"}

    return completions(change)(exchange)


@right("envelope-04: within five minutes")
def created_a_minute_ago(exchange: Exchange) -> Exchange:
    """created is the time of an upstream whose clock is a minute late."""
    return completions(lambda document: document.update(created=document["created"] - 60))(exchange)
