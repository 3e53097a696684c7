"""The help of the commands: examples first, then each option on a line of its own, with its text below over the whole
width."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from typer.core import TyperCommand

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
    "bundle": ("bundle reports/host-v1 --out night.zip",),
    "replay": ("replay usage.total_tokens.sum_of", "replay usage.total_tokens.sum_of reports/host-v1 --send"),
    "init": ("init --base-url https://host/v1",),
    "serve": ("serve --port 8080", "serve --fault usage.total_tokens.sum_of"),
    "catalogue": ("catalogue --area usage",),
    "explain": ("explain usage.prompt_tokens",),
    "prove": ("prove usage.prompt_tokens",),
    "render": ("render reports/host-v1 --format markdown --out comment.md",),
    "baseline": ("baseline --from reports/host-v1 --owner billing", "baseline --prune reports/host-v1"),
    "diff": ("diff yesterday/report.json reports/host-v1",),
}


class Helped(TyperCommand):
    """A command whose help is as above."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # the types of typer's own classes are private
        formatter.write("\n".join(_lines(self, ctx, _parts(self, ctx))) + "\n")


def help_of_all(group: Any, ctx: Any) -> str:
    """The help of the group: its commands, each with the first sentence of its help."""
    commands = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    parts = {"Commands": [(name, command.get_short_help_str(400)) for name, command in commands.items()]}
    return "\n".join(_lines(group, ctx, parts)) + "\n"


def _lines(command: Any, ctx: Any, parts: Mapping[str, list[tuple[str, str]]]) -> Iterator[str]:
    yield command.get_usage(ctx)
    for paragraph in (command.help or "").split("\n\n"):
        yield from ("", *_filled(paragraph, ""))
    if examples := EXAMPLES.get("" if ctx.parent is None else command.name or "", ()):
        yield from ("", "Examples:", *(line for each in examples for line in _typed(f"{_NAME} {each}")))
    for title, records in parts.items():
        yield from ("", f"{title}:")
        for name, text in records:
            yield from (f"  {name}", *_filled(text, " " * 6))


def _parts(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """The arguments and options, by the panels that they are declared with."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in command.get_params(ctx):
        record = each.get_help_record(ctx)
        title = (
            "Arguments" if each.param_type_name == "argument" else getattr(each, "rich_help_panel", None) or "Options"
        )
        if record:
            name, _, kind = record[0].partition("  ")
            found.setdefault(title, []).append((f"{name}{f' {kind}' if kind else ''}", record[1]))
    return dict(sorted(found.items(), key=lambda part: part[0] == "Options"))  # what every command has is last


def _typed(command: str) -> list[str]:
    """A command as a shell takes it, in lines that end with a backslash but for the last."""
    *lines, last = _filled(command, "  ", "      ", spare=2)
    return [*(f"{line} \\" for line in lines), last]


def _filled(text: str, margin: str, later: str = "", spare: int = 0) -> list[str]:
    """The text in lines with a margin, that of those after the first being `later`."""
    width = min(max(shutil.get_terminal_size().columns, _LEAST), _MOST) - spare
    wrapper = textwrap.TextWrapper(width, margin, later or margin, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(" ".join(text.split()))
