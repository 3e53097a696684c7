"""Generates docs/pairs.md: which request of the covering design has each pair of values of two features."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from generate_writing import NOTICE

from conformance.contract.requirement import Requirement
from conformance.suite.caching.covering import EXCLUDED, FEATURES, ROWS, Pair, Value, allowed, covered, values_of

_INTRODUCTION = """Counts of caching go wrong where features meet. The requests below are a covering design: every pair
of values of two features that a request can have stands in at least one of them. Requirements of the area
[caching](requirements.md#caching) hold them all to the same relations."""


def pairs_page(catalogue: Mapping[str, Requirement]) -> str:
    """The pairs, by feature; the pairs that no request can have; the requests."""
    possible, found = allowed(), covered()
    number = sum(pair in found for pair in possible)
    lines = [
        NOTICE,
        "# Pairs of features\n",
        f"{_INTRODUCTION}\n",
        f"{number} of {len(possible)} pairs are covered, by {len(ROWS)} requests. A cell has the number of requests"
        " with the pair; “–” is a pair that no request can have.\n",
        *(line for one, other in combinations(FEATURES, 2) for line in _table(one, other, possible, found)),
        "## Pairs that no request can have\n",
        *(f"- {reason[0].upper()}{reason[1:]}: {_listed(*EXCLUDED[reason])}." for reason in EXCLUDED),
        "\n## Requests\n",
        f"| request | after | {' | '.join(FEATURES)} |",
        f"|---|---|{'---|' * len(FEATURES)}",
    ]
    for row in ROWS:
        values: dict[str, list[str]] = {}
        for feature, value in values_of(row):
            values.setdefault(feature, []).append(value)
        cells = (", ".join(values.get(feature, ["none"])) for feature in FEATURES)
        lines.append(f"| `{row}` | {f'`{row.after}`' if row.after else ''} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _table(one: str, other: str, possible: set[Pair], found: Mapping[Pair, object]) -> list[str]:
    """The pairs of two features."""
    rows = [f"| {one} | {' | '.join(f'{other} {value}' for value in FEATURES[other])} |"]
    rows.append(f"|---|{'---|' * len(FEATURES[other])}")
    for value in FEATURES[one]:
        pairs = [frozenset({(one, value), (other, each)}) for each in FEATURES[other]]
        rows.append(f"| {value} | {' | '.join(_cell(pair, possible, found) for pair in pairs)} |")
    return [*rows, ""]


def _cell(pair: Pair, possible: set[Pair], found: Mapping[Pair, object]) -> str:
    if pair not in possible:
        return "–"
    rows = found.get(pair, ())
    return str(len(rows)) if isinstance(rows, list) else "**0**"


def _listed(ones: tuple[Value, ...], others: tuple[Value, ...]) -> str:
    said = [" or ".join(f"{feature} {value}" for feature, value in values) for values in (ones, others)]
    return f"{said[0]} with {said[1]}"
