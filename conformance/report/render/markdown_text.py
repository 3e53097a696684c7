"""What the endpoint said, as Markdown that none of it can escape from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from conformance.language import gettext, tell

from .words import clean, one_line

_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$]")
_REFERENCE = re.compile(r"@|#(?=\d)|(?<=:)(?=//)|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE)
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def text(value: str, most: int = 240) -> str:
    """The value as text of one line: no markup, no mention, no reference, no link comes of it."""
    apart = _REFERENCE.sub(lambda match: match[0] + "\u200b", one_line(value, most))
    escaped = _SPECIAL.sub(lambda match: _ENTITY.get(match[0], "\\" + match[0]), apart)
    return escaped.replace("\u200b", "&#8203;")


def name(value: str, most: int = 120) -> str:
    """A name as code, also within a table."""
    return "`" + one_line(value, most).replace("`", "'").replace("|", "\\|") + "`"


def block(value: str) -> str:
    """The value as a fenced block that nothing in it can end."""
    value = clean(value)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", value))])
    return f"{fence}\n{value}\n{fence}"


def folded(title: str, content: str) -> str:
    """`title` is HTML."""
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>\n"


def fact(name: str, said: str, where: str = "") -> str:
    """What is `said`, which is Markdown, after its name and, in brackets, `where`."""
    return f"**{gettext(name)}**{where}{gettext(': ')}{said}"


Block = str | Callable[[int], str]  #: text, or what gives it for so much room
_COUNTED = 60  #: characters for the line that counts what does not fit


def within(room: int, blocks: Iterable[Block], what: str) -> list[str]:
    """So many of the blocks as fit into so many characters, and a line for those that do not."""
    kept: list[str] = []
    left_out = 0
    for each in blocks:
        block = each if isinstance(each, str) else each(room)
        room -= len(block) + 1
        if room < 0 or left_out:
            left_out += 1
        else:
            kept.append(block)
    return (
        [*kept, "", tell("… and {number:,} {what} in the full report", left_out, gettext(what))] if left_out else kept
    )


def folded_list(title: str, rows: Iterable[str], head: str = "") -> Block:
    """A folded list of so many of the rows as fit into half of the room. `title` is HTML."""
    frame = len(folded(title, head)) + _COUNTED
    return lambda room: folded(title, "\n".join([*([head] if head else []), *within(room // 2 - frame, rows, "more")]))
