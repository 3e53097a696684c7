"""Limits of what a model writes."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import edit, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import (
    COMPLETION_LENGTH,
    LENGTH,
    LENGTH_STREAM,
    LONG,
    PLAIN,
    STREAM,
    STREAM_USAGE,
    chat,
)
from conformance.contract.requirement import Area, Scope
from conformance.contract.scopes import EVERY_USAGE, broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send
from conformance.suite.support.limits import END_TOKEN, ended_early, roomy
from conformance.suite.support.parameters import EXTREMES, extremes

AREA = Area("sampling")

#: A request with nothing but what must be in it.
#: The answer is longer than the 16 tokens that some servers write without a limit.
MINIMAL = chat("Count from 1 to 20, one number per line.", label="minimal", max_tokens=None, temperature=None)
RANGED = ("temperature", "top_p", "presence_penalty", "frequency_penalty")

BEGINNING = 8  #: characters by which two texts are known to begin alike
LEAST = 16  #: some upstreams raise smaller limits to this


def _limited_by(name: str) -> Scope:
    def limited(request: Request) -> bool:
        limit = request.asked.get(name)
        return type(limit) is int and limit > 0

    return Scope(
        f"every reply with usage to a request with {name}",
        lambda each: EVERY_USAGE.meant(each) and limited(each),
        lambda each: EVERY_USAGE.holds(each) and limited(each.request),
    )


def _check(name: str, asked: dict[str, Any], usage: dict[str, Any]) -> None:
    count, n = usage.get("completion_tokens"), asked.get("n")
    if type(count) is not int:
        raise NotApplicable("completion_tokens is not an integer, which is another requirement")
    choices = n if type(n) is int and n > 1 else 1
    several = f" for each of {choices} choices" if choices > 1 else ""
    allowed = (max(asked[name], LEAST) + END_TOKEN) * choices
    assert count <= allowed, f"completion_tokens is {count}, and {name} is {asked[name]}{several}"


def _reasons(model: Model, usage: dict[str, Any]) -> bool:
    """Whether the model thinks before it answers, by its name or by what it counts."""
    details = usage.get("completion_tokens_details")
    return model.reasons or bool(isinstance(details, dict) and details.get("reasoning_tokens"))


@AREA.must(
    "write no more than max_tokens on a model that does not reason",
    on=_limited_by("max_tokens"),
    source="openai-openapi#CreateChatCompletionRequest.max_tokens",
    contract=["sampling-02"],
    at="usage.completion_tokens",
    hint="Pass max_tokens on under the name that the upstream knows.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 100_000),
)
def test_max_tokens(asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    if _reasons(model, usage):
        raise NotApplicable("the model reasons, and what it thinks is not bound by max_tokens")
    if "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable("OpenAI's search models ignore max_tokens")
    if asked.get("prediction"):
        raise NotApplicable("rejected tokens of a predicted output are counted beyond the limit")
    _check("max_tokens", asked, usage)


@AREA.must(
    "write no more than max_completion_tokens, reasoning included",
    on=_limited_by("max_completion_tokens"),
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["sampling-04"],
    at="usage.completion_tokens",
    hint="Translate max_completion_tokens for upstreams that only know max_tokens.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 100_000),
)
def test_max_completion_tokens(asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    if "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable("OpenAI's search models ignore limits")
    _check("max_completion_tokens", asked, usage)


@AREA.must(
    "report length as the finish_reason of a reply that max_completion_tokens cut off",
    on=(COMPLETION_LENGTH,),
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["sampling-04"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length.",
    broken_by=put("choices.*.finish_reason", "stop"),
)
def test_completion_cut_is_length(
    choices: list[dict[str, Any]], usage: dict[str, Any], asked: dict[str, Any], model: Model
) -> None:
    if roomy(asked):
        raise NotApplicable("a model that reasons was given room enough")
    if not choices:
        raise Inconclusive("the reply has no choice")
    count = usage.get("completion_tokens")
    if type(count) is not int or count < asked.get("max_completion_tokens", 0) - 1:
        raise Inconclusive(f"the model ended before the limit, after {count} tokens")
    reason = choices[0].get("finish_reason")
    assert reason == "length", f"counting to 100 in 20 tokens ended with finish_reason {reason!r}"


def _reason(exchange: Exchange) -> Any:
    if broken_off(exchange):
        raise Inconclusive("the stream broke off")
    if not exchange.choices:
        raise Inconclusive("the reply has no choice")
    return exchange.choices[0].get("finish_reason")


@AREA.must(
    "answer a request that has a model and one user message, and nothing else",
    on=(MINIMAL,),
    source="openai-openapi#CreateChatCompletionRequest.required",
    contract=["sampling-01"],
    at="choices.*.message.content",
    hint="Supply what the upstream needs beyond that: Anthropic's API wants a max_tokens, large enough for an answer.",
    broken_by={
        "refused": respond(400, {"error": {"message": "max_tokens: field required", "type": "t"}}),
        "cut after few tokens": put("choices.*.finish_reason", "length"),
        "no text": put("choices.*.message.content", ""),
    },
)
def test_minimal(exchange: Exchange) -> None:
    assert exchange.succeeded, f"a request of model and messages is answered with {exchange.outcome}: {_said(exchange)}"
    content = exchange.messages[0].get("content") if exchange.messages else None
    reason = _reason(exchange)
    text = content.strip() if isinstance(content, str) else ""
    assert text, f"the content is {content!r:.100}, the finish_reason {reason!r}"
    assert reason == "stop", f"counting to 20 without a limit ends with finish_reason {reason!r}"


def _said(exchange: Exchange) -> str:
    return " ".join(exchange.text.split())[:160]


@AREA.must(
    "report length as the finish_reason of a reply that max_tokens cut off",
    on=(LENGTH,),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["sampling-03"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length.",
    broken_by={
        "stop": put("choices.*.finish_reason", "stop"),
        "the upstream's word": put("choices.*.finish_reason", "max_tokens"),
    },
)
def test_cut_is_length(exchange: Exchange, asked: dict[str, Any]) -> None:
    if roomy(asked):
        raise NotApplicable("a model that reasons was given room enough")
    reason = _reason(exchange)
    if reason == "stop" and ended_early(exchange):
        raise Inconclusive(f"the model ended before the limit, after {exchange.usage.get('completion_tokens')} tokens")
    assert reason == "length", f"counting to 100 in 20 tokens ended with finish_reason {reason!r}"


def _begins_alike(cut: Exchange, whole: Exchange) -> bool:
    """Whether a text that was cut off begins as one that was not."""
    texts = [str(each.messages[0].get("content")).strip() if each.messages else "" for each in (cut, whole)]
    return _reason(whole) == "stop" and texts[0][:BEGINNING] == texts[1][:BEGINNING]


def _notice(document: Any) -> None:
    for choice in document["choices"]:
        if "message" in choice and choice["finish_reason"] == "length":
            choice["message"]["content"] = "[truncated: raise max_tokens]"


@AREA.should(
    "give what was written up to the limit as the content of a reply that was cut off, or nothing, but no notice",
    on=(LENGTH, LENGTH_STREAM, COMPLETION_LENGTH, LONG),
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["sampling-03", "reasoning-03"],
    at="choices.*.message.content",
    hint="Put no words of the gateway into content: finish_reason tells that the limit was reached.",
    broken_by={
        "a notice": edit(_notice),
        "a notice in a stream": put("choices.*.delta.content", lambda text: text and "[cut]"),
    },
)
def test_cut_text_is_its_own(send: Send, model: Model) -> None:
    """A model may begin with a phrase of its own, which it does where it is not cut off, too."""
    if model.reasons:
        raise NotApplicable("a model that reasons was given room enough")
    judged = False
    for exchange in map(send, (LENGTH, LENGTH_STREAM, COMPLETION_LENGTH)):
        if not exchange.succeeded or broken_off(exchange) or _reason(exchange) != "length":
            continue
        content, judged = exchange.messages[0].get("content") if exchange.messages else None, True
        own = not content or "1" in str(content) or _begins_alike(exchange, send(LONG))
        assert own, f"“{exchange.request}”: of a count from 1 that was cut off the content is {content!r:.120}"
    if not judged:
        raise Inconclusive("no reply was cut off")


@AREA.must(
    "report stop as the finish_reason of a reply that ends well below the limit",
    on=(PLAIN, STREAM, STREAM_USAGE, MINIMAL),
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["sampling-05"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (end_turn, STOP, eos) to stop.",
    broken_by={
        "length": put("choices.*.finish_reason", lambda reason: reason and "length"),
        "the upstream's word": put("choices.*.finish_reason", lambda reason: reason and "end_turn"),
    },
)
def test_end_is_stop(exchange: Exchange, asked: dict[str, Any]) -> None:
    reason, text = _reason(exchange), exchange.messages[0].get("content") if exchange.messages else None
    limit = asked.get("max_tokens", asked.get("max_completion_tokens", 4096))
    if not isinstance(text, str) or not 0 < len(text) <= limit / 2:  # a token is a character at least
        raise Inconclusive(f"the reply is not well below its limit of {limit} tokens: {text!r:.100}")
    assert reason == "stop", f"“{exchange.request}” is answered {text!r:.80}, which ends with finish_reason {reason!r}"


@AREA.should(
    "accept the least and the greatest temperature, top_p and penalties that are legal",
    on=(PLAIN,),
    source="openai-openapi#ModelResponseProperties.temperature",
    contract=["sampling-06"],
    at="error",
    hint="Bring a value that the upstream does not take (temperature 2 on Claude) into its range.",
    broken_by={
        "refused as out of range": only(
            lambda each: each.asked.get("temperature") == 2,
            respond(400, {"error": {"message": "temperature: must be at most 1", "type": "t"}}),
        ),
        "a failure": only(lambda each: "presence_penalty" in each.asked, status(500)),
    },
)
def test_boundaries(send: Send, model: Model) -> None:
    """Those of one end are sent at once, and one by one only where that is refused, to tell which it is."""
    if model.reasons:
        raise NotApplicable("a model that reasons takes no such parameter")
    unknown = 0
    for end, values in EXTREMES.items():
        if send(extremes(end, model)).succeeded:
            continue
        for name in (name for name in RANGED if name in values and model.claims(f"chat.{name}")):
            exchange = send(extreme(end, name))
            if "not support" in exchange.text.lower() or "unsupported" in exchange.text.lower():
                unknown += 1
                continue
            assert exchange.succeeded, f"“{exchange.request}” is answered with {exchange.outcome}: {_said(exchange)}"
    if unknown:
        raise NotApplicable(f"the model says of {unknown} of these parameters that it does not support them")


def extreme(end: str, name: str) -> Request:
    """One of these values alone."""
    return chat(label=f"{name}-{end}", **{"temperature": None, name: EXTREMES[end][name]})
