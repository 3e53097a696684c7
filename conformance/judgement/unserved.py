"""Features that were asked for and never served: what they would have shown was not measured, whatever else passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.marks import AS_CLAIMED, ENDPOINT, LEFT_OUT
from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange
from conformance.language import joined, say
from conformance.text import printable_line

from .unanswered import IN_STREAM, is_unanswered

_SAID = 100  #: characters of what came back
_NO_FEATURES = frozenset({*LEFT_OUT, ENDPOINT, AS_CLAIMED, "auth", "models"})  #: marks of requests that are none


@dataclass(frozen=True)
class Unserved:
    """A feature of a model of which no valid request got a reply, of so many. `needed`: the run is not green without
    it."""

    model: str
    feature: str
    outcome: str
    requests: int
    needed: bool = False

    def __str__(self) -> str:
        return say("{feature} on {model} ({outcome})", self.feature, self.model, self.outcome)


def unserved(exchanges: Iterable[Exchange], models: Iterable[Model]) -> tuple[Unserved, ...]:
    """The features that models claim and never served, those of most requests first. Only those are named that explain
    what failed: of requests for tools with a tool_choice the tools, where those without one fail as well."""
    valid = [each for each in exchanges if each.request.expect == "reply" and each.request.asked]
    return tuple(each for model in models for each in _of_model(model, valid))


def _of_model(model: Model, valid: Iterable[Exchange]) -> Iterator[Unserved]:
    lost = _lost([each for each in valid if each.request.asked.get("model") == model.name])
    keys = {feature: frozenset(each.request.key for each in asked) for feature, asked in lost.items()}
    for feature in sorted(_explaining(lost), key=lambda each: (-len(keys[each]), each)):
        needed = any(f"{other}.".startswith(f"{feature}.") for other in model.needed & keys.keys())
        yield Unserved(model.name, feature, _outcome(lost[feature]), len(keys[feature]), needed)


def _explaining(lost: Mapping[str, Sequence[Exchange]]) -> set[str]:
    """The fewest features that explain every failure: those that failed alone, and for the others the most frequent."""
    failed = {each.request.key: each.request.features & lost.keys() for asked in lost.values() for each in asked}
    found = {feature for features in failed.values() if len(features) == 1 for feature in features}
    while rest := [features for features in failed.values() if not features & found]:
        counts = Counter(feature for features in rest for feature in features)
        found.add(max(sorted(counts), key=lambda each: counts[each]))
    return found


def _lost(exchanges: Iterable[Exchange]) -> Mapping[str, Sequence[Exchange]]:
    """The exchanges of each feature of which no request was served."""
    found: dict[str, list[Exchange]] = {}
    served: set[str] = set()
    for exchange in exchanges:
        features = exchange.request.features - _NO_FEATURES
        if _is_served(exchange):
            served |= features
        for feature in features:
            found.setdefault(feature, []).append(exchange)
    return {feature: asked for feature, asked in found.items() if feature not in served}


def _is_served(exchange: Exchange) -> bool:
    """Whether a reply came, or one that we cut off ourselves."""
    hung_up = exchange.failure is not None and exchange.failure.kind == "hung up"
    return hung_up or (exchange.succeeded and not is_unanswered(exchange))


def _outcome(exchanges: Sequence[Exchange]) -> str:
    """What came back to them, each kind once."""
    outcomes = {each.outcome if each.failure or each.refused else IN_STREAM for each in exchanges}
    return printable_line(joined(" or ", sorted(outcomes)), _SAID)
