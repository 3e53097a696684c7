"""Log probabilities of tokens, where they were asked for."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import edit, only, put, respond, status
from conformance.contract.requests import LOGPROBS, LOGPROBS_STREAM, LOGPROBS_TOOLS_STREAM, chat
from conformance.contract.requirement import Area, Impact
from conformance.contract.scopes import broken_off, replies_where, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation, list_of
from conformance.language import say
from conformance.suite.support.refusals import rejected
from conformance.suite.support.replies import check_whole, content_of, sent_choices

AREA = Area("logprobs", Impact.DATA)

#: Without top_logprobs; its text has characters of two and of three bytes.
LOGPROBS_ALONE = chat("Repeat exactly and add nothing: héllo 世界", label="logprobs-alone", logprobs=True)


def _asks_alternatives(request: Request) -> bool:
    return request.asked.get("logprobs") is True and type(request.asked.get("top_logprobs")) is int


ASKED = replies_where("every reply that was asked for top_logprobs", _asks_alternatives, "top_logprobs")


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


@AREA.must(
    "give at most as many top_logprobs per token as were asked for",
    on=ASKED,
    source="openai-openapi#CreateChatCompletionRequest.top_logprobs",
    contract=["logprobs-03"],
    at="choices.*.logprobs.content.*.top_logprobs",
    hint="Cut the list; the sampled token is an entry of its own, not one more alternative.",
    needs=["request"],
    broken_by=edit(_one_more),
    needs_model=True,
)
def test_top_bounded(choices: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    counts = [len(entry["top_logprobs"]) for entry in _entries(choices) if isinstance(entry.get("top_logprobs"), list)]
    if not counts:
        raise Inconclusive(say("the reply has no logprobs, though they were asked for"))
    assert max(counts) <= asked["top_logprobs"], say(
        "a token has {most_counts} top_logprobs, and {top_logprobs} were asked for", max(counts), asked["top_logprobs"]
    )


@AREA.should(
    "give the log probabilities that are asked for, or reject the request with a 4xx",
    on=(LOGPROBS, LOGPROBS_ALONE, LOGPROBS_STREAM, LOGPROBS_TOOLS_STREAM),
    source="openai-openapi#CreateChatCompletionRequest.logprobs",
    contract=["logprobs-01"],
    at="choices.*.logprobs",
    hint="Reject logprobs where the upstream has none; do not leave them out silently.",
    needs=["request"],
    broken_by={
        "null": put("choices.*.logprobs", None),
        "the shape of legacy completions": put("choices.*.logprobs", {"tokens": ["OK"], "token_logprobs": [-0.1]}),
        "a number": put("choices.*.logprobs", -0.1),
        "a failure": status(500),
    },
    needs_model=True,
)
def test_given(exchange: Exchange) -> None:
    if rejected(exchange):
        return
    check_whole(exchange)
    choices = sent_choices(exchange)
    entries, found = _entries(choices), [choice.get("logprobs") for choice in choices]
    if not entries and (exchange.tool_calls or not any(each.get("content") for each in exchange.messages)):
        raise Inconclusive(say("the model calls a tool, or writes no text, of which there are no log probabilities"))
    assert entries, say("logprobs is true, and no choice has logprobs.content; logprobs are {found!r:.160}", found)


@AREA.should(
    "accept logprobs without top_logprobs where it accepts both",
    on={"alone": LOGPROBS_ALONE, "both": LOGPROBS},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest.top_logprobs",
    contract=["logprobs-01"],
    at="error",
    hint="Treat an absent top_logprobs as 0.",
    broken_by=only(
        lambda request: "top_logprobs" not in request.asked,
        respond(400, {"error": {"message": "top_logprobs: required", "type": "invalid_request_error"}}),
    ),
)
def test_alone(alone: Exchange, both: Exchange) -> None:
    if not both.succeeded:
        raise NotApplicable(say("logprobs with top_logprobs are answered with {outcome}, too", both.outcome))
    said = " ".join(alone.text.split())[:160]
    if not alone.succeeded:
        raise Violation(
            say("logprobs without top_logprobs are answered with {outcome}: {said}", alone.outcome, said), alone, both
        )


def _no_alternatives(document: Any) -> None:
    for entry in _entries(document["choices"]):
        entry["top_logprobs"] = []


@AREA.should(
    "give alternatives to the tokens where top_logprobs asks for them",
    on=ASKED,
    source="openai-openapi#CreateChatCompletionRequest.top_logprobs",
    contract=["logprobs-03", "sampling-07"],
    at="choices.*.logprobs.content.*.top_logprobs",
    hint="Reject top_logprobs where the upstream gives no alternatives; do not leave them out silently.",
    needs=["request"],
    broken_by=edit(_no_alternatives),
    after=["logprobs.given"],
)
def test_alternatives_given(choices: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    entries, wanted = _entries(choices), asked["top_logprobs"]
    if not entries or not wanted:
        raise NotApplicable(
            say("the reply has no logprobs (covered by logprobs.given), or no alternatives were asked for")
        )
    assert any(entry.get("top_logprobs") for entry in entries), say(
        "top_logprobs is {top_logprobs}, and none of {number} tokens has an alternative", wanted, len(entries)
    )


def _spelled(entries: list[dict[str, Any]]) -> bytes:
    """The text that the entries make up, by their bytes. Raises NotApplicable where one has none."""
    parts = [entry.get("bytes") for entry in entries]
    if not parts or not all(isinstance(part, list) and all(type(each) is int for each in part) for part in parts):
        raise NotApplicable(say("no logprobs came, or an entry has no bytes"))
    return b"".join(bytes(each & 255 for each in list_of(part)) for part in parts)


def _joined(entries: list[dict[str, Any]]) -> str:
    """Likewise, by their tokens. Raises NotApplicable where one has none."""
    tokens = [entry.get("token") for entry in entries]
    if not tokens or not all(isinstance(token, str) for token in tokens):
        raise NotApplicable(say("no logprobs came, or an entry has no token"))
    return "".join(map(str, tokens))


@AREA.should(
    "give log probabilities whose bytes spell the content",
    on=(LOGPROBS, LOGPROBS_ALONE),
    source="openai-openapi#ChatCompletionTokenLogprob.bytes",
    contract=["logprobs-04"],
    at="choices.*.logprobs.content",
    hint="Give the UTF-8 bytes of each token, also of a token that is part of a character.",
    broken_by={
        "code points": put("choices.*.logprobs.content.*.bytes", [63]),
        "one entry lost": put("choices.*.logprobs.content", lambda entries: entries and entries[1:]),
    },
    after=["unicode.no_replacement_character"],
)
def test_bytes_spell_content(exchange: Exchange, choices: list[dict[str, Any]]) -> None:
    content = content_of(exchange)
    if not isinstance(content, str) or not content:
        raise Inconclusive(say("the reply has no text"))
    spelled = _spelled(_entries(choices[:1]))
    assert spelled.strip() == content.encode("utf-8", "replace").strip(), say(
        "the bytes spell {spelled!r}, and the content is {content!r}", spelled[:80], content[:80]
    )


@AREA.should(
    "stream log probabilities whose tokens add up to the streamed text",
    on=(LOGPROBS_STREAM, LOGPROBS_TOOLS_STREAM),
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.logprobs",
    contract=["logprobs-05"],
    at="choices.*.logprobs.content",
    hint="Send with each delta the entries of its own tokens, each once.",
    broken_by={
        "another text": put("choices.*.logprobs.content.*.token", " sea"),
        "sent twice": put("choices.*.logprobs.content", lambda entries: entries and entries * 2),
    },
)
def test_streamed_tokens_add_up(exchange: Exchange, chunks: list[dict[str, Any]]) -> None:
    content = content_of(exchange)
    if broken_off(exchange) or not isinstance(content, str) or not content:
        raise Inconclusive(say("the stream has no text, or broke off"))
    joined = _joined(_entries(streamed_choices(chunks)))
    assert joined.strip() == content.strip(), say(
        "the tokens add up to {joined!r}, the text to {content!r}", joined[:80], content[:80]
    )
