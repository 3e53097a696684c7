"""What a planted fault is, and how a server is made to misunderstand, refuse or garble."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.faults import chain, chunk, edit, events, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Read, Request, list_of
from conformance.evidence.send import Send

Wrap = Callable[[Send], Send]
JSONObject = dict[str, Any]
Chunks = list[JSONObject]
#: Requirements that stand for all others, on generated requests and on all valid ones: every fault may violate them.
GENERAL = ("properties.", "served.")
LARGE = 1_000_000  #: bytes of a body, beyond which it is not looked into


@dataclass(frozen=True)
class Planted:
    """A way in which servers go wrong. `known` are the entries of the list of known faults that it stands for.
    `about` are the requirements whose sentences say what is wrong: one of them must be violated. `also` is what else it
    may rightly violate: ids, and beginnings of ids that end in a dot. A `gray` one is legal or a matter of policy, and
    is warned of at most. `reason` says why nothing catches it, `passes` why it passes the default gate although it is
    caught and matters. One about `thinking` shows on a model that reasons."""

    name: str
    sentence: str
    known: tuple[str, ...]
    fault: Wrap
    about: tuple[str, ...]
    also: tuple[str, ...] = ()
    gray: bool = False
    reason: str = ""
    passes: str = ""
    thinking: bool = False

    def concerns(self, requirement: str) -> bool:
        """Whether a requirement is one that the fault may rightly violate."""
        return any(covers(each, requirement) for each in (*self.about, *self.also, *GENERAL))


def covers(each: str, requirement: str) -> bool:
    """Whether this is the requirement's id, or a beginning of it that ends in a dot."""
    return requirement.startswith(each) if each.endswith(".") else requirement == each


def planted(name: str, sentence: str, known: str, fault: Wrap, *about: str, **others: Any) -> Planted:
    """A fault, as the tables write it down."""
    return Planted(name, sentence, tuple(known.split()), fault, about, **others)


# --- how a server goes wrong --------------------------------------------------------------------------------


def lift(*faults: Fault) -> Wrap:
    """The server answers rightly, and the answer goes wrong on its way."""
    return lambda send: lambda request: chain(*faults)(send(request))


def misread(change: Callable[[Request], Request]) -> Wrap:
    """The server understands another request than it was sent."""

    def planted(send: Send) -> Send:
        def faulty(request: Request) -> Exchange:
            understood = change(request)
            return send(request) if understood is request else replace(send(understood), request=request)

        return faulty

    return planted


def misread_body(change: Callable[[JSONObject], object]) -> Wrap:
    """The server understands another body, which is changed in place; what is no JSON object stays as it is."""

    def changed(request: Request) -> Request:
        if len(request.body) > LARGE or not is_chat(request) or not isinstance(request.document, dict):
            return request
        document = deepcopy(request.asked)
        change(document)
        return request if document == request.asked else replace(request, body=json.dumps(document).encode())

    return misread(changed)


def ignoring(*names: str) -> Wrap:
    """The server passes over these members of a request."""
    return misread_body(lambda document: [document.pop(name, None) for name in names])


def where(condition: Callable[[Request], bool], wrap: Wrap) -> Wrap:
    """The fault with those requests only of which the condition holds."""

    def planted(send: Send) -> Send:
        faulty = wrap(send)
        return lambda request: faulty(request) if is_chat(request) and condition(request) else send(request)

    return planted


def answering(code: int, document: Any) -> Fault:
    """Another status and body; the headers that do not speak of the content stay."""

    def fault(exchange: Exchange) -> Exchange:
        others = [pair for pair in exchange.headers if not pair[0].lower().startswith("content-")]
        return respond(code, document, *others)(exchange)

    return fault


def refusing(condition: Callable[[Request], bool], document: Any, status: int = 400) -> Wrap:
    """The server refuses these requests with this document, unless it refuses them rightly."""

    def refuse(exchange: Exchange) -> Exchange:
        return answering(status, document)(exchange) if exchange.succeeded else exchange

    return where(condition, lift(refuse))


def stack(*wraps: Wrap) -> Wrap:
    """One fault around the other."""

    def planted(send: Send) -> Send:
        for each in wraps:
            send = each(send)
        return send

    return planted


