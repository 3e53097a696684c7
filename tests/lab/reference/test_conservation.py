"""Conservation: no token of a prompt is lost, invented or counted twice, whatever the cache holds."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.requests import filler
from tests.support.bench import Bench, block, marked, parts

Turn = tuple[str, str | None]
texts = st.sampled_from([filler(words, name) for words in (30, 700, 1500) for name in ("a", "b")])
turns = st.lists(st.tuples(texts, st.sampled_from([None, "5m", "1h"])), min_size=1, max_size=5)


def legal(blocks: list[dict[str, Any]]) -> bool:
    ttls = [each["cache_control"]["ttl"] for each in blocks if "cache_control" in each]
    return len(ttls) <= 4 and "1h" not in ttls[ttls.index("5m") if "5m" in ttls else len(ttls) :]


@settings(max_examples=60, deadline=None)
@given(
    turns,
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from([0, 100, 400, 4000])), min_size=1, max_size=6),
)
def test_tokens_are_conserved(turns: list[Turn], plan: list[tuple[int, float]]) -> None:
    """Whatever part of a conversation is sent whenever: the prompt costs the same, what is read and written
    is in it, what was written is what is read next, and no write is reported as zero."""
    bench = Bench()
    for length, wait in plan:
        bench.now += wait
        blocks = [block(text, ttl) for text, ttl in turns[:length]]
        if not legal(blocks):
            continue
        request = marked(*blocks)
        first, second = bench.usage(request), bench.usage(request)
        fresh = Bench().usage(request)
        assert first["prompt_tokens"] == second["prompt_tokens"] == fresh["prompt_tokens"]
        for usage in (first, second, fresh):
            read, written, five, hour = parts(usage)
            assert written == five + hour
            assert read + written <= usage["prompt_tokens"]
            assert 0 not in [v for name, v in usage["prompt_tokens_details"].items() if "write" in name]
        assert parts(second)[0] + parts(second)[1] == parts(first)[0] + parts(first)[1]
        assert parts(second)[1] == 0
        assert parts(first)[0] + parts(first)[1] == parts(fresh)[1]
