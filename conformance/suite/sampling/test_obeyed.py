"""What a parameter of sampling asks for takes effect, where a reply shows it for certain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.contract.faults import edit, put, status
from conformance.contract.profile import Model
from conformance.contract.requests import chat, disputed
from conformance.contract.requirement import Scope
from conformance.contract.scopes import EVERY_USAGE, output_type, replies_where, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, list_of
from conformance.evidence.observed import count_or_not_applicable
from conformance.language import say
from conformance.suite.support.limits import limit_of
from conformance.suite.support.refusals import rejected
from conformance.suite.support.replies import check_whole, content_of

from . import AREA

#: One line end: Anthropic's API rejects stop sequences of white space alone, so some gateways leave them out.
LINE_STOP = disputed(chat("Count from 1 to 5, one number per line.", label="stop-line-end", stop=["\n"], max_tokens=40))


@AREA.should(
    "end the text before a line end that is a stop sequence, or reject the sequence with a 4xx",
    on=(LINE_STOP,),
    source="openai-openapi#StopConfiguration",
    contract=["stop-02", "sampling-07"],
    at="choices.*.message.content",
    hint="Cut the text in the gateway where the upstream accepts no such sequence, or reject it; do not leave it out.",
    needs=["request"],
    broken_by={"left out": put("choices.*.message.content", "1\n2\n3\n4\n5"), "a failure": status(500)},
    after=["stop.text_ends_before"],
    needs_model=True,
)
def test_line_end_stops(exchange: Exchange) -> None:
    if rejected(exchange):
        return
    content = content_of(exchange)
    text = content.strip() if isinstance(content, str) else ""
    assert "\n" not in text, say("the text goes on after the stop sequence '\\n': {text!r}", text[:120])
    if text != "1":
        raise Inconclusive(say("the first line is not the 1 that was asked for: {content!r:.120}", content))


# --- the likeliest token --------------------------------------------------------------------------------------

CERTAIN = 1.0  #: by which a logarithm is larger than another, whatever the numerical noise


def _wants_the_likeliest(request: Request) -> bool:
    """Whether nothing but the likeliest token may be taken, and the reply tells how likely each was. Grammars, biases
    and penalties come between."""
    asked = request.asked
    named = ("logit_bias", "presence_penalty", "frequency_penalty")
    alone = output_type(request) == "text" and not any(asked.get(name) for name in named)
    zero = any(type(asked.get(name)) in (int, float) and asked[name] == 0 for name in ("temperature", "top_p"))
    return alone and zero and asked.get("logprobs") is True and bool(asked.get("top_logprobs"))


GREEDY = replies_where(
    "every reply with alternatives at temperature 0 or top_p 0", _wants_the_likeliest, "top_logprobs"
)


def _passed_over(exchange: Exchange) -> tuple[int, list[str]]:
    """The number of tokens with alternatives, and those to which an alternative was likelier for certain."""
    entries = list(_entries(exchange.chunks if exchange.streamed else [exchange.reply]))
    found = []
    for entry in entries:
        own, best = entry["logprob"], max(_numbers(entry))
        found += [f"{entry.get('token')!r} ({own:.2f} < {best:.2f})"] if best - own > CERTAIN else []
    return len(entries), found


def _entries(documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The tokens with alternatives, of all of which it is known how likely they were."""
    for choice in streamed_choices(documents):
        logprobs = choice.get("logprobs")
        for entry in list_of(logprobs.get("content")) if isinstance(logprobs, dict) else []:
            if isinstance(entry, dict) and type(entry.get("logprob")) in (int, float) and _numbers(entry):
                yield entry


def _numbers(entry: dict[str, Any]) -> list[float]:
    likely = [each.get("logprob") for each in list_of(entry.get("top_logprobs")) if isinstance(each, dict)]
    return [each for each in likely if isinstance(each, int | float)]


def _unlikely(document: Any) -> None:
    for entry in _entries([document]):
        entry["logprob"] = -4.5


@AREA.should(
    "take the likeliest token where temperature or top_p is 0",
    on=GREEDY,
    source="openai-openapi#ModelResponseProperties.temperature",
    contract=["sampling-07"],
    at="choices.*.logprobs.content.*.logprob",
    hint="0 is a value, and not an absent one: in Go omitempty leaves it out, and in Python `or` takes the default.",
    needs=["request"],
    broken_by=edit(_unlikely),
)
def test_zero_takes_the_likeliest(exchange: Exchange) -> None:
    check_whole(exchange)
    seen, found = _passed_over(exchange)
    if not seen:
        raise NotApplicable(say("no token has alternatives (covered by logprobs.alternatives_given)"))
    assert not found, say(
        "of {seen} tokens {number} are not the likeliest, such as {found}", seen, len(found), ", ".join(found[:3])
    )


# --- the limit ------------------------------------------------------------------------------------------------

LARGEST = 4096  #: tokens that every model may write; a larger limit may be lowered to the model's own
SURELY = 0.7  #: of a limit: tokenizers differ by less


def _limited(request: Request) -> bool:
    limit = limit_of(request.asked)
    return type(limit) is int and 16 <= limit <= LARGEST


CUT = Scope(
    "every reply with usage that a limit cut off",
    lambda each: EVERY_USAGE.meant(each) and _limited(each),
    lambda each: EVERY_USAGE.holds(each) and _limited(each.request) and _is_cut(each),
)


def _is_cut(exchange: Exchange) -> bool:
    """Whether text was cut off; what is thought or called may not be counted."""
    hidden = [name for each in exchange.messages for name in ("reasoning_content", "reasoning") if each.get(name)]
    cut = [each.get("finish_reason") == "length" for each in exchange.choices]
    return bool(cut) and all(cut) and not exchange.tool_calls and not hidden


@AREA.should(
    "cut a reply off at the limit that was asked for, not below it",
    on=CUT,
    source="openai-openapi#CreateChatCompletionRequest.max_tokens",
    contract=["sampling-07"],
    at="usage.completion_tokens",
    hint="Pass the caller's limit on; what a gateway allows at most is told by a 400.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 4),
    needs_model=True,
)
def test_length_is_the_limit(exchange: Exchange, asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    count, limit = count_or_not_applicable(usage, "completion_tokens"), limit_of(asked)
    if model.reasons or not all(each.get("content") for each in exchange.messages):
        raise NotApplicable(say("the model reasons, or wrote no text: what it counts may not be all"))
    if not count:
        raise NotApplicable(say("no tokens are counted (covered by usage.output_costs_tokens)"))
    assert count >= limit * SURELY, say(
        "{request}: cut off after {count} completion_tokens of {limit}", exchange.request, count, limit
    )