def error(message: str, param: str | None = None, code: Any = None, kind: Any = "invalid_request_error") -> JSONObject:
    """An error as OpenAI words it."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


# --- which answers --------------------------------------------------------------------------------------------


def is_chat(request: Request) -> bool:
    return request.path.partition("?")[0] == "/chat/completions"


def if_answer(condition: Callable[[Exchange], bool], *faults: Fault) -> Fault:
    """The faults in those answers of the chat endpoint of which the condition holds."""

    def fault(exchange: Exchange) -> Exchange:
        held = is_chat(exchange.request) and condition(exchange)
        return chain(*faults)(exchange) if held else exchange

    return fault


def in_replies(*faults: Fault) -> Wrap:
    """In completions, whole and streamed."""
    return lift(if_answer(lambda exchange: exchange.succeeded, *faults))


def in_completions(*faults: Fault) -> Wrap:
    """In completions that are not streamed."""
    return lift(if_answer(lambda exchange: exchange.succeeded and not exchange.streamed, *faults))


def in_streams(*faults: Fault) -> Wrap:
    """In event streams."""
    return lift(if_answer(lambda exchange: exchange.streamed, *faults))


def in_errors(*faults: Fault, status: int | None = None) -> Wrap:
    """In error responses, or in those with this status."""
    return lift(if_answer(lambda exchange: exchange.refused and status in (None, exchange.status), *faults))


# --- what was asked -------------------------------------------------------------------------------------------


def asks(name: str) -> Callable[[Request], bool]:
    """Whether the body has this member, null counting as absent."""
    return lambda request: request.asked.get(name) is not None


def messages_of(request: Request) -> list[JSONObject]:
    return [each for each in list_of(request.asked.get("messages")) if isinstance(each, dict)]


def roles_of(request: Request) -> list[Any]:
    return [each.get("role") for each in messages_of(request)]


def said(request: Request) -> str:
    """The body as text."""
    return request.body.decode("utf-8", "replace")


def is_claude(request: Request) -> bool:
    return "claude" in str(request.asked.get("model"))


# --- what is in an answer --------------------------------------------------------------------------------------


def usages(document: Any) -> Iterator[JSONObject]:
    """The usage object of a completion or chunk, where it has one."""
    usage = document.get("usage") if isinstance(document, dict) else None
    if isinstance(usage, dict):
        yield usage


def choices(document: Any) -> Iterator[JSONObject]:
    """The choices of a completion or chunk."""
    if isinstance(document, dict):
        yield from (each for each in list_of(document.get("choices")) if isinstance(each, dict))


def messages(document: Any) -> Iterator[JSONObject]:
    """The message or delta of each choice."""
    for choice in choices(document):
        for name in ("message", "delta"):
            if isinstance(choice.get(name), dict):
                yield choice[name]


def calls(document: Any) -> Iterator[JSONObject]:
    """The tool calls, or pieces of them, of each choice."""
    for message in messages(document):
        yield from (each for each in list_of(message.get("tool_calls")) if isinstance(each, dict))


def _each(found: Callable[[Any], Iterable[JSONObject]], change: Callable[[JSONObject], object]) -> Fault:
    """A change of all that is found in a document, in place."""

    def changed(document: Any) -> None:
        for each in found(document):
            change(each)

    return edit(changed)


def each_usage(change: Callable[[JSONObject], object]) -> Fault:
    """A change of every usage object, in place."""
    return _each(usages, change)


def each_choice(change: Callable[[JSONObject], object]) -> Fault:
    """A change of every choice, in place."""
    return _each(choices, change)


def each_message(change: Callable[[JSONObject], object]) -> Fault:
    """A change of every message and delta, in place."""
    return _each(messages, change)


def each_text(change: Callable[[str], Any]) -> Fault:
    """A change of all text in messages and deltas that is not empty."""

    def changed(message: JSONObject) -> None:
        if isinstance(message.get("content"), str) and message["content"]:
            message["content"] = change(message["content"])

    return each_message(changed)


def each_call(change: Callable[[JSONObject], object]) -> Fault:
    """A change of every tool call and piece of one, in place."""
    return _each(calls, change)


def each_error(change: Callable[[JSONObject], object]) -> Fault:
    """A change of every error object, in place."""

    def changed(document: Any) -> None:
        if isinstance(document, dict) and isinstance(document.get("error"), dict):
            change(document["error"])

    return edit(changed)


def rechunk(change: Callable[[list[JSONObject]], list[JSONObject]]) -> Fault:
    """The chunks of a stream exchanged for others; what else it had follows them."""

    def rearranged(before: list[Read]) -> list[Read]:
        known = [(when, json.loads(data[6:])) for when, data in before if data.startswith(b"data: {")]
        if not known:
            return before
        others = [block for block in before if not block[1].startswith(b"data: {")]
        found = change([document for _, document in known])
        return [*((known[min(at, len(known) - 1)][0], chunk(each)) for at, each in enumerate(found)), *others]

    return events(rearranged)


def finishes(document: JSONObject) -> bool:
    """Whether a chunk ends a choice."""
    return any(choice.get("finish_reason") for choice in choices(document))


def details(usage: JSONObject) -> JSONObject:
    """The prompt's details; what is written into them is lost where there are none."""
    found = usage.get("prompt_tokens_details")
    return found if isinstance(found, dict) else {}
