"""Histories: the model reads every message and every part, in order."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import status
from conformance.contract.given import tries
from conformance.contract.requests import chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange
from conformance.language import say
from conformance.suite.support.messages import parts, turns
from conformance.suite.support.replies import (
    REFUSED,
    answered,
    are_missing,
    control,
    exchanged,
    lacks,
    one_of,
    without,
)  # fmt: skip

from . import AREA

CONVERSATION = chat(
    label="conversation",
    max_tokens=60,
    messages=turns(
        "Hello.", "Hello, how are you?",
        "My locker code is QX3817.", "Thank you, noted.",
        "It is raining here.", "The garage code is MB5520, by the way.",
        "Good.", "Anything else?",
        "It is late.", "Then good night.",
        "Not yet.", "Very well.",
        "What is my locker code, and what is the garage code? Answer with both codes.",
    ),
)  # fmt: skip
PARTS = chat(
    label="parts",
    max_tokens=80,
    messages=[
        {"role": "system", "content": parts("Include the word A11 in every reply.", "Include the word B22 too.")},
        {"role": "user", "content": "Tell me two codes."},
        {"role": "assistant", "content": parts("The first code is C33.", "The second code is D44.")},
        {
            "role": "user",
            "content": parts("The third code is E55.", "The fourth code is F66.", "What are all the codes, in order?"),
        },
    ],
)
NAMES = chat(
    label="names",
    messages=[
        {"role": "system", "name": "house_rules", "content": "Be brief."},
        {"role": "user", "name": "alice_1", "content": "Hello."},
        {"role": "assistant", "name": "clerk", "content": "Hello, Alice."},
        {"role": "user", "name": "alice_1", "content": "Say OK."},
    ],
)
NO_ALTERNATION = chat(
    label="no-alternation",
    max_tokens=60,
    messages=[
        *turns("Welcome. The door code is HB590.", first="assistant"),
        {"role": "user", "content": "The first code is KM204."},
        {"role": "user", "content": "The second code is TR909. What are all three codes?"},
    ],
)


CONVERSATION_CONTROL = control(
    "conversation",
    "My locker code is QX3817. The garage code is MB5520."
    " What is my locker code, and what is the garage code? Answer with both codes.",
)
PARTS_CONTROL = control(
    "parts",
    "Tell me two codes.",
    "The first code is C33. The second code is D44.",
    "The third code is E55. The fourth code is F66. What are all the codes, in order?",
    system="Include the word A11 in every reply. Include the word B22 too.",
)
THREE_CODES_CONTROL = control(
    "no-alternation",
    "The door code is HB590. The first code is KM204. The second code is TR909. What are all three codes?",
)


@AREA.must(
    "let the model read the whole conversation, what the user said and what the assistant said",
    on={"answers": tries(CONVERSATION), "controls": CONVERSATION_CONTROL},
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["roles-04"],
    at="choices.*.message.content",
    hint="Pass every message on, in its order and with its role.",
    broken_by={"no user turns": without("QX3817"), "no assistant turns": without("MB5520"), "refused": REFUSED},
    needs_model=True,
)
def test_conversation(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, lacks(["QX3817", "MB5520"]), controls)


def _misplaced(exchange: Exchange) -> str:
    text = answered(exchange)
    for first, second in (("A11", "B22"), ("C33", "D44"), ("E55", "F66")):
        if missing := [code for code in (first, second) if code not in text]:
            return are_missing(missing, text)
        if first in ("C33", "E55") and text.index(first) > text.rindex(second):
            return say("{second} comes before {first}: {text!r}", second, first, text[:160])
    return ""


@AREA.must(
    "let the model read all text parts of a message in order, whether the system, the user or the assistant said it",
    on={"answers": tries(PARTS), "controls": PARTS_CONTROL},
    source="openai-openapi#ChatCompletionRequestMessageContentPartText",
    contract=["roles-05"],
    at="choices.*.message.content",
    hint="Join the parts for an upstream that accepts text only; do not keep the first or the last alone.",
    broken_by={
        "the last part of the user's alone": without("E55"),
        "the first of the assistant's alone": without("D44"),
        "the first of the system's alone": without("B22"),
        "in another order": exchanged("E55", "F66"),
        "refused": REFUSED,
    },
    needs_model=True,
)
def test_parts(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, _misplaced, controls)


@AREA.should(
    "accept messages with a name",
    on=(NAMES,),
    impact=Impact.CLIENTS,
    source="openai-openapi#ChatCompletionRequestUserMessage.name",
    contract=["roles-06"],
    at="error",
    hint="Leave the name out for an upstream that does not know it.",
    broken_by={"refused": REFUSED, "a failure": status(500)},
)
def test_names(exchange: Exchange) -> None:
    answered(exchange)


@AREA.should(
    "accept messages of the same role one after the other, and a conversation that the assistant begins",
    on={"answers": tries(NO_ALTERNATION), "controls": THREE_CODES_CONTROL},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["roles-07"],
    at="choices.*.message.content",
    hint="Join messages of one role for an upstream that wants them by turns, and begin with a user message.",
    broken_by={
        "refused": REFUSED,
        "what comes before the user dropped": without("HB590"),
        "the first dropped": without("KM204"),
        "the last dropped": without("TR909"),
    },
    needs_model=True,
)
def test_no_alternation(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, lacks(["HB590", "KM204", "TR909"]), controls)
