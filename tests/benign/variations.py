"""Endpoints that differ from the reference endpoint and are right: none of them may be accused.

Each is a function from exchange to exchange, with the one sentence that tells it and where it was seen or is allowed.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.contract.faults import (
    blocks,
    chain,
    drop,
    edit,
    events,
    header,
    only,
    put,
    respond,
    status,
    with_content,
)
from conformance.contract.requirement import Fault
from conformance.contract.scopes import tool_choice
from conformance.evidence.exchange import Exchange, Read, Request
from conformance.resources import folder

FINDINGS = "recordings of real servers"  #: what OpenAI and others were recorded to send
SCHEMA = "OpenAI's published schema"
ALARMS = "known false alarms of conformance suites"
SSE = "WHATWG HTML 9.2"
HTTP = "RFC 9110, RFC 9112"
#: Errors that name neither the member nor the reason.
UNNAMED = {
    "validation.param_named": "validation-11, validation-12",
    "validation.context_overflow_code": "validation-23",
}
NO_CACHE = {"caching.markers_reach": "cache-35"}


@dataclass(frozen=True)
class Variation:
    """An endpoint that is different and right. `deviates` are the SHOULD and MAY that it openly does not follow,
    each with the row of the contract."""

    name: str
    sentence: str
    source: str
    change: Fault = field(repr=False)
    deviates: Mapping[str, str] = field(default_factory=dict)


VARIATIONS: dict[str, Variation] = {}


def right(source: str, *, deviates: Mapping[str, str] | None = None) -> Callable[[Fault], Fault]:
    """Enter a function as a variation."""

    def enter(change: Fault) -> Fault:
        name = change.__name__
        sentence = (change.__doc__ or "").strip()
        VARIATIONS[name] = Variation(name, sentence, source, change, deviates or {})
        return change

    return enter


# --- tools --------------------------------------------------------------------------------------------------


def completions(change: Callable[[Any], object]) -> Fault:
    """An edit of completions and chunks, and of no other document."""

    def guarded(document: Any) -> None:
        if isinstance(document, dict) and str(document.get("object")).startswith("chat.completion"):
            change(document)

    return edit(guarded)


def chunks(change: Callable[[list[Any]], list[Any]]) -> Fault:
    """The chunks of a stream rearranged, at about the times they were sent."""

    def fault(exchange: Exchange) -> Exchange:
        if not exchange.streamed:
            return exchange
        *found, done = blocks(exchange)
        made = change([json.loads(data.removeprefix(b"data: ")) for _, data in found])
        times = [found[at * len(found) // len(made)][0] for at in range(len(made))]
        whole = [b"data: " + json.dumps(each).encode() + b"\n\n" for each in made]
        return with_content(exchange, *zip(times, whole, strict=True), done)

    return fault


def bytes_of_stream(change: Callable[[bytes], bytes]) -> Fault:
    """The bytes of each event changed."""
    return events(lambda before: [(when, change(block)) for when, block in before])


def only_choice(document: Any) -> dict[str, Any]:
    """The choice of a chunk, an empty object where it has none."""
    choices: list[dict[str, Any]] = document["choices"]
    return choices[0] if choices else {}


def messages(document: Any) -> list[dict[str, Any]]:
    """Each message or delta."""
    return [each.get("message", each.get("delta")) for each in document["choices"]]


def details(document: Any) -> dict[str, Any]:
    """The details of the prompt's usage, an empty object where there is no usage."""
    found: dict[str, Any] = (document.get("usage") or {}).get("prompt_tokens_details", {})
    return found


def renamed(name: Callable[[str], str]) -> Fault:
    """Completions under other ids."""
    return completions(lambda document: document.update(id=name(document["id"])))


def digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def calls_named(name: Callable[[str], str]) -> Fault:
    """Tool calls under other ids."""
    paths = [f"choices.*.{holder}.tool_calls.*.id" for holder in ("message", "delta")]
    return chain(*(put(path, name) for path in paths))


