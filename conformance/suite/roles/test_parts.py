"""Content as text and as parts, and parts that are none of the API's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, put, respond
from conformance.contract.given import on_demand, tries
from conformance.contract.requests import WEATHER, chat, disputed, once
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, Request, Violation
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.roles import AREA
from conformance.suite.support.calls import call, result
from conformance.suite.support.messages import parts, turns
from conformance.suite.support.prompts import same_prompt
from conformance.suite.support.refusals import refuses, rejected
from conformance.suite.support.replies import REFUSED, but_for_controls, control, lacks, one_of
from conformance.suite.support.results import TOOL_RESULTS

from .test_histories import PARTS
from .test_system import DEVELOPER_PARTS

_QUESTION = "What is the gate code in the note? Answer with the code."
#: Parts that no endpoint knows what to do with: of an unknown type, and with the text under another name.
FOREIGN = disputed(
    chat([*parts(_QUESTION), {"type": "note", "note": "The gate code is PL614."}], label="part-unknown", max_tokens=40)
)
MALFORMED = once(
    disputed(
        chat([*parts(_QUESTION), {"type": "text", "content": "The gate code is PL614."}], label="part-without-text")
    )
)
NOTE_CONTROL = control("part", f"The note says: The gate code is PL614. {_QUESTION}")
_OK = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "No note."}, "finish_reason": "stop"}]}


@AREA.should(
    "reject a content part of an unknown type, or a text part without text, with a 4xx, or let the model read it",
    on={"foreign": tries(FOREIGN), "malformed": tries(MALFORMED), "controls": NOTE_CONTROL},
    source="openai-openapi#ChatCompletionRequestUserMessageContentPart",
    contract=["roles-10"],
    at="choices.*.message.content",
    hint="Reject what cannot be translated: the model answers without it, and nobody learns why.",
    broken_by={
        "an unknown type left out": only(lambda each: b'"note"' in each.body, respond(200, _OK)),
        "no text read": only(lambda each: b'"note"' not in each.body, but_for_controls(respond(200, _OK))),
        "a failure": only(lambda each: b'"note"' in each.body, respond(500, {"error": {"message": "unreachable"}})),
    },
)
def test_no_part_dropped(
    foreign: Sequence[Exchange], malformed: Sequence[Exchange], controls: Sequence[Exchange]
) -> None:
    for answers in (foreign, malformed):
        if not rejected(answers[0]):
            one_of(answers, lacks(["PL614"]), controls)


def as_parts(request: Request, label: str) -> Request:
    """The same request, in which content that is text is an array of one part."""
    messages = [
        each | {"content": parts(each["content"])} if isinstance(each.get("content"), str) else each
        for each in request.asked["messages"]
    ]
    members = {name: value for name, value in request.asked.items() if name not in ("model", "messages")}
    return chat(label=label, messages=messages, **members)


RESULTS_AS_PARTS = as_parts(TOOL_RESULTS, "tool-results-as-parts")


def _with(role: str) -> Request:
    """A request with a message of this role, whose content is text."""
    messages: dict[str, list[dict[str, Any]]] = {
        "assistant": turns("Hello.", "Hello.", "Say OK."),
        "tool": [
            *turns("Use the tool: weather in Oslo?"),
            {"role": "assistant", "content": None, "tool_calls": [call("call_1", "Oslo")]},
            result("call_1", "Rain."),
        ],
    }
    plain = [{"role": role, "content": "Be brief."}, *turns("Say OK.")] if role != "user" else turns("Say OK.")
    members: dict[str, Any] = {"tools": [WEATHER], "max_tokens": 60} if role == "tool" else {}
    return chat(label=f"text-of-{role}", messages=messages.get(role, plain), **members)


_ROLES = {role: _with(role) for role in ("system", "developer", "user", "assistant", "tool")}
TEXT_AND_PARTS = tuple(
    (on_demand(request), on_demand(as_parts(request, f"parts-of-{role}"))) for role, request in _ROLES.items()
)


@AREA.should(
    "accept content as an array of text parts for every role for which it accepts text",
    on={"together": (RESULTS_AS_PARTS, DEVELOPER_PARTS, PARTS), "singly": TEXT_AND_PARTS},
    impact=Impact.CLIENTS,
    source="openai-openapi#ChatCompletionRequestMessageContentPartText",
    contract=["roles-09", "roles-05"],
    at="error",
    hint="Join the parts for an upstream that accepts text only, in the messages of every role.",
    broken_by=only(lambda each: b'"content": [{"type": "text"' in each.body, REFUSED),
)
def test_text_as_parts(
    together: Sequence[Exchange], singly: Sequence[tuple[Sequence[Exchange], Sequence[Exchange]]]
) -> None:
    """Each role alone, only where several are rejected, to tell which it is."""
    if not any(map(refuses, together)):
        return
    for text, in_parts in singly:
        if refuses(in_parts[0]) and text[0].succeeded:
            raise Violation(say("text is accepted, yet {answer}", answered_with(in_parts[0])), in_parts[0], text[0])
    raise Inconclusive(say("each role alone is accepted with parts, or rejected with text, too"))


SLACK = 4  #: tokens that the parts of a prompt may differ by from the same prompt as text


@AREA.should(
    f"count the same prompt_tokens, within {SLACK}, for content as text and as an array of one text part",
    on={"text": TOOL_RESULTS, "in_parts": RESULTS_AS_PARTS},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["roles-09"],
    at="usage.prompt_tokens",
    hint="Count what the model reads, not the JSON of the parts.",
    broken_by=only(
        lambda each: each.label == RESULTS_AS_PARTS.label, put("usage.prompt_tokens", lambda count: count + 9)
    ),
)
def test_parts_cost_what_text_costs(text: Exchange, in_parts: Exchange) -> None:
    same_prompt(text, in_parts, SLACK)
