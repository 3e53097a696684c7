"""What usage counts must add up to, beyond their shape and sums (`test_shape.py`)."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import chain, edit, only, put
from conformance.contract.profile import Model
from conformance.contract.requests import LENGTH, LONG, PLAIN, PLAIN_AGAIN, TWO, again, chat
from conformance.contract.requirement import Area, Fault
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import Inconclusive, NotApplicable, Violation
from conformance.evidence.send import Send
from conformance.suite.support.parameters import AT_END
from conformance.suite.support.prompts import SLACK, WORDS, prompt_tokens, same_prompt

AREA = Area("usage")

#: Counts of other vendors that mean cached_tokens.
OTHER_HITS = ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_input_tokens", "cached_read_tokens")
#: What Anthropic's input_tokens leaves out of prompt_tokens.
CACHE_PARTS = ("cached_tokens", "cached_write_tokens")


@AREA.must(
    "count at least one completion token for text or a tool call that it returns",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.completion_tokens",
    contract=["usage-04"],
    at="usage.completion_tokens",
    hint="Pass the upstream's output count on; do not send usage before the output is counted.",
    broken_by=put("usage.completion_tokens", 0),
)
def test_output_costs_tokens(messages: list[dict[str, Any]], usage: dict[str, Any]) -> None:
    if not any(message.get("content") or message.get("tool_calls") for message in messages):
        raise NotApplicable("the reply has neither text nor a tool call")
    count = usage.get("completion_tokens")
    if type(count) is not int:
        raise NotApplicable("completion_tokens is not an integer, which is another requirement")
    assert count >= 1, f"completion_tokens is {count}, yet the reply has text or a tool call"


# --- what other dialects call the same ----------------------------------------------------------------------


def positive(container: Any, name: str) -> int:
    """The count under this name; 0 where it is absent, null, zero, or no count at all: zeros are fillings."""
    value = container.get(name) if isinstance(container, dict) else None
    return value if type(value) is int and value > 0 else 0


def _as_well(**members: str) -> Fault:
    """Vendor members beside OpenAI's, each a copy of another."""

    def change(document: Any) -> None:
        if isinstance(usage := document.get("usage"), dict):
            usage.update({name: usage.get(own) for name, own in members.items()})

    return edit(change)


@AREA.should(
    "give input_tokens and output_tokens, where it sends them, the values of OpenAI's counts",
    on=EVERY_USAGE,
    source="phanedge#alignment",
    contract=["usage-13"],
    at="usage.input_tokens usage.output_tokens",
    hint="input_tokens may be Anthropic's, without cache hits and writes; zeros are ignored.",
    shown_by=_as_well(input_tokens="prompt_tokens", output_tokens="completion_tokens"),
    broken_by={
        "input": put("usage.input_tokens", 9_999_999),
        "output": put("usage.output_tokens", 9_999_999),
    },
)
def test_native_counts_agree(usage: dict[str, Any]) -> None:
    counted_in, counted_out = positive(usage, "input_tokens"), positive(usage, "output_tokens")
    prompt, completion = positive(usage, "prompt_tokens"), positive(usage, "completion_tokens")
    if not ((counted_in and prompt) or (counted_out and completion)):
        raise NotApplicable("input_tokens and output_tokens are not sent, or zero")
    if counted_in and prompt:
        uncached = prompt - sum(positive(usage.get("prompt_tokens_details"), name) for name in CACHE_PARTS)
        assert counted_in in (prompt, uncached), (
            f"input_tokens is {counted_in}; prompt_tokens is {prompt}, without hits and writes {uncached}"
        )
    if counted_out and completion:
        assert counted_out == completion, f"output_tokens is {counted_out}, completion_tokens is {completion}"


@AREA.should(
    "make prompt_cache_hit_tokens and prompt_cache_miss_tokens, where it sends both, come to prompt_tokens",
    on=EVERY_USAGE,
    source="deepseek#usage",
    contract=["usage-13"],
    at="usage.prompt_cache_hit_tokens usage.prompt_cache_miss_tokens usage.prompt_tokens",
    shown_by=chain(
        put("usage.prompt_tokens", 2000),
        put("usage.prompt_cache_hit_tokens", 1024),
        put("usage.prompt_cache_miss_tokens", 976),
    ),
    broken_by=put("usage.prompt_cache_miss_tokens", 2000),
)
def test_hits_and_misses(usage: dict[str, Any]) -> None:
    hit, miss = positive(usage, "prompt_cache_hit_tokens"), positive(usage, "prompt_cache_miss_tokens")
    prompt = positive(usage, "prompt_tokens")
    if not (hit and miss and prompt):
        raise NotApplicable("hits and misses are not both sent")
    assert hit + miss == prompt, f"{hit} hits and {miss} misses are {hit + miss}, and prompt_tokens is {prompt}"