def refusing(condition: Callable[[dict[str, Any]], bool], param: str, message: str) -> Fault:
    """A 400 for every request that asks for something, unless it is refused for another reason."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": "unsupported_parameter"}
    refused = respond(400, {"error": error}, ("x-request-id", "req_00"))

    def fault(exchange: Exchange) -> Exchange:
        if not (exchange.succeeded and condition(exchange.request.asked)):
            return exchange
        own = header("x-request-id", "req_" + exchange.request.key)
        return own(refused(exchange))

    return fault


def merging(when: Callable[[dict[str, Any], dict[str, Any]], bool]) -> Fault:
    """Neighbouring chunks of one choice sent as one, where it holds of the two deltas."""

    def change(documents: list[Any]) -> list[Any]:
        made: list[Any] = []
        for each in documents:
            if made and _together(made[-1], each) and when(only_choice(made[-1])["delta"], only_choice(each)["delta"]):
                _absorb(only_choice(made[-1]), only_choice(each))
            else:
                made.append(deepcopy(each))
        return made

    return chunks(change)


def _together(one: Any, two: Any) -> bool:
    """Whether both have one choice, and the same."""
    return bool(one["choices"] and two["choices"]) and only_choice(one)["index"] == only_choice(two)["index"]


def _absorb(choice: dict[str, Any], other: dict[str, Any]) -> None:
    """What another chunk says of the choice, said with this one."""
    delta, more = choice["delta"], other["delta"]
    if more.get("content") is not None:
        delta["content"] = (delta.get("content") or "") + more["content"]
    if "function_call" in more:
        known = delta.setdefault("function_call", {"arguments": ""})
        known |= more["function_call"] | {"arguments": known["arguments"] + more["function_call"]["arguments"]}
    for call in more.get("tool_calls", ()):
        calls = delta.setdefault("tool_calls", [])
        same = [each for each in calls if each["index"] == call["index"]]
        if same:
            same[0]["function"]["arguments"] += call["function"]["arguments"]
        else:
            calls.append(call)
    if other.get("logprobs"):
        before = (choice["logprobs"] or {"content": []})["content"]
        choice["logprobs"] = other["logprobs"] | {"content": before + other["logprobs"]["content"]}
    choice["finish_reason"] = choice["finish_reason"] or other["finish_reason"]


# --- names --------------------------------------------------------------------------------------------------


@right(FINDINGS)
def ids_with_uuids(exchange: Exchange) -> Exchange:
    """A completion's id is chatcmpl- and a UUID, as that of OpenAI's search models."""
    return renamed(lambda old: f"chatcmpl-{uuid.uuid5(uuid.NAMESPACE_OID, old)}")(exchange)


@right(FINDINGS)
def ids_of_a_router(exchange: Exchange) -> Exchange:
    """A completion's id is gen- with a time and letters, as OpenRouter's."""
    return renamed(lambda old: f"gen-1760000000-{digest(old, 20)}")(exchange)


@right(FINDINGS)
def ids_of_eight_digits(exchange: Exchange) -> Exchange:
    """A completion's id is short and without a prefix."""
    return renamed(lambda old: digest(old, 8))(exchange)


@right(FINDINGS)
def ids_of_messages(exchange: Exchange) -> Exchange:
    """A completion's id is that of Anthropic's message."""
    return renamed(lambda old: f"msg_01{digest(old, 22)}")(exchange)


@right(FINDINGS)
def call_ids_of_anthropic(exchange: Exchange) -> Exchange:
    """A tool call's id is toolu_ and letters, as the upstream gave it."""
    return calls_named(lambda old: f"toolu_01{digest(old, 22)}")(exchange)


@right(FINDINGS)
def call_ids_of_nine_characters(exchange: Exchange) -> Exchange:
    """A tool call's id has nine characters and no prefix, as Mistral's."""
    return calls_named(lambda old: digest(old, 9))(exchange)


@right(FINDINGS)
def call_ids_with_uuids(exchange: Exchange) -> Exchange:
    """A tool call's id is a bare UUID, as vLLM's and Ollama's."""
    return calls_named(lambda old: str(uuid.uuid5(uuid.NAMESPACE_OID, old)))(exchange)


@right(FINDINGS)
def dated_model(exchange: Exchange) -> Exchange:
    """The reply names the dated snapshot of the alias that was asked for, as OpenAI's do nearly always."""
    return completions(lambda document: document.update(model=document["model"] + "-2024-07-18"))(exchange)


@right("envelope-06: a vendor's prefix is not another model")
def model_of_a_vendor(exchange: Exchange) -> Exchange:
    """The reply names the model with its vendor before it, as routers do."""
    return completions(lambda document: document.update(model="vendor/" + document["model"]))(exchange)


@right("equiv-02, isolation-02: routing differences")
def model_by_turns(exchange: Exchange) -> Exchange:
    """Now this and now that snapshot of the model answers, each with a fingerprint of its own."""
    month = 5 + int(exchange.request.key, 16) % 3

    def change(document: Any) -> None:
        document |= {"model": f"{document['model']}-2024-0{month}-13", "system_fingerprint": f"fp_{month}"}

    return completions(change)(exchange)


@right("envelope-04: within five minutes")
def created_a_minute_ago(exchange: Exchange) -> Exchange:
    """created is the time of an upstream whose clock is a minute late."""
    return completions(lambda document: document.update(created=document["created"] - 60))(exchange)


# --- members that OpenAI does not have, or not always ---------------------------------------------------------


@right(ALARMS)
def extra_members_at_the_top(exchange: Exchange) -> Exchange:
    """Completions and chunks carry provider, timings and x_groq beside the members of the API."""
    extra = {"provider": "Anthropic", "timings": {"prompt_ms": 12.5}, "x_groq": {"id": "req_1"}}
    return completions(lambda document: document.update(extra))(exchange)


@right(FINDINGS)
def extra_members_in_choices(exchange: Exchange) -> Exchange:
    """Each choice carries native_finish_reason and stop_reason, as OpenRouter's and vLLM's."""
    extra: dict[str, Any] = {"native_finish_reason": "end_turn", "stop_reason": None, "content_filter_results": {}}
    return put("choices.*", lambda choice: choice | extra)(exchange)


@right(FINDINGS)
def extra_members_in_messages(exchange: Exchange) -> Exchange:
    """Each message carries members that its vendor added, null or filled."""
    extra: dict[str, Any] = {
        "reasoning": None,
        "reasoning_details": [],
        "provider_specific_fields": {"citations": None},
    }
    return put("choices.*.message", lambda message: message | extra)(exchange)


@right(FINDINGS)
def extra_members_in_deltas(exchange: Exchange) -> Exchange:
    """Each delta carries members that its vendor added, null or empty."""
    extra: dict[str, Any] = {"reasoning": None, "reasoning_details": [], "annotations": []}
    return put("choices.*.delta", lambda delta: delta | extra)(exchange)


