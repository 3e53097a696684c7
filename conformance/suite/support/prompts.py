"""That the same prompt costs the same prompt_tokens, and a long prompt to show it."""

from __future__ import annotations

from conformance.contract.requests import chat, filler
from conformance.evidence.exchange import Exchange, Inconclusive, Violation
from conformance.evidence.observed import count_or_none
from conformance.language import say

#: The plain prompt after a text of about 1,000 words; isolation compares it with the plain one, too.
WORDS = chat(f"{filler(1000, 'plain')}\n\nSay OK.", label="thousand-words")
SLACK = 1  #: tokens that a template with the date in it may differ by (contract, false alarms 12)


def prompt_tokens(exchange: Exchange) -> int:
    """The prompt_tokens of a reply. Raises Inconclusive where they are not an integer."""
    count = count_or_none(exchange.usage, "prompt_tokens")
    if count is None:
        raise Inconclusive(
            say("{request}: prompt_tokens is not an integer (covered by usage.prompt_tokens)", exchange.request)
        )
    return count


def same_prompt(one: Exchange, other: Exchange, slack: int = SLACK) -> None:
    """Hold that two exchanges of the same prompt count the same prompt_tokens; the other is the one that is accused.
    Raises Inconclusive where different models answered, which may count differently."""
    if one.reply.get("model") != other.reply.get("model"):
        raise Inconclusive(
            say("{model} and {model2} answered: not the same model", one.reply.get("model"), other.reply.get("model"))
        )
    counts = prompt_tokens(one), prompt_tokens(other)
    if abs(counts[0] - counts[1]) > slack:
        said = say(
            "“{request}” costs {counts} prompt_tokens, and “{request2}” of the same prompt {counts2}",
            one.request,
            counts[0],
            other.request,
            counts[1],
        )
        raise Violation(said, other, one)
