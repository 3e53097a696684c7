"""What a reply cost, said in other words as well, and prompts that cost more for a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from conformance.contract.faults import chain, header
from conformance.contract.requirement import Fault
from conformance.contract.scopes import output_type
from conformance.evidence.exchange import Exchange

from .kit import FINDINGS, completions, details, right
from .usage import more_prompt

#: Dollars a token: uncached input, hits, writes of five minutes and of an hour, output.
PRICES = tuple(map(Decimal, ("0.000003", "0.0000003", "0.00000375", "0.000006", "0.000015")))


def _cost(usage: Mapping[str, Any]) -> Decimal:
    """What the counts cost by PRICES, in dollars."""
    found = usage.get("prompt_tokens_details") or {}
    hits, minutes, hour = (found.get(f"cached_{name}tokens", 0) for name in ("", "write_5m_", "write_1h_"))
    fresh = usage["prompt_tokens"] - hits - minutes - hour
    return sum(
        (
            count * price
            for count, price in zip((fresh, hits, minutes, hour, usage["completion_tokens"]), PRICES, strict=True)
        ),
        Decimal(0),
    )


@right("OpenRouter's usage accounting")
def states_what_it_costs(exchange: Exchange) -> Exchange:
    """The usage states the cost, and it is that of the counts, bucket by bucket."""

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            cost = float(_cost(usage))
            usage |= {"cost": cost, "cost_details": {"upstream_inference_cost": cost}, "is_byok": False}

    return completions(change)(exchange)


@right("LiteLLM's response headers")
def states_what_it_costs_in_a_header(exchange: Exchange) -> Exchange:
    """A header of plain replies states the cost, and it is that of the counts."""
    if not exchange.succeeded or exchange.streamed or "usage" not in exchange.document:
        return exchange
    cost = _cost(exchange.document["usage"])
    named = {"x-litellm-response-cost": f"{cost}", "x-litellm-key-spend": f"{cost + 1}", "x-litellm-version": "1.80.0"}
    return chain(*(header(name, value) for name, value in named.items()))(exchange)


def beside(counts: Callable[[int, int, int], dict[str, Any]], *, inside: bool = False) -> Fault:
    """Members made of hits and of writes of five minutes and of an hour, in the usage or in its details."""

    def change(document: Any) -> None:
        if found := details(document):
            hits, minutes, hour = (found.get(f"cached_{name}tokens", 0) for name in ("", "write_5m_", "write_1h_"))
            (found if inside else document["usage"]).update(counts(hits, minutes, hour))

    return completions(change)


@right("cache-38: allowed where equal")
def counts_of_new_api_beside(exchange: Exchange) -> Exchange:
    """The usage has new-api's counts of the cache as well, and they agree."""

    def counts(hits: int, minutes: int, hour: int) -> dict[str, Any]:
        return {
            "claude_cache_creation_5_m_tokens": minutes,
            "claude_cache_creation_1_h_tokens": hour,
            "usage_semantic": "openai",
            "usage_source": "anthropic",
        }

    return beside(counts)(exchange)


@right("cache-38: allowed where equal")
def counts_of_litellm_beside(exchange: Exchange) -> Exchange:
    """The details have LiteLLM's counts of the cache as well, and they agree."""

    def counts(hits: int, minutes: int, hour: int) -> dict[str, Any]:
        split = {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}
        return {"cache_creation_tokens": minutes + hour, "cache_creation_token_details": split}

    return beside(counts, inside=True)(exchange)


@right("anthropic-pricing: 346 tokens of a system prompt for tools")
def tools_cost_a_system_prompt(exchange: Exchange) -> Exchange:
    """Where tools are offered, 346 tokens more are counted: the upstream's own prompt for them."""
    return more_prompt(lambda request: 346 if request.asked.get("tools") else 0)(exchange)


@right("anthropic: a schema adds a system prompt")
def schemas_cost_tokens(exchange: Exchange) -> Exchange:
    """Where structured output is asked for, 120 tokens more are counted: the schema is a part of the prompt."""
    return more_prompt(lambda request: 120 if output_type(request) != "text" else 0)(exchange)


@right("openai-caching: hits are best effort, of 1,024 tokens and more in steps of 128")
def automatic_hits_of_the_least_size(exchange: Exchange) -> Exchange:
    """Automatic hits are of the first 1,024 tokens, or one step of 128 more, as machines differ in what they hold."""
    size = 1024 + 128 * (int(exchange.request.key, 16) % 2)

    def change(document: Any) -> None:
        if "gpt" in document["model"] and details(document).get("cached_tokens"):
            details(document)["cached_tokens"] = size

    return completions(change)(exchange)


@right(
    "usage-05: a deviation only",
    deviates={
        "cache.hits_always_shown": "cache-11",
        "usage.completion_tokens_details.not_null": "usage-05",
        "usage.prompt_tokens_details.not_null": "usage-05",
    },
)
def details_null(exchange: Exchange) -> Exchange:
    """The details of the output are null, and those of the prompt where nothing is cached."""

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            usage["completion_tokens_details"] = None
            if not any(details(document).values()):
                usage["prompt_tokens_details"] = None

    return completions(change)(exchange)


@right(FINDINGS)
def thoughts_counted_alone(exchange: Exchange) -> Exchange:
    """The details of the output have reasoning_tokens alone, as OpenAI's of September 2024."""

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            usage["completion_tokens_details"] = {"reasoning_tokens": 0}

    return completions(change)(exchange)


@right("OpenRouter's usage accounting")
def states_the_parts_of_the_cost(exchange: Exchange) -> Exchange:
    """The usage states the cost with its parts."""

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            output = round(usage["completion_tokens"] * PRICES[-1], 9)
            prompt = _cost(usage) - output
            names = ("upstream_inference_cost", "upstream_inference_prompt_cost", "upstream_inference_completions_cost")
            usage |= {"cost": float(_cost(usage))}
            usage["cost_details"] = dict(zip(names, map(float, (prompt + output, prompt, output)), strict=True))

    return completions(change)(exchange)


@right("OpenRouter routes to providers of different prices, and names them")
def costs_what_the_provider_asks(exchange: Exchange) -> Exchange:
    """Two providers serve the model, which the reply names: one costs a fifth more."""
    dear = int(exchange.request.key, 16) % 2

    def change(document: Any) -> None:
        document["provider"] = ("Amber", "Basalt")[dear]
        if usage := document.get("usage"):
            usage["cost"] = float(_cost(usage) * (Decimal("1.2") if dear else 1))

    return completions(change)(exchange)


@right("LiteLLM's response headers")
def refusals_state_no_cost(exchange: Exchange) -> Exchange:
    """An error states a cost of 0 in a header, and that it is not to be sent again."""
    if not exchange.refused:
        return exchange
    return chain(header("x-litellm-response-cost", "0.0"), header("x-should-retry", "false"))(exchange)


@right("GPT-5: the channel of an answer costs tokens, too")
def answers_cost_their_form(exchange: Exchange) -> Exchange:
    """Eight tokens more are counted for each choice that has room for them below its limit."""
    asked = exchange.request.asked
    room, n = asked.get("max_completion_tokens") or asked.get("max_tokens") or 4096, int(asked.get("n") or 1)

    def change(document: Any) -> None:
        usage = document.get("usage")
        if usage and usage["completion_tokens"] + 8 * n <= room * n:
            usage["completion_tokens"] += 8 * n
            usage["total_tokens"] += 8 * n

    return completions(change)(exchange)
