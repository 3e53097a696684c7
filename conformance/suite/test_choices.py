"""Several choices in one reply."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Inconclusive, NotApplicable, Request
from conformance.families import EVERY_COMPLETED_STREAM, streamed_choices
from conformance.faults import edit, put
from conformance.requirement import Family, must


def _asks_several(request: Request) -> bool:
    count = request.asked.get("n")
    return type(count) is int and count > 1


SEVERAL = Family(
    "every completed stream of several choices",
    lambda each: EVERY_COMPLETED_STREAM.meant(each) and _asks_several(each),
    lambda each: EVERY_COMPLETED_STREAM.holds(each) and _asks_several(each.request),
)


def _endless(document: Any) -> None:
    for choice in streamed_choices([document]):
        choice["finish_reason"] = choice.get("finish_reason") if choice["index"] == 0 else None


@must(
    "keep the choices of a stream apart: each index from 0 to n-1 occurs, and ends once",
    on=SEVERAL,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.index",
    contract=["n-03"],
    at="choices.*.index",
    hint="Give each choice its own index in every chunk, and each its own finish_reason.",
    needs=["request"],
    broken_by={
        "all under one index": put("choices.*.index", 0),
        "counted from one": put("choices.*.index", lambda index: index + 1),
        "one ends, the other does not": edit(_endless),
    },
)
def test_streamed_apart(chunks: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    ends: dict[int, int] = {}
    for choice in streamed_choices(chunks):
        if type(index := choice.get("index")) is not int:
            raise NotApplicable("a choice has no integer index, which is another requirement")
        ends[index] = ends.get(index, 0) + bool(choice.get("finish_reason"))
    if list(ends) == [0] and ends[0] <= 1:
        raise Inconclusive(f"only one choice of {asked['n']} came")
    assert set(ends) == set(range(asked["n"])), f"{asked['n']} choices were asked for; their indices are {sorted(ends)}"
    wrong = {index: count for index, count in ends.items() if count != 1}
    assert not wrong, f"choices have other than one finish_reason: {wrong}"