@right(ALARMS)
def extra_members_in_usage(exchange: Exchange) -> Exchange:
    """The usage states what the request cost, and how long it took."""
    extra = {"cost": 0.00125, "is_byok": False, "cost_details": {"upstream_inference_cost": None}, "total_time": 0.2}
    return completions(lambda document: (document.get("usage") or {}).update(extra))(exchange)


@right(FINDINGS)
def extra_members_in_details(exchange: Exchange) -> Exchange:
    """The usage details count text, images and video apart."""
    extra = {"image_tokens": 0, "video_tokens": 0, "text_tokens": 0}
    return completions(lambda document: details(document).update(extra) if details(document) else None)(exchange)


@right(FINDINGS)
def extra_members_in_errors(exchange: Exchange) -> Exchange:
    """An error says more, in and beside the error object."""
    named = put("error", lambda error: error | {"details": [], "provider": None, "metadata": {"attempt": 1}})
    beside = edit(lambda document: document.update(request_id="req-1", success=False))
    return chain(named, beside)(exchange) if exchange.refused else exchange


@right(FINDINGS)
def extra_members_in_tool_calls(exchange: Exchange) -> Exchange:
    """A tool call carries extra_content, as Gemini's thought signatures do, and in replies its index."""
    extra = {"extra_content": {"google": {"thought_signature": "Cg=="}}}
    streamed = put("choices.*.delta.tool_calls.*", lambda call: call | extra)
    plain = put("choices.*.message.tool_calls.*", lambda call: call | extra | {"index": 0})
    return chain(streamed, plain)(exchange)


@right(FINDINGS)
def obfuscated_chunks(exchange: Exchange) -> Exchange:
    """Every chunk carries obfuscation of some length, as OpenAI's have since August 2025."""
    return chunks(lambda found: [each | {"obfuscation": "x" * (at % 16)} for at, each in enumerate(found)])(exchange)


@right(FINDINGS)
def moderation_chunk(exchange: Exchange) -> Exchange:
    """A chunk without choices carries the moderation that was asked for, ahead of the usage."""

    def change(found: list[Any]) -> list[Any]:
        moderation = found[0] | {"choices": [], "moderation": {"flagged": False}}
        last = -1 if not found[-1]["choices"] else len(found)
        return [*found[:last], moderation, *found[last:]]

    return chunks(change)(exchange)


@right("cache-09: allowed where equal")
def cache_writes_under_both_names(exchange: Exchange) -> Exchange:
    """Cache writes are counted under OpenAI's own name too, 0 where there are none."""

    def change(document: Any) -> None:
        if found := details(document):
            found["cache_write_tokens"] = found.get("cached_write_tokens", 0)

    return completions(change)(exchange)


@right("cache-38: allowed where equal")
def anthropic_counts_beside(exchange: Exchange) -> Exchange:
    """The usage passes Anthropic's own counts of the cache along, and they agree."""

    def change(document: Any) -> None:
        if found := details(document):
            hour, minutes = (found.get(f"cached_write_{name}_tokens", 0) for name in ("1h", "5m"))
            document["usage"] |= {
                "cache_read_input_tokens": found.get("cached_tokens", 0),
                "cache_creation_input_tokens": hour + minutes,
                "cache_creation": {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour},
            }

    return completions(change)(exchange)


@right("usage-13: prompt_tokens = hit + miss")
def hits_and_misses_beside(exchange: Exchange) -> Exchange:
    """The usage counts hits and misses as DeepSeek's does, and they come to the prompt."""

    def change(document: Any) -> None:
        if found := details(document):
            hits, prompt = found.get("cached_tokens", 0), document["usage"]["prompt_tokens"]
            document["usage"] |= {"prompt_cache_hit_tokens": hits, "prompt_cache_miss_tokens": prompt - hits}

    return completions(change)(exchange)


@right("usage-13: equal to the counts of OpenAI")
def input_and_output_beside(exchange: Exchange) -> Exchange:
    """The usage names its counts as the Responses API does as well, and they agree."""

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            usage |= {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}

    return completions(change)(exchange)


@right(FINDINGS)
def annotations_empty(exchange: Exchange) -> Exchange:
    """Each message has annotations, an empty array, as OpenAI's have since March 2025."""
    return put("choices.*.message", lambda message: message | {"annotations": []})(exchange)


@right(FINDINGS)
def fingerprint_null(exchange: Exchange) -> Exchange:
    """system_fingerprint is null, as that of every gpt-5 model."""
    return completions(lambda document: document.update(system_fingerprint=None))(exchange)


@right(FINDINGS)
def fingerprint_empty(exchange: Exchange) -> Exchange:
    """system_fingerprint is an empty string, as that of the search models."""
    return completions(lambda document: document.update(system_fingerprint=""))(exchange)


@right(FINDINGS)
def fingerprint_absent(exchange: Exchange) -> Exchange:
    """There is no system_fingerprint."""
    return drop("system_fingerprint")(exchange)


@right(FINDINGS)
def service_tier_absent(exchange: Exchange) -> Exchange:
    """There is no service_tier."""
    return drop("service_tier")(exchange)


@right(ALARMS)
def service_tier_null(exchange: Exchange) -> Exchange:
    """service_tier is null, as the schema allows."""
    return completions(lambda document: document.update(service_tier=None))(exchange)


