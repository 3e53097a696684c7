"""The help of the commands: examples first, then each option on a line of its own, with its text below over the whole
width."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import east_asian_width

from typer.core import TyperCommand, TyperGroup

from conformance.language import gettext

_LEAST, _MOST = 60, 100  #: columns
_NAME = "phanedge-conformance"

#: What to type, by command; the empty name is for all of them.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": ("run", "run --base-url https://host/v1 --model gpt-4o-mini", "explain usage.prompt_tokens"),
    "run": (
        "run",
        "run --base-url https://host/v1 --model gpt-4o-mini --model claude-sonnet-4-5",
        "run --base-url https://host/v1 --model my-model=gpt:chat.n --no-costly --max-requests 500",
        "run --base-url http://127.0.0.1:8080/v1 --model m --stub --select core",
    ),
    "plan": ("plan --base-url https://host/v1 --model claude-sonnet-4-5 --select billing",),
    "judge": ("judge reports/host-v1", "judge recordings.jsonl --select usage", "judge bundle.zip"),
    "audit": (
        "audit traffic.jsonl.gz",
        "audit s3://logs/2026-11-30/ --select billing --prices prices.toml --by tenant,day",
    ),
    "clients": ("clients reports/host-v1", "clients recordings.jsonl --sample 500 --client openai-python"),
    "bundle": ("bundle reports/host-v1 --out night.zip",),
    "matrix": ("matrix reports --out site",),
    "replay": ("replay usage.total_tokens.sum_of", "replay usage.total_tokens.sum_of reports/host-v1 --send"),
    "init": ("init --base-url https://host/v1",),
    "serve": ("serve --port 8080", "serve --fault usage.total_tokens.sum_of"),
    "catalogue": ("catalogue --area usage",),
    "explain": ("explain usage.prompt_tokens",),
    "prove": ("prove usage.prompt_tokens",),
    "render": ("render reports/host-v1 --format markdown --out comment.md",),
    "baseline": ("baseline --from reports/host-v1 --owner billing", "baseline --prune reports/host-v1"),
    "diff": ("diff yesterday/report.json reports/host-v1", "diff nights --against last-judged"),
    "history": ("history nights --format html --out nights.html",),
    "notify": ("notify nights", "notify nights/2026-11-03T020000Z"),
    "metrics": ("metrics nights --out /var/lib/node_exporter/conformance.prom", "metrics nights --otlp"),
}


class Helped(TyperCommand):
    """A command whose help is as above."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # the types of typer's own classes are private
        formatter.write("\n".join(_lines(self, ctx, _parts(self, ctx))) + "\n")


class HelpedGroup(TyperGroup):
    """A group of commands whose help lists them, each with the first sentence of its own."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        listed = [(name, command.get_short_help_str(400)) for name, command in commands.items() if command]
        parts = {gettext("Commands"): listed, **_parts(self, ctx)}
        formatter.write("\n".join(_lines(self, ctx, parts)) + "\n")


def _lines(command: Any, ctx: Any, parts: Mapping[str, list[tuple[str, str]]]) -> Iterator[str]:
    colon = gettext(": ").rstrip()
    usage = command.get_usage(ctx).removeprefix("Usage:").strip()
    yield from _filled(f"{gettext('Usage')}{gettext(': ')}{usage}", "", "    ")
    for paragraph in (command.help or "").split("\n\n"):
        yield from ("", *_filled(paragraph, ""))
    title = gettext("Examples")
    if examples := EXAMPLES.get("" if ctx.parent is None else command.name or "", ()):
        yield from ("", f"{title}{colon}", *(line for each in examples for line in _typed(f"{_NAME} {each}")))
    for title, records in parts.items():
        yield from ("", f"{title}{colon}")
        for name, text in records:
            yield from (f"  {name}", *_filled(text, " " * 6))


def _parts(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """The arguments and options, by the panels that they are declared with."""
    found: dict[str, list[tuple[str, str]]] = {}
    options = gettext("Options")
    for each in command.get_params(ctx):
        record = each.get_help_record(ctx)
        panel = gettext("Arguments") if each.param_type_name == "argument" else getattr(each, "rich_help_panel", None)
        if record:
            name, choices = _without_choices(" ".join(record[0].split()))
            found.setdefault(panel or options, []).append((name, " ".join(filter(None, (_told(record[1]), choices)))))
    return dict(sorted(found.items(), key=lambda part: part[0] == options))  # what every command has is last


def _told(text: str) -> str:
    """The text of an option, with what typer says at its end."""
    said, bracket, rest = text.partition("[default: ")
    default = f"[{gettext('default')}{gettext(': ')}{rest}" if bracket else ""
    return gettext(said.rstrip().removesuffix("[required]").rstrip()) + (
        f" {default}" if default else f" [{gettext('required')}]" if said.rstrip().endswith("[required]") else ""
    )


def _without_choices(name: str) -> tuple[str, str]:
    """The name of an option without the values that it takes, of which there may be many, and those."""
    listed = re.search(r"[<\[](\w[\w-]*(?:\|[\w-]+)+)[>\]]", name)
    if not listed:
        return name, ""
    return name.replace(listed[0], "NAME"), f"({', '.join(listed[1].split('|'))})"


def _typed(command: str) -> list[str]:
    """A command as a shell takes it, in lines that end with a backslash but for the last."""
    *lines, last = _filled(command, "  ", "      ", spare=2)
    return [*(f"{line} \\" for line in lines), last]


#: Spaces, a Chinese character with the punctuation that must not begin a line after it, or what is not broken.
_PIECE = re.compile(r"\s+|[\u2e80-\uffef][，。；：、）”！？…]*|[^\s\u2e80-\uffef]+")


def _filled(text: str, margin: str, later: str = "", spare: int = 0) -> list[str]:
    """The text in lines with a margin, that of those after the first being `later`."""
    width = min(max(shutil.get_terminal_size().columns, _LEAST), _MOST) - spare
    lines, line = [], margin
    for piece in _PIECE.findall(" ".join(text.split())):
        if line.strip() and _cells(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line, piece = later or margin, piece.lstrip()
        line += piece
    return [*lines, line.rstrip()] if text else []


def _cells(text: str) -> int:
    """How many columns a text takes: a Chinese character takes two."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
