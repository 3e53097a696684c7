"""The golden vectors of the contract, and the accounting laws: plain and streamed alike."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange
from conformance.resources import fixture
from tests.support.exchanges import completion, plain, stream_of, violated

GOLDEN = fixture("golden.json")
WRITES = ("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")


def _of_any_prompt(exchange: Exchange) -> Exchange:
    """The exchange without its request: the counts are not those of a prompt that was made by hand."""
    return replace(exchange, unrecorded=frozenset({"request"}))


FORMS = {
    "plain": lambda usage: _of_any_prompt(plain(completion(usage))),
    "streamed": lambda usage: _of_any_prompt(stream_of(usage)),
}

form = pytest.mark.parametrize("exchange_of", FORMS.values(), ids=FORMS)


def model(family: str) -> Model:
    return Model("m", family)


@form
@pytest.mark.parametrize("vector", GOLDEN["vectors"].values(), ids=GOLDEN["vectors"])
def test_accepts_vector(vector: dict[str, Any], exchange_of: Callable[[Any], Exchange]) -> None:
    assert violated(exchange_of(vector["usage"]), model(vector["family"])) == {}


@form
@pytest.mark.parametrize("changes", GOLDEN["mutants of G1"].values(), ids=GOLDEN["mutants of G1"])
def test_rejects_mutant(changes: dict[str, Any], exchange_of: Callable[[Any], Exchange]) -> None:
    usage = deepcopy(GOLDEN["vectors"]["G1"]["usage"])
    for name, value in changes.items():
        holder = usage if name in usage else usage["prompt_tokens_details"]
        if value == "DROP":
            del holder[name]
        else:
            holder[name] = value
    found = violated(exchange_of(usage), model("claude"))
    assert any(name.startswith(("usage.", "cache.")) for name in found), found


counts = st.integers(0, 200_000)


def usage_of(uncached: int, read: int, written_5m: int, written_1h: int, output: int) -> dict[str, Any]:
    """The usage that PhanEdge's rules make of an upstream's counts; empty write members are left out."""
    written = written_5m + written_1h
    prompt = uncached + read + written
    writes = dict(zip(WRITES, (written, written_5m, written_1h), strict=True))
    details = {"cached_tokens": read} | {name: count for name, count in writes.items() if count}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": details,
    }


@form
@given(
    uncached=st.integers(512, 200_000),
    read=st.just(0) | st.integers(512, 200_000),
    written_5m=counts,
    written_1h=counts,
)
def test_accepts_any_true_usage(
    exchange_of: Callable[[Any], Exchange], uncached: int, read: int, written_5m: int, written_1h: int
) -> None:
    """Of prompts that are long enough to be cached, and of hits that are."""
    usage = usage_of(uncached, read, written_5m, written_1h, output=3)
    assert violated(exchange_of(usage), model("claude")) == {}


@form
@given(
    written_5m=st.integers(1, 200_000),
    written_1h=st.integers(1, 200_000),
    name=st.sampled_from(WRITES),
    corruption=st.one_of(
        st.integers(-5, 200_000),
        st.sampled_from([None, "46109", [], {}, True, 0.5]),
        st.floats(0, 1e6).filter(lambda number: number != int(number)),
        st.just("DROP"),
    ),
)
def test_rejects_any_corruption_of_a_write(
    exchange_of: Callable[[Any], Exchange], written_5m: int, written_1h: int, name: str, corruption: Any
) -> None:
    usage = usage_of(465, 0, written_5m, written_1h, output=3)
    details = usage["prompt_tokens_details"]
    if corruption == details[name] and type(corruption) is int:
        return
    if corruption == "DROP":
        del details[name]
    else:
        details[name] = corruption
    assert violated(exchange_of(usage), model("claude"))


@form
def test_rejects_an_empty_usage(exchange_of: Callable[[Any], Exchange]) -> None:
    assert "usage.prompt_tokens" in violated(exchange_of({}), model("claude"))
