"""The other formats: JSON mode without the word in the prompt, and text."""

from __future__ import annotations

import json
from collections.abc import Sequence

from conformance.contract.faults import only, put, respond, status
from conformance.contract.given import on_demand, tries, usually
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, attempts, chat, disputed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable, Request
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.agreement import agree, prompt_tokens
from conformance.suite.support.parameters import AT_END
from conformance.suite.support.refusals import rejected
from conformance.suite.support.structured import outputs

from . import AREA, CONTENT

NO_WORD = disputed(
    chat(label="json-object-unsaid", features=frozenset({"schema.unsaid"}), response_format={"type": "json_object"})
)
TEXT_FORMAT = chat(label="format-text", response_format={"type": "text"})


@AREA.may(
    "reject JSON mode where the prompt does not mention JSON, or answer with an object all the same",
    on=(NO_WORD,),
    impact=Impact.FORM,
    source="openai-structured-outputs#json-mode",
    contract=["schema-02"],
    at=CONTENT,
    hint="Pass response_format on, or the rejection by the upstream.",
    needs=["request"],
    broken_by={
        "a failure": status(500),
        "text": respond(200, {"choices": [{"index": 0, "message": {"content": "OK."}, "finish_reason": "stop"}]}),
    },
    needs_model=False,
)
def test_json_unsaid(exchange: Exchange) -> None:
    if rejected(exchange):
        return
    for output in outputs(exchange):
        assert isinstance(output, dict), say("the content is JSON, but no object: {dumps}", json.dumps(output)[:160])


def _formatted(request: Request) -> bool:
    return "response_format" in request.asked


@AREA.must(
    "treat response_format text as if there were no response_format",
    on={"plain": tries(PLAIN, 2), "among": usually(AT_END["least"]), "alone": on_demand(*attempts(TEXT_FORMAT, 2))},
    impact=Impact.CLIENTS,
    source="openai-openapi#ResponseFormatText",
    contract=["schema-15"],
    at="usage.prompt_tokens",
    hint="Leave the member out for an upstream that does not know it.",
    broken_by={
        "refused": only(_formatted, respond(400, {"error": {"message": "response_format", "type": "t"}})),
        "an instruction added": only(_formatted, put("usage.prompt_tokens", lambda count: count + 9)),
    },
    needs_model=False,
)
def test_text_is_default(
    plain: Sequence[Exchange], among: Sequence[Exchange], alone: Sequence[Exchange], model: Model
) -> None:
    """It is sent among other parameters, and alone only where those change anything."""
    if not model.claims("chat.response_format"):
        raise NotApplicable(say("not claimed: chat.response_format"))
    if among[0].succeeded and among[0].usage.get("prompt_tokens") == plain[0].usage.get("prompt_tokens"):
        return
    assert alone[0].succeeded, answered_with(alone[0])
    agree(alone, plain, prompt_tokens)
