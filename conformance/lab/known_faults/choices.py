"""Several choices, log probabilities, and stop sequences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from conformance.contract.faults import drop, edit, put
from conformance.evidence.exchange import Request, list_of

from .kit import (
    Chunks,
    JSONObject,
    asks,
    choices,
    each_choice,
    error,
    finishes,
    ignoring,
    in_completions,
    in_replies,
    in_streams,
    is_claude,
    misread_body,
    planted,
    rechunk,
    refusing,
    where,
)


def _several(request: Request) -> bool:
    return isinstance(request.asked.get("n"), int) and request.asked["n"] > 1


def _tools_streamed(request: Request) -> bool:
    return bool(request.asked.get("tools")) and request.streams


def _first_only(document: Any) -> None:
    if isinstance(document, dict) and list_of(document.get("choices")):
        document["choices"] = [each for each in document["choices"] if each.get("index") == 0]


def _as_text(choice: JSONObject) -> None:
    """Calls are written out, in whatever form they come."""
    for message in (choice.get("message"), choice.get("delta")):
        if not isinstance(message, dict):
            continue
        for call in list_of(message.pop("tool_calls", None)):
            function = call.get("function", {})
            text = (function.get("name") or "") + (function.get("arguments") or "")
            message["content"] = (message.get("content") or "") + text
    if choice.get("finish_reason") == "tool_calls":
        choice["finish_reason"] = "stop"


# --- log probabilities --------------------------------------------------------------------------------------


def _own(document: Any) -> list[JSONObject]:
    holders = [choice.get("logprobs") for choice in choices(document)]
    found = [each for holder in holders if isinstance(holder, dict) for each in list_of(holder.get("content"))]
    return [each for each in found if isinstance(each, dict)]


def _each_entry(change: Callable[[JSONObject], object], *, own: bool = True) -> Any:
    """A change of every entry and each of its alternatives, or of these alone."""

    def changed(document: Any) -> None:
        for entry in _own(document):
            for each in [*([entry] if own else []), *list_of(entry.get("top_logprobs"))]:
                change(each)

    return edit(changed)


def _wide(change: Callable[[str], tuple[str, list[int]]]) -> Callable[[JSONObject], None]:
    """A change of entries whose token is not ASCII."""

    def changed(entry: JSONObject) -> None:
        if not str(entry.get("token")).isascii():
            entry["token"], entry["bytes"] = change(entry["token"])

    return changed


def _byte_by_byte(token: str) -> tuple[str, list[int]]:
    spelled = token.encode().decode("latin-1")
    return spelled, list(spelled.encode())


def _empty_at_the_end(chunks: Chunks) -> Chunks:
    for document in chunks:
        if finishes(document):
            for choice in choices(document):
                choice["logprobs"] = {"content": []}
    return chunks


# --- stop -----------------------------------------------------------------------------------------------------


def _stops(asked: JSONObject) -> list[str]:
    stop = asked.get("stop")
    return [each for each in ([stop] if isinstance(stop, str) else list_of(stop)) if isinstance(each, str)]


def _at_word_ends_only(document: JSONObject) -> None:
    """A sequence after which a word goes on is not found."""
    text = json.dumps(document.get("messages"), ensure_ascii=False)
    kept = [each for each in _stops(document) if not re.search(re.escape(each) + r"\w", text)]
    if len(kept) != len(_stops(document)):
        document["stop"] = kept or None


def _blank_stop(request: Request) -> bool:
    return is_claude(request) and any(not each.strip() for each in _stops(request.asked))


def _one_more_cut(choice: JSONObject) -> None:
    message = choice.get("message", {})
    if choice.get("finish_reason") == "stop" and isinstance(message.get("content"), str):
        message["content"] = message["content"].rstrip()[:-1]


FAULTS = (
    planted("n-fewer", "Of several choices whole replies have the first.", "B155",
        where(_several, in_completions(edit(_first_only))),
        "choices.as_many_as_asked", "envelope.choices_as_asked"),
    planted("n-ignored-streamed", "Of several choices streams have the first.", "B155",
        where(lambda request: request.streams, ignoring("n")),
        "choices.as_many_as_asked"),
    planted("several-choices-without-calls", "Where several choices are asked for, calls are written out.", "B213",
        where(_several, in_replies(each_choice(_as_text))),
        "tools.required_is_required"),
    planted("logprobs-absent-in-streams", "Streams have no log probabilities.", "B274",
        in_streams(drop("choices.*.logprobs")),
        "logprobs.given"),
    planted("logprobs-lost-with-tools-streamed", "Where tools are offered streams have no log probabilities.", "B274",
        where(_tools_streamed, in_streams(put("choices.*.logprobs", None))),
        "logprobs.given"),
    planted("logprobs-with-tools-streamed-refused",
        "Log probabilities are rejected where tools are offered in streams.",
        "B256",
        refusing(lambda request: _tools_streamed(request) and asks("logprobs")(request),
                 error("logprobs is not supported with tools + stream")),
        gray=True, reason="logprobs-01 lets them be rejected with a 4xx"),
    planted("logprobs-with-top-p-crash", "Log probabilities with top_p below 1 are a 500.", "B256",
        refusing(lambda request: asks("logprobs")(request) and (request.asked.get("top_p") or 1) < 1,
                 error("Out of range float values are not JSON compliant"), 500),
        "served.no_server_error", also=("logprobs.given",)),
    planted("logprobs-replaced", "Tokens of several bytes are U+FFFD in the log probabilities.", "B393",
        in_replies(_each_entry(_wide(lambda _: ("\ufffd", [239, 191, 189])))),
        "logprobs.bytes_spell_content"),
    planted("logprobs-byte-by-byte", "Tokens of several bytes are spelled byte by byte.", "B397",
        in_replies(_each_entry(_wide(_byte_by_byte))),
        "logprobs.bytes_spell_content"),
    planted("logprobs-without-bytes", "Log probabilities have no bytes.", "B258",
        in_replies(_each_entry(lambda entry: entry.pop("bytes", None))),
        "logprobs.content.bytes", "logprobs.content.top_logprobs.bytes"),
    planted("logprobs-alternatives-blank", "Alternatives of several bytes are empty.", "B393",
        in_replies(_each_entry(_wide(lambda _: ("", [])), own=False)),
        reason="the reference's alternatives are ASCII, and an empty token is a string, which is all that a row asks"),
    planted("logprobs-empty-at-the-end", "The chunk that ends a choice has an empty list of log probabilities.", "B274",
        where(asks("logprobs"), in_streams(rechunk(_empty_at_the_end))),
        gray=True, reason="OpenAI sends it so"),
    planted("stop-at-word-ends-only", "A stop sequence within a word is not found.", "B252",
        misread_body(_at_word_ends_only),
        "stop.text_ends_before", "stop.streamed_text_ends_before"),
    planted("stop-cuts-one-more", "With a stop sequence the character before it is lost.", "B124",
        where(asks("stop"), in_completions(each_choice(_one_more_cut))),
        "stop.text_ends_before", also=("equivalence.text", "stop.up_to_four")),
    planted("blank-stop-refused-claude", "On Claude a stop sequence of white space is rejected.", "B276",
        refusing(_blank_stop, error("each stop sequence must contain non-whitespace")),
        "stop.white_space",
        gray=True),
    planted("empty-stop-refused", "An empty list of stop sequences is rejected.", "B273",
        refusing(lambda request: request.asked.get("stop") == [], error("stop: too short")),
        gray=True, reason="OpenAI's description wants one at least"),
)  # fmt: skip
