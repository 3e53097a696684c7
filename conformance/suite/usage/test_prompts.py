"""What the prompt costs: the same prompt the same tokens, a longer one more, and nothing that is not in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import edit, only, put
from conformance.contract.given import OnDemand, in_turn, on_demand
from conformance.contract.profile import Model
from conformance.contract.requests import LENGTH, LONG, PLAIN, PLAIN_AGAIN, TWO, again, chat
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation
from conformance.language import say
from conformance.suite.support.parameters import AT_END
from conformance.suite.support.prompts import SLACK, WORDS, prompt_tokens, same_prompt

from . import AREA

#: The plain prompt with sampling members that change nothing about it, for models that refuse the ends of their ranges.
SAMPLED = chat(label="sampled", temperature=None, top_p=0.5, seed=7, stop="STOPHERE", max_tokens=5)


@AREA.should(
    "count the same prompt_tokens for the same request",
    on={"one": PLAIN, "other": PLAIN_AGAIN, "third": on_demand(again(PLAIN, 3))},
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-09"],
    at="usage.prompt_tokens",
    hint="Count the prompt as the upstream does, cache hits included, in every reply.",
    broken_by=only(lambda each: each.attempt > 1, put("usage.prompt_tokens", lambda count: count + 5)),
)
def test_same_prompt_same_count(one: Exchange, other: Exchange, third: Sequence[Exchange]) -> None:
    """A third request decides where two differ: one that was routed elsewhere proves nothing."""
    try:
        same_prompt(one, other)
    except Violation:
        if abs(prompt_tokens(third[0]) - prompt_tokens(one)) <= SLACK:
            reason = say("of three requests one was counted differently: it may have been routed elsewhere")
            raise Inconclusive(reason) from None
        raise


@AREA.should(
    "count more prompt_tokens where text is added to the prompt",
    on={"short": PLAIN, "long": WORDS},
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-10"],
    at="usage.prompt_tokens",
    hint="Count the prompt of this request, not a constant; pass the whole prompt on.",
    broken_by=put("usage.prompt_tokens", 20),
    needs_model=True,
)
def test_more_text_costs_more(short: Exchange, long: Exchange) -> None:
    few, many = prompt_tokens(short), prompt_tokens(long)
    assert many - few >= 100, say("two words cost {few} prompt_tokens, and with 1,000 words more {many}", few, many)


def _output_in_prompt(document: Any) -> None:
    if isinstance(usage := document.get("usage"), dict):
        usage["prompt_tokens"] += usage["completion_tokens"]


@AREA.should(
    "count prompt_tokens independently of top_p, seed, stop, temperature and the token limit",
    on={
        "plain": in_turn(PLAIN),
        "sampled": OnDemand((AT_END["least"], SAMPLED), usual=1),
        "cut": in_turn(LONG, LENGTH),
    },
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-11"],
    at="usage.prompt_tokens",
    hint="Do not put sampling parameters into the prompt, nor the output, reasoning included, into its count.",
    broken_by={
        "parameters": only(lambda each: "seed" in each.asked, put("usage.prompt_tokens", lambda count: count + 5)),
        "the output": edit(_output_in_prompt),
    },
)
def test_sampling_costs_no_prompt(
    plain: Sequence[Exchange], sampled: Sequence[Exchange], cut: Sequence[Exchange], model: Model
) -> None:
    """Counting to a hundred, whole and cut short: the prompts are the same, and the outputs differ greatly."""
    if model.reasons:
        raise NotApplicable(say("sampling parameters are not sent to a model that reasons"))
    same_prompt(plain[0], sampled[0] if sampled[0].succeeded else sampled[1])
    same_prompt(cut[0], cut[1])


@AREA.should(
    "count the prompt once however many choices n asks for",
    on={"one": in_turn(PLAIN), "two": TWO},
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["usage-12"],
    at="usage.prompt_tokens",
    hint="Where n is made of several upstream requests, bill their prompt once, or reject n.",
    broken_by=only(lambda each: "n" in each.asked, put("usage.prompt_tokens", lambda count: count * 2)),
)
def test_choices_share_the_prompt(one: Sequence[Exchange], two: Exchange) -> None:
    if two.refused:
        raise NotApplicable(say("n is rejected with HTTP {status}", two.status))
    same_prompt(one[0], two)


@AREA.may(
    "count 600 to 2,500 prompt_tokens for 1,000 English words, and fewer than 100 for two",
    on={"short": PLAIN, "long": WORDS},
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-14"],
    at="usage.prompt_tokens",
    hint="More means that the prompt has something in it that the customer pays for and did not write.",
    broken_by={
        "a hidden system prompt": put("usage.prompt_tokens", lambda count: count + 4000),
        "an estimate by characters": only(
            lambda each: len(each.body) > 1000, put("usage.prompt_tokens", lambda count: count * 4)
        ),
    },
    needs_model=True,
)
def test_plausible_count(short: Exchange, long: Exchange) -> None:
    few, many = prompt_tokens(short), prompt_tokens(long)
    assert few < 100, say("“Say OK.” costs {few} prompt_tokens", few)
    assert 600 <= many - few <= 2500, say("1,000 words cost {many} prompt_tokens", many - few)
