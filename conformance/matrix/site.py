"""The pages of the matrix, in the language that is spoken; nothing is read or written here but the templates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from conformance import __version__
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.language import LANGUAGES, gettext, speaking, spoken, tell, told
from conformance.policy.revisions import names, revision
from conformance.report.render import RENDERERS, badge, found, translated, words
from conformance.report.render.html import Card, card, environment
from conformance.report.report import Entry

from .stability import Stability
from .vendors import Row, Submission, Vendor, areas

_HERE = Path(__file__).parent
_SHOWN = (*VIOLATIONS, Verdict.INCONCLUSIVE, Verdict.CONSEQUENCE)  #: what evidence is shown of
_SELVES = {"en": "English", "zh": "中文"}  #: the languages in their own words


@dataclass(frozen=True)
class Site:
    """What the site is made of."""

    vendors: Sequence[Vendor]
    stability: Stability


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """Every file of the site: its path, and its text."""
    yield "site.css", (_HERE.parent / "report/render/report.css").read_text("utf-8") + _read("site.css")
    yield "site.js", _read("site.js")
    for vendor in site.vendors:
        for each in vendor.submissions:
            yield f"badges/{vendor.slug}-{each.name}.svg", badge.render(each.report)
            yield f"badges/{vendor.slug}-{each.name}.json", badge.endpoint(each.report)
    for language in LANGUAGES:
        with speaking(language):
            yield from _in_language(site)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _in_language(site: Site) -> Iterator[tuple[str, str]]:
    """The pages in the language that is spoken."""
    made = environment(_HERE)
    made.filters |= {"models": lambda report: ", ".join(each.name for each in report.models)}
    vendors = [_translated(vendor) for vendor in site.vendors]
    rows = areas(vendors)
    shared = {"vendors": vendors, "areas": rows, **_words()}
    yield _page(made, "index", "index.html", **shared)
    for vendor in vendors:
        yield _page(made, "vendor", f"vendors/{vendor.slug}.html", vendor=vendor, **shared)
    for area in rows:
        for row in area.rows:
            yield _page(
                made, "requirement", f"requirements/{row.entry.id}.html", row=row, area=area, said=_said(vendors, row),
                stability=site.stability.told(row.entry.id), revision=_since(row.entry.id), **shared,
            )  # fmt: skip
    for vendor in site.vendors:
        for each in vendor.submissions:
            yield _path(f"reports/{vendor.slug}-{each.name}.html"), RENDERERS["html"](each.report)


def _translated(vendor: Vendor) -> Vendor:
    return replace(
        vendor, submissions=tuple(replace(each, report=translated(each.report)) for each in vendor.submissions)
    )


def _page(made: Environment, template: str, path: str, **context: Any) -> tuple[str, str]:
    """A page: its path in the site, and its text. `home` leads to the pages of its language, `root` to the site's."""
    whole = _path(path)
    root = "../" * whole.count("/")
    others = [(_SELVES[each], root + _path(path, each), each) for each in LANGUAGES if each != spoken()]
    home = root + _path("")
    text = made.get_template(f"{template}.html.j2").render(context, root=root, home=home, others=others)
    return whole, text + "\n"


def _path(path: str, language: str = "") -> str:
    """Where a page of a language is."""
    language = language or spoken()
    return path if language == LANGUAGES[0] else f"{language}/{path}"


def _words() -> dict[str, Any]:
    """What the templates name beside the values."""
    return {
        "_": gettext, "tell": tell, "told": told, "gap": " " if spoken() == "en" else "", "language": spoken(),
        "Verdict": Verdict, "version": __version__, "headline": words.headline, "verdict_of": words.verdict,
        "impact": found.impact, "violations": found.violations, "worst": found.worst, "who": words.who,
        "day": lambda report: words.started(report).strftime("%Y-%m-%d"),
    }  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What one submission says of a requirement."""

    vendor: Vendor
    submission: Submission
    entry: Entry
    card: Card | None


def _said(vendors: Sequence[Vendor], row: Row) -> list[Told]:
    """What each submission says of a requirement, with evidence where it is violated or could not be judged."""
    return [
        Told(vendor, each, entry, card(each.report, entry) if entry.verdict in _SHOWN else None)
        for vendor in vendors
        for each in vendor.submissions
        if (entry := each.entries.get(row.entry.id))
    ]


def _since(id: str) -> str:
    """The revision in which a requirement came."""
    known = next((name for name, ids in _revisions().items() if id in ids), "")
    return tell("since {revision}", known) if known else tell("added after {revision}", list(_revisions())[-1])


@cache
def _revisions() -> Mapping[str, Collection[str]]:
    """The ids of each revision, the oldest first."""
    return {name: revision(name).requirements.keys() for name in names()}
