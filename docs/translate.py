"""Brings the Chinese catalogues up to date: `python docs/translate.py`; a test compares them.

A text that is new gets an empty translation. A text that changed keeps its earlier translation, marked fuzzy. What the
suite no longer says is removed. Translate what is empty, correct what is fuzzy, and remove the mark.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from typer.main import get_command

from conformance.cli import app
from conformance.contract.features import FEATURES
from conformance.contract.requirement import Impact, Level, Requirement, Scope
from conformance.judgement.verdict import Verdict
from conformance.language import phrase
from conformance.report.render.traffic import GROUPS, INVOICE, KINDS, MONEY, RATES
from conformance.report.render.words import NEVER
from conformance.settings.typer_options import in_languages
from conformance.suite.catalogue import load

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conformance/locale/zh/LC_MESSAGES"
PO = FOLDER / "requirements.po"
HEAD = r"""# The requirements of phanedge-conformance in Simplified Chinese, put in order by docs/translate.py.
# A sentence completes “端点必须……”; docs/glossary.md has the terms.
"""
FIELDS = r"""msgid ""
msgstr ""
"Project-Id-Version: phanedge-conformance\n"
"Language: zh\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"""


def texts(catalogue: Mapping[str, Requirement]) -> dict[str, list[str]]:
    """Everything to translate, each with the places where it is said, such as `usage.total: hint`."""
    places: dict[str, list[str]] = {}
    for text, place in _said(catalogue):
        places.setdefault(text, []).append(place)
    return places


def _said(catalogue: Mapping[str, Requirement]) -> Iterator[tuple[str, str]]:
    for each in catalogue.values():
        told = {"sentence": each.sentence, "hint": each.hint, "warns": each.warns}
        yield from ((text, f"{each.id}: {part}") for part, text in told.items() if text)
    families = {str(each.on) for each in catalogue.values() if isinstance(each.on, Scope)}
    yield from ((family, "judged on") for family in sorted(families))
    yield from ((family.removeprefix("every "), "lacking") for family in sorted(families))
    yield from ((impact.meaning, f"impact {impact}") for impact in Impact)


def messages() -> dict[str, list[str]]:
    """The templates that `say` is given, each with the file that says it."""
    return _given_to(("say", "phrase")) | {each: [file] for file in TABLES for each in _descriptions(file)}


#: Schemas of files that people write, whose mistakes are told with the descriptions of members.
TABLES = ("schemas/baseline.json", "schemas/prices.json")


def _descriptions(file: str) -> Iterator[str]:
    """Every description of a member in a schema."""
    waiting: list[Any] = [json.loads((ROOT / file).read_text(encoding="utf-8"))]
    for value in waiting:
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if isinstance(value, dict) and isinstance(value.get("description"), str):
            yield phrase(value["description"]).template


def interface() -> dict[str, list[str]]:
    """The words of renderers and their templates, of names that they show, and of help."""
    shown = [*Level, *Impact, *REFUSALS, *map(str, Verdict), *FEATURES.values(), *NOUNS]
    given = _given_to(("gettext", "tell", "fact", "_fact")) | _given_to(("plural",), 1)
    found = [*given, *_of_templates(), *map(str, shown), *_help()]
    return {text: [] for text in sorted(set(found))}