@right(FINDINGS, deviates={"message.refusal.present": "message-03"})
def refusal_absent(exchange: Exchange) -> Exchange:
    """Messages and deltas have no refusal member, as OpenAI's had none before August 2024."""
    return chain(drop("choices.*.message.refusal"), drop("choices.*.delta.refusal"))(exchange)


@right(FINDINGS, deviates={"completion.choices.logprobs.present": "envelope-10"})
def logprobs_absent(exchange: Exchange) -> Exchange:
    """Choices have logprobs only where they were asked for, as those of the gpt-5 models."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if choice["logprobs"] is None:
                del choice["logprobs"]

    return completions(change)(exchange)


@right(FINDINGS)
def reasons_aloud(exchange: Exchange) -> Exchange:
    """The model's thoughts come as reasoning_content, in a message or in a delta of their own before the text, and
    are counted."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("role"):
                message["reasoning_content"] = "The user wants this."
        if found := (document.get("usage") or {}).get("completion_tokens_details"):
            found["reasoning_tokens"] = 1

    return completions(change)(exchange)


# --- usage --------------------------------------------------------------------------------------------------


@right(ALARMS, deviates={"streaming.usage_null_elsewhere": "streaming-14"})
def no_usage_in_chunks(exchange: Exchange) -> Exchange:
    """Only the last chunk has a usage member."""

    def change(document: Any) -> None:
        if document.get("usage", 0) is None:
            del document["usage"]

    return completions(change)(exchange)


@right("streaming-15: null or absent where usage was not asked for")
def usage_null_unasked(exchange: Exchange) -> Exchange:
    """Chunks say usage null although no usage was asked for."""
    return chunks(lambda found: [{"usage": None} | each for each in found])(exchange)


@right(FINDINGS, deviates={"cache.hits_always_shown": "cache-11"})
def no_usage_details_on_misses(exchange: Exchange) -> Exchange:
    """The usage has details only where something was read from the cache or written to it."""

    def change(document: Any) -> None:
        if document.get("usage"):
            del document["usage"]["completion_tokens_details"]
            if not any(details(document).values()):
                del document["usage"]["prompt_tokens_details"]

    return completions(change)(exchange)


