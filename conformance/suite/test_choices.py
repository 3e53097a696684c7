"""Several choices in one reply."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import edit, only, put, status
from conformance.contract.requests import PLAIN, TWO, TWO_CALLS_STREAM, TWO_STREAM
from conformance.contract.requirement import Area, Impact, Scope
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.observed import count_or_none, count_or_not_applicable
from conformance.language import say
from conformance.suite.support.refusals import rejected
from conformance.suite.support.replies import check_whole

AREA = Area("choices", Impact.DATA)


def _asks_several(request: Request) -> bool:
    count = request.asked.get("n")
    return type(count) is int and count > 1


SEVERAL = Scope(
    "every completed stream of several choices",
    lambda each: EVERY_COMPLETED_STREAM.meant(each) and _asks_several(each),
    lambda each: EVERY_COMPLETED_STREAM.holds(each) and _asks_several(each.request),
    ("n",),
)


def _ends(chunks: list[dict[str, Any]]) -> dict[int, int]:
    """How many finish_reasons each choice has, by its index. Raises NotApplicable for an index that is no integer."""
    ends: dict[int, int] = {}
    for choice in streamed_choices(chunks):
        if type(index := choice.get("index")) is not int:
            raise NotApplicable(say("a choice has no integer index (covered by chunk.choices.index)"))
        ends[index] = ends.get(index, 0) + bool(choice.get("finish_reason"))
    return ends


def _endless(document: Any) -> None:
    for choice in streamed_choices([document]):
        choice["finish_reason"] = choice.get("finish_reason") if choice["index"] == 0 else None


@AREA.must(
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
    after=["envelope.choice_indices", "streaming.finish_once"],
    needs_model=True,
)
def test_streamed_apart(chunks: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    ends = _ends(chunks)
    if list(ends) == [0] and ends[0] <= 1:
        raise Inconclusive(say("only one choice of {n} came", asked["n"]))
    assert set(ends) == set(range(asked["n"])), say(
        "{n} choices were asked for; their indices are {ends}", asked["n"], sorted(ends)
    )
    wrong = {index: count for index, count in ends.items() if count != 1}
    assert not wrong, say("choices have other than one finish_reason: {wrong}", wrong)


def _first_only(document: Any) -> None:
    document["choices"] = [choice for choice in document.get("choices", ()) if choice["index"] == 0]


@AREA.should(
    "give as many choices as n asks for, or reject it with a 4xx",
    on=(TWO, TWO_STREAM, TWO_CALLS_STREAM),
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["n-01"],
    at="choices",
    hint="Send n requests upstream, or reject n: choices that are paid for must not be dropped silently.",
    needs=["request"],
    broken_by={
        "one choice": edit(_first_only),
        "all under one index": put("choices.*.index", 0),
        "a failure": status(500),
    },
    after=["envelope.choice_indices", "envelope.choices_as_asked"],
    needs_model=True,
)
def test_as_many_as_asked(exchange: Exchange, asked: dict[str, Any]) -> None:
    if not _asks_several(exchange.request):
        raise NotApplicable(say("n was not asked for"))
    if rejected(exchange):
        return
    check_whole(exchange)
    indices, n = [choice.get("index") for choice in exchange.choices], asked["n"]
    assert indices == [*range(n)], say("n is {n}, and choices came with the indices {indices}", n, indices)


def _texts(exchange: Exchange) -> list[Any]:
    return [message.get("content") for message in exchange.messages]


def _count(exchange: Exchange) -> int:
    if count_or_none(exchange.usage, "completion_tokens_details.reasoning_tokens"):
        raise NotApplicable(say("the model reasons, each time at another length"))
    return count_or_not_applicable(exchange.usage, "completion_tokens")


@AREA.should(
    "count the tokens of all choices in completion_tokens",
    on={"two": TWO, "one": PLAIN},
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["n-02"],
    at="usage.completion_tokens",
    hint="Add up the tokens of the choices; the prompt counts once.",
    broken_by={
        "those of one": put("usage.completion_tokens", 1),
        "those of none": put("usage.completion_tokens", 0),
        "more than were written": only(
            lambda each: "n" in each.asked, put("usage.completion_tokens", lambda count: count * 10)
        ),
    },
    needs_model=True,
)
def test_tokens_of_all(two: Exchange, one: Exchange) -> None:
    texts, count = _texts(two), _count(two)
    if len(texts) < 2:
        raise Inconclusive(say("{number} choice came of two", len(texts)))
    assert count >= len(texts), say("{number} choices are counted as {count} completion_tokens", len(texts), count)
    if _texts(one) * len(texts) == texts:  # equal texts have equal counts
        alone = _count(one)
        alike = len(texts) * alone - 1 <= count <= len(texts) * (alone + 1)  # the end of a text may count, or not
        assert alike, say("one such choice counts {alone}, and {number} count {count}", alone, len(texts), count)