#: Why an operating system refuses a file, a folder or a port.
REFUSALS = (
    "No such file or directory", "Permission denied", "Operation not permitted", "Is a directory", "Not a directory",
    "File exists", "Address already in use", "No space left on device", "Read-only file system", "File name too long",
)  # fmt: skip
#: Names, and what stands between sentences, that are looked up by value.
NOUNS = (
    "viol.", "foll.", "inc.",
    "Requirement", "The endpoint …", "Violated on", "Not judged on", "Holds on", "Show this message and exit.",
    "; ", ", ", ": ", " or ", " and ", " and no ", "finding", "more reason", "valid request", "requirement", "live",
    "reference", "recording", "pass", "violated", "follows", "n/a", "known", "conforms", "violates",
    "could not judge", "baseline is out of date", "warns", "observed", "remedy", "charge", "causes", "clause", "more",
    "more never answered", "more details", "more warnings", "more models", "more costs", "more baseline entries",
    "more differences", "more shape changes", "more lists", "more model", NEVER, "before", "after", "requirements",
    "requests", "at most", "input tokens", "output tokens", "reproduce", "reproduce with curl",
    "follow from other violations", "absent", "Report", "Reproduce", "Never answered", "Conformance", "Cost",
    "Input cost of this exchange", "The shape of replies changed", "Remedy", "Impact", "Observed", "Causes", "Charge",
    "Clause", "impact", "amount", "more numbers of the traffic", "more repeats", "vendor",
    *filter(None, (*GROUPS, *RATES, *INVOICE, *KINDS.values(), *MONEY.values())),
)  # fmt: skip


def _given_to(functions: Collection[str], place: int = 0) -> dict[str, list[str]]:
    """The texts that these functions are given, at this place, also within other calls, with the file of each."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "conformance").rglob("*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
        for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
            match call.func, call.args[place : place + 1]:
                case ast.Name(id=name), [ast.Constant(value=str(text))] if name in functions:
                    found.setdefault(text, [path.relative_to(ROOT).as_posix()])
    found.pop("", None)
    return found


def _of_templates() -> Iterator[str]:
    keywords: Mapping[str, tuple[int, ...] | None] = {"tell": None, "_": None, "plural": (2,)}
    for path in sorted((ROOT / "conformance").rglob("*.j2")):
        with path.open("rb") as file:
            for _, text, _, _ in extract("jinja2", file, keywords, options={"encoding": "utf-8"}):
                yield text if isinstance(text, str) else text[0]


def _help() -> Iterator[str]:
    """Every text of --help, as the command line would translate it."""
    in_languages(app)
    waiting: list[Any] = [get_command(app)]
    for command in waiting:
        waiting += getattr(command, "commands", {}).values()
        for each in (command, *command.params):
            yield from filter(None, (getattr(each, name, None) for name in ("help", "rich_help_panel")))


def updated(catalogue: Mapping[str, Requirement], po: str) -> str:
    """The catalogue of the requirements as it has to be, with the translations of a former one."""
    return merged(texts(catalogue), po, HEAD)


def merged(found: Mapping[str, list[str]], po: str, head: str) -> str:
    """A catalogue of these texts with the translations of a former one."""
    messages = [each for each in read_po(StringIO(po)) if each.id]
    known = {str(each.id): (str(each.string), each.fuzzy) for each in messages}
    former = {place: str(each.string) for each in messages for place in each.auto_comments}
    entries = [head + FIELDS]
    for text, places in found.items():
        earlier = next((former[place] for place in places if ": " in place and place in former), "")
        translation, fuzzy = known.get(text, (earlier, bool(earlier)))
        lines = [*(f"#. {place}" for place in places), *(["#, fuzzy"] if fuzzy else [])]
        entries.append("\n".join([*lines, f"msgid {_quoted(text)}", f"msgstr {_quoted(translation)}\n"]))
    return "\n".join(entries)


#: By name: what a catalogue has to have, and what stands above it.
OTHERS: Mapping[str, tuple[Callable[[], dict[str, list[str]]], str]] = {
    "messages": (messages, "# What is found, in Simplified Chinese, put in order by docs/translate.py.\n"),
    "interface": (interface, "# Reports and help in Simplified Chinese, put in order by docs/translate.py.\n"),
}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    PO.write_text(updated(load(), PO.read_text(encoding="utf-8")), encoding="utf-8")
    for name, (extracted, head) in OTHERS.items():
        path = FOLDER / f"{name}.po"
        former = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(merged(extracted(), former, head), encoding="utf-8")
