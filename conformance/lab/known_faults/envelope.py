"""What is wrong around the answer: id, object, created, model, the choices and why they ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract.faults import drop, edit, put
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send

from .kit import (
    JSONObject,
    each_choice,
    in_completions,
    in_replies,
    in_streams,
    misread_body,
    planted,
)

_MODELS = {"reference-gpt": "reference-claude", "reference-claude": "reference-gpt"}


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


_ALIAS = "the name may be another one of the same model, as gpt-4-0125-preview is of gpt-4-turbo-preview at OpenAI"

FAULTS = (
    planted("choice-without-finish-and-index",
        "The choices of a completion have no finish_reason and no index.", "B001",
        in_completions(edit(_without_index)),
        "completion.choices.index", "completion.choices.finish_reason.given", also=("choices.", "equivalence.",
        "sampling.", "schemas_followed.", "stop.", "tool_use.", "tools.", "unknown.")),
    planted("length-reported-as-stop", "A reply that the limit cut off ends with stop.", "B003",
        in_replies(each_choice(finish(_always_stop))),
        "sampling.cut_is_length", "sampling.completion_cut_is_length", "equivalence.length",
        "schemas_followed.cut_is_length", "tool_use.cut_call_is_length", also=("structured_output.follows_schema",
        "tools.", "unknown.both_limits")),
    planted("length-reported-as-stop-streamed", "A stream that the limit cut off ends with stop.", "B003",
        in_streams(each_choice(finish(_always_stop))),
        "equivalence.length", "tool_use.cut_call_is_length", also=("tools.",)),
    planted("refusal-missing", "A message has no refusal member.", "B004",
        in_completions(drop("choices.*.message.refusal")),
        "message.refusal",
        gray=True, reason="OpenAI's own messages had none before August 2024"),
    planted("created-as-a-date", "created is a date in words, model null and id empty.", "B005",
        in_completions(edit(_dated)),
        "completion.created", "completion.id", "completion.model", also=("isolation.forms_not_mixed_up",)),
    planted("created-as-a-string", "created is a string of digits.", "B005",
        in_completions(put("created", str)),
        "completion.created"),
    planted("object-missing", "A completion has no object member.", "B008", in_completions(drop("object")),
        "completion.object"),
    planted("id-missing", "A completion has no id.", "B009", in_completions(drop("id")),
        "completion.id"),
    planted("choices-alone", "A completion has its choices and nothing else.", "B010",
        in_completions(edit(_guardrails)),
        "completion.created", "completion.model", "completion.object", "completion.usage", also=("completion.",
        "equivalence.", "message.", "sampling.", "schemas_followed.", "stop.", "tool_use.", "tools.", "unknown.")),
    planted("unknown-model-served", "An unknown model is served by another under the name asked for.", "B011",
        any_model("reference-gpt", echo=True),
        "validation.unknown_model_refused", "streaming.refused_before_it_streams", "validation.unknown_model_is_404",
        also=("security.body_names_the_model", "security.two_models")),
    planted("unknown-model-served-openly", "An unknown model is served by another under its own name.", "B011 B019",
        any_model("reference-gpt", echo=False),
        "validation.unknown_model_refused", "streaming.refused_before_it_streams", "validation.unknown_model_is_404",
        also=("security.body_names_the_model", "security.two_models")),
    planted("placeholder-for-cut-text", "A reply that the limit cut off is a notice of the server's.", "B012",
        in_replies(each_choice(_no_prefix)),
        "sampling.cut_text_is_its_own", also=("equivalence.text",)),
    planted("finish-reason-upper-case", "finish_reason is Gemini's, in capitals.", "B013",
        in_replies(each_choice(_upper)),
        "completion.choices.finish_reason", "chunk.choices.finish_reason", also=("equivalence.", "sampling.",
        "schemas_followed.", "stop.", "tool_use.", "tools.", "unknown.")),
    planted("finish-reason-upper-case-streamed", "finish_reason is Gemini's, in capitals, in streams only.", "B013",
        in_streams(each_choice(_upper)),
        "chunk.choices.finish_reason", also=("completion.", "equivalence.", "sampling.", "stop.", "tool_use.",
        "tools.")),
    planted("finish-reason-invented", "finish_reason is Claude's pause_turn.", "B017",
        in_replies(each_choice(finish(lambda reason, _: "pause_turn" if reason == "stop" else reason))),
        "completion.choices.finish_reason", "chunk.choices.finish_reason", also=("sampling.", "stop.", "tool_use.",
        "tools.forced_finish"),
        gray=True),
    planted("finish-reason-end-turn", "finish_reason is Claude's own stop_reason.", "B017",
        in_replies(each_choice(finish(lambda reason, _: {"stop": "end_turn", "length": "max_tokens"}.get(reason,
        reason)))),
        "completion.choices.finish_reason", "chunk.choices.finish_reason", also=("equivalence.", "sampling.",
        "schemas_followed.", "stop.", "tool_use.", "tools.", "unknown."),
        gray=True),
    planted("id-empty", "The id of a completion is an empty string.", "B018",
        in_replies(put("id", lambda old: "" if str(old).startswith("chatcmpl-") else old)),
        "completion.id", "chunk.id"),
    planted("model-of-another-name",
        "The reply names a model that has nothing to do with the one asked for.", "B019 B020",
        in_replies(edit(_answered_by_another)),
        "envelope.model_as_asked", passes=_ALIAS),
    planted("model-of-another-name-streamed", "A stream names the model that the alias is mapped to.", "B020",
        in_streams(edit(_answered_by_another)),
        "envelope.model_as_asked", "envelope.model_same_streamed", also=("isolation.forms_not_mixed_up",),
        passes=_ALIAS),
    planted("finish-reason-missing", "A completion's choices have no finish_reason.", "B024",
        in_completions(drop("choices.*.finish_reason")),
        "completion.choices.finish_reason.given", "sampling.end_is_stop", also=("equivalence.", "sampling.",
        "schemas_followed.", "stop.", "tool_use.", "tools.", "unknown.")),
    planted("tier-and-fingerprint-empty",
        "service_tier is empty, and the gateway's own members are in every chunk.", "B025",
        in_replies(put("service_tier", ""), put("system_fingerprint", ""), put("extra_fields", {"provider": "navy"})),
        "completion.service_tier", "chunk.service_tier"),
    planted("tier-unknown", "service_tier is standard.", "B026", in_replies(put("service_tier", "standard")),
        "completion.service_tier", "chunk.service_tier"),
    planted("finish-reason-error", "A completion that failed ends with error, and is a 200.", "B027",
        in_completions(each_choice(_errored)),
        "completion.choices.finish_reason", also=("equivalence.", "message.", "sampling.", "tool_use.", "unknown.",
        "usage.output_is_written")),
    planted("text-and-calls-apart", "Text and tool calls of one answer are two choices.", "B029",
        in_completions(edit(_two_choices)),
        "envelope.choices_as_asked", also=("completion.choices.index", "equivalence.calls", "tools.arguments_are_json",
        "tools.finish_has_call")),
    planted("index-and-object-null", "The index of a choice and the object are null.", "B030",
        in_completions(put("choices.*.index", None), put("object", None)),
        "completion.choices.index", "completion.object", also=("choices.as_many_as_asked",)),
    planted("index-missing", "A choice has no index.", "B030 B001", in_completions(drop("choices.*.index")),
        "completion.choices.index", also=("choices.as_many_as_asked",)),
    planted("finish-reason-null", "The finish_reason of a whole completion is null.", "B032",
        in_completions(put("choices.*.finish_reason", None)),
        "completion.choices.finish_reason.given", "sampling.end_is_stop", also=("equivalence.", "sampling.",
        "schemas_followed.", "stop.", "tool_use.", "tools.", "unknown.")),
    planted("choices-empty", "A completion has no choices.", "B035",
        in_completions(put("choices", [])),
        "completion.choices", also=("choices.as_many_as_asked", "envelope.choices_as_asked", "logprobs.given",
        "usage.output_is_written")),
    planted("choices-null", "A completion's choices are null.", "B035 B310",
        in_completions(put("choices", None)),
        "completion.choices"),
)  # fmt: skip
