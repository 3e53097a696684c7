"""Builders of requests, and the requests that the suite declares."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.evidence.exchange import MODEL, SALT, WORD, Request
from conformance.resources import fixture

from .marks import AS_CLAIMED, COSTLY, ENDPOINT, INTRUSIVE

TOOLS = fixture("tools.json")
OUTPUT_SCHEMAS = fixture("output_schemas.json")
UNKNOWN_MODEL = "no-such-model-phanedge-conformance"
#: A bearer token that is well formed, unknown, and easy to recognise where an endpoint echoes it.
UNKNOWN_TOKEN = "sk-conformance-unknown-0123456789abcdefghijklmnop"

#: Members that every endpoint takes, so that asking for them needs no claim.
_BASIC = frozenset({"model", "messages", "max_tokens", "temperature"})


def features_of(document: Any) -> frozenset[str]:
    """What a model must claim to be asked this: `chat.n`, `chat.tools`, `chat.response_format.json_schema`."""
    known = document if isinstance(document, dict) else {}
    features = {f"chat.{name}" for name in set(known) - _BASIC if (name, known[name]) != ("stream", False)}
    if isinstance(output := known.get("response_format"), dict):
        features.add(f"chat.response_format.{output.get('type')}")
    if '"cache_control"' in json.dumps(document):
        features.add("cache.explicit")
    return frozenset(features)


def chat(
    content: str | list[dict[str, Any]] = "Say OK.",
    *,
    label: str = "",
    system: str | list[dict[str, Any]] | None = None,
    attempt: int = 1,
    after: Request | None = None,
    features: frozenset[str] = frozenset(),
    **members: Any,
) -> Request:
    """A request meant to be answered with a completion: one user message, few tokens, temperature 0."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system is not None else []
    messages.append({"role": "user", "content": content})
    document = {"model": MODEL, "messages": messages, "max_tokens": 16, "temperature": 0} | members
    document = {name: value for name, value in document.items() if value is not None}
    return Request(
        body=_dump(document),
        attempt=attempt,
        features=features | features_of(document),
        after=after,
        label=label or _label(members),
    )


def bad(label: str, document: Any = None, **changes: Any) -> Request:
    """An invalid request, meant to be answered with an error; a document of bytes is sent as it is."""
    body = document if isinstance(document, bytes) else _dump(document)
    features = {"auth"} if changes.get("credentials") else set()
    return Request(body=body, features=frozenset(features), expect="error", label=label, **changes)


def attempts(request: Request, times: int = 3) -> tuple[Request, ...]:
    """The request and its repetitions, each of which follows the first."""
    found = [request]
    while len(found) < times:
        found.append(again(request, len(found) + 1))
    return tuple(found)


def costly(request: Request) -> Request:
    """A request of thousands of tokens, which `--no-costly` leaves out."""
    return replace(request, features=request.features | {COSTLY})


def intrusive(request: Request) -> Request:
    """A request that could hurt a production endpoint, which is sent with `--intrusive` only."""
    return replace(request, features=request.features | {INTRUSIVE})


def once(request: Request) -> Request:
    """A model-independent request, such as one without a key: it is sent for one model, and all are judged on it."""
    return replace(request, features=request.features | {ENDPOINT})


def drawn(request: Request, name: str) -> Request:
    """The request in which letters that the run's salt draws follow this name, wherever it stands."""
    return replace(request, body=request.body.replace(name.encode(), f"{name}{WORD}".encode()))


def disputed(request: Request) -> Request:
    """A request that an endpoint may answer, or reject as invalid: it is none of the valid ones that must be served."""
    return replace(request, expect="either")


def as_claimed(request: Request) -> Request:
    """A request for every model, from which the members that a model does not claim are left out."""
    return replace(request, features=frozenset({AS_CLAIMED}))


def streamed(request: Request, *, usage: bool = True) -> Request:
    """The same request, streamed."""
    document = request.asked | {"stream": True}
    if usage:
        document["stream_options"] = {"include_usage": True}
    features = request.features | features_of(document)
    return replace(request, body=_dump(document), features=features, label=f"{request.label}-stream")


