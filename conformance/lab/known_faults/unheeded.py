"""Parameters that are accepted and take no effect where they meet others, and prompts that are changed on the way."""

from __future__ import annotations

from typing import Any

from conformance.evidence.exchange import Request, list_of

from .kit import JSONObject, asks, ignoring, is_chat, misread_body, planted, roles_of, where

LONG = 4000  #: characters of a text, beyond which its middle is left out


def _streams(request: Request) -> bool:
    return request.streams


def _parts(document: JSONObject) -> list[JSONObject]:
    found = [each.get("content") for each in document.get("messages", []) if isinstance(each, dict)]
    return [part for content in found if isinstance(content, list) for part in content if isinstance(part, dict)]


def _no_detail(document: JSONObject) -> None:
    for part in _parts(document):
        if isinstance(part.get("image_url"), dict):
            part["image_url"].pop("detail", None)


def _five_at_most(document: JSONObject) -> None:
    if isinstance(document.get("top_logprobs"), int):
        document["top_logprobs"] = min(document["top_logprobs"], 5)


def _any_tool(document: JSONObject) -> None:
    choice = document.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        document["tool_choice"] = "auto"


def _developers_are_users(document: JSONObject) -> None:
    for message in document.get("messages", []):
        if isinstance(message, dict) and message.get("role") == "developer":
            message["role"] = "user"


def _last_four(document: JSONObject) -> None:
    """Of a longer conversation the first messages are left out, those of the system not."""
    messages = [each for each in list_of(document.get("messages")) if isinstance(each, dict)]
    kept = [each for each in messages if each.get("role") in ("system", "developer")]
    others = [each for each in messages if each not in kept]
    if len(others) > 4:
        others = others[-4:]
        while others and others[0].get("role") == "tool":
            others = others[1:]
        document["messages"] = kept + others


def _cut(text: Any) -> Any:
    return f"{text[:1500]} … {text[-1500:]}" if isinstance(text, str) and len(text) > LONG else text


def _without_middles(document: JSONObject) -> None:
    for message in document.get("messages", []):
        if isinstance(message, dict):
            message["content"] = _cut(message.get("content"))
    for part in _parts(document):
        if "text" in part:
            part["text"] = _cut(part["text"])


FAULTS = (
    planted("detail-ignored", "The detail of an image is passed over, so that a low one costs as much as a high one.",
        "B261", misread_body(_no_detail),
        reason="models that count patches charge both details alike, and multimodal-02 asks for no less"),
    planted("stop-ignored-with-tools", "stop is ignored where tools are offered.", "B249",
        where(asks("tools"), ignoring("stop")),
        "tool_use.stop_beside_tools"),
    planted("limit-ignored-with-a-format", "The limit is ignored where a response_format is asked for.", "B261",
        where(asks("response_format"), ignoring("max_tokens", "max_completion_tokens")),
        "sampling.max_tokens"),
    planted("top-logprobs-five-at-most", "No more than five alternatives are told, however many are asked for.", "B261",
        misread_body(_five_at_most),
        "validation.top_logprobs_refused"),
    planted("parallel-not-switched-off-streamed", "In streams parallel_tool_calls false is ignored.", "B261",
        where(_streams, ignoring("parallel_tool_calls")),
        "tools.one_at_most"),
    planted("allowed-tools-ignored", "A tool_choice of allowed tools is treated as auto.", "B185",
        misread_body(_any_tool),
        "tool_use.allowed",
        passes="what allowed_tools allows is a MAY (contract, tools-09)"),
    planted("format-dropped-after-results", "response_format is ignored after results of tools.", "B236",
        where(lambda request: "tool" in roles_of(request), ignoring("response_format")),
        "structured_output.follows_schema", "structured_output.follows_schema_streamed"),
    planted("developer-is-a-user", "Messages of the developer reach the model as the user's.", "B288",
        misread_body(_developers_are_users),
        "roles.developer"),
    planted("oldest-messages-dropped", "Of a conversation of more than four messages the first are left out.", "B261",
        misread_body(_last_four),
        "roles.conversation", also=("roles.empty_contents", "tool_use.text_beside")),
    planted("middle-of-long-texts-dropped", "Texts of more than 4,000 characters lose their middle.", "B261",
        where(lambda request: is_chat(request) and len(request.body) < 400_000, misread_body(_without_middles)),
        "usage.whole_prompt", also=("caching.buckets_beside", "caching.mixed_fills_both")),
)  # fmt: skip
