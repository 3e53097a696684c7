"""Requests by the thousand: hypothesis strategies over schemas/request.json.

Every value is drawn from a short list, so that a search is the same in every process: what hypothesis draws from
numbers and texts at large depends on the constants of the modules that happen to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from conformance.evidence.exchange import MODEL, Request

from .mutations import example, mutations
from .requests import PLAIN, TOOLS, bad, chat, features_of
from .schema import Clause, Schema, clauses, load
from .search import search as search
from .vocabulary import pointed_at, validator

Claims = Callable[[str], bool]

TEXTS = (
    "Say OK.",
    "Reply with one word: what colour is a clear sky?",
    "Sag OK \u2013 gr\u00fc\u00dfe, \u4f60\u597d, \U0001f469\u200d\U0001f469\u200d\U0001f467.",
    '{"say": "OK", "escaped": "\\\\n \\"}',
    "one\r\ntwo\tthree\n\n  <b>&amp;</b> data: [DONE]",
    "0",
)
#: Scalar members that a valid request may have, their values as the schema has them.
MEMBERS = (
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "logit_bias", "logprobs",
    "parallel_tool_calls", "user",
)  # fmt: skip


# --- valid requests -----------------------------------------------------------------------------------------


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that are valid under a part of schemas/request.json: bounds, and few others."""
    if "$ref" in schema:
        return values(pointed_at(load("request"), schema["$ref"].removeprefix("#")))
    if "oneOf" in schema:
        return st.one_of([values(each) for each in schema["oneOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from([each for each in schema.get("enum", [schema.get("const")]) if each is not None])
    types = schema.get("type", "object")
    return st.one_of([_typed(each, schema) for each in ([types] if isinstance(types, str) else types)])


def _typed(name: str, schema: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", 0), schema.get("maximum", 40)
    if name == "integer":
        return st.sampled_from([low, high, 1])
    if name == "number":
        return st.sampled_from([low, high, 0.5])
    if name == "string":
        return st.sampled_from(["conformance", "\u7d42", "a b"])
    if name == "array":
        return st.lists(values(schema.get("items", {})), min_size=1, max_size=min(schema.get("maxItems", 2), 2))
    if name == "object" and isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(st.sampled_from(["100", "2000"]), values(schema["additionalProperties"]), max_size=2)
    return {"boolean": st.booleans(), "null": st.none()}.get(name, st.just({}))


# A strategy costs more to make than to draw from, so that each is made once.


@cache
def _member(name: str) -> st.SearchStrategy[Any]:
    return values(load("request")["properties"][name])


@cache
def _some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=4)


_SELDOM = st.sampled_from([False, False, True])
_TOP_LOGPROBS = st.sampled_from([0, 2])
_CHOICES = st.sampled_from(["none", "auto", "required"])
_TEXT = st.sampled_from(TEXTS)
_CONTENT = st.one_of([_TEXT, _TEXT.map(lambda each: [{"type": "text", "text": each}])])
_SYSTEM = st.lists(st.just({"role": "system", "content": "Answer in one line."}), max_size=1)


@st.composite
def valid_requests(draw: st.DrawFn, claims: Claims) -> Request:
    """A request that schemas/request.json accepts, of features that are claimed, and of few tokens."""
    claimed = tuple(name for name in MEMBERS if claims(f"chat.{name}"))
    chosen = draw(_some(claimed)) if claimed else []
    members: dict[str, Any] = {name: draw(_member(name)) for name in chosen}
    if members.get("logprobs") and claims("chat.top_logprobs") and draw(st.booleans()):
        members["top_logprobs"] = draw(_TOP_LOGPROBS)
    if claims("chat.n") and draw(_SELDOM):
        members["n"] = 2
    if claims("chat.tools") and claims("chat.tool_choice") and draw(_SELDOM):
        choice = draw(_CHOICES)
        members |= {"tools": [TOOLS["get_weather"]], "tool_choice": choice, "max_tokens": 200}
    else:
        members.pop("parallel_tool_calls", None)
    streams = claims("chat.stream")
    members |= draw(_modes(streams, streams and claims("chat.stream_options")))
    wanted: dict[str, Any] = {"messages": draw(_CONVERSATIONS), "max_tokens": 24} | members
    return chat(label="generated", **wanted)


_USAGE = {"stream": True, "stream_options": {"include_usage": True}}
#: Members that each stand alone elsewhere, together in streams: beside tools, and beside a name and instructions.
_TOGETHER: tuple[dict[str, Any], ...] = (
    {
        "messages": [{"role": "user", "content": "Use the tool for Paris and for Tokyo, both now, in one step."}],
        "tools": [TOOLS["get_weather"], TOOLS["get_time"]], "tool_choice": "auto", "parallel_tool_calls": False,
        "stop": ["STOPHERE"], "top_p": 1, "seed": 7, "user": "conformance", "max_tokens": 300,
    },
    {
        "messages": [
            {"role": "developer", "content": "Answer in one line."},
            {"role": "user", "name": "ada", "content": "Say OK."},
        ],
        "frequency_penalty": 0.5, "presence_penalty": 0.5, "logit_bias": {"50256": -100},
        "store": False, "service_tier": "auto", "prompt_cache_key": "conformance", "safety_identifier": "conformance",
        "response_format": {"type": "text"}, "max_tokens": 24,
    },
)  # fmt: skip


def together(claims: Claims) -> list[Request]:
    """Two streamed requests with many members each, as far as they are claimed."""
    found = []
    for members in _TOGETHER:
        claimed = {name: value for name, value in (members | _USAGE).items() if claims(f"chat.{name}")}
        if not claims("chat.tools"):
            claimed.pop("tool_choice", None)
            claimed.pop("parallel_tool_calls", None)
        wanted = {"messages": members["messages"], "max_tokens": members["max_tokens"], "temperature": None} | claimed
        request = chat(label="generated", **wanted)
        if "stream" in claimed and all(map(claims, request.features)):
            found.append(request)
    return found


@cache
def _modes(streams: bool, with_usage: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Plain, streamed, and streamed with usage, as far as claimed."""
    streamed = [{"stream": True}, {"stream": False}] if streams else []
    return st.sampled_from([{}, *streamed, *([_USAGE] if with_usage else [])])


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages that end with the user's: instructions or none, an earlier turn or none, text or parts."""
    system = draw(_SYSTEM)
    earlier: list[dict[str, Any]] = [
        {"role": "user", "content": draw(_CONTENT)}, {"role": "assistant", "content": draw(_TEXT)},
    ]  # fmt: skip
    return [*system, *(earlier if draw(st.booleans()) else []), {"role": "user", "content": draw(_CONTENT)}]


_CONVERSATIONS = conversations()


# --- requests with one violated constraint ------------------------------------------------------------------


class Broken(NamedTuple):
    """A request that violates one constraint of schemas/request.json: which, how hard it is, and the path of the
    member that it is about, empty where that is the body."""

    request: Request
    said: str
    level: str
    path: str


def broken_requests(claims: Claims) -> st.SearchStrategy[Broken]:
    """A small valid request but for one member that violates one clause of its schema."""
    by_path: dict[str, list[Broken]] = {}
    for path, broken in _all_broken():
        if all(map(claims, broken.request.features)):
            by_path.setdefault(path, []).append(broken)
    found = [st.sampled_from(each) for each in by_path.values()]
    return st.sampled_from(found).flatmap(lambda each: each)


@cache
def _all_broken() -> tuple[tuple[str, Broken], ...]:
    """Each request that violates one clause, with the path of the member that the clause is about."""
    return tuple((clause.path, broken) for clause in clauses("request") for broken in _broken(clause))


def _broken(clause: Clause) -> list[Broken]:
    top = clause.path.partition(".")[0]
    base = PLAIN.asked | ({top: example("request")[top]} if top in example("request") else {})
    found = []
    for name, path, value in mutations(clause):
        document = deepcopy(base) | {"model": MODEL}
        if _put(document, path, value, drop=name == "dropped") and not validator("request").is_valid(document):
            request = bad(f"{clause.path or 'the body'}: {name}", document)
            features = frozenset(each for each in features_of(base) if each == f"chat.{top}")
            said = f"{clause.path or 'the body'} is {name}"
            found.append(Broken(_with(request, features), said, clause.level, clause.path))
    return found


def _with(request: Request, features: frozenset[str]) -> Request:
    return Request(body=request.body, features=features, expect="error", label=request.label)


def _put(document: Any, path: str, value: Any, *, drop: bool) -> bool:
    """Set, or remove, the first member at this path; whether there is such a place."""
    *parents, last = path.split(".")
    for name in parents:
        if name == "*" and isinstance(document, list) and document:
            document = document[0]
        elif isinstance(document, dict) and name in document:
            document = document[name]
        else:
            return False
    if drop and isinstance(document, dict):
        return document.pop(last, None) is not None
    if last == "*" and isinstance(document, list) and document:
        document[0] = value
        return True
    if isinstance(document, dict) and last not in ("", "*"):
        document[last] = value
        return True
    return False


# --- conversations that grow --------------------------------------------------------------------------------


class Turn(NamedTuple):
    """What the user says next, and whether the reply is to be streamed and tools are offered from now on."""

    text: str
    streams: bool
    tools: bool


def turns(claims: Claims) -> st.SearchStrategy[tuple[Turn, ...]]:
    """Three or four turns of one conversation, streamed by turns."""
    begin = st.sampled_from([0, 1]) if claims("chat.stream_options") else st.none()
    tools = st.sampled_from([False, False, claims("chat.tools") and claims("chat.tool_choice")])
    told = st.lists(st.tuples(st.sampled_from(TEXTS[:3]), tools), min_size=3, max_size=4)
    return st.builds(_by_turns, told, begin)


def _by_turns(told: list[tuple[str, bool]], begin: int | None) -> tuple[Turn, ...]:
    """Every second turn streamed, from the first or the second on; none where that is None."""
    streamed = [begin is not None and number % 2 == begin for number in range(len(told))]
    return tuple(Turn(text, streams, tools) for (text, tools), streams in zip(told, streamed, strict=True))