def again(request: Request, attempt: int = 2) -> Request:
    """The same request once more, sent after the first was answered."""
    return replace(request, attempt=attempt, after=request, label=f"{request.label}-again")


def _dump(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _label(members: dict[str, Any]) -> str:
    plain = {name: value for name, value in members.items() if isinstance(value, str | int) and value is not True}
    flags = [name for name, value in members.items() if name not in plain]
    return "-".join(["chat", *flags, *(f"{name}={value}" for name, value in plain.items())])


# --- plain and streamed -------------------------------------------------------------------------------------

PLAIN = chat(label="plain")
PLAIN_AGAIN = again(PLAIN)
STREAM = streamed(PLAIN, usage=False)
STREAM_USAGE = replace(streamed(PLAIN), label="plain-stream-usage")
#: Usage declined by name: an endpoint that looks for the member alone sends it all the same.
STREAM_DECLINED = chat(label="plain-stream-declined", stream=True, stream_options={"include_usage": False})
LONG = chat("Count from 1 to 100, one number per line.", label="long", max_tokens=400)
LONG_STREAM = streamed(LONG)
#: CJK, an emoji with joiners, right to left, a combining accent, and a letter beyond the BMP.
CHARACTERS = "你好，世界 👩\u200d👩\u200d👧\u200d👦 мир مرحبا e\u0301 ½ 𝒳"
UNICODE = chat(f"Repeat exactly and add nothing: {CHARACTERS}", label="unicode", max_tokens=100)
UNICODE_STREAM = streamed(UNICODE)
TWO = chat(label="n-2", n=2)
TWO_STREAM = streamed(TWO)
#: Of a choice from few tokens, without the temperature of 0 that would leave none.
LOGPROBS = chat(label="logprobs", logprobs=True, top_logprobs=2, temperature=None, top_p=0.3)
LOGPROBS_STREAM = streamed(LOGPROBS)
#: The sequence ends within a word, which is where no token need end.
STOP = chat("Say: ALPHA BRAVO STOPHERENOW CHARLIE", label="stop", stop="STOPHERE", max_tokens=40)
STOP_STREAM = streamed(STOP)
#: With the default of `stream` written out, as some clients do.
LENGTH = chat("Count from 1 to 100, one number per line.", label="length", max_tokens=20, stream=False)
LENGTH_STREAM = streamed(LENGTH)
COMPLETION_LENGTH = chat(
    "Count from 1 to 100, one number per line.", label="completion-length", max_tokens=None, max_completion_tokens=20
)

# --- tools --------------------------------------------------------------------------------------------------

WEATHER, TIME, BOOKING = TOOLS["get_weather"], TOOLS["get_time"], TOOLS["book_table"]
_BOTH_CITIES = "Use the tool for Paris and for Tokyo, both now, in one step."
PARIS = "Use the tool: weather in Paris?"
ONE_CALL = 200  #: tokens for a call of one function and a few words before it, as Claude writes them

TOOL_AUTO = chat(PARIS, label="tool-auto", tools=[WEATHER], max_tokens=ONE_CALL)
TOOL_AUTO_STREAM = streamed(TOOL_AUTO)
TOOL_REQUIRED = chat("Say hello.", label="tool-required", tools=[WEATHER], tool_choice="required", max_tokens=ONE_CALL)
TOOL_REQUIRED_STREAM = streamed(TOOL_REQUIRED)
_NAMED_TIME = {"type": "function", "function": {"name": "get_time"}}
#: The name is another one in each run, lest a remembered call be taken for the one that is asked for.
TOOL_NAMED = drawn(
    chat(PARIS, label="tool-named", tools=[WEATHER, TIME], tool_choice=_NAMED_TIME, max_tokens=ONE_CALL), "get_time"
)
TOOL_NAMED_STREAM = streamed(TOOL_NAMED)
TWO_CALLS_STREAM = streamed(
    chat("Say hello.", label="n-2-calls", n=2, tools=[WEATHER], tool_choice="required", max_tokens=150)
)
#: With a tool that is not called: parsers that look for calls lose the log probabilities. At each of its tokens many
#: are likely, of which the temperature of 0 has the likeliest taken.
LOGPROBS_TOOLS_STREAM = streamed(
    chat("Make up a sentence about the sea.", label="logprobs-tools", logprobs=True, top_logprobs=2, tools=[WEATHER])
)
TOOL_NONE = chat(PARIS, label="tool-none", tools=[WEATHER], tool_choice="none", max_tokens=60)
TOOL_PARALLEL = chat(_BOTH_CITIES, label="tool-parallel", tools=[WEATHER, TIME], max_tokens=300)
TOOL_SINGLE = chat(_BOTH_CITIES, label="tool-single", tools=[WEATHER, TIME], parallel_tool_calls=False, max_tokens=300)
TOOL_PARALLEL_STREAM, TOOL_SINGLE_STREAM = streamed(TOOL_PARALLEL), streamed(TOOL_SINGLE)
TOOL_STRICT = chat(
    "Book a table for four on Friday for Ada, who wants no mail.",
    label="tool-strict", tools=[BOOKING], tool_choice="required", max_tokens=ONE_CALL,
    features=frozenset({"tools.strict"}),
)  # fmt: skip

#: The plainest request that uses a feature which an endpoint may lack: where it rejects this one, too, it lacks it.
SEED_ZERO = chat("Make up a sentence about the sea.", label="seed-zero", seed=0, max_tokens=30)
PLAINEST = {"chat.tools": TOOL_AUTO, "chat.seed": SEED_ZERO}

# --- structured output --------------------------------------------------------------------------------------


def json_schema(name: str, content: str, limit: int = 300) -> Request:
    """A request for output by a strict schema of fixtures/output_schemas.json."""
    output = {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": OUTPUT_SCHEMAS[name]}}
    return chat(content, label=f"schema-{name}", max_tokens=limit, response_format=output)


JSON_OBJECT = chat(
    "Return a JSON object with keys a and b, both numbers.",
    label="json-object", max_tokens=60, response_format={"type": "json_object"},
)  # fmt: skip
JSON_OBJECT_STREAM = streamed(JSON_OBJECT)
SCHEMA_FLAT = json_schema("flat", "Zoë Ångström is 36, 1.7 m tall, a member, tagged mathematics and poetry.", 200)
SCHEMA_NESTED = json_schema("nested", "Order A-1: Ada Lovelace, 12 Row, London NW1. Two of SKU-7 and one of SKU-9.")
SCHEMA_NESTED_STREAM = streamed(SCHEMA_NESTED)

# --- prompt caching -----------------------------------------------------------------------------------------

SHELF = "Which shelf holds parcel 3? Answer briefly."
CACHEABLE = 2850  #: words of more than 4,096 tokens: no model of Claude's needs a longer prefix to cache it


def filler(words: int, about: str) -> str:
    """English text of about so many words, the same every time, in which no two lines are alike."""
    line = "{n}. The {about} ledger lists parcel {n} under shelf {shelf}, checked and signed by the clerk on duty."
    return "\n".join(line.format(n=number, about=about, shelf=number * 7 % 90) for number in range(1, words // 15 + 1))


def _block(text: str, ttl: str | None = None) -> dict[str, Any]:
    marker = {"type": "ephemeral"} if ttl is None else {"type": "ephemeral", "ttl": ttl}
    return {"type": "text", "text": text, "cache_control": marker}


def cached(label: str, *ttls: str | None, question: str = SHELF, **members: Any) -> Request:
    """A request whose system message is one long block with a cache breakpoint per TTL; None is the default TTL.
    Label and salt come first, so that the first request of a run is cold for certain; what follows is the same for
    all, so that two of them count the same but for a few tokens of their labels."""
    parts = [
        _block(f"{label} {SALT}\n{filler(CACHEABLE, 'archive')}" if not number else filler(1050, "annex"), ttl)
        for number, ttl in enumerate(ttls)
    ]
    return costly(chat(question, label=label, system=parts, **members))


CACHE_COLD = cached("cache-default", None)
CACHE_WARM = again(CACHE_COLD)
CACHE_WARM_STREAM = replace(streamed(CACHE_COLD), after=CACHE_WARM, label="cache-default-warm-stream")
CACHE_HOUR = cached("cache-hour", "1h")
CACHE_MIXED = cached("cache-mixed", "1h", "5m")
CACHE_MIXED_STREAM = streamed(cached("cache-mixed-streamed", "1h", "5m"))
AUTOMATIC_COLD = chat(
    SHELF, label="cache-automatic", system=f"{SALT}\n{filler(2100, 'automatic')}",
    features=frozenset({"cache.automatic", COSTLY}),
)  # fmt: skip
AUTOMATIC_WARM = again(AUTOMATIC_COLD)
AUTOMATIC_WARM_STREAM = replace(streamed(AUTOMATIC_COLD), after=AUTOMATIC_WARM, label="cache-automatic-warm-stream")

# --- errors -------------------------------------------------------------------------------------------------

_SAY_OK = PLAIN.asked
UNKNOWN_MODEL_ERROR = bad("unknown-model", _SAY_OK | {"model": UNKNOWN_MODEL})
UNKNOWN_MODEL_STREAM = bad("unknown-model-stream", UNKNOWN_MODEL_ERROR.asked | {"stream": True})
NO_MESSAGES = bad("no-messages", {"model": MODEL})
EMPTY_MESSAGES = bad("empty-messages", _SAY_OK | {"messages": []})
MALFORMED = once(bad("malformed-json", b'{"model": "$MODEL$", "messages": ['))
WRONG_TYPE = once(bad("messages-not-an-array", _SAY_OK | {"messages": "Say OK."}))
NO_MESSAGES_STREAM = bad("no-messages-stream", {"model": MODEL, "stream": True})
NO_CREDENTIALS = once(bad("no-credentials", _SAY_OK, credentials="none"))
UNKNOWN_CREDENTIALS = once(bad("unknown-credentials", _SAY_OK, credentials="unknown"))
UNKNOWN_CREDENTIALS_STREAM = once(bad("unknown-credentials-stream", _SAY_OK | {"stream": True}, credentials="unknown"))
UNKNOWN_CREDENTIALS_MODEL = once(
    bad("unknown-credentials-unknown-model", _SAY_OK | {"model": UNKNOWN_MODEL}, credentials="unknown")
)
WRONG_METHOD = once(bad("method-put", _SAY_OK, method="PUT"))

MODELS = Request("GET", "/models", headers=(), features=frozenset({"models"}), label="models")

#: The requests that many requirements share; `catalogue.declared` has those that a requirement names, too.
DECLARED: tuple[Request, ...] = (
    PLAIN, PLAIN_AGAIN, STREAM, STREAM_USAGE, STREAM_DECLINED, LONG, LONG_STREAM, UNICODE, UNICODE_STREAM, TWO,
    TWO_STREAM, LOGPROBS, LOGPROBS_STREAM, STOP, STOP_STREAM, LENGTH, LENGTH_STREAM, COMPLETION_LENGTH, TOOL_AUTO,
    TOOL_AUTO_STREAM, TOOL_REQUIRED, TOOL_REQUIRED_STREAM, TOOL_NAMED, TOOL_NAMED_STREAM, TWO_CALLS_STREAM,
    LOGPROBS_TOOLS_STREAM, TOOL_NONE, TOOL_PARALLEL, TOOL_PARALLEL_STREAM, TOOL_SINGLE, TOOL_SINGLE_STREAM,
    TOOL_STRICT, JSON_OBJECT, JSON_OBJECT_STREAM, SCHEMA_FLAT, SCHEMA_NESTED, SCHEMA_NESTED_STREAM, CACHE_COLD,
    CACHE_WARM, CACHE_WARM_STREAM, CACHE_HOUR, CACHE_MIXED, CACHE_MIXED_STREAM, AUTOMATIC_COLD, AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM, UNKNOWN_MODEL_ERROR, UNKNOWN_MODEL_STREAM, NO_MESSAGES, EMPTY_MESSAGES, MALFORMED,
    WRONG_TYPE, NO_MESSAGES_STREAM, NO_CREDENTIALS, UNKNOWN_CREDENTIALS, UNKNOWN_CREDENTIALS_STREAM,
    UNKNOWN_CREDENTIALS_MODEL, WRONG_METHOD, MODELS, SEED_ZERO,
)  # fmt: skip
