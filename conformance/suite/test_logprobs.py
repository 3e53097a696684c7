"""Log probabilities of tokens, where they were asked for."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Inconclusive, Request, list_of
from conformance.families import replies_where
from conformance.faults import edit
from conformance.requirement import must


def _asks_alternatives(request: Request) -> bool:
    return request.asked.get("logprobs") is True and type(request.asked.get("top_logprobs")) is int


ASKED = replies_where("every reply that was asked for top_logprobs", _asks_alternatives)


def _entries(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The token entries of all choices."""
    found = []
    for choice in choices:
        logprobs = choice.get("logprobs")
        lists = [logprobs.get(name) for name in ("content", "refusal")] if isinstance(logprobs, dict) else []
        found += [entry for entries in lists for entry in list_of(entries) if isinstance(entry, dict)]
    return found


def _one_more(document: Any) -> None:
    for entry in _entries(document["choices"]):
        entry["top_logprobs"] = [{"token": "x", "logprob": -9.0, "bytes": [120]}] * 21


@must(
    "give at most as many top_logprobs per token as were asked for",
    on=ASKED,
    source="openai-openapi#CreateChatCompletionRequest.top_logprobs",
    contract=["logprobs-03"],
    at="choices.*.logprobs.content.*.top_logprobs",
    hint="Cut the list; the sampled token itself is an entry of its own, not one more alternative.",
    needs=["request"],
    broken_by=edit(_one_more),
)
def test_top_bounded(choices: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    counts = [len(entry["top_logprobs"]) for entry in _entries(choices) if isinstance(entry.get("top_logprobs"), list)]
    if not counts:
        raise Inconclusive("the reply has no logprobs, though they were asked for")
    assert max(counts) <= asked["top_logprobs"], (
        f"a token has {max(counts)} top_logprobs, and {asked['top_logprobs']} were asked for"
    )
