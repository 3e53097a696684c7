"""System and developer messages: the model follows them, each and wherever they stand."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import chain, only, put
from conformance.contract.given import on_demand, tries, tries_or
from conformance.contract.requests import chat, streamed
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.roles import AREA
from conformance.suite.support.messages import parts, turns
from conformance.suite.support.replies import (
    REFUSED,
    answered,
    but_for_controls,
    control,
    lacks,
    not_refused,
    one_of,
    without,
)  # fmt: skip

KIWI_CONTROL = control("system", "Say hi, and end your reply with the word KIWI7.")
COLOURS_CONTROL = control("two-systems", "Say hello, and include the words RED1 and BLUE2 in your reply.")
_KIWI = "End every reply with the word KIWI7."


SYSTEM = chat("Say hi.", label="system", system=_KIWI, max_tokens=40)


DEVELOPER, DEVELOPER_PARTS = (
    chat(label=label, max_tokens=40, messages=[{"role": "developer", "content": content}, *turns("Say hi.")])
    for label, content in (("developer", _KIWI), ("developer-parts", parts(_KIWI)))
)


#: Streamed, which another part of a gateway may translate.
TWO_SYSTEMS = streamed(
    chat(
        label="two-systems",
        max_tokens=60,
        messages=[
            {"role": "system", "content": "Include the word RED1 in every reply."},
            *turns("Say hi.", "Hi, RED1."),
            {"role": "system", "content": "Include the word BLUE2 in every reply."},
            *turns("Say hello."),
        ],
    ),
    usage=False,
)


def _streamed_without(digit: str) -> Fault:
    """Likewise of a stream, where the word may come in pieces."""
    return but_for_controls(put("choices.*.delta.content", lambda text: text and text.replace(digit, "it")))


@AREA.must(
    "follow a system message",
    on={"answers": tries(SYSTEM), "controls": KIWI_CONTROL},
    source="openai-openapi#ChatCompletionRequestSystemMessage",
    contract=["roles-01"],
    at="choices.*.message.content",
    hint="Pass system messages on: Anthropic's API accepts them as system, beside messages.",
    broken_by={"dropped": without("KIWI7"), "refused": REFUSED},
    needs_model=True,
)
def test_system(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, lacks(["KIWI7"]), controls)


@AREA.must(
    "follow a system message where the reply is streamed, too",
    on={"answers": tries(TWO_SYSTEMS), "controls": COLOURS_CONTROL},
    source="openai-openapi#ChatCompletionRequestSystemMessage",
    contract=["roles-01"],
    at="choices.*.delta.content",
    hint="Pass system messages on in the code that streams, as in the one that does not.",
    broken_by=chain(_streamed_without("1"), _streamed_without("2")),
    after=["roles.system"],
    needs_model=True,
)
def test_system_streamed(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    """One of two is enough, of which another requirement speaks."""
    if not answers[0].succeeded:
        raise Inconclusive(say("a second system message is rejected (covered by roles.every_system)"))
    one_of(answers, _follows_none, controls)


def _follows_none(exchange: Exchange) -> str:
    text = answered(exchange)
    return "" if "RED1" in text or "BLUE2" in text else say("RED1 and BLUE2 are missing: {text!r}", text[:160])


@AREA.should(
    "follow a developer message as it follows a system message",
    on={"answers": tries_or(DEVELOPER_PARTS, DEVELOPER), "controls": on_demand(SYSTEM)},
    source="openai-openapi#ChatCompletionRequestDeveloperMessage",
    contract=["roles-02"],
    at="choices.*.message.content",
    hint="Send a developer message on as a system message where the upstream has no such role, never as a turn.",
    broken_by={"dropped": only(lambda each: each.label != SYSTEM.label, without("KIWI7")), "refused": REFUSED},
    after=["roles.system"],
    needs_model=True,
)
def test_developer(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    """Its content is an array of parts, and text where that is rejected, of which another requirement speaks."""
    one_of(not_refused(answers), lacks(["KIWI7"]), controls)


@AREA.should(
    "follow every system message, the first and one in the midst of a conversation",
    on={"answers": tries(TWO_SYSTEMS), "controls": COLOURS_CONTROL},
    source="anthropic-openai#system--developer-message-hoisting",
    contract=["roles-03"],
    at="choices.*.message.content",
    hint="Join the system messages in their order; keep neither the first nor the last alone.",
    broken_by={"only the last": _streamed_without("1"), "only the first": _streamed_without("2"), "refused": REFUSED},
    after=["roles.system"],
    needs_model=True,
)
def test_every_system(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, lacks(["RED1", "BLUE2"]), controls)
