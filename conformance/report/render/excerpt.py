"""Selects the lines of an exchange that a report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.language import tell

from .mark import Line

_SHOWN = 400  #: characters of a flagged line
_SHOWN_AROUND = 160  #: characters of any other line


def excerpt(lines: Sequence[Line], context: int = 3, most: int = 40, width: int = _SHOWN_AROUND) -> list[Line]:
    """The flagged lines with some around them, or the first ones where none is flagged; never more than
    `most` besides the gaps, and lines longer than `width` cut."""
    flagged = [number for number, line in enumerate(lines) if line.flagged]
    around = {near for number in flagged for near in range(number - context, number + context + 1)}
    wanted = [number for number in range(len(lines)) if number in around or not flagged]
    kept = wanted if len(wanted) <= most else _most(wanted, set(flagged), most)
    shown: list[Line] = []
    following = 0
    for number in [*kept, len(lines)]:
        left_out = number - following
        if left_out == 1:
            shown.append(_cut(lines[following], width))
        elif left_out:
            shown.append(Line(tell("… {number:,} lines …", left_out), gap=True))
        shown += [_cut(line, width) for line in lines[number : number + 1]]
        following = number + 1
    return shown


def _most(wanted: Sequence[int], flagged: set[int], most: int) -> list[int]:
    """So many of the lines wanted: the first, and the last few that are flagged."""
    last = [number for number in wanted if number in flagged][-most // 4 :]
    first = wanted[: most - len(last)]
    return sorted({*first, *last})


def _cut(line: Line, width: int) -> Line:
    """The line without the middle of a long value."""
    limit = max(_SHOWN, width) if line.flagged else width
    left_out = len(line.text) - limit
    if left_out <= 20:
        return line
    return replace(
        line, text=f"{line.text[: limit - 40]} {tell('… {number:,} characters …', left_out)} {line.text[-40:]}"
    )
