"""What a completion says about itself and how many choices it has, beyond its shape (`test_shape.py`)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from conformance.contract.faults import put
from conformance.contract.requirement import Area, Fault, Impact
from conformance.contract.scopes import EVERY_COMPLETION, EVERY_REPLY
from conformance.evidence.exchange import Exchange, NotApplicable, Violation
from conformance.language import say
from conformance.suite.support.names import bare

AREA = Area("envelope", Impact.FORM)

CLOCKS_DIFFER = 300  #: seconds that two clocks may be apart


@AREA.should(
    "give in created the time of the response, accurate to five minutes",
    on=EVERY_REPLY,
    source="openai-openapi#CreateChatCompletionResponse.created",
    contract=["envelope-04"],
    at="created",
    hint="Send the Unix time of this request in seconds, also where the reply comes from a cache.",
    broken_by={
        "a day ago": put("created", lambda created: created - 86400),
        "an hour ahead": put("created", lambda created: created + 3600),
    },
    needs=["times", "created"],
)
def test_created_is_recent(exchange: Exchange, reply: dict[str, Any]) -> None:
    created = reply.get("created")
    if type(created) is not int or not 10**9 < created < 10**10 or not exchange.started:
        raise NotApplicable(say("created is not a Unix time in seconds, or the time of the request is not known"))
    problem = _far_off(exchange, created)
    assert not problem, problem


def _far_off(exchange: Exchange, created: int) -> str:
    """How far a time is off that of an exchange; empty where it is close to it, or to the endpoint's own clock."""
    begun, ended = exchange.started, exchange.started + exchange.seconds
    off = max(begun - created, created - ended)
    if min(off, abs(date_of(exchange) - created)) <= CLOCKS_DIFFER:
        return ""
    return say(
        "created is {created}, {off:.0f} s off the time of the request, {begun:.0f} to {ended:.0f}",
        created,
        off,
        begun,
        ended,
    )


def date_of(exchange: Exchange) -> float:
    """The endpoint's own clock as its Date header tells it; far away where it does not."""
    try:
        return parsedate_to_datetime(exchange.header("date") or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return float("inf")


@AREA.should(
    "report the requested model, or a dated or namespaced form of its name",
    on=EVERY_REPLY,
    impact=Impact.DATA,
    warns="OpenAI answers for gpt-4-turbo-preview as gpt-4-0125-preview",
    source="openai-openapi#CreateChatCompletionResponse.model",
    contract=["envelope-06"],
    at="model",
    hint="Replace the upstream's name by the requested one, or a snapshot of it.",
    broken_by={
        "another model": put("model", lambda name: "some-other-model"),
        "a smaller one": put("model", lambda name: f"{name}-mini"),
    },
    needs=["request"],
)
def test_model_as_asked(asked: dict[str, Any], reply: dict[str, Any]) -> None:
    wanted, reported = asked.get("model"), reply.get("model")
    if not isinstance(wanted, str) or not isinstance(reported, str) or not reported:
        raise NotApplicable(say("the request or the reply names no model"))
    assert bare(wanted) == bare(reported), say("{wanted} was asked for, and {reported} is reported", wanted, reported)


def _streamed_only(fault: Fault) -> Fault:
    return lambda exchange: fault(exchange) if exchange.streamed else exchange


@AREA.should(
    "report the same model in streamed and plain replies",
    on=EVERY_REPLY,
    source="openai-openapi#CreateChatCompletionStreamResponse.model",
    contract=["envelope-06"],
    at="model",
    broken_by=_streamed_only(put("model", lambda name: "some-other-model")),
    needs=["request"],
)
def test_model_same_streamed(exchanges: list[Exchange]) -> None:
    named = [each for each in exchanges if isinstance(each.reply.get("model"), str)]
    plain = {_models(each) for each in named if not each.streamed}
    judged = [each for each in named if each.streamed and _models(each)[0] in {wanted for wanted, _ in plain}]
    others = [each for each in judged if _models(each) not in plain]
    if not judged:
        raise NotApplicable(say("no model was asked both ways"))
    if len(others) == len(judged):
        raise _other_models(others, plain)


def _models(exchange: Exchange) -> tuple[str, str]:
    """The model that was requested, and the one that is reported."""
    return str(exchange.request.asked.get("model")), exchange.reply["model"]


def _other_models(streams: list[Exchange], plain: set[tuple[str, str]]) -> Violation:
    wanted, reported = _models(streams[0])
    names = ", ".join(sorted(name for each, name in plain if each == wanted))
    return Violation(say("streams report {reported}, plain replies {names}", reported, names), *streams)


@AREA.must(
    "return n choices, one where n is not sent",
    on=EVERY_COMPLETION,
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["envelope-07"],
    at="choices",
    hint="Join the upstream's text blocks and tool calls into one message; reject an n that is not supported.",
    broken_by={
        "none": put("choices", lambda choices: []),
        "one too many": put("choices", lambda choices: [*choices, choices[0] | {"index": len(choices)}]),
        "one too few": put("choices", lambda choices: choices[:-1]),
    },
    needs=["request"],
    needs_model=True,
)
def test_choices_as_asked(asked: dict[str, Any], choices: list[dict[str, Any]]) -> None:
    wanted = 1 if asked.get("n") is None else asked["n"]
    if type(wanted) is not int:
        raise NotApplicable(say("n was not asked as an integer"))
    assert len(choices) == wanted, say("there are {number} choices, and {wanted} were asked for", len(choices), wanted)


@AREA.must(
    "number the choices from 0 without a gap, each once",
    on=EVERY_COMPLETION,
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionResponse.choices.index",
    contract=["envelope-08"],
    at="choices.*.index",
    broken_by={
        "from 1": put("choices.*.index", lambda index: index + 1),
        "repeated": put("choices.*.index", 0),
    },
)
def test_choice_indices(choices: list[dict[str, Any]]) -> None:
    indices = [choice.get("index") for choice in choices]
    if not choices or not all(type(index) is int for index in indices):
        raise NotApplicable(
            say("there is no choice, or an index is not an integer (covered by completion.choices.index)")
        )
    numbers = sorted(index for index in indices if isinstance(index, int))
    assert numbers == [*range(len(choices))], say("{number} choices have the indices {indices}", len(choices), indices)


@AREA.should(
    "leave logprobs null where log probabilities were not requested",
    on=EVERY_REPLY,
    source="openai-openapi#CreateChatCompletionResponse.choices.logprobs",
    contract=["envelope-10"],
    at="choices.*.logprobs",
    broken_by={
        "filled": put("choices.*.logprobs", {"content": [], "refusal": None}),
        "empty": put("choices.*.logprobs", {}),
    },
    needs=["request"],
)
def test_logprobs_unasked(asked: dict[str, Any], choices: list[dict[str, Any]]) -> None:
    if asked.get("logprobs"):
        raise NotApplicable(say("log probabilities were asked for"))
    if not choices:
        raise NotApplicable(say("the reply has no choice"))
    given = [choice.get("logprobs") for choice in choices if choice.get("logprobs") is not None]
    assert not given, say("logprobs were not asked for and are {given}", str(given[0])[:120])