@right(FINDINGS)
def few_usage_details(exchange: Exchange) -> Exchange:
    """The details have the counts of the cache and of reasoning alone."""
    names = ("audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
    return chain(
        drop("usage.prompt_tokens_details.audio_tokens"),
        *(drop(f"usage.completion_tokens_details.{name}") for name in names),
    )(exchange)


@right("cache-11: absent is 0", deviates={"cache.hits_always_shown": "cache-11"})
def hits_absent_on_misses(exchange: Exchange) -> Exchange:
    """cached_tokens is left out where nothing was read from the cache, as Go's omitempty does."""

    def change(document: Any) -> None:
        if details(document).get("cached_tokens") == 0:
            del details(document)["cached_tokens"]

    return completions(change)(exchange)


@right(
    "cache did not engage: inconclusive, never a violation", deviates=NO_CACHE | {"cache.hits_always_shown": "cache-11"}
)
def never_caches(exchange: Exchange) -> Exchange:
    """The endpoint never caches, and counts neither hits nor writes."""

    def change(document: Any) -> None:
        for name in ("cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"):
            details(document).pop(name, None)

    return completions(change)(exchange)


@right("cache did not engage: inconclusive, never a violation", deviates=NO_CACHE)
def never_hits(exchange: Exchange) -> Exchange:
    """The endpoint caches nothing, and says so with cached_tokens 0."""

    def change(document: Any) -> None:
        if found := details(document):
            for name in ("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"):
                found.pop(name, None)
            found["cached_tokens"] = 0

    return completions(change)(exchange)


@right(FINDINGS)
def automatic_hits_of_any_size(exchange: Exchange) -> Exchange:
    """Automatic hits are no multiple of 128, as those of gpt-5.6."""

    def change(document: Any) -> None:
        if "gpt" in document["model"] and details(document).get("cached_tokens"):
            details(document)["cached_tokens"] -= 37

    return completions(change)(exchange)


def more_prompt(tokens: Callable[[Request], int]) -> Fault:
    """So many more tokens in the prompt, none of them cached."""

    def fault(exchange: Exchange) -> Exchange:
        more = tokens(exchange.request)

        def change(document: Any) -> None:
            if usage := document.get("usage"):
                usage["prompt_tokens"] += more
                usage["total_tokens"] += more

        return completions(change)(exchange)

    return fault


@right("usage-14: fewer than 100 tokens for two words")
def a_prompt_of_the_gateway_after(exchange: Exchange) -> Exchange:
    """The gateway adds 31 tokens of its own at the end of each prompt, which are never cached."""
    return more_prompt(lambda _: 31)(exchange)


@right("usage-14: fewer than 100 tokens for two words")
def a_prompt_of_the_gateway_before(exchange: Exchange) -> Exchange:
    """The gateway adds 31 tokens of its own at the start of each prompt, which a marker after them caches too."""

    def change(document: Any) -> None:
        found = details(document)
        if "gpt" in document["model"] or not (found.get("cached_tokens") or found.get("cached_write_tokens")):
            return
        bucket = "cached_write_1h_tokens" if "cached_write_1h_tokens" in found else "cached_write_5m_tokens"
        for name in ["cached_tokens"] if found.get("cached_tokens") else [bucket, "cached_write_tokens"]:
            found[name] += 31

    return chain(more_prompt(lambda _: 31), completions(change))(exchange)


@right(ALARMS)
def a_token_more_the_second_time(exchange: Exchange) -> Exchange:
    """A repeated request counts one token more, for the template holds the time."""
    return more_prompt(lambda request: int(request.attempt > 1))(exchange)


@right(ALARMS)
def a_token_less_now_and_then(exchange: Exchange) -> Exchange:
    """Now and then a request counts one token less, for the template holds the time."""
    return more_prompt(lambda request: -int(request.attempt == 1 and int(request.key, 16) % 7 == 0))(exchange)


# --- what the model says --------------------------------------------------------------------------------------


@right("message-02, and the schema's own example")
def content_empty_beside_calls(exchange: Exchange) -> Exchange:
    """A message with tool calls has the content "" rather than null."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("content", "") is None:
                message["content"] = ""

    return completions(change)(exchange)


@right(ALARMS)
def text_beside_calls(exchange: Exchange) -> Exchange:
    """The model says what it is about to do before it calls a tool."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("role") and message["content"] is None:
                message["content"] = "Let me look that up."

    return completions(change)(exchange)


@right("tools-08: both are known")
def other_finish_of_a_forced_call(exchange: Exchange) -> Exchange:
    """A named tool call ends in the other of stop and tool_calls: OpenAI's older models and its newer ones differ."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if choice["finish_reason"] in ("stop", "tool_calls"):
                choice["finish_reason"] = "stop" if choice["finish_reason"] == "tool_calls" else "tool_calls"

    return only(lambda request: tool_choice(request) == "named", completions(change))(exchange)


@right(SCHEMA)
def arguments_with_white_space(exchange: Exchange) -> Exchange:
    """The arguments of a call are JSON over several lines; what the limit cut off stays as it is."""

    def spread(text: str) -> str:
        return json.dumps(json.loads(text), indent=2) if text.endswith("}") else text

    return put("choices.*.message.tool_calls.*.function.arguments", spread)(exchange)


@right("logprobs-02: the sentinel, and bytes null")
def logprobs_of_little_value(exchange: Exchange) -> Exchange:
    """Unlikely tokens have the log probability -9999.0, and fewer likely ones are shown than were asked for."""
    return put("choices.*.logprobs.content.*", lambda entry: entry | {"top_logprobs": _unlikely(entry)})(exchange)


def _unlikely(entry: dict[str, Any]) -> list[Any]:
    return [each | {"logprob": -9999.0} for each in entry["top_logprobs"][1:]]


# --- the bytes of a stream ------------------------------------------------------------------------------------


@right(SSE)
def lines_end_in_crlf(exchange: Exchange) -> Exchange:
    """The lines of a stream end in CR LF, as Perplexity's and AI21's."""
    return bytes_of_stream(lambda block: block.replace(b"\n", b"\r\n"))(exchange)


@right(SSE)
def lines_end_in_cr(exchange: Exchange) -> Exchange:
    """The lines of a stream end in CR alone."""
    return bytes_of_stream(lambda block: block.replace(b"\n", b"\r"))(exchange)


@right(SSE)
def comments_between_events(exchange: Exchange) -> Exchange:
    """Comments keep the connection open before the first event and between events, as OpenRouter's do."""
    return bytes_of_stream(lambda block: b": OPENROUTER PROCESSING\n\n" + block)(exchange)


@right(SSE)
def comments_within_events(exchange: Exchange) -> Exchange:
    """An empty comment stands before the data of an event."""
    return bytes_of_stream(lambda block: b":\n" + block)(exchange)


@right(SSE)
def no_space_after_the_colon(exchange: Exchange) -> Exchange:
    """No space follows data:."""
    return bytes_of_stream(lambda block: block.replace(b"data: ", b"data:", 1))(exchange)


@right(SSE)
def more_blank_lines(exchange: Exchange) -> Exchange:
    """Two blank lines follow each event."""
    return bytes_of_stream(lambda block: block + b"\n")(exchange)


@right(SSE)
def data_over_several_lines(exchange: Exchange) -> Exchange:
    """The JSON of an event stands on two data lines, which a client joins by a line feed."""
    return bytes_of_stream(lambda block: block.replace(b'{"id"', b'{\ndata: "id"', 1))(exchange)


@right(ALARMS)
def a_read_for_every_byte(exchange: Exchange) -> Exchange:
    """Every byte arrives by itself."""
    return replace(exchange, reads=tuple((when, bytes([each])) for when, data in exchange.reads for each in data))


@right(ALARMS, deviates={"framing.incremental": "framing-08"})
def one_read_for_all(exchange: Exchange) -> Exchange:
    """The whole stream arrives at once at the end, for a proxy holds it back."""
    return replace(exchange, reads=((exchange.reads[-1][0], exchange.wire),))


@right(ALARMS)
def reads_across_events(exchange: Exchange) -> Exchange:
    """Reads end in the middle of events and of characters."""
    when = [each for each, data in exchange.reads for _ in data]
    size = 613
    starts = range(0, len(exchange.wire), size)
    reads = ((when[min(at + size, len(when)) - 1], exchange.wire[at : at + size]) for at in starts)
    return replace(exchange, reads=tuple(reads))


# --- the chunks of a stream -----------------------------------------------------------------------------------


@right(SCHEMA)
def role_with_the_first_words(exchange: Exchange) -> Exchange:
    """The first chunk has the role and the first words together, and no other names the role."""
    return merging(lambda one, two: "role" in one and not one.get("content") and bool(two.get("content")))(exchange)


@right(FINDINGS)
def role_alone(exchange: Exchange) -> Exchange:
    """The first delta is the role and nothing else, as OpenAI's were in 2023."""

    def alone(delta: dict[str, Any]) -> dict[str, Any]:
        return {"role": "assistant"} if "role" in delta and not delta.get("content") else delta

    return put("choices.*.delta", alone)(exchange)


@right(ALARMS)
def role_null_later(exchange: Exchange) -> Exchange:
    """Deltas after the first say role null."""
    return put("choices.*.delta", lambda delta: {"role": None} | delta)(exchange)


@right(SCHEMA)
def many_tokens_in_a_chunk(exchange: Exchange) -> Exchange:
    """A chunk holds some ten tokens."""
    few = 40
    return merging(lambda one, two: "content" in one and "content" in two and 0 < len(one["content"] or "") < few)(
        exchange
    )


@right(SCHEMA)
def one_token_in_a_chunk(exchange: Exchange) -> Exchange:
    """A chunk holds one character of text, where it has no log probabilities."""

    def change(found: list[Any]) -> list[Any]:
        made = []
        for each in found:
            choice = only_choice(each)
            text = choice.get("delta", {}).get("content")
            parts = list(text) if text and len(each["choices"]) == 1 and not choice["logprobs"] else []
            made += [each | {"choices": [choice | {"delta": {"content": part}}]} for part in parts] or [each]
        return made

    return chunks(change)(exchange)


@right(SCHEMA, deviates={"framing.incremental": "framing-08"})
def all_in_one_chunk(exchange: Exchange) -> Exchange:
    """A choice comes in one chunk, its finish_reason included."""
    return chain(choice_after_choice, merging(lambda _, __: True))(exchange)


@right(FINDINGS)
def finish_with_the_last_words(exchange: Exchange) -> Exchange:
    """The last words and the finish_reason come in one chunk."""
    return merging(lambda _, two: not two)(exchange)


@right(FINDINGS)
def finish_with_empty_content(exchange: Exchange) -> Exchange:
    """The delta of the last chunk has the content ""."""
    return put("choices.*.delta", lambda delta: delta or {"content": ""})(exchange)


@right(FINDINGS)
def first_content_null(exchange: Exchange) -> Exchange:
    """The first delta of a text has the content null."""
    return put(
        "choices.*.delta", lambda delta: delta | {"content": delta.get("content") or None} if "role" in delta else delta
    )(exchange)


@right(FINDINGS)
def whole_arguments_at_once(exchange: Exchange) -> Exchange:
    """The first piece of a streamed tool call has all its arguments, as those of 17 vendors."""

    def same(one: dict[str, Any], two: dict[str, Any]) -> bool:
        calls, more = one.get("tool_calls", []), two.get("tool_calls", [])
        return bool(calls and more and calls[-1]["index"] == more[0]["index"])

    return merging(same)(exchange)


@right(FINDINGS)
def call_with_the_role(exchange: Exchange) -> Exchange:
    """The role and the first piece of a tool call come in one chunk, as OpenAI's do for one call."""
    return merging(lambda one, two: "role" in one and "tool_calls" not in one and "tool_calls" in two)(exchange)


@right(SCHEMA)
def all_calls_in_one_chunk(exchange: Exchange) -> Exchange:
    """Parallel tool calls come in one chunk, whole."""
    return merging(lambda one, two: "tool_calls" in one and "tool_calls" in two)(exchange)


@right("n-03: told apart by their index")
def choice_after_choice(exchange: Exchange) -> Exchange:
    """Of several streamed choices the second begins when the first has ended."""
    return chunks(lambda found: sorted(found, key=lambda each: only_choice(each).get("index", len(found))))(exchange)


@right("n-03: told apart by their index")
def choices_in_one_chunk(exchange: Exchange) -> Exchange:
    """A chunk has a piece of every choice."""

    def change(found: list[Any]) -> list[Any]:
        made: list[Any] = []
        for each in found:
            if made and made[-1]["choices"] and only_choice(each).get("index", 0) > made[-1]["choices"][-1]["index"]:
                made[-1]["choices"] += each["choices"]
            else:
                made.append(deepcopy(each))
        return made

    return chunks(change)(exchange)


# --- HTTP -----------------------------------------------------------------------------------------------------


@right(HTTP)
def gzipped(exchange: Exchange) -> Exchange:
    """The content is compressed, as a proxy before the endpoint does."""
    packer = zlib.compressobj(wbits=31)
    reads: list[Read] = [(at, packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)) for at, data in exchange.reads]
    reads.append((reads[-1][0], packer.flush()))
    packed = replace(exchange, reads=tuple(reads))
    length = str(len(packed.wire)) if exchange.header("content-length") else None
    return chain(header("content-encoding", "gzip"), header("content-length", length))(packed)


