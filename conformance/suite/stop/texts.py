"""The text of a reply that a stop sequence is to end, and where it ends."""

from __future__ import annotations

from conformance.evidence.exchange import Exchange, Inconclusive, list_of
from conformance.language import say
from conformance.suite.support.replies import check_whole, content_of


def text_of(exchange: Exchange, first: str) -> str:
    """The text of a reply. Raises Inconclusive where it lacks the first word that the model was to repeat."""
    check_whole(exchange)
    content = content_of(exchange)
    if not isinstance(content, str) or first not in content:
        raise Inconclusive(say("the model did not repeat {first!r}: {content!r:.120}", first, content))
    return content


def ends_before(exchange: Exchange, first: str, last: str, rest: str) -> None:
    """Hold that the text holds neither a stop sequence nor what follows it, does not end in the beginning of one, and
    that the last word before it is whole."""
    stop, text = exchange.request.asked["stop"], text_of(exchange, first)
    for each in [stop] if isinstance(stop, str) else list_of(stop):
        assert each not in text, say("the text holds the stop sequence {each!r}: {text!r}", each, text[:120])
        begun = _beginning_at_end(text, each)
        assert not begun, say("the text ends in {begun!r}, the beginning of the stop sequence {each!r}", begun, each)
    assert rest not in text, say("the text continues after the stop sequence, to {rest!r}: {text!r}", rest, text[:120])
    cut = _beginning_at_end(text, last)
    assert not cut, say("the text ends in {cut!r}: a part of {last!r} before the stop sequence is lost", cut, last)


def _beginning_at_end(text: str, sequence: str) -> str:
    """The longest incomplete beginning of a sequence with which a text ends, as a word; empty where there is none."""
    begun = [sequence[:length] for length in range(1, len(sequence))]
    return next((each for each in reversed(begun) if f" {text.rstrip()}".endswith(f" {each}")), "")
