"""What an endpoint offers, told by asking it: its models, and which features each refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model, family_of
from conformance.contract.requests import (
    COMPLETION_LENGTH,
    JSON_OBJECT,
    LOGPROBS,
    MODELS,
    NO_CREDENTIALS,
    ONE_CALL,
    PARIS,
    PLAIN,
    SCHEMA_FLAT,
    STOP,
    STREAM,
    STREAM_USAGE,
    TOOL_AUTO,
    TOOL_REQUIRED,
    TOOL_SINGLE,
    TWO,
    UNKNOWN_MODEL,
    WEATHER,
    chat,
)
from conformance.evidence.exchange import Exchange, Inconclusive, Request, list_of
from conformance.evidence.send import Send
from conformance.language import say
from conformance.sending.client import Access, Limits, Live
from conformance.sending.pacing import Pace, paced
from conformance.sending.preflight import Ask, answers, diagnosis
from conformance.sending.proxy import proxy_for
from conformance.sending.reasoning import learnt
from conformance.settings.address import private, public
from conformance.suite.multimodal.images import RED
from conformance.text import printable_line

from .effects import EFFECTS, texts

_LOOKED_AT, _TRIED = 3, 6  #: models that are asked for features, and asked at all
_SALT = "configurable"
_ALIKE = 4  #: prompts that no model answers with the same text
_LONGEST = 120  #: characters of an answer that a comment in the configuration has
#: Of what models are for that are not made to chat, by their names.
_NOT_CHAT = re.compile(
    r"embed|whisper|tts|audio|dall-e|image|moderation|realtime|transcri|rerank|sora|davinci|babbage|guard",
    re.IGNORECASE,
)
#: What an endpoint may answer to what it does not offer; the others tell of something else.
_REFUSALS = frozenset({400, 404, 405, 422, 501})
_MARKED = [{"type": "text", "text": "Say OK.", "cache_control": {"type": "ephemeral"}}]
_LEGACY = chat(
    PARIS, label="legacy", max_tokens=ONE_CALL, functions=[WEATHER["function"]], function_call={"name": "get_weather"}
)
#: What is asked to find out about a feature.
PROBES: Mapping[str, Request] = {
    "chat.stream": STREAM,
    "chat.stream_options": STREAM_USAGE,
    "chat.n": TWO,
    "chat.stop": STOP,
    "chat.logprobs": LOGPROBS,
    "chat.max_completion_tokens": COMPLETION_LENGTH,
    "chat.tools": TOOL_AUTO,
    "chat.tool_choice": TOOL_REQUIRED,
    "chat.parallel_tool_calls": TOOL_SINGLE,
    "chat.response_format.json_object": JSON_OBJECT,
    "chat.response_format.json_schema": SCHEMA_FLAT,
    "cache.explicit": chat(_MARKED, label="marked"),
    "vision": RED,
    "chat.function_call": _LEGACY,
}


class DiscoverError(Exception):
    """Nothing can be said of the endpoint; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Address:
    """Where the endpoint is, and how it is reached."""

    base_url: str
    key_variable: str
    key: str
    access: Access


@dataclass(frozen=True)
class Seen:
    """A model that answers: what it refuses, what it takes without effect, with what came instead, and of what could
    not be told whether it does, with the answer. `constant` is the text of all its answers, where there is only one."""

    model: Model
    refused: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)
    constant: str = ""


@dataclass(frozen=True)
class Look:
    """What was found: `without` is not claimed for any model; `silent` are models that gave no completion, with the
    answer; `others` were listed and not asked."""

    without: Mapping[str, str]
    seen: Sequence[Seen]
    silent: Mapping[str, str]
    others: Sequence[str]


def look(address: Address, named: Sequence[Model]) -> Look:
    """Ask the endpoint for its models, and some of them, or those that are named, for each feature. Raises
    DiscoverError where none gives a completion."""
    with ExitStack() as resources:
        live = Live(address.base_url, address.key, Limits(read=60, total=120), address.access)
        resources.callback(live.close)
        return _look(_sure(paced(live, Pace(concurrency=1, patience=20))), address, named)


