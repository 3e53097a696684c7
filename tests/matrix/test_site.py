"""The pages of the matrix: what they say, that they lead nowhere wrong, and that nothing of a bundle becomes markup."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

from conformance.matrix.site import Site, pages
from tests.report.render.test_hostile import VOID, Page

VOID.update({"link", "img"})
RISKY = {"script", "iframe", "object", "embed", "svg", "form", "style", "base"}


def made(site: Site) -> dict[str, str]:
    return dict(pages(site))


def cells(page: str, id: str) -> list[str]:
    """The verdicts in the row of a requirement."""
    (row,) = (each for each in re.findall(r"<tr data-verdicts=.*?</tr>", page, re.DOTALL) if f"/{id}.html" in each)
    return re.findall(r'<td(?: class="quiet")?>(?:<b class="badge [\w-]+">. )?([\w /]+)(?:</b>)?</td>', row)[1:]


def test_what_the_table_says(site: Site) -> None:
    files = made(site)
    page = files["index.html"]
    for entry in site.vendors[0].submissions[0].report.entries:
        said = str(entry.verdict).replace("not applicable", "n/a")
        other = said if entry.id == site.vendors[1].submissions[0].report.entries[0].id else "not judged"
        assert cells(page, entry.id) == [said, other]
        own = files[f"requirements/{entry.id}.html"]
        assert entry.sentence in own
        assert own.count('<section class="card') == (2 if other == said else 1)
    assert "9" in re.findall(r"of 10 runs [^<]*", files["requirements/cache.write_total.html"])[0]


def test_both_languages_have_the_same_pages(site: Site) -> None:
    files = made(site)
    shared = {"site.css", "site.js"} | {path for path in files if path.startswith("badges/")}
    english = {path for path in files if not path.startswith("zh/")} - shared
    assert {f"zh/{path}" for path in english} == {path for path in files if path.startswith("zh/")}
    assert '<html lang="zh-CN">' in files["zh/index.html"]
    assert "供应商" in files["zh/index.html"]


def test_every_link_leads_to_a_page_and_a_place_of_the_site(site: Site) -> None:
    files = made(site)
    pages = {path: Page(text) for path, text in files.items() if path.endswith(".html") and "reports/" not in path}
    places = {path: set(page.all("id")) for path, page in pages.items()}
    for path, page in pages.items():
        for address in (*page.all("href"), *page.all("src")):
            file, _, place = address.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
            if re.match("https?:", address):
                continue
            assert target in files, (path, address)
            assert not place or target not in places or place in places[target], (path, address)
        assert len(page.all("id")) == len(places[path]), path


def test_a_badge_has_no_percentage(site: Site) -> None:
    badges = {path: text for path, text in made(site).items() if path.startswith("badges/")}
    assert set(badges) == {f"badges/{name}-claude.{kind}" for name in ("acme", "other") for kind in ("svg", "json")}
    assert not [path for path, text in badges.items() if "%" in text]


def test_whatever_a_bundle_says_stays_text(spoilt: Site) -> None:
    files = {path: text for path, text in made(spoilt).items() if "reports/" not in path}
    for path, text in files.items():
        if not path.endswith(".html"):
            continue
        page = Page(text)  # every element is nested and closed
        found = [name for name, _ in page.elements if name in RISKY]
        assert found == (["script"] if path.endswith("index.html") else []), path
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")], path
        addresses = (*page.all("href"), *page.all("src"))
        assert not [each for each in addresses if re.match(r"\s*(javascript|data):", each)], path
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), path
    assert "&lt;script" in files["vendors/acme.html"]


def test_the_policy_admits_files_of_the_site_only(site: Site) -> None:
    policies = {
        dict(page.elements[3][1])["content"]
        for path, text in made(site).items()
        if path.endswith(".html") and "reports/" not in path
        for page in [Page(text)]
    }
    assert len(policies) == 1
    assert "default-src 'none'" in str(policies)
    assert "unsafe" not in str(policies)


@pytest.mark.parametrize("file", ["site.css", "site.js", "base.html.j2"])
def test_nothing_is_fetched(file: str) -> None:
    text = (Path(__file__).parents[2] / "conformance/matrix" / file).read_text(encoding="utf-8")
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(|@import|url\(", text)
