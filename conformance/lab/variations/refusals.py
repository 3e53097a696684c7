"""Optional parameters that an endpoint may reject."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import status
from conformance.evidence.exchange import Exchange
from conformance.resources import folder

from .kit import (
    ALARMS,
    refusing,
    right,
)


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


@right("unknown-01: ignored, or rejected with its name")
def refuses_unknown_members(exchange: Exchange) -> Exchange:
    """A member that the API does not have is refused by name, as OpenAI does."""
    unknown = sorted(set(exchange.request.asked) - KNOWN)
    name = unknown[0] if unknown else ""
    return refusing(lambda _: bool(unknown), name, f"Unrecognized request argument supplied: {name}")(exchange)


#: The members of a request by OpenAI's schema.
KNOWN = frozenset(json.loads((folder("schemas") / "request.json").read_text(encoding="utf-8"))["properties"])


@right("validation-08: tolerated")
def refuses_n_with_422(exchange: Exchange) -> Exchange:
    """More than one choice is refused with 422."""
    refused = refuses_n(exchange)
    return refused if refused is exchange else status(422)(refused)


@right("seed-01: not by every model of OpenAI")
def refuses_seeds(exchange: Exchange) -> Exchange:
    """A seed is refused for a model of OpenAI that takes none."""

    def seeded(asked: dict[str, Any]) -> bool:
        return asked.get("seed") is not None and "gpt" in str(asked.get("model"))

    return refusing(seeded, "seed", "seed is not supported with this model.")(exchange)


@right("openai-openapi: deprecated")
def refuses_functions(exchange: Exchange) -> Exchange:
    """The deprecated functions are refused, and tools are taken."""
    return refusing(lambda asked: "functions" in asked, "functions", "functions is deprecated, use tools.")(exchange)


@right("multimodal-01: a model without vision")
def refuses_images(exchange: Exchange) -> Exchange:
    """Images are refused by a model that sees none."""
    message = "This model does not support image inputs."
    return refusing(lambda asked: '"image_url"' in json.dumps(asked.get("messages")), "messages", message)(exchange)


@right(ALARMS)
def refuses_penalties(exchange: Exchange) -> Exchange:
    """Penalties are refused, for the upstream has none."""
    return refusing(lambda asked: bool(asked.get("presence_penalty")), "presence_penalty", "not supported.")(exchange)


@right("unknown-01: ignored, or rejected with its name")
def refuses_unknown_members_anywhere(exchange: Exchange) -> Exchange:
    """A member that a message does not have is refused by name, and one that the request does not have, too."""
    known = {
        "role",
        "content",
        "name",
        "tool_calls",
        "tool_call_id",
        "refusal",
        "audio",
        "function_call",
        "annotations",
    }
    found = exchange.request.asked.get("messages")
    inside = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    unknown = sorted({name for message in inside for name in message} - known)
    name = unknown[0] if unknown else ""
    told = refusing(lambda _: bool(unknown), f"messages[0].{name}", f"Unrecognized argument: messages[0].{name}")
    return told(refuses_unknown_members(exchange))