def _look(send: Send, address: Address, named: Sequence[Model]) -> Look:
    listing = send(MODELS)
    listed = _listed(listing)
    candidates = list(named) or _candidates(listed)
    seen: list[Seen] = []
    silent: dict[str, Exchange] = {}
    most = len(named) or _LOOKED_AT
    for model in candidates[: len(named) or _TRIED]:
        known, exchange = learnt(send, model, _SALT)
        if answers(exchange):
            seen.append(_features(send, known))
        else:
            silent[model.name] = exchange
        if len(seen) == most:
            break
    if not seen:
        raise DiscoverError(_nothing(send, address, silent))
    asked = {*silent, *(each.model.name for each in seen)}
    without = {} if listed else {"models": _answer(listing)}
    if answers(send(NO_CREDENTIALS.to(seen[0].model.name, _SALT))):
        without["auth"] = say("it answers without a key")
    others = [] if named else [each.name for each in candidates if each.name not in asked]
    return Look(without, seen, {name: _answer(each) for name, each in silent.items()}, others)


def _sure(send: Send) -> Send:
    """The same `Send`; raises DiscoverError for what is not sent."""

    def sure(request: Request) -> Exchange:
        try:
            return send(request)
        except Inconclusive as reason:
            raise DiscoverError(say("probing the endpoint was stopped: {reason}", reason)) from None

    return sure


def _listed(exchange: Exchange) -> list[str]:
    """The names in a list of models, in its order."""
    try:
        document = exchange.document if exchange.succeeded else None
    except Inconclusive:
        document = None
    rows = list_of(document.get("data")) if isinstance(document, dict) else []
    names = [each["id"] for each in rows if isinstance(each, dict) and isinstance(each.get("id"), str)]
    return [name for name in dict.fromkeys(names) if name.strip() and name.isprintable()]


def _candidates(names: Iterable[str]) -> list[Model]:
    """The models that may chat; the first of each family first, since that is what differs most."""
    models = [Model(name, family_of(name)) for name in names if not _NOT_CHAT.search(name)]
    places: dict[str, int] = {}
    ranked = []
    for model in models:
        places[model.family] = places.get(model.family, 0) + 1
        ranked.append((places[model.family], model.family == "other", model))
    return [model for *_, model in sorted(ranked, key=lambda each: each[:2])]


def _features(send: Send, model: Model) -> Seen:
    refused: dict[str, str] = {}
    ignored: dict[str, str] = {}
    untold: dict[str, str] = {}
    said: dict[str, str] = {}
    for feature, request in PROBES.items():
        if not all(map(replace(model, without=frozenset(refused)).claims, request.features)):
            continue
        exchange = send(for_model(request, model, _SALT))
        if exchange.failure is None and exchange.status in _REFUSALS:
            refused[feature] = _answer(exchange)
        elif not exchange.succeeded:
            untold[feature] = _answer(exchange)
        else:
            said[str(request.asked["messages"])] = "".join(texts(exchange))
            _look_at(exchange, feature, ignored, untold)
    constant = said.popitem()[1] if len(said) >= _ALIKE and len(set(said.values())) == 1 else ""
    return Seen(model, refused, ignored, untold, printable_line(constant, _LONGEST))


def _look_at(exchange: Exchange, feature: str, ignored: dict[str, str], untold: dict[str, str]) -> None:
    """Note what came back instead of the effect of a feature."""
    try:
        instead = EFFECTS[feature](exchange) if feature in EFFECTS else ""
    except Inconclusive as reason:
        untold[feature] = printable_line(str(reason), _LONGEST)
    else:
        ignored |= {feature: printable_line(instead, _LONGEST)} if instead else {}


def _nothing(send: Send, address: Address, silent: Mapping[str, Exchange]) -> str:
    """Why no model gives a completion."""
    exchange = next(iter(silent.values()), None) or send(PLAIN.to(UNKNOWN_MODEL, _SALT))
    no_key = "" if address.key else address.key_variable
    proxy = proxy_for(address.base_url)
    shown = public(address.base_url)
    said = f"{shown} {diagnosis(exchange, shown, _asking(address), no_key, proxy)}"
    if silent or exchange.status not in _REFUSALS:
        return said
    return say("{said}; it lists no models: name one with --model", said)


def _asking(address: Address) -> Ask:
    """Sends to another address, and waits for little."""
    limits = Limits(connect=1, read=2, total=3)
    return lambda shown, request: Live(private(shown, address.base_url), address.key, limits, address.access)(request)


def _answer(exchange: Exchange) -> str:
    """What the endpoint answered, in one line."""
    if exchange.failure:
        return printable_line(say("no response ({failure})", exchange.failure), _LONGEST)
    try:
        message = str(exchange.error.get("message") or "")
    except Inconclusive:
        message = ""
    return printable_line(f"HTTP {exchange.status}{': ' if message else ''}{message}", _LONGEST)
