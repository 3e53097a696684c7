"""Other texts that a model may write: such as speak of markup, and such as are laid out otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.contract.faults import chain
from conformance.contract.requirement import Fault
from conformance.contract.scopes import output_type, tool_choice
from conformance.evidence.exchange import Exchange
from conformance.lab.reference.writer import IGNORANCE

from .failures import one_in
from .kit import ALARMS, FINDINGS, SCHEMA, chunks, completions, digest, messages, only_choice, right

Rewrite = Callable[[str], str]


def rewritten(change: Rewrite) -> Fault:
    """The text of each reply that has one choice and no log probabilities, in a stream with its first piece."""

    def plain(document: Any) -> None:
        for choice in document["choices"]:
            if choice.get("message", {}).get("content") and not choice["logprobs"]:
                choice["message"]["content"] = change(choice["message"]["content"])

    def streamed(found: list[Any]) -> list[Any]:
        pieces = [each for each in found if only_choice(each).get("delta", {}).get("content")]
        texts = [only_choice(each)["delta"]["content"] for each in pieces]
        before, single = "".join(texts), all(len(each["choices"]) < 2 for each in found)
        if not texts or not single or any(only_choice(each).get("logprobs") for each in found):
            return found
        if any(only_choice(each).get("index") for each in found) or (after := change(before)) == before:
            return found
        for each, text in zip(pieces, _spread(after, texts), strict=True):
            only_choice(each)["delta"]["content"] = text
        return found

    return chain(completions(plain), chunks(streamed))


def _spread(text: str, like: list[str]) -> list[str]:
    """A text in as many pieces as another, whose last has what is left."""
    pieces = []
    for each in like[:-1]:
        pieces.append(text[: len(each)])
        text = text[len(each) :]
    return [*pieces, text]


def saying(text: str) -> Fault:
    """Where the model has no answer, it says this instead."""
    return rewritten(lambda before: text if before == IGNORANCE else before)


@right(f"{ALARMS}: text may speak of it")
def speaks_of_overload(exchange: Exchange) -> Exchange:
    """A text tells what an overloaded service says, and another what a page shows in details."""
    number = int(digest(str(exchange.request.asked.get("messages")), 8), 16)
    if number % 2:
        return saying("<details><summary>More</summary>Nothing is known.</details>")(exchange)
    return saying(f"After “429 Too many requests” try again later, at most {number % 1000} times.")(exchange)


@right(f"{ALARMS}: markup counts outside code marks")
def speaks_of_thoughts(exchange: Exchange) -> Exchange:
    """A text explains the tags of reasoning models in code marks."""
    return saying("Some models think in `<think>` and `</think>`.")(exchange)


@right(f"{ALARMS}: text may speak of it")
def speaks_of_thoughts_in_quotes(exchange: Exchange) -> Exchange:
    """A text explains the tags of reasoning models in quotation marks."""
    return saying('Thoughts stand between "<think>" and "</think>".')(exchange)


@right(f"{ALARMS}: markup counts outside code marks")
def speaks_of_calls(exchange: Exchange) -> Exchange:
    """A text shows in a block of code how a template marks a tool call."""
    return saying('```\n<tool_call>{"name": "f"}</tool_call>\n```')(exchange)


@right(f"{ALARMS}: text may speak of templates")
def speaks_of_templates(exchange: Exchange) -> Exchange:
    """A text explains the tokens of a template in code marks."""
    return saying("ChatML ends turns with `<|im_end|>`.")(exchange)


@right("tinyhumansai/openhuman#6184: words, not tags")
def thoughts_in_plain_words(exchange: Exchange) -> Exchange:
    """A text says what the model thought, and has tags of HTML."""
    return saying("I thought about it: 4 <b>apples</b>, [think] of that.")(exchange)


@right(f"{ALARMS}: text may speak of panic")
def speaks_of_failures(exchange: Exchange) -> Exchange:
    """A text speaks of errors, of panic, and of a key's form."""
    return saying('Error: {"error": "panic"}; keys begin with sk-.')(exchange)


@right(SCHEMA)
def begins_with_line_feeds(exchange: Exchange) -> Exchange:
    """A text begins with two line feeds, as those of many open models."""
    return _unless_cut(rewritten(lambda text: "\n\n" + text))(exchange)


@right(SCHEMA)
def ends_with_a_line_feed(exchange: Exchange) -> Exchange:
    """A text ends with a line feed."""
    return _unless_cut(rewritten(lambda text: text + "\n"))(exchange)


def _unless_cut(change: Fault) -> Fault:
    """Where the model ended by itself, and no stop sequence could be met."""

    def fault(exchange: Exchange) -> Exchange:
        cut = b'"length"' in exchange.content or exchange.request.asked.get("stop")
        return exchange if cut else change(exchange)

    return fault


