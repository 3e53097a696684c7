"""What is wrong around the answer: id, object, created, model, the choices and why they ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.archive import Send
from conformance.exchange import Exchange, Request
from conformance.faults import drop, edit, put

from .kit import (
    JSONObject,
    declaring,
    each_choice,
    in_completions,
    in_replies,
    in_streams,
    misread_body,
)

_MODELS = {"reference-gpt": "reference-claude", "reference-claude": "reference-gpt"}
_SHAPE = (
    "isolation.",
    "tool_use.",
    "schemas_followed.",
    "structured_output.",
    "multimodal.",
    "completion.",
    "chunk.",
    "envelope.",
    "streaming.",
    "ids.",
    "transport.",
    "equivalence.",
    "message.",
    "choices.",
)


def _upper(choice: JSONObject) -> None:
    reasons = {"length": "MAX_TOKENS", "tool_calls": "TOOL_USE"}
    if reason := choice.get("finish_reason"):
        choice["finish_reason"] = reasons.get(reason, str(reason).upper())


def finish(become: Callable[[str, JSONObject], Any]) -> Callable[[JSONObject], None]:
    """A change of the finish_reason where there is one."""

    def change(choice: JSONObject) -> None:
        if choice.get("finish_reason"):
            choice["finish_reason"] = become(choice["finish_reason"], choice)

    return change


def _always_stop(reason: str, choice: JSONObject) -> str:
    return "stop" if reason == "length" else reason


def _without_index(document: Any) -> None:
    for choice in document.get("choices", []):
        choice.pop("index", None)
        choice.pop("finish_reason", None)


def _guardrails(document: JSONObject) -> None:
    """Only the choices, without a role, beside something of the vendor's."""
    for name in ("usage", "created", "object", "model"):
        document.pop(name, None)
    for choice in document.get("choices", []):
        choice.pop("finish_reason", None)
        choice.get("message", {}).pop("role", None)
    document["guardrails"] = {"reask": None}


def _two_choices(document: JSONObject) -> None:
    """Text and calls of one answer in a choice each."""
    for choice in list(document.get("choices", [])):
        if calls := choice.get("message", {}).pop("tool_calls", None):
            choice.pop("index", None)
            choice["message"]["content"] = "Let me look."
            message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": calls}
            document["choices"].append({"message": message, "finish_reason": "tool_calls", "logprobs": None})


def _dated(document: JSONObject) -> None:
    document.update(id="", created="2026/05/16 16:29:57", model=None, code=0, error_message="")


def _no_prefix(choice: JSONObject) -> None:
    if choice.get("finish_reason") == "length" and isinstance(choice.get("message"), dict):
        choice["message"]["content"] = "[truncated: raise max_tokens]"


def _errored(choice: JSONObject) -> None:
    """An answer that failed, in a completion."""
    choice.update(finish_reason="error", native_finish_reason="error")
    if isinstance(choice.get("message"), dict):
        choice["message"]["content"] = ""


def any_model(answering: str, echo: bool) -> Callable[[Send], Send]:
    """Models that are not served are answered by one that is, under its own name or the one asked for."""

    def planted(send: Send) -> Send:
        def faulty(request: Request) -> Exchange:
            exchange = send(request)
            if not (exchange.refused and exchange.status == 404 and isinstance(request.asked.get("model"), str)):
                return exchange
            served = misread_body(lambda document: document.update(model=answering))(send)(request)
            return put("model", request.asked["model"])(served) if echo else served

        return faulty

    return planted


def _other_model(request_model: Any) -> str:
    return {"reference-claude": "claude-sonnet-4-5", "reference-gpt": "gemma-3-1b-it-qat:2"}.get(request_model, "other")


def _answered_by_another(document: JSONObject) -> None:
    if "model" in document and "choices" in document:
        document["model"] = _other_model(document["model"])


_p = declaring()

