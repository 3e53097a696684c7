"""Numbers for a JSON Schema: within its bounds, on its steps, reckoned exactly."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

Schema = dict[str, Any]


def fits(value: float, schema: Schema) -> bool:
    """Whether a number is within the bounds and on the steps."""
    step = schema.get("multipleOf")
    return (
        value >= schema.get("minimum", -math.inf)
        and value <= schema.get("maximum", math.inf)
        and value > schema.get("exclusiveMinimum", -math.inf)
        and value < schema.get("exclusiveMaximum", math.inf)
        and (step is None or (_exact(value) / _exact(step)).denominator == 1)
    )


def smallest(schema: Schema, whole: bool, usual: int) -> float:
    """The usual number where it fits, else one next to a bound that the schema has, fitting or not."""
    if fits(usual, schema):
        return usual
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    step = _exact(schema.get("multipleOf", 1))
    step = step * step.denominator if whole else step
    bounded = not math.isinf(high)
    start = _exact(high) - 2 * step if math.isinf(low) and bounded else _exact(0 if math.isinf(low) else low)
    nearest = math.ceil(start / step) * step
    candidates = [nearest, nearest + step, (start + _exact(high)) / 2 if bounded else nearest]
    fitting = [each for each in candidates if fits(_plain(each), schema)]
    return _plain(next((each for each in fitting if not whole or each.denominator == 1), nearest))


def _exact(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(str(value))


def _plain(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)
