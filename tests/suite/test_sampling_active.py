"""What the requirements that ask with sampling parameters accept, and what they do not."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from conformance.contract.faults import chain, drop, edit, events, only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_asked import Said, asked

CONTENT, REASON, LOGPROBS = "choices.*.message.content", "choices.*.finish_reason", "choices.*.logprobs"
ENTRIES, WRITTEN = f"{LOGPROBS}.content", "usage.completion_tokens"


def refused(message: str) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error"}})


def has(name: str, value: Any) -> Any:
    return lambda request: request.asked.get(name) == value


def alone(request: Request) -> bool:
    return "top_logprobs" not in request.asked


def cut(request: Request) -> bool:
    return request.asked.get("max_tokens") == 20


def one_choice(document: Any) -> None:
    document["choices"] = [each for each in document["choices"] if each["index"] == 0]


def several(request: Request) -> bool:
    return "n" in request.asked


def different(*texts: str) -> Fault:
    """These texts by turns."""
    numbers = count()
    return lambda exchange: put(CONTENT, texts[next(numbers) % len(texts)])(exchange)


def other_prints(exchange: Exchange) -> Exchange:
    return put("system_fingerprint", f"fp_{exchange.request.attempt}")(different("a", "b", "c")(exchange))


TEMPERATURE = refused("temperature: must be less than or equal to 1")
COUNT_OF_ONE = chain(put(WRITTEN, 4), only(several, put(WRITTEN, 4)))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("sampling.minimal", put(CONTENT, " Okay! "), "accepted"),
        ("sampling.minimal", refused("max_tokens: field required"), "violated"),
        ("sampling.minimal", put(REASON, "length"), "violated"),
        ("sampling.minimal", put(CONTENT, None), "violated"),
        ("sampling.cut_is_length", put(CONTENT, "1 2 3"), "accepted"),
        ("sampling.cut_is_length", put(REASON, "stop"), "violated"),  # B003
        ("sampling.cut_is_length", put("choices", []), "inconclusive"),
        ("sampling.cut_is_length", chain(put(REASON, "stop"), put(WRITTEN, 9)), "inconclusive"),
        ("sampling.cut_text_is_its_own", put(CONTENT, ""), "accepted"),
        ("sampling.cut_text_is_its_own", put(CONTENT, "Sure, here they are"), "accepted"),  # so does the whole one
        ("sampling.cut_text_is_its_own", only(cut, put(CONTENT, "[truncated; raise max_tokens]")), "violated"),  # B012
        ("sampling.cut_text_is_its_own", put(REASON, "stop"), "inconclusive"),
        ("sampling.end_is_stop", drop("usage"), "accepted"),
        ("sampling.end_is_stop", put(REASON, lambda reason: reason and "end_turn"), "violated"),
        ("sampling.end_is_stop", only(lambda each: not each.streams, put(CONTENT, "OK, I say OK now, and more.")),
         "accepted"),
        ("sampling.boundaries", put(CONTENT, "any"), "accepted"),
        ("sampling.boundaries", only(has("temperature", 2), TEMPERATURE), "violated"),
        ("sampling.boundaries", only(has("presence_penalty", -2), status(500)), "violated"),
        ("sampling.boundaries", refused("'temperature' is not supported with this model"), "not applicable"),
        ("choices.as_many_as_asked", refused("n must be 1"), "accepted"),
        ("choices.as_many_as_asked", edit(one_choice), "violated"),
        ("choices.as_many_as_asked", put("choices.*.index", 0), "violated"),  # B155
        ("choices.as_many_as_asked", put("choices.*.index", None), "violated"),
        ("choices.as_many_as_asked", status(500), "violated"),
        ("choices.tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 8))), "accepted"),
        ("choices.tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 7))), "accepted"),  # one end token
        ("choices.tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 10))), "accepted"),
        ("choices.tokens_of_all", chain(put(WRITTEN, 4), only(several, put(WRITTEN, 11))), "violated"),
        ("choices.tokens_of_all", COUNT_OF_ONE, "violated"),
        ("choices.tokens_of_all", only(several, edit(one_choice)), "inconclusive"),
        ("choices.tokens_of_all", only(several, refused("n must be 1")), "inconclusive"),
        ("choices.tokens_of_all", put("usage.completion_tokens_details.reasoning_tokens", 64), "not applicable"),
        ("logprobs.given", refused("logprobs are not supported"), "accepted"),
        ("logprobs.given", drop(LOGPROBS), "violated"),
        ("logprobs.given", put(LOGPROBS, {"tokens": ["OK"], "token_logprobs": [-0.1]}), "violated"),  # B255
        ("logprobs.given", put(LOGPROBS, -0.31), "violated"),  # B274
        ("logprobs.alone", only(alone, put(LOGPROBS, None)), "accepted"),  # what comes is another requirement
        ("logprobs.alone", refused("no logprobs here"), "not applicable"),
        ("logprobs.alone", only(alone, refused("top_logprobs is required")), "violated"),  # B256
        ("logprobs.bytes_spell_content", put(CONTENT, lambda text: f" {text}"), "accepted"),
        ("logprobs.bytes_spell_content", put(f"{ENTRIES}.*.bytes", [239, 191, 189]), "violated"),
        ("logprobs.bytes_spell_content", put(f"{ENTRIES}.*.bytes", [-1, 999]), "violated"),
        ("logprobs.bytes_spell_content", put(f"{ENTRIES}.*.bytes", None), "not applicable"),
        ("logprobs.streamed_tokens_add_up", put(f"{ENTRIES}.*.top_logprobs", []), "accepted"),
        ("logprobs.streamed_tokens_add_up", put(ENTRIES, lambda entries: entries * 2), "violated"),
        ("logprobs.streamed_tokens_add_up", put(LOGPROBS, None), "not applicable"),
        ("seed.range", put(CONTENT, "any"), "accepted"),
        ("seed.range", only(has("seed", -1), refused("seed must be positive")), "violated"),
        ("seed.range", only(has("seed", 2**53 + 1), status(500)), "violated"),
        ("seed.same_text", different("a", "b", "a"), "accepted"),
        ("seed.same_text", different("a", "b", "c"), "violated"),
        ("seed.same_text", other_prints, "not applicable"),
        ("seed.same_text", put(CONTENT, None), "inconclusive"),
        ("framing.incremental", events(lambda before: [(when * 20 + 0.1, data) for when, data in before]), "accepted"),
        ("framing.incremental", events(lambda before: [(when / 20, data) for when, data in before]), "not applicable"),
        ("framing.incremental", events(lambda before: [(8.0, data) for _, data in before]), "violated"),
        ("framing.incremental", events(lambda before: [(when + 9, data) for when, data in before]), "violated"),
        ("framing.incremental", put("choices.*.delta.content", ""), "inconclusive"),
    ],
)  # fmt: skip
def test_sampling(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(requirement, change) == expected
