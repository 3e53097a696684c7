"""The language that people read: sentences that keep what they were made from, and the catalogues that translate them.

What is written for programs, and all that is stored, is English; a renderer translates what it shows. The catalogues
are in locale/LANGUAGE/LC_MESSAGES: `interface` has the words of reports, of the terminal and of help, `requirements`
the sentences and hints of the catalogue of requirements, `messages` the templates of what is found.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")
LOCALE = Path(__file__).parent / "locale"
VARIABLE = "PHANEDGE_CONFORMANCE_LANGUAGE"  #: of the option --language
_ENVIRONMENT = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  #: as gettext has it: the first that is set decides

_spoken: ContextVar[str] = ContextVar("language", default="en")


class Said(str):
    """A sentence in English that keeps its template and, by name, the text or sentence that stands in each place of
    it, so that a translation can order them."""

    template: str
    values: Mapping[str, str]

    def __new__(cls, template: str, values: Mapping[str, str]) -> Said:
        """Raises ValueError for a template that is none, and KeyError where it names a value that is not given."""
        made = super().__new__(cls, _filled(template, values))
        made.template, made.values = template, dict(values)
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, str]]:  # type: ignore[override]
        return self.template, self.values

    def __str__(self) -> str:
        """Itself, so that the message of an error is still a sentence."""
        return self


def say(template: str, *values: object) -> Said:
    """A sentence in English: a template of `str.format`, and a value for each of its names in the order in which they
    first occur; values may be sentences. Names that begin with an underscore are of English grammar: translations need
    not have them. Raises ValueError for values too many or too few."""
    for value in values:
        if type(value) is not int and (type(value) is not str or len(value) > _SHORT):
            return _noted(_said(template, *values))
    return _noted(_said_before(template, *values))


_SHORT = 64  #: characters of a value


def _said(template: str, *values: object) -> Said:
    places = zip(_places(template), values, strict=True)
    return Said(template, {name: _shown(value, conversion, spec) for (name, conversion, spec), value in places})


#: What is said again and again, of exchange after exchange.
_said_before = lru_cache(maxsize=4096, typed=True)(_said)


def _noted(sentence: Said) -> Said:
    if (heard := _heard.get()) is not None:
        heard[sentence] = sentence
    return sentence


def phrase(text: str) -> Said:
    """A text of a data file as a sentence without values."""
    return Said(text.replace("{", "{{").replace("}", "}}"), {})


def joined(separator: str, parts: Iterable[str]) -> str:
    """The parts with a separator between them, as a sentence where one of them is, or where the separator is a word."""
    each = list(parts)
    if not any(isinstance(part, Said) for part in each) and (len(each) < 2 or not separator.strip().isalpha()):
        return separator.join(each)
    template = separator.join(f"{{{place}}}" for place in range(len(each)))
    return _noted(Said(template, {str(place): part for place, part in enumerate(each)}))


def several(sentences: Sequence[str], most: int = 3) -> str:
    """The first of some sentences, and how many more there are."""
    more = [say(" (and {number} more)", len(sentences) - most)] if len(sentences) > most else []
    return joined("", [joined("; ", sentences[:most]), *more])


def changed(text: str, change: Callable[[str], str]) -> str:
    """The text with a change to what it quotes: of a sentence to its values, else to the whole."""
    if isinstance(text, Said):
        return Said(text.template, {name: changed(value, change) for name, value in text.values.items()})
    return change(text)


def restored(text: str, sentences: Iterable[str]) -> str:
    """The sentence that a stored text was, made from the template of one of these; a text that none made stays."""
    for each in sentences if not isinstance(text, Said) else ():
        template = each.template if isinstance(each, Said) else each
        pattern = "".join(
            re.escape(literal) + (f"(?P<{name}>.*)" if name else "") for literal, name, _, _ in _parsed(template)
        )
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return Said(template, found.groupdict())
    return text


def _shown(value: object, conversion: str | None, spec: str | None) -> str:
    converted = repr(value) if conversion == "r" else str(value) if conversion == "s" else value
    return format(converted, spec) if spec else str(converted)


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The template with the values as they are: how to format them is settled."""
    return "".join(text + ("" if name is None else values[name]) for text, name, _, _ in _parsed(template))


@lru_cache(maxsize=4096)
def _places(template: str) -> tuple[tuple[str, str | None, str | None], ...]:
    """The names in a template, each once, with how its value is formatted."""
    found = {name: (name, conversion, spec) for _, name, spec, conversion in _parsed(template) if name is not None}
    return tuple(found.values())


