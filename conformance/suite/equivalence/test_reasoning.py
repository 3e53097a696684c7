"""Where the text of the reasoning stands: in the same member, whether a reply is streamed or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conformance.contract.faults import chain, drop, only, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import count_or_zero
from conformance.language import say
from conformance.suite.support.agreement import Pair, Tries, agree, each_pair

from . import AREA
from .pairs import TEXT_PAIRS, is_streamed, tried

#: What the member is called: by DeepSeek and most servers, by OpenRouter and vLLM, and by others.
NAMES = ("reasoning_content", "reasoning", "reasoning_text", "thinking", "thinking_content", "thoughts")
_PLAIN, _STREAMED = "choices.*.message.reasoning_content", "choices.*.delta.reasoning_content"


class Shown(NamedTuple):
    """The members that have the text of the reasoning, and whether tokens of reasoning are counted."""

    members: tuple[str, ...]
    counted: bool


def _shown(exchange: Exchange) -> Shown:
    if broken_off(exchange):
        raise Inconclusive(say("“{request}”: the stream broke off", exchange.request))
    members = tuple(name for name in NAMES if any(message.get(name) for message in exchange.messages))
    usage = exchange.reply.get("usage")
    return Shown(members, count_or_zero(usage, "completion_tokens_details.reasoning_tokens") > 0)


def _alike(one: Shown, other: Shown) -> bool:
    """Whether the reasoning stands in the same place; a reply without any need not show it."""
    return one.members == other.members or any(not each.members and not each.counted for each in (one, other))


def _in_one_place(plain: Tries, streams: Tries) -> None:
    first = _shown(plain[0]), _shown(streams[0])
    if not all(each.members or each.counted for each in first) or not any(each.members for each in first):
        raise NotApplicable(say("not both replies reason, or neither shows it"))
    agree(plain, streams, _shown, _alike)


@AREA.should(
    "send the text of the reasoning under the same name whether the reply is streamed or not",
    on={"pairs": tried(TEXT_PAIRS)},
    source="phanedge#alignment",
    contract=["equiv-07"],
    at="choices.*.delta.reasoning_content",
    hint="Map the upstream's member to reasoning_content in both forms.",
    shown_by=chain(put(_PLAIN, "The user wants OK."), put(_STREAMED, "OK.")),
    broken_by={
        "another name in streams": only(is_streamed, drop(_STREAMED), put("choices.*.delta.reasoning", "OK.")),
        "left out of streams": only(
            is_streamed, drop(_STREAMED), put("usage.completion_tokens_details", {"reasoning_tokens": 1})
        ),
    },
    impact=Impact.CLIENTS,
)
def test_reasoning_place(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, _in_one_place)