@right(HTTP)
def ends_with_the_connection(exchange: Exchange) -> Exchange:
    """The content ends where the connection does, as with HTTP/1.0, and no length is given."""
    return chain(header("content-length", None), header("connection", "close"))(exchange)


@right(HTTP)
def chunked_transfer(exchange: Exchange) -> Exchange:
    """Completions and errors come in chunked coding."""
    return chain(header("content-length", None), header("transfer-encoding", "chunked"))(exchange)


@right(HTTP)
def upper_case_header_names(exchange: Exchange) -> Exchange:
    """The names of headers are in upper case."""
    return replace(exchange, headers=tuple((name.upper(), value) for name, value in exchange.headers))


@right(HTTP)
def title_case_header_names(exchange: Exchange) -> Exchange:
    """The names of headers are in mixed case."""
    return replace(exchange, headers=tuple((name.title(), value) for name, value in exchange.headers))


@right(HTTP)
def headers_of_a_proxy(exchange: Exchange) -> Exchange:
    """A content delivery network and the upstream add headers of their own."""
    more = (
        ("server", "cloudflare"), ("cf-ray", "8a1b2c3d4e5f-FRA"), ("via", "1.1 google"), ("alt-svc", 'h3=":443"'),
        ("vary", "Accept-Encoding"), ("vary", "Origin"), ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "12"), ("anthropic-ratelimit-requests-limit", "50"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    )  # fmt: skip
    return replace(exchange, headers=(*exchange.headers, *more))


