"""What variations are made of: their form, and changes that several of them make."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.faults import (
    blocks,
    chain,
    edit,
    events,
    header,
    put,
    respond,
    with_content,
)
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange

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


def answer_beside(usage: dict[str, Any], reasoning: int) -> None:
    """What the answer costs is at least a token beside the reasoning."""
    more = max(0, reasoning + 1 - usage["completion_tokens"])
    usage["completion_tokens"] += more
    usage["total_tokens"] += more


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
