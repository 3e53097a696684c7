"""What the endpoint said, as Markdown that none of it can escape from."""

from __future__ import annotations

import re

from conformance.language import gettext

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