@right("transport-03, transport-04: in UTF-8 where a charset is named")
def media_types_in_other_words(exchange: Exchange) -> Exchange:
    """The media type is in mixed case and names a charset, in capitals and quotes."""
    media_type = 'Text/Event-Stream;charset="UTF-8"' if exchange.streamed else "Application/JSON;charset=UTF-8"
    return header("content-type", media_type)(exchange)


@right(FINDINGS)
def streams_without_a_charset(exchange: Exchange) -> Exchange:
    """The media type of a stream names no charset."""
    return header("content-type", "text/event-stream")(exchange) if exchange.streamed else exchange


@right("OpenAI's rate-limits guide")
def rate_limits_in_minutes(exchange: Exchange) -> Exchange:
    """The headers about the rate count requests and tokens, and their resets are minutes and milliseconds."""
    told = {"limit-requests": "60", "remaining-requests": "59", "reset-requests": "1s", "limit-tokens": "150000",
            "remaining-tokens": "0", "reset-tokens": "6m0s"}  # fmt: skip
    return chain(*(header(f"x-ratelimit-{name}", value) for name, value in told.items()))(exchange)


@right("ratelimit-01: where present")
def no_rate_limit_headers(exchange: Exchange) -> Exchange:
    """Nothing is said about the rate."""
    kept = tuple(pair for pair in exchange.headers if not pair[0].startswith("x-ratelimit"))
    return replace(exchange, headers=kept)


@right("transport-09", deviates={"transport.request_id": "transport-09"})
def no_request_id(exchange: Exchange) -> Exchange:
    """Responses have no x-request-id."""
    return header("x-request-id", None)(exchange)


@right(ALARMS)
def slow_first_byte(exchange: Exchange) -> Exchange:
    """Two seconds pass before anything arrives, and the reply is written at the pace of a large model."""
    slow = replace(
        exchange, reads=tuple((20 * when, data) for when, data in exchange.reads), seconds=20 * exchange.seconds
    )
    return later(2)(slow)


def later(seconds: float) -> Fault:
    """Everything so much later."""

    def fault(exchange: Exchange) -> Exchange:
        reads = tuple((when + seconds, data) for when, data in exchange.reads)
        return replace(exchange, reads=reads, seconds=exchange.seconds + seconds)

    return fault


@right(ALARMS)
def slow_first_grammar(exchange: Exchange) -> Exchange:
    """Twenty seconds pass before a reply in a schema, for its grammar is compiled first."""
    late = replace(
        exchange, reads=tuple((when + 20, data) for when, data in exchange.reads), seconds=exchange.seconds + 20
    )
    return late if "response_format" in exchange.request.asked else exchange


@right("transport-05: only white space around it")
def white_space_around_json(exchange: Exchange) -> Exchange:
    """Line feeds before a plain reply kept the connection open, and one follows it."""
    if exchange.streamed or not exchange.succeeded:
        return exchange
    return with_content(exchange, (0.01, b"\n\n"), (exchange.seconds, exchange.content + b"\r\n"))


@right("RFC 8259 2")
def pretty_json(exchange: Exchange) -> Exchange:
    """Plain documents are indented, in another order, with characters beyond ASCII escaped."""
    if exchange.streamed:
        return exchange
    body = json.dumps(exchange.document, indent=4, sort_keys=True).encode()
    return with_content(exchange, (exchange.seconds, body))


# --- errors ---------------------------------------------------------------------------------------------------


@right("validation-06: any client error", deviates={"validation.unknown_model_is_404": "validation-07"})
def unknown_model_is_400(exchange: Exchange) -> Exchange:
    """An unknown model is answered with 400."""
    return status(400)(exchange) if _of_a_model(exchange) else exchange


@right("validation-07")
def unknown_model_is_404(exchange: Exchange) -> Exchange:
    """An unknown model is answered with 404, and another sentence that names it."""
    said = put("error.message", f"Model {exchange.request.asked.get('model')} is not available.")
    return chain(status(404), said)(exchange) if _of_a_model(exchange) else exchange


def _of_a_model(exchange: Exchange) -> bool:
    return exchange.refused and exchange.document.get("error", {}).get("code") == "model_not_found"


@right(
    "validation-08: tolerated",
    deviates={"validation.context_overflow": "validation-23", "caching.wrong_order": "cache-22"},
)
def wrong_members_are_422(exchange: Exchange) -> Exchange:
    """A request that is JSON and has wrong members is answered with 422."""
    wrong = exchange.refused and exchange.status == 400 and isinstance(exchange.request.document, dict)
    return status(422)(exchange) if wrong else exchange


