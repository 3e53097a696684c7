"""Requests in which features that bear on the bill meet: breakpoints in several places, tools, tool results, images and
output by a schema, sent cold, warm and partly warm, plain and streamed, for one choice and for two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.contract.requests import CACHE_MIXED_STREAM, CACHEABLE, SHELF, chat, costly, filler, streamed
from conformance.evidence.exchange import SALT, Request
from conformance.resources import fixture

Part = dict[str, Any]
_LEDGER = filler(CACHEABLE, "archive")
#: Of about 350 tokens: what a breakpoint that is lost leaves uncached is more than anything else that may be.
_REGISTER, _ORDER = filler(240, "register"), filler(240, "order")
_CALL = {"id": "call_shelf_3", "type": "function", "function": {"name": "look_up", "arguments": '{"parcel":3}'}}
_ONE_NUMBER = {"type": "object", "properties": {"shelf": {"type": "integer"}}, "required": ["shelf"]}
_SCHEMA = {"name": "answer", "strict": True, "schema": _ONE_NUMBER | {"additionalProperties": False}}
_JSON = {"response_format": {"type": "json_schema", "json_schema": _SCHEMA}, "max_tokens": 100}
_IMAGE: Part = {"type": "image_url", "image_url": {"url": fixture("images.json")["red-64"]}}
_VISION = frozenset({"vision"})


def marked(holder: Part, ttl: str | None = None) -> Part:
    """A part of a message, or a tool, with a breakpoint at its end."""
    return holder | {"cache_control": {"type": "ephemeral"} | ({"ttl": ttl} if ttl else {})}


def without_breakpoints(value: Any) -> Any:
    """A body, or what is in it, without its breakpoints."""
    if isinstance(value, dict):
        return {name: without_breakpoints(each) for name, each in value.items() if name != "cache_control"}
    return [without_breakpoints(each) for each in value] if isinstance(value, list) else value


def text(content: str) -> Part:
    """A part of text."""
    return {"type": "text", "text": content}


def tool(description: str) -> Part:
    """A tool with this description."""
    parameters = {"type": "object", "properties": {"parcel": {"type": "integer"}}, "required": ["parcel"]}
    function = {"name": "look_up", "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def said(role: str, *parts: Part | str) -> Part:
    """A message of parts, or of one string."""
    return {"role": role, "content": parts[0] if isinstance(parts[0], str) else list(parts)}


def looked_up(result: Part) -> list[Part]:
    """A call of the tool, and its result."""
    called = {"role": "assistant", "content": None, "tool_calls": [_CALL]}
    return [called, {"role": "tool", "tool_call_id": _CALL["id"], "content": [result]}]


def prompt(label: str, *messages: Part, **members: Any) -> Request:
    """A long prompt of these messages."""
    features = _VISION if _IMAGE["image_url"]["url"] in str(messages) else frozenset()
    return costly(chat(label=label, messages=list(messages), features=features, **members))


def warm(request: Request, label: str) -> Request:
    """The same prompt for one choice, sent after it was answered, streamed where it was not and plain where it was."""
    others = {name: value for name, value in request.asked.items() if name not in ("n", "stream", "stream_options")}
    plain = replace(prompt(label, *others.pop("messages"), **others), after=request)
    return plain if request.streams else replace(streamed(plain), label=label)


# --- of one hour, with a breakpoint in each place --------------------------------------------------------------

_HOURS = [marked(tool(f"cache-hours {SALT}\n{_LEDGER}"), "1h")]
_HOURS_SYSTEM = said("system", marked(text(filler(60, "annex")), "1h"))
HOURS = prompt(
    "cache-hours",
    _HOURS_SYSTEM,
    said("user", marked(text(f"{filler(60, 'order')}\n{SHELF}"), "1h")),
    *looked_up(marked(text(_REGISTER), "1h")),
    tools=_HOURS, **_JSON,
)  # fmt: skip
HOURS_WARM = warm(HOURS, "cache-hours-warm-stream")
#: What follows the second breakpoint is another conversation, and cached for five minutes up to an image.
HOURS_PARTLY = streamed(
    prompt(
        "cache-hours-partly",
        _HOURS_SYSTEM,
        said("user", SHELF),
        said("assistant", "Shelf 21."),
        said("user", text(f"{_ORDER}\nWhich shelf holds parcel 5?"), marked(_IMAGE, "5m")),
        tools=_HOURS, after=HOURS, **_JSON,
    )
)  # fmt: skip

# --- of five minutes, with one breakpoint that moves ----------------------------------------------------------------

_MINUTES = tool(f"cache-minutes {SALT}\n{_LEDGER}")
_BRIEFLY = said("system", "Answer briefly.")
MINUTES = streamed(
    prompt(
        "cache-minutes",
        _BRIEFLY, said("user", SHELF), said("assistant", "Shelf 21."), said("user", "And parcel 5?"),
        tools=[marked(_MINUTES, "5m")], n=2, **_JSON,
    )
)  # fmt: skip
MINUTES_WARM = warm(MINUTES, "cache-minutes-warm")
MINUTES_PARTLY = prompt(
    "cache-minutes-partly",
    _BRIEFLY,
    said("user", text("What is this?"), _IMAGE),
    said("assistant", "A red square."),
    said("user", SHELF),
    *looked_up(marked(text(_REGISTER), "5m")),
    tools=[_MINUTES], after=MINUTES_WARM, **_JSON,
)  # fmt: skip

# --- of both TTLs, and what the same prompt costs without breakpoints -------------------------------------------

_BOTH_SYSTEM = said("system", marked(text(f"cache-both {SALT}\n{_LEDGER}"), "1h"))
_LOOK_UP = marked(tool("Looks up the shelf of a parcel."), "1h")
BOTH = streamed(
    prompt(
        "cache-both",
        _BOTH_SYSTEM,
        said("user", _IMAGE, marked(text(f"{filler(60, 'order')}\n{SHELF}"), "5m")),
        *looked_up(marked(text(_REGISTER), "5m")),
        tools=[_LOOK_UP],
    )
)  # fmt: skip
BOTH_WARM = replace(prompt("cache-both-warm", *BOTH.asked["messages"], tools=[_LOOK_UP], n=2), after=BOTH)
#: What follows the system message is another conversation, and cached for an hour, too.
BOTH_PARTLY = prompt(
    "cache-both-partly",
    _BOTH_SYSTEM,
    said("user", SHELF),
    said("assistant", "Shelf 21."),
    said("user", _IMAGE, marked(text(f"{_ORDER}\nWhich shelf holds parcel 5?"), "1h")),
    tools=[_LOOK_UP], n=2, after=BOTH,
)  # fmt: skip
PLAIN_TOOL = without_breakpoints(_LOOK_UP)
#: For models that cache up to breakpoints: what the prompt costs on others is compared with nothing. It is one without
#: an image, which a model need not read.
MIXED_UNMARKED = streamed(
    replace(
        prompt("cache-mixed-unmarked", *without_breakpoints(CACHE_MIXED_STREAM.asked["messages"])),
        features=CACHE_MIXED_STREAM.features,
    )
)

# --- of one TTL, with two breakpoints ----------------------------------------------------------------------------

SEVERAL = prompt(
    "cache-several",
    said("system", marked(text(f"cache-several {SALT}\n{_LEDGER}"), "5m")),
    said("user", _IMAGE, marked(text(f"{_ORDER}\n{SHELF}"), "5m")),
)

# --- cached automatically ---------------------------------------------------------------------------------------

_AUTOMATIC = said("system", f"cache-automatic-tools {SALT}\n{filler(1300, 'automatic')}")
_BEFORE = [said("user", SHELF), *looked_up(text("Shelf 21."))]


def _automatic(label: str, *more: Part, after: Request | None = None, **members: Any) -> Request:
    request = prompt(label, _AUTOMATIC, *_BEFORE, *more, tools=[PLAIN_TOOL], after=after, **_JSON, **members)
    return replace(request, features=request.features | {"cache.automatic"})


AUTOMATIC_TOOLS = _automatic("cache-automatic-tools")
AUTOMATIC_TOOLS_WARM = streamed(_automatic("cache-automatic-tools-warm", after=AUTOMATIC_TOOLS))
AUTOMATIC_TOOLS_PARTLY = _automatic(
    "cache-automatic-tools-partly",
    said("assistant", "Shelf 21."),
    said("user", text("What is this?"), _IMAGE),
    after=AUTOMATIC_TOOLS_WARM, n=2,
)  # fmt: skip

#: The prompts with breakpoints, each cold and warm; the others of the design follow them or stand alone.
REPEATED = ((HOURS, HOURS_WARM), (MINUTES, MINUTES_WARM), (BOTH, BOTH_WARM))
PARTLY = (HOURS_PARTLY, MINUTES_PARTLY, BOTH_PARTLY)
AUTOMATIC = (AUTOMATIC_TOOLS, AUTOMATIC_TOOLS_WARM, AUTOMATIC_TOOLS_PARTLY)
