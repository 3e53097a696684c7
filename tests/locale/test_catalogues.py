"""The catalogues of messages and of the interface: complete, without what is stale, and with every placeholder."""

from __future__ import annotations

import ast
import importlib
import sys
from io import StringIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import conformance
from conformance import language
from tests.docs.pages import ROOT

sys.path.insert(0, str(ROOT / "docs"))
TRANSLATE = importlib.import_module("translate")
NAMES: list[str] = list(TRANSLATE.OTHERS)


def text_of(name: str) -> str:
    path: Path = TRANSLATE.FOLDER / f"{name}.po"
    return path.read_text(encoding="utf-8")


def names_in(template: str) -> set[str]:
    """The placeholders that a translation must have: not those of English grammar."""
    return {name for _, name, _, _ in Formatter().parse(template) if name and not name.startswith("_")}


@pytest.mark.parametrize("name", NAMES)
def test_a_catalogue_has_what_is_said_and_no_more(name: str) -> None:
    found, head = TRANSLATE.OTHERS[name]
    assert TRANSLATE.merged(found(), text_of(name), head) == text_of(name), "run: python docs/translate.py"


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_translated_with_its_placeholders(name: str) -> None:
    entries = [each for each in read_po(StringIO(text_of(name)), abort_invalid=True) if each.id]
    assert [each.id for each in entries if each.fuzzy or not each.string] == []
    wrong = {str(each.id): each.string for each in entries if names_in(str(each.id)) != names_in(str(each.string))}
    assert wrong == {}
    formatted = [
        each.string for each in entries for _, _, spec, kind in Formatter().parse(str(each.string)) if spec or kind
    ]
    assert formatted == [], "how a value is formatted is settled where it is said"


@pytest.mark.parametrize(("text", "translation"), [("{a}; {b}", "{a}"), ("{a}", "{a}{b}"), ("{a}", "{b}")])
def test_a_placeholder_that_is_lost_or_invented_is_noticed(text: str, translation: str) -> None:
    assert names_in(text) != names_in(translation)


def test_a_new_text_has_to_be_translated_and_an_old_one_goes() -> None:
    merged = TRANSLATE.merged({"new": ["here"]}, 'msgid "old"\nmsgstr "旧"\n', "")
    assert 'msgid "new"\nmsgstr ""\n' in merged
    assert "old" not in merged


def test_every_catalogue_is_read_as_babel_reads_it() -> None:
    for path in sorted(TRANSLATE.FOLDER.glob("*.po")):
        entries = read_po(StringIO(path.read_text(encoding="utf-8")))
        assert language.read_po(path) == {str(each.id): str(each.string) for each in entries if each.id} | {
            "": language.read_po(path)[""]
        }


def test_values_are_as_many_as_names() -> None:
    """`say` and `tell` raise where they are not; a message that is said only where something is wrong shows it late."""
    files = sorted(Path(conformance.__file__).parent.rglob("*.py"))
    calls = [
        (path.name, node)
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "tell")
    ]
    assert len(calls) > 700
    assert [f"{name}:{node.lineno}" for name, node in calls if not _fits(node)] == []


def _fits(call: ast.Call) -> bool:
    template, *values = call.args
    if any(isinstance(each, ast.Starred) for each in values):
        return template.__class__ is ast.Name
    if not isinstance(template, ast.Constant) or call.keywords:
        return False
    return len(values) == len({name for _, name, _, _ in Formatter().parse(str(template.value)) if name is not None})
