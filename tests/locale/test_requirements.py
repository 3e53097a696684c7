"""The Chinese catalogue of the requirements: complete, and true to code, numbers and names."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import replace
from io import StringIO

import pytest
from babel.messages.pofile import read_po

from conformance.suite.catalogue import load
from tests.docs.pages import ROOT

sys.path.insert(0, str(ROOT / "docs"))
TRANSLATE = importlib.import_module("translate")
PO: str = TRANSLATE.PO.read_text(encoding="utf-8")
MESSAGES = [each for each in read_po(StringIO(PO), abort_invalid=True) if each.id]
PAIRS = [(str(each.id), str(each.string), tuple(each.auto_comments)) for each in MESSAGES]

#: What is the same in every language: code, names, and what stands in quotation marks of code.
CODE = re.compile(
    r"""
    [`"][^`"]+[`"]                                  # quoted
    | --[a-z]+(?:-[a-z]+)*                          # options
    | \$\w+ | U\+\w+ | \[DONE\] | [{][^{}]*[}] | \[\]
    | /(?:[a-z{}]+/)*[a-z{}]+                       # paths
    | x-[a-z]+(?:-[a-z*]+)*                         # header fields
    | [A-Z]\w+(?:-[A-Z]\w+)+
    | [A-Za-z]\w*(?:\.\w+)*_[\w.*]*\w\*?            # members
    | [A-Za-z]\w+(?:\.\w+)+
    | [A-Z][A-Z0-9]+(?=s?\b)                        # JSON, SDKs
    | [A-Z][a-z]+[A-Z]\w+                           # OpenAI
    """,
    re.VERBOSE,
)
NUMBER = re.compile(r"(?<![\w.,+])-?\d(?:[\d.,]*\d)?(?:xx|[mh]\b)?")
CHINESE = "[\u4e00-\u9fff]"
#: TTL is 有效期 in PhanEdge's own page.
TRANSLATED = {"TTL"}
#: Figures in Chinese that are words in English.
FIGURES = {"one": "1", "an": "1", "two": "2", "five": "5"}


def code(text: str) -> set[str]:
    return {found.rstrip(".") for found in CODE.findall(text)} - TRANSLATED


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


def words(text: str) -> set[str]:
    """The words in Latin letters, but for the term “API key”."""
    return set(re.findall(r"[a-z_]+", text.replace("API key", "").lower()))


def untrue(text: str, translation: str) -> list[str]:
    """What a translation lacks of the code and the numbers of a text, and the words and numbers that it adds."""
    lacking = [each for each in code(text) if each not in translation] + [*numbers(text) - numbers(translation)]
    figures = {FIGURES.get(word, "") for word in words(text)}
    added = [each for each in words(translation) if each not in text.lower()]
    return sorted([*lacking, *numbers(translation) - numbers(text) - figures, *added])


def test_the_file_has_every_text_once_and_nothing_else() -> None:
    assert TRANSLATE.updated(load(), PO) == PO, "run: python docs/translate.py, and translate what it adds"
    ids = re.findall(r'^msgid "(.+)"$', PO, re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(TRANSLATE.texts(load()))


def test_every_text_is_translated() -> None:
    undone = [each.id for each in MESSAGES if each.fuzzy or not str(each.string).strip()]
    assert not undone, "translate these in requirements.po; docs/glossary.md has the terms"


def test_code_numbers_and_names_are_kept() -> None:
    wrong = {text: found for text, translation, _ in PAIRS if (found := untrue(text, translation))}
    assert not wrong


@pytest.mark.parametrize(
    ("text", "translation", "found"),
    [
        ("keep cached_tokens within prompt_tokens", "使 cached_tokens 不超过 prompt_token", ["prompt_tokens"]),
        ("answer with status 401", "返回状态码 403", ["401", "403"]),
        ("no hit below 1,024 tokens", "不足 1,02 个 token 时不报告命中", ["1,02", "1,024"]),
        ("give Retry-After in seconds", "以秒给出重试时间", ["Retry-After"]),
        ('Send code: "invalid_api_key".', "返回 code: invalid_api_key。", ['"invalid_api_key"']),
        ("use --without auth", "使用 --without auth", []),
        ("written for one hour with both TTLs", "以 1 小时有效期写入", []),
        ("written for five minutes", "以 1 小时有效期写入", ["1"]),
    ],
)
def test_what_is_not_kept_is_found(text: str, translation: str, found: list[str]) -> None:
    assert untrue(text, translation) == found


def test_sentences_complete_a_level_and_remedies_end() -> None:
    """“端点必须……” supplies the modal verb, and the report the full stop."""
    for _, translation, places in PAIRS:
        if places[0].endswith(": hint"):
            assert translation.endswith("。"), translation
        else:
            assert not re.search(r"^(必须|应当?|应该|可以|不得|不应)|[。.]$", translation), translation


def test_typography() -> None:
    """Full-width punctuation beside Chinese characters, and a space between these and Latin letters or digits."""
    wrong = [each for _, each, _ in PAIRS if re.search(rf"{CHINESE}[A-Za-z0-9,;:?!(]|[A-Za-z0-9]{CHINESE}", each)]
    assert not wrong


def test_a_text_that_changed_keeps_its_translation_to_be_corrected() -> None:
    id, catalogue = "usage.total_tokens", load()
    catalogue[id] = replace(catalogue[id], sentence="give total_tokens as a number", hint="Add them up.")
    updated = TRANSLATE.updated(catalogue, PO)
    entry = '#, fuzzy\nmsgid "give total_tokens as a number"\nmsgstr "以非负 JSON 整数给出 total_tokens"\n'
    assert f"#. {id}: sentence\n{entry}" in updated
    assert f'#. {id}: hint\nmsgid "Add them up."\nmsgstr ""\n' in updated
    assert 'msgid "give total_tokens as a non-negative JSON integer"' not in updated
