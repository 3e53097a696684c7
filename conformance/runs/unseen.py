"""What recordings made elsewhere do not show, of what an endpoint is asked for: nothing is said of it by a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.evidence.exchange import Exchange, Inconclusive, list_of
from conformance.language import joined, say
from conformance.sending.preflight import answers


def unseen(exchanges: Iterable[Exchange]) -> str:
    """A clause that names it, and what was recorded in its place; empty where all of it is there."""
    replies = streams = errors = lists = failed = empty = 0
    for exchange in exchanges:
        if exchange.refused:
            errors += 1
        elif exchange.request.method == "GET" and exchange.request.path.endswith("/models"):
            listed = _has_models(exchange)
            lists, empty = lists + listed, empty + (not listed)
        elif exchange.streamed:
            whole = _is_whole(exchange)
            streams, failed = streams + whole, failed + (not whole)
        else:
            replies += answers(exchange)
    lacking = {
        say("a completion that is not streamed"): (replies, ""),
        say("a stream that is whole"): (streams, _broken(failed) if failed else ""),
        say("an error response"): (errors, ""),
        say("a list with a model in it"): (lists, _empty(empty) if empty else ""),
    }
    named = [
        say("{kind} ({instead})", kind, instead) if instead else kind
        for kind, (seen, instead) in lacking.items()
        if not seen
    ]
    named += [say("what {instead}", instead) for seen, instead in lacking.values() if seen and instead]
    return say("the recordings do not show {kinds}", joined(", ", named)) if named else ""


def _broken(number: int) -> str:
    return say("{number:,} end{_s} with an error or without a choice", number, "s" if number == 1 else "")


def _empty(number: int) -> str:
    return say("{number:,} {_are} empty", number, "is" if number == 1 else "are")


def _is_whole(exchange: Exchange) -> bool:
    """Whether a stream has a completion, and no error."""
    try:
        return answers(exchange) and len(exchange.chunks) == len(exchange.stream.documents)
    except Inconclusive:
        return False


def _has_models(exchange: Exchange) -> bool:
    try:
        document = exchange.document
    except Inconclusive:
        return False
    return isinstance(document, dict) and bool(list_of(document.get("data")))
