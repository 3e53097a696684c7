"""One prompt in which features meet, sent cold, again, streamed and for two choices: what one reply counts as written
the next counts as read, and the prompt costs the same. Where the plainest prompt fails, too, the requirement about it
says so alone."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only
from conformance.contract.profile import Model
from conformance.contract.requests import CACHE_COLD, CACHE_WARM, PLAIN, TWO
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES

from . import AREA
from .chains import Chain, Relation, Replies, each_chain, unlike_plain
from .combined import REPEATED
from .faults import fewer, half_written, hidden, more_prompt, no_writes, read_as_write, recount
from .relations import (
    conserved,
    constant_prompt,
    found_again,
    one_prompt_for_all_choices,
    read_in_the_end,
    reported_as_written,
)

BESIDE = "tools, tool results, images, a JSON Schema, several choices, several cache breakpoints or both TTLs"
PLAINEST = Chain((CACHE_COLD, CACHE_WARM), repeated=True)
#: A short prompt for one choice and for two, of which nothing is cached.
ALONE = Chain((PLAIN, TWO))
CHAINS = tuple(Chain(requests, repeated=True) for requests in REPEATED)
Chains = Sequence[Sequence[Exchange]]
GIVEN = {"plain": PLAINEST.slot(declared=True), "chains": tuple(chain.slot() for chain in CHAINS)}


def double(usage: dict[str, int], counts: dict[str, int]) -> None:
    """The prompt counted twice."""
    more_prompt(usage["prompt_tokens"])(usage, counts)


def told(chains: Chains, model: Model) -> list[Replies]:
    """The counts of the replies to each prompt."""
    return [chain.replies(exchanges, model) for chain, exchanges in zip(CHAINS, chains, strict=True)]


def hold(plain: Sequence[Exchange], chains: Chains, model: Model, relation: Relation, covered_by: str) -> None:
    """Hold each prompt to a relation to which the plainest one is held by another requirement."""
    unlike_plain(PLAINEST.replies(plain, model), relation, covered_by)
    each_chain(told(chains, model), relation)


def following(label: str, *faults: Fault) -> Fault:
    """The faults in the answers to what follows the request of which the label is a beginning."""
    return only(lambda each: each.label.startswith(f"{label}-") and each.after is not None, *faults)


@AREA.must(
    f"report what was written of a Claude prompt with {BESIDE} as read, or as written once more, when it is sent again",
    on=GIVEN,
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-25", "cache-42"],
    at=f"{DETAILS}.{HITS}",
    hint="Map cache_read_input_tokens to cached_tokens in one place, for every form of reply.",
    broken_by={
        "of one hour": following("cache-hours", recount(hidden)),
        "of both TTLs": following("cache-both", recount(hidden)),
    },
    needs_model=True,
)
def test_hits_beside_are_reported(plain: Sequence[Exchange], chains: Chains, model: Model) -> None:
    hold(plain, chains, model, found_again, "caching.hits_are_reported")


@AREA.must(
    f"report as cache writes what it later reports as read of a Claude prompt with {BESIDE}",
    on=GIVEN,
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-26", "cache-42"],
    at=f"{DETAILS}.{WRITES}",
    hint="Nothing can be read that was not written: serialise the count of writes with every form of reply.",
    broken_by={
        "of one hour": only(lambda each: each.label.startswith("cache-hours"), recount(no_writes)),
        "of five minutes": only(lambda each: each.label.startswith("cache-minutes"), recount(no_writes)),
        "of both TTLs": only(lambda each: each.label.startswith("cache-both"), recount(no_writes)),
    },
    needs_model=True,
)
def test_writes_beside_are_reported(plain: Sequence[Exchange], chains: Chains, model: Model) -> None:
    hold(plain, chains, model, reported_as_written, "caching.writes_are_reported")


@AREA.should(
    f"read exactly what was written of a Claude prompt with {BESIDE}, and write none of it again",
    on=GIVEN,
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-25", "cache-26", "cache-42"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="Hits and writes are the upstream's counts of this prompt: n, stream and breakpoints do not change them.",
    broken_by={
        "fewer": following("cache-hours", recount(fewer(HITS, 100))),
        "written, too": following("cache-both", recount(half_written)),
    },
    needs_model=True,
)
def test_read_beside_is_what_was_written(plain: Sequence[Exchange], chains: Chains, model: Model) -> None:
    hold(plain, chains, model, conserved, "caching.read_is_what_was_written")


@AREA.must(
    f"report the same prompt_tokens for the same Claude prompt with {BESIDE}, written, read, and streamed",
    on=GIVEN,
    source="phanedge#extension-fields",
    contract=["cache-27", "cache-33", "cache-42"],
    at="usage.prompt_tokens",
    hint="prompt_tokens is uncached input + hits + writes, whatever else the request has; never a local estimate.",
    broken_by=following("cache-hours", recount(more_prompt(25))),
)
def test_prompt_beside_is_constant(plain: Sequence[Exchange], chains: Chains, model: Model) -> None:
    hold(plain, chains, model, constant_prompt, "caching.prompt_is_constant")


@AREA.should(
    "count a Claude prompt that is written or read once however many choices n asks for",
    on=GIVEN | {"alone": ALONE.slot()},
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["usage-12", "cache-42"],
    at="usage.prompt_tokens",
    hint="Where n is made of several upstream requests, bill their prompt once, or reject n.",
    broken_by=only(lambda each: "n" in each.asked and "response_format" in each.asked, recount(double)),
)
def test_choices_share_the_cache(
    plain: Sequence[Exchange], chains: Chains, alone: Sequence[Exchange], model: Model
) -> None:
    unlike_plain(ALONE.replies(alone, model), one_prompt_for_all_choices, "usage.choices_share_the_prompt")
    each_chain(told(chains, model), one_prompt_for_all_choices)


@AREA.should(
    "read what it wrote: of three identical Claude prompts with a cache breakpoint not all write, while none reads",
    on=GIVEN,
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-41"],
    at=f"{DETAILS}.{WRITES} {DETAILS}.{HITS}",
    hint="Send the prefix unchanged, to the byte: a time, an id or a random order in it makes every write worthless.",
    broken_by={
        "everywhere": recount(read_as_write),
        "of several breakpoints": only(lambda each: each.label.startswith("cache-hours"), recount(read_as_write)),
    },
    needs_model=True,
)
def test_written_is_read(plain: Sequence[Exchange], chains: Chains, model: Model) -> None:
    each_chain([PLAINEST.replies(plain, model), *told(chains, model)], read_in_the_end)
