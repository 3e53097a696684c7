"""A line plot as inline SVG: the points in the coordinates of its view; the template of the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 110  #: of the view
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 6, 8, 8


@dataclass(frozen=True)
class Point:
    """Where it is drawn, and what a reader is told of it."""

    x: float
    y: float
    said: str


@dataclass(frozen=True)
class Line:
    """One series; `parts` are its points without gaps, each drawn as one line."""

    name: str
    parts: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class Plot:
    """`low` and `high` are what the lower and the upper edge stand for."""

    title: str
    lines: tuple[Line, ...]
    low: str
    high: str


def plot(title: str, days: Sequence[str], series: dict[str, Sequence[float | None]], form: str = "{:,.0f}") -> Plot:
    """A plot of series with a value for each of these days, None where there is none; the scale begins at 0."""
    values = [each for one in series.values() for each in one if each is not None]
    top = max(values, default=0) or 1
    step = (WIDTH - _LEFT - _RIGHT) / max(len(days) - 1, 1)

    def point(place: int, value: float, name: str) -> Point:
        y = HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)
        return Point(round(_LEFT + place * step, 1), round(y, 1), f"{days[place]}: {form.format(value)} {name}".strip())

    lines = []
    for name, one in series.items():
        parts: list[list[Point]] = [[]]
        for place, value in enumerate(one):
            if value is None:
                parts.append([])
            else:
                parts[-1].append(point(place, value, name))
        lines.append(Line(name, tuple(tuple(part) for part in parts if part)))
    return Plot(title, tuple(lines), form.format(0), form.format(top))
