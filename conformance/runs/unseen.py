"""What recordings made elsewhere do not show, of what an endpoint is asked for: nothing is said of it by a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.evidence.exchange import Exchange, Inconclusive, list_of
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
        "a completion that is not streamed": (replies, ""),
        "a stream that is whole": (streams, _number(failed, "ends", "end", "with an error or without a choice")),
        "an error response": (errors, ""),
        "a list with a model in it": (lists, _number(empty, "is", "are", "empty")),
    }
    named = [f"{kind}{f' ({instead})' if instead else ''}" for kind, (seen, instead) in lacking.items() if not seen]
    named += [f"what {instead}" for seen, instead in lacking.values() if seen and instead]
    return f"the recordings do not show {', '.join(named)}" if named else ""


def _number(number: int, one: str, many: str, said: str) -> str:
    return f"{number:,} {one if number == 1 else many} {said}" if number else ""


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