@AREA.should(
    "give other vendors' counts of cache hits, where it sends them, the value of cached_tokens",
    on=EVERY_USAGE,
    source="phanedge#alignment",
    contract=["usage-13"],
    at="usage.prompt_tokens_details.cached_tokens",
    hint="Of Anthropic's cache_read_input_tokens the same is required under caching.",
    shown_by=chain(put("usage.prompt_tokens_details.cached_tokens", 1024), put("usage.prompt_cache_hit_tokens", 1024)),
    broken_by=put("usage.prompt_cache_hit_tokens", 1025),
)
def test_hits_agree(usage: dict[str, Any], details: dict[str, Any]) -> None:
    cached = positive(details, "cached_tokens")
    given = {name: value for name in OTHER_HITS if (value := positive(usage, name) or positive(details, name))}
    if not cached or not given:
        raise NotApplicable("cached_tokens or another count of cache hits is not sent, or zero")
    wrong = {name: value for name, value in given.items() if value != cached}
    assert not wrong, f"cached_tokens is {cached}, and " + ", ".join(
        f"{name} is {value}" for name, value in wrong.items()
    )


# --- what the prompt costs ----------------------------------------------------------------------------------

#: The plain prompt with sampling members that change nothing about it, for models that refuse the ends of their ranges.
SAMPLED = chat(label="sampled", temperature=None, top_p=0.5, seed=7, stop="STOPHERE", max_tokens=5)


@AREA.should(
    "count the same prompt_tokens for the same request",
    on=(PLAIN, PLAIN_AGAIN),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-09"],
    at="usage.prompt_tokens",
    hint="Count the prompt as the upstream does, cache hits included, in every reply.",
    broken_by=only(lambda each: each.attempt > 1, put("usage.prompt_tokens", lambda count: count + 5)),
)
def test_same_prompt_same_count(send: Send) -> None:
    """A third request decides where two differ: one that was routed elsewhere proves nothing."""
    try:
        same_prompt(send(PLAIN), send(PLAIN_AGAIN))
    except Violation:
        if abs(prompt_tokens(send(again(PLAIN, 3))) - prompt_tokens(send(PLAIN))) <= SLACK:
            raise Inconclusive(
                "of three requests one was counted differently: it may have been routed elsewhere"
            ) from None
        raise


@AREA.should(
    "count more prompt_tokens where text is added to the prompt",
    on=(PLAIN, WORDS),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-10"],
    at="usage.prompt_tokens",
    hint="Count the prompt of this request, not a constant; pass the whole prompt on.",
    broken_by=put("usage.prompt_tokens", 20),
)
def test_more_text_costs_more(send: Send) -> None:
    short, long = prompt_tokens(send(PLAIN)), prompt_tokens(send(WORDS))
    assert long - short >= 100, f"two words cost {short} prompt_tokens, and with 1,000 words more {long}"


def _written_in_prompt(document: Any) -> None:
    if isinstance(usage := document.get("usage"), dict):
        usage["prompt_tokens"] += usage["completion_tokens"]


@AREA.should(
    "count prompt_tokens independently of top_p, seed, stop, temperature and the token limit",
    on=(PLAIN, LONG, LENGTH),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-11"],
    at="usage.prompt_tokens",
    hint="Do not put sampling parameters into the prompt, nor what was written, thoughts included, into its count.",
    broken_by={
        "parameters": only(lambda each: "seed" in each.asked, put("usage.prompt_tokens", lambda count: count + 5)),
        "what was written": edit(_written_in_prompt),
    },
)
def test_sampling_costs_no_prompt(send: Send, model: Model) -> None:
    """Count to a hundred and cut that short: the prompts are the same, and what is written differs greatly."""
    if model.reasons:
        raise NotApplicable("a model that reasons is not asked so")
    sampled = send(AT_END["least"])
    same_prompt(send(PLAIN), sampled if sampled.succeeded else send(SAMPLED))
    same_prompt(send(LONG), send(LENGTH))


@AREA.should(
    "count the prompt once however many choices n asks for",
    on=(PLAIN, TWO),
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["usage-12"],
    at="usage.prompt_tokens",
    hint="Where n is made of several upstream requests, bill their prompt once, or refuse n.",
    broken_by=only(lambda each: "n" in each.asked, put("usage.prompt_tokens", lambda count: count * 2)),
)
def test_choices_share_the_prompt(send: Send) -> None:
    two = send(TWO)
    if two.refused:
        raise NotApplicable(f"n is refused with HTTP {two.status}")
    same_prompt(send(PLAIN), two)


@AREA.may(
    "count 600 to 2,500 prompt_tokens for 1,000 English words, and fewer than 100 for two",
    on=(PLAIN, WORDS),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-14"],
    at="usage.prompt_tokens",
    hint="More means that something is put into the prompt which the customer pays and did not write.",
    broken_by={
        "a hidden system prompt": put("usage.prompt_tokens", lambda count: count + 4000),
        "an estimate by characters": only(
            lambda each: len(each.body) > 1000, put("usage.prompt_tokens", lambda count: count * 4)
        ),
    },
)
def test_plausible_count(send: Send) -> None:
    short, long = prompt_tokens(send(PLAIN)), prompt_tokens(send(WORDS))
    assert short < 100, f"“Say OK.” costs {short} prompt_tokens"
    assert 600 <= long - short <= 2500, f"1,000 words cost {long - short} prompt_tokens"
