"""Brings the Chinese catalogue of the requirements up to date: `python docs/translate.py`; a test compares them.

A text that is new gets an empty translation. A text that changed keeps its earlier translation, marked fuzzy. What the
requirements no longer say is removed. Translate what is empty, correct what is fuzzy, and remove the mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from babel.messages.pofile import read_po

from conformance.contract.requirement import Impact, Requirement, Scope
from conformance.suite.catalogue import load

PO = Path(__file__).parents[1] / "conformance/locale/zh/LC_MESSAGES/requirements.po"
HEAD = r"""# The requirements of phanedge-conformance in Simplified Chinese, put in order by docs/translate.py.
# A sentence completes “端点必须……”; docs/glossary.md has the terms.
msgid ""
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
    yield from ((impact.meaning, f"impact {impact}") for impact in Impact)


def updated(catalogue: Mapping[str, Requirement], po: str) -> str:
    """The catalogue of translations as it has to be, with the translations of a former one."""
    messages = [each for each in read_po(StringIO(po)) if each.id]
    known = {str(each.id): (str(each.string), each.fuzzy) for each in messages}
    former = {place: str(each.string) for each in messages for place in each.auto_comments}
    entries = [HEAD]
    for text, places in texts(catalogue).items():
        earlier = next((former[place] for place in places if ": " in place and place in former), "")
        translation, fuzzy = known.get(text, (earlier, bool(earlier)))
        lines = [*(f"#. {place}" for place in places), *(["#, fuzzy"] if fuzzy else [])]
        entries.append("\n".join([*lines, f"msgid {_quoted(text)}", f"msgstr {_quoted(translation)}\n"]))
    return "\n".join(entries)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    PO.write_text(updated(load(), PO.read_text(encoding="utf-8")), encoding="utf-8")