FAULTS = (
    _p("choice-without-finish-and-index", "The choices of a completion have no finish_reason and no index.", "B001",
       in_completions(edit(_without_index)), *_SHAPE, "sampling.", "stop.", "tools."),
    _p("length-reported-as-stop", "A reply that the limit cut off ends with stop.", "B003",
       in_replies(each_choice(finish(_always_stop))), "sampling.", "tools.", "equivalence.", "limits.",
       "stop.", "schemas_followed.", "structured_output."),
    _p("length-reported-as-stop-streamed", "A stream that the limit cut off ends with stop.", "B003",
       in_streams(each_choice(finish(_always_stop))), "sampling.", "tools.", "equivalence.", "limits.",
       "stop.", "schemas_followed.", "structured_output."),
    _p("refusal-missing", "A message has no refusal member.", "B004",
       in_completions(drop("choices.*.message.refusal")), "message.", "equivalence.", gray=True),
    _p("created-as-a-date", "created is a date in words, model null and id empty.", "B005",
       in_completions(edit(_dated)), *_SHAPE),
    _p("created-as-a-string", "created is a string of digits.", "B005",
       in_completions(put("created", str)), *_SHAPE),
    _p("object-missing", "A completion has no object member.", "B008", in_completions(drop("object")), *_SHAPE),
    _p("id-missing", "A completion has no id.", "B009", in_completions(drop("id")), *_SHAPE, "idempotence."),
    _p("choices-alone", "A completion has its choices and nothing else.", "B010",
       in_completions(edit(_guardrails)), *_SHAPE, "usage.", "cache.", "sampling.", "isolation.", "relations.",
       "tools.", "stop."),
    _p("unknown-model-served", "An unknown model is served by another under the name asked for.", "B011",
       any_model("reference-gpt", echo=True), "streaming.", "errors.", "validation.", "security.", "robust.", "auth."),
    _p("unknown-model-served-openly", "An unknown model is served by another under its own name.", "B011 B019",
       any_model("reference-gpt", echo=False), "streaming.", "errors.", "validation.", "security.", "robust.", "auth.",
       "envelope."),
    _p("placeholder-for-cut-text", "A reply that the limit cut off is a notice of the server's.", "B012",
       in_replies(each_choice(_no_prefix)), "sampling.", "equivalence.", "limits.", "message.", "reasoning.", "stop.",
       "structured_output.", "schema.", "usage.", "schemas_followed."),
    _p("finish-reason-upper-case", "finish_reason is Gemini's, in capitals.", "B013",
       in_replies(each_choice(_upper)), *_SHAPE, "sampling.", "tools.", "stop.", "limits."),
    _p("finish-reason-upper-case-streamed", "finish_reason is Gemini's, in capitals, in streams only.", "B013",
       in_streams(each_choice(_upper)), *_SHAPE, "sampling.", "tools.", "stop.", "limits."),
    _p("finish-reason-invented", "finish_reason is Claude's pause_turn.", "B017",
       in_replies(each_choice(finish(lambda reason, _: "pause_turn" if reason == "stop" else reason))),
       *_SHAPE, "sampling.", "tools.", "stop.", gray=True),
    _p("finish-reason-end-turn", "finish_reason is Claude's own stop_reason.", "B017",
       in_replies(each_choice(finish(lambda reason, _: {"stop": "end_turn", "length": "max_tokens"}.get(reason,
       reason)))),
       *_SHAPE, "sampling.", "tools.", "stop.", "limits.", gray=True),
    _p("id-empty", "The id of a completion is an empty string.", "B018",
       in_replies(put("id", lambda old: "" if str(old).startswith("chatcmpl-") else old)), *_SHAPE, "idempotence."),
    _p("model-of-another-name", "The reply names a model that has nothing to do with the one asked for.", "B019 B020",
       in_replies(edit(_answered_by_another)), *_SHAPE, "isolation."),
    _p("model-of-another-name-streamed", "A stream names the model that the alias is mapped to.", "B020",
       in_streams(edit(_answered_by_another)), *_SHAPE, "isolation."),
    _p("finish-reason-missing", "A completion's choices have no finish_reason.", "B024",
       in_completions(drop("choices.*.finish_reason")), *_SHAPE, "sampling.", "stop.", "tools.", "limits."),
    _p("tier-and-fingerprint-empty", "service_tier is empty, and the gateway's own members are in every chunk.", "B025",
       in_replies(put("service_tier", ""), put("system_fingerprint", ""), put("extra_fields", {"provider": "navy"})),
       *_SHAPE),
    _p("tier-unknown", "service_tier is standard.", "B026", in_replies(put("service_tier", "standard")), *_SHAPE),
    _p("finish-reason-error", "A completion that failed ends with error, and is a 200.", "B027",
       in_completions(each_choice(_errored)), *_SHAPE, "sampling.", "tools.", "stop.", "limits.", "structured_output.",
       "usage.", "logprobs.", "unicode.", "roles.", "errors."),
    _p("text-and-calls-apart", "Text and tool calls of one answer are two choices.", "B029",
       in_completions(edit(_two_choices)), *_SHAPE, "tools.", "sampling."),
    _p("index-and-object-null", "The index of a choice and the object are null.", "B030",
       in_completions(put("choices.*.index", None), put("object", None)), *_SHAPE),
    _p("index-missing", "A choice has no index.", "B030 B001", in_completions(drop("choices.*.index")), *_SHAPE),
    _p("finish-reason-null", "The finish_reason of a whole completion is null.", "B032",
       in_completions(put("choices.*.finish_reason", None)), *_SHAPE, "sampling.", "stop.", "tools.", "limits."),
    _p("choices-empty", "A completion has no choices.", "B035",
       in_completions(put("choices", [])), *_SHAPE, "errors.", "sampling.", "tools.", "stop.", "limits.", "usage.",
       "isolation.", "unicode.", "structured_output.", "roles.", "unknown."),
    _p("choices-null", "A completion's choices are null.", "B035 B310",
       in_completions(put("choices", None)), *_SHAPE, "errors.", "sampling.", "tools.", "stop.", "limits.", "usage.",
       "isolation.", "unicode.", "structured_output.", "roles.", "unknown."),
)  # fmt: skip
