"""What a check may ask for by the names of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.text import nearest_few


def _details(exchange: Exchange) -> dict[str, Any]:
    details = exchange.usage.get("prompt_tokens_details")
    if not isinstance(details, dict):
        raise NotApplicable(say("the usage has no prompt_tokens_details"))
    return details


#: Parts of the exchange that is judged.
VIEWS: dict[str, Callable[[Exchange], Any]] = {
    name: lambda exchange, name=name: getattr(exchange, name)
    for name in (
        "document", "stream", "chunks", "reply", "choices", "messages", "tool_calls", "usage", "error",
    )
} | {
    "asked": lambda exchange: exchange.request.asked,
    "details": _details,
}  # fmt: skip

#: What else a check may ask for; the judge hands it over.
ARGUMENTS = ("exchange", "exchanges", "beside", "model", "send", "examples", "counts")


def check_parameters(id: str, parameters: Iterable[str], slots: Iterable[str]) -> None:
    """Raise TypeError where the check of a requirement does not take one of the exchanges that it is given by name (its
    `slots`), or asks for what does not exist."""
    asked, given, known = set(parameters), set(slots), [*VIEWS, *ARGUMENTS]
    if missing := given - asked:
        raise TypeError(say("{id}: its check has no parameter {missing}", id, ", ".join(sorted(missing))))
    for name in sorted(asked - given - set(known)):
        hint = nearest_few(name, known) or f": there are {', '.join(known)}"
        raise TypeError(say("{id}: there is no view {name!r}{hint}", id, name, hint))
