"""What is the same in every chunk of a stream."""

from __future__ import annotations

from typing import Any

from conformance.contract.requirement import Impact
from conformance.contract.scopes import (
    EVERY_CHUNKED,
)
from conformance.evidence.exchange import NotApplicable
from conformance.language import joined, say
from conformance.suite.streaming import AREA
from conformance.suite.streaming.chunks import (
    Chunks,
    numbered,
)


def different_values(chunks: Chunks, name: str, kind: type) -> list[Any]:
    """The different values of a member; empty and ill-typed ones are another requirement, and left out."""
    values = [chunk.get(name) for chunk in chunks]
    told = [value for value in values if type(value) is kind and value]
    if len(told) < 2:
        raise NotApplicable(say("fewer than two chunks have a {name} to compare", name))
    return list(dict.fromkeys(told))


@AREA.must(
    "give all chunks of a stream the same id",
    on=EVERY_CHUNKED,
    source="openai-openapi#CreateChatCompletionStreamResponse.id",
    contract=["streaming-03"],
    at="id",
    hint="Generate the id once per response, and use it in the usage chunk too.",
    needs=["ids"],
    broken_by=numbered("id"),
)
def test_one_id(chunks: Chunks) -> None:
    ids = different_values(chunks, "id", str)
    assert len(ids) == 1, say("the chunks have {number} ids: {ids}", len(ids), ", ".join(ids[:3]))


@AREA.must(
    "give all chunks of a stream the same created time",
    on=EVERY_CHUNKED,
    impact=Impact.FORM,
    source="openai-openapi#CreateChatCompletionStreamResponse.created",
    contract=["streaming-04"],
    at="created",
    hint="Set created once per response, not once per chunk.",
    needs=["created"],
    broken_by=numbered("created"),
)
def test_one_created(chunks: Chunks) -> None:
    times = different_values(chunks, "created", int)
    assert len(times) == 1, say(
        "the chunks have {number} created times: {times}", len(times), joined(", ", map(str, times[:3]))
    )


@AREA.should(
    "name the same model in all chunks of a stream",
    on=EVERY_CHUNKED,
    impact=Impact.FORM,
    source="openai-openapi#CreateChatCompletionStreamResponse.model",
    contract=["streaming-05"],
    at="model",
    hint="Use one name in every chunk; the usage chunk often leaks the upstream's.",
    broken_by=numbered("model"),
)
def test_one_model(chunks: Chunks) -> None:
    models = different_values(chunks, "model", str)
    assert len(models) == 1, say("the chunks name {number} models: {models}", len(models), ", ".join(models[:3]))