@right("auth-04: 400, 401 or 403", deviates={"auth.malformed_credentials_401": "auth-04, expected 401"})
def other_credentials_are_403(exchange: Exchange) -> Exchange:
    """Credentials that are no bearer token are answered with 403."""
    other = exchange.request.credentials in ("empty", "raw", "basic", "query")
    return status(403)(exchange) if other and exchange.status == 401 else exchange


@right("auth-06", deviates={"auth.challenge": "auth-06"})
def no_challenge(exchange: Exchange) -> Exchange:
    """A 401 has no WWW-Authenticate, as OpenAI's has none for years."""
    return header("www-authenticate", None)(exchange)


@right("auth-07: another code, or none, is a deviation only", deviates={"auth.wrong_key_code": "auth-07"})
def code_null_for_a_wrong_key(exchange: Exchange) -> Exchange:
    """The error of a 401 has the code null, as one of OpenAI's."""
    return put("error.code", None)(exchange) if exchange.status == 401 else exchange


@right("robust-01: 404 or 405")
def other_methods_are_404(exchange: Exchange) -> Exchange:
    """Another method is answered with 404."""
    return chain(status(404), header("allow", None))(exchange) if exchange.status == 405 else exchange


@right(FINDINGS, deviates=UNNAMED)
def param_and_code_null(exchange: Exchange) -> Exchange:
    """The errors of wrong members have param and code null, as a third of OpenAI's have."""
    nulls = chain(put("error.param", None), put("error.code", None))
    return nulls(exchange) if exchange.status == 400 else exchange


@right(
    "errors-05: absence warns",
    deviates=UNNAMED | {"error.error.code.present": "errors-05", "error.error.param.present": "errors-05"},
)
def param_and_code_absent(exchange: Exchange) -> Exchange:
    """The errors of wrong members have neither param nor code, as Groq's and Perplexity's."""
    return chain(drop("error.param"), drop("error.code"))(exchange) if exchange.status == 400 else exchange


@right(FINDINGS)
def other_types_of_errors(exchange: Exchange) -> Exchange:
    """The type of an error is the gateway's own: the type is an open set."""
    return put("error.type", "bad_request")(exchange) if exchange.status == 400 else exchange


@right(FINDINGS)
def charset_of_errors(exchange: Exchange) -> Exchange:
    """Errors are application/json; charset=utf-8, for a layer in front answers them."""
    return header("content-type", "application/json; charset=utf-8")(exchange) if exchange.refused else exchange


@right("models are no part of the contract")
def no_list_of_models(exchange: Exchange) -> Exchange:
    """There is no GET /models."""
    error = {"message": "Not found.", "type": "invalid_request_error", "param": None, "code": None}
    own = header("x-request-id", "req_" + exchange.request.key)
    return chain(respond(404, {"error": error}), own)(exchange) if exchange.request.path == "/models" else exchange


# --- what an endpoint may refuse ------------------------------------------------------------------------------


@right(ALARMS)
def refuses_n(exchange: Exchange) -> Exchange:
    """More than one choice is refused, for the upstream has none."""
    return refusing(lambda asked: (asked.get("n") or 1) > 1, "n", "n must be 1 for this model.")(exchange)


@right(ALARMS)
def refuses_logprobs(exchange: Exchange) -> Exchange:
    """Log probabilities are refused, for the upstream has none."""
    return refusing(lambda asked: bool(asked.get("logprobs")), "logprobs", "logprobs is not supported.")(exchange)


@right(ALARMS)
def refuses_response_format(exchange: Exchange) -> Exchange:
    """Structured output is refused."""
    message = "response_format is not supported with this model."
    return refusing(_structured, "response_format", message)(exchange)


def _structured(asked: dict[str, Any]) -> bool:
    """Whether anything but text is asked for, which schema-15 has every endpoint take."""
    output = asked.get("response_format")
    return isinstance(output, dict) and output.get("type") != "text"


@right(ALARMS)
def refuses_tools(exchange: Exchange) -> Exchange:
    """Tools are refused."""
    return refusing(lambda asked: "tools" in asked, "tools", "tools is not supported with this model.")(exchange)


@right(ALARMS)
def refuses_fewer_than_16_tokens(exchange: Exchange) -> Exchange:
    """A limit below 16 tokens is refused, as OpenAI's Responses API does behind some gateways."""
    return refusing(_fewer_than_16, "max_tokens", "Invalid max_tokens: expected a value >= 16.")(exchange)


def _fewer_than_16(asked: dict[str, Any]) -> bool:
    limits = [asked.get(name) for name in ("max_tokens", "max_completion_tokens")]
    return any(isinstance(limit, int) and limit < 16 for limit in limits)


@right("unknown-01: ignored, or refused with its name")
def refuses_unknown_members(exchange: Exchange) -> Exchange:
    """A member that the API does not have is refused by name, as OpenAI does."""
    unknown = sorted(set(exchange.request.asked) - KNOWN)
    name = unknown[0] if unknown else ""
    return refusing(lambda _: bool(unknown), name, f"Unrecognized request argument supplied: {name}")(exchange)


#: The members of a request by OpenAI's schema.
KNOWN = frozenset(json.loads((folder("schemas") / "request.json").read_text(encoding="utf-8"))["properties"])
