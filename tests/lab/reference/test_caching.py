"""Prompt caching: what is read and what is written."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.requests import chat, filler, streamed
from conformance.evidence.exchange import Request
from conformance.lab.reference.access import CUSTOMER
from tests.support.bench import CLAUDE, GPT, Bench, block, marked, parts

LONG, LONGER = filler(2100, "first"), filler(3000, "second")


def test_cold_writes_and_warm_reads_the_same() -> None:
    bench = Bench()
    cold, warm = bench.usage(marked(block(LONG))), bench.usage(marked(block(LONG)))
    read, written, five, hour = parts(cold)
    assert (read, hour) == (0, 0)
    assert written == five > 1024
    assert parts(warm) == (written, 0, 0, 0)
    assert warm["prompt_tokens"] == cold["prompt_tokens"]
    assert set(warm["prompt_tokens_details"]) == {"cached_tokens", "audio_tokens"}


def test_without_ttl_is_five_minutes() -> None:
    request = marked({"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}})
    assert Bench().details(request) == Bench().details(marked(block(LONG)))


def test_an_hour_is_written_to_its_own_bucket() -> None:
    read, written, five, hour = Bench().details(marked(block(LONG, "1h")))
    assert (read, five) == (0, 0)
    assert written == hour > 1024


def test_mixed_lifetimes_follow_the_markers() -> None:
    first = Bench().details(marked(block(LONG, "1h")))[1]
    both = Bench().details(marked(block(LONG, "5m"), block(LONGER, "5m")))[1]
    assert Bench().details(marked(block(LONG, "1h"), block(LONGER, "5m"))) == (0, both, both - first, first)


def test_a_hit_below_the_hour_marker_writes_from_the_hit() -> None:
    bench = Bench()
    first = bench.details(marked(block(LONG, "1h")))[1]
    extended = bench.details(marked(block(LONG, "1h"), block(LONGER, "1h"), block("More. " * 50, "5m")))
    assert extended[0] == first
    assert extended[1] == extended[2] + extended[3]
    assert min(extended[2:]) > 0


@pytest.mark.parametrize(("ttl", "lifetime"), [("5m", 300), ("1h", 3600)])
def test_entries_expire(ttl: str, lifetime: float) -> None:
    bench = Bench()
    written = bench.details(marked(block(LONG, ttl)))[1]
    bench.now += lifetime - 1
    assert bench.details(marked(block(LONG, ttl)))[0] == written
    bench.now += lifetime - 1  # the hit renewed it
    assert bench.details(marked(block(LONG, ttl)))[0] == written
    bench.now += lifetime + 1
    assert bench.details(marked(block(LONG, ttl)))[:2] == (0, written)


def test_the_hour_outlives_the_five_minutes() -> None:
    bench = Bench()
    request = marked(block(LONG, "1h"), block(LONGER, "5m"))
    _, written, five, hour = bench.details(request)
    bench.now += 600
    assert bench.details(request) == (hour, five, five, 0)
    assert bench.details(request) == (written, 0, 0, 0)


def test_a_growing_conversation_reads_the_old_and_writes_the_new() -> None:
    bench = Bench()
    first = [{"role": "user", "content": [block(LONG)]}]
    written = bench.details(chat(messages=first).to(CLAUDE))[1]
    second = [
        {"role": "user", "content": [block(LONG, None)]},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": [block("And now say OK.")]},
    ]
    read, added, *_ = bench.details(chat(messages=second).to(CLAUDE))
    assert read == written
    assert added > 0


def test_a_changed_prefix_misses_and_a_changed_suffix_hits() -> None:
    bench = Bench()
    written = bench.details(marked(block("abc " + LONG)))[1]
    assert bench.details(marked(block("xyz " + LONG)))[:2] == (0, written)
    assert bench.details(marked(block("abc " + LONG), question="Say hello."))[:2] == (written, 0)


def test_short_prefixes_and_unmarked_ones_are_not_written() -> None:
    assert Bench().details(marked(block("Short."))) == (0, 0, 0, 0)
    assert Bench().details(marked(block(LONG, None))) == (0, 0, 0, 0)


MARKED: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
TOOL = {"type": "function", "function": {"name": "f", "description": LONG}}


@pytest.mark.parametrize(
    "request_",
    [
        chat(messages=[{"role": "user", "content": LONG, **MARKED}]),
        chat(LONG, **MARKED),
        chat("Say OK.", tools=[TOOL | MARKED]),
        chat(messages=[{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [block(LONG)]},
                       {"role": "user", "content": "Say OK."}]),
    ],
    ids=["message", "top level", "tool", "assistant part"],
)  # fmt: skip
def test_every_place_of_a_marker_works(request_: Request) -> None:
    bench = Bench()
    read, written, five, hour = bench.details(request_.to(CLAUDE))
    assert (read, hour) == (0, 0)
    assert written == five > 1024
    assert bench.details(request_.to(CLAUDE))[:2] == (written, 0)


def test_markers_cost_nothing() -> None:
    plain = [block(LONG, None), block(LONGER, None)]
    costs = {
        Bench().usage(marked(*blocks))["prompt_tokens"]
        for blocks in (plain, [block(LONG, "1h"), block(LONGER, "5m")], [block(LONG), block(LONGER)])
    }
    assert len(costs) == 1


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        ([block(LONG, "5m"), block(LONGER, "1h")], "ttl"),
        ([block(str(number)) for number in range(5)], "maximum of 4"),
        ([block(LONG, "2h")], "5m"),
        ([{"type": "text", "text": LONG, "cache_control": {"type": "forever"}}], "ephemeral"),
        ([{"type": "text", "text": LONG, "cache_control": True}], "object"),
    ],
)
def test_wrong_markers_are_refused_and_change_nothing(blocks: list[dict[str, Any]], says: str) -> None:
    bench = Bench()
    exchange = bench.endpoint.answer(marked(*blocks))
    assert exchange.status == 400
    assert says in exchange.error["message"]
    assert not bench.endpoint.caches[CLAUDE].expiries


def test_gpt_caches_of_itself_and_ignores_markers() -> None:
    bench = Bench()
    request = marked(block(LONG, "9h"), model=GPT)
    cold, warm = bench.usage(request), bench.usage(request)
    assert cold["prompt_tokens_details"]["cached_tokens"] == 0
    hit = warm["prompt_tokens_details"]["cached_tokens"]
    assert hit >= 1024
    assert hit % 128 == 0
    assert warm["prompt_tokens"] == cold["prompt_tokens"] >= hit
    assert not [name for usage in (cold, warm) for name in usage["prompt_tokens_details"] if "write" in name]


def test_gpt_reads_what_two_prompts_share() -> None:
    bench = Bench()
    bench.usage(marked(block(LONG), model=GPT))
    shared = bench.details(marked(block(LONG), block(LONGER), model=GPT))[0]
    assert 1024 <= shared <= bench.usage(marked(block(LONG), model=GPT))["prompt_tokens"]
    assert bench.details(chat("Say OK.").to(GPT))[0] == 0
    bench.now += 601
    assert bench.details(marked(block(LONG), model=GPT))[0] == 0


def test_customers_do_not_share() -> None:
    bench = Bench()
    request = marked(block(LONG))
    one, other = (Request(body=request.body, headers=(*request.headers, (CUSTOMER, name))) for name in ("one", "other"))
    written = bench.details(one)[1]
    assert bench.details(other)[:2] == (0, written)
    assert bench.details(one)[:2] == (written, 0)


def test_streams_report_the_same() -> None:
    request = chat("Say OK.", system=[block(LONG, "1h"), block(LONGER, "5m")])
    cold = Bench().usage(request.to(CLAUDE))
    assert Bench().usage(streamed(request).to(CLAUDE)) == cold