@lru_cache(maxsize=4096)
def _parsed(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    return tuple(Formatter().parse(template))


# --- sentences as JSON, and as plain text --------------------------------------------------------------------


def parts_of(sentence: Said) -> dict[str, Any]:
    """A sentence as JSON has it: its template and its values, which are texts or sentences."""
    values = {name: parts_of(each) if isinstance(each, Said) else each for name, each in sentence.values.items()}
    return {"template": sentence.template, "values": values}


def as_sentence(text: str) -> Said:
    """The text where it is a sentence, else one that says no more than the text."""
    return text if isinstance(text, Said) else Said("{text}", {"text": text})


def of_parts(value: Mapping[str, Any]) -> Said:
    """The sentence of which `parts_of` gave the parts. Raises ValueError where they are none of a sentence."""
    try:
        values = {name: each if isinstance(each, str) else of_parts(each) for name, each in value["values"].items()}
        return Said(value["template"], values)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is no template with its values: {error}") from None


_heard: ContextVar[dict[str, Said] | None] = ContextVar("heard", default=None)


def hearing() -> AbstractContextManager[Mapping[str, Said]]:
    """The sentences that are said in this block, by their text: where pytest rewrites an assertion, its message
    becomes plain text."""
    return _Hearing()


class _Hearing:
    """Entered for each check of each exchange: a generator would take three times as long."""

    __slots__ = ("_token",)

    def __enter__(self) -> Mapping[str, Said]:
        heard: dict[str, Said] = {}
        self._token = _heard.set(heard)
        return heard

    def __exit__(self, *raised: object) -> None:
        _heard.reset(self._token)


# --- translation ---------------------------------------------------------------------------------------------


def of_environment(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the environment asks for; English where that is none that there is."""
    asked = next((value for name in _ENVIRONMENT if (value := environment.get(name))), "")
    names = (re.split(r"[_.@-]", each)[0].lower() for each in asked.split(":"))
    return next((name for name in names if name in LANGUAGES), "en")


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """What is translated in this block is translated into this language, None for that of the environment."""
    token = _spoken.set(language or of_environment())
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language into which is translated."""
    return _spoken.get()


def gettext(text: str) -> str:
    """The translation of a text, which is the text itself where there is none."""
    return catalogue(_spoken.get()).get(text, text)


def ngettext(one: str, many: str, number: int) -> str:
    """The translation of a text for so many; Chinese has one for every number."""
    return catalogue(_spoken.get()).get(one) or (one if number == 1 else many)


def told(text: str) -> str:
    """The translation of a sentence with its values; a text that is no sentence stays as it is."""
    if not isinstance(text, Said) or _spoken.get() == "en":
        return text
    values = {name: told(value) for name, value in text.values.items()}
    joining = "0" in values  # what is translated is what stands between
    template = text.template if joining else gettext(text.template)
    filled = ""
    for literal, name, _, _ in _parsed(template):
        filled = _beside(filled, gettext(literal) if joining else literal)
        filled = filled if name is None else _beside(filled, values[name])
    return filled


_IDEOGRAPH = "[\u4e00-\u9fff]"
_FULL = "[\u201c\u201d\u3001-\u301f\uff01-\uff5e]"  #: punctuation of full width


def _beside(left: str, right: str) -> str:
    """One text after another, where a template meets a value: a space between Chinese and Latin letters or digits, and
    none between Chinese, or beside punctuation of full width."""
    seam = f"{left[-2:]}\0{right[:2]}"
    if re.search(rf"{_IDEOGRAPH}\0\w|\w\0{_IDEOGRAPH}", seam) and not re.search(rf"{_IDEOGRAPH}\0{_IDEOGRAPH}", seam):
        return f"{left} {right}"
    if re.search(rf"({_IDEOGRAPH} ?\0 ?{_IDEOGRAPH}|{_FULL} ?\0 |{_FULL} \0|\0 ?{_FULL})", seam):
        return left.rstrip(" ") + right.lstrip(" ")
    return left + right


def tell(template: str, *values: object) -> str:
    """What `say` gives, translated: a sentence of a renderer."""
    return told(say(template, *values))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The translations of all catalogues of a language; none for English."""
    folder = LOCALE / language / "LC_MESSAGES"
    return {key: text for path in sorted(folder.glob("*.po")) for key, text in read_po(path).items() if key and text}


def read_po(path: Path) -> dict[str, str]:
    """The translation of each msgid in a file of gettext, the first one where there is one for each number."""
    found: dict[str, str] = {}
    id, keyword = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        word, quote, rest = line.partition('"')
        if line.startswith("#") or not quote:
            continue
        text = json.loads(quote + rest)
        keyword = word.strip() or keyword
        if keyword == "msgid":
            id = text if word else id + text
        elif keyword in ("msgstr", "msgstr[0]"):
            found[id] = text if word else found[id] + text
    return found