@right("RFC 8259 2: white space between tokens")
def structured_output_over_lines(exchange: Exchange) -> Exchange:
    """Structured output is indented, in plain replies and in streams."""
    return _structured(lambda value: json.dumps(value, indent=2, ensure_ascii=False))(exchange)


@right("RFC 8259 7: any character may be escaped")
def structured_output_escaped(exchange: Exchange) -> Exchange:
    """Structured output has its characters beyond ASCII, and its slashes, escaped."""
    return _structured(lambda value: json.dumps(value).replace("/", "\\/"))(exchange)


def _structured(written: Callable[[Any], str]) -> Fault:
    def change(text: str) -> str:
        try:
            return written(json.loads(text))
        except ValueError:  # cut off, or no JSON
            return text

    def fault(exchange: Exchange) -> Exchange:
        return exchange if output_type(exchange.request) == "text" else rewritten(change)(exchange)

    return fault


@right("openai-structured-outputs: refusals")
def refuses_to_answer_now_and_then(exchange: Exchange) -> Exchange:
    """A few replies in a schema are a refusal: content is null, refusal a text, finish_reason stop."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message and message.get("role") and message["content"]:
                message |= {"content": None, "refusal": "I'm sorry, I cannot assist with that request."}

    asked = output_type(exchange.request) == "json_schema" and not exchange.request.streams
    return completions(change)(exchange) if asked and one_in(5, exchange.request) else exchange


@right(f"{SCHEMA}: content_filter")
def filtered_now_and_then(exchange: Exchange) -> Exchange:
    """A few replies are cut by a content filter: their text is taken away, and finish_reason is content_filter."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            holder = choice.get("message") or choice.get("delta") or {}
            if holder.get("content"):
                holder["content"] = ""
            if choice["finish_reason"]:
                choice["finish_reason"] = "content_filter"

    spared = (
        b'"tool_calls"' in exchange.content or b'"bytes"' in exchange.content or b'"function_call"' in exchange.content
    )
    return exchange if spared or not one_in(4, exchange.request) else completions(change)(exchange)


@right(FINDINGS)
def cites_what_it_read(exchange: Exchange) -> Exchange:
    """Messages, and the last delta of a stream, have annotations with a citation, as the search models'."""
    cited = {"start_index": 0, "end_index": 1, "title": "A page", "url": "https://example.com/?utm_source=openai"}
    annotations = [{"type": "url_citation", "url_citation": cited}]

    def change(document: Any) -> None:
        for choice in document["choices"]:
            holder = choice.get("message") or (choice["delta"] if choice["finish_reason"] == "stop" else None)
            if holder is not None and not holder.get("tool_calls"):
                holder["annotations"] = annotations

    return completions(change)(exchange)


@right("a weak model is not the endpoint's fault")
def knows_no_answer(exchange: Exchange) -> Exchange:
    """The model is so weak that it answers every question for text with the same sentence."""

    def counted(document: Any) -> None:
        if usage := document.get("usage"):
            fewer = max(usage["completion_tokens"] - len(IGNORANCE), 0)
            usage |= {name: usage[name] - fewer for name in ("completion_tokens", "total_tokens")}

    if output_type(exchange.request) != "text" or b'"choices"' not in exchange.content:
        return exchange
    changed = rewritten(lambda _: IGNORANCE)(exchange)
    ended = all(each.get("finish_reason") == "stop" for each in changed.choices)
    return completions(counted)(changed) if ended and changed != exchange else changed


@right("tools-06: the model is free to call")
def calls_nothing_unless_forced(exchange: Exchange) -> Exchange:
    """The model answers with text where it is free to call a tool."""

    def uncalled(choice: dict[str, Any]) -> None:
        holder = choice.get("message") or choice.get("delta") or {}
        called = holder.pop("tool_calls", None)
        if "role" in holder and (called or holder.get("content") is None):
            holder["content"] = "I cannot look that up."
        if choice["finish_reason"] == "tool_calls":
            choice["finish_reason"] = "stop"

    def change(document: Any) -> None:
        for choice in document["choices"]:
            uncalled(choice)

    free = tool_choice(exchange.request) == "auto" and b'"tool_calls"' in exchange.content
    return completions(change)(exchange) if free else exchange


@right("openai-openapi: ChatCompletionResponseMessage.refusal")
def refuses_at_first(exchange: Exchange) -> Exchange:
    """Now and then the model refuses what is asked at first: content is null, and refusal a text."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message and message.get("content"):
                message |= {"content": None, "refusal": "I'm sorry, I cannot help with that."}

    told = exchange.request.attempt == 1 and not exchange.request.streams and not exchange.request.asked.get("logprobs")
    return completions(change)(exchange) if told and one_in(4, exchange.request) else exchange
