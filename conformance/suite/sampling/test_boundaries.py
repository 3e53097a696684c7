"""Sampling parameters at the ends of their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.contract.faults import only, respond, status
from conformance.contract.given import on_demand, usually
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.parameters import AT_END, EXTREMES

from . import AREA
from .test_endings import MINIMAL

RANGED = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
#: Temperature 0, which most requests have, and the values at each end, one in each request.
ALONE = {"zero": {"temperature": chat(label="temperature-zero", max_tokens=None)}} | {
    end: {
        name: chat(label=f"{name}-{end}", **{"temperature": None, name: values[name]})
        for name in RANGED
        if name in values
    }
    for end, values in EXTREMES.items()
}


@AREA.should(
    "accept the least and the greatest temperature, top_p and penalties that are legal",
    on=(MINIMAL,),
    given={
        "together": usually(PLAIN, *(AT_END[end] for end in EXTREMES)),
        "alone": tuple(on_demand(*requests.values()) for requests in ALONE.values()),
    },
    impact=Impact.CLIENTS,
    source="openai-openapi#ModelResponseProperties.temperature",
    contract=["sampling-06"],
    at="error",
    hint="Bring a value that the upstream rejects (temperature 2 on Claude) into its range.",
    broken_by={
        "refused as out of range": only(
            lambda each: each.asked.get("temperature") == 2,
            respond(400, {"error": {"message": "temperature: must be at most 1", "type": "t"}}),
        ),
        "a failure": only(lambda each: "presence_penalty" in each.asked, status(500)),
    },
)
def test_boundaries(together: Sequence[Exchange], alone: tuple[Sequence[Exchange], ...], model: Model) -> None:
    """Those of one end are sent in one request, and one by one only where that is rejected, to tell which it is."""
    if model.reasons:
        raise NotApplicable(say("a model that reasons accepts no such parameter"))
    ends = zip(together, ALONE.values(), alone, strict=True)
    unknown = sum(_unknown(names, singly, model) for exchange, names, singly in ends if not exchange.succeeded)
    if unknown:
        raise NotApplicable(
            say("the model says of {unknown} of these parameters that it does not support them", unknown)
        )


def _unknown(names: Iterable[str], alone: Sequence[Exchange], model: Model) -> int:
    """Of how many of these parameters an endpoint says, asked with each alone, that it does not support them. Raises
    AssertionError where another that the model claims is rejected."""
    unknown = 0
    for exchange in (alone[at] for at, name in enumerate(names) if model.claims(f"chat.{name}")):
        if "not support" in exchange.text.lower() or "unsupported" in exchange.text.lower():
            unknown += 1
            continue
        assert exchange.succeeded, answered_with(exchange)
    return unknown
