"""The matrix in a browser, from files: search, links, narrow screens, without JavaScript, and accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.matrix.site import Site, pages
from tests.support.browser import axe, chromium, needed, quiet_pages

pytestmark = needed

PAGES = (
    "index.html",
    "vendors/acme.html",
    "requirements/cache.write_total.html",
    "zh/index.html",
    "zh/vendors/acme.html",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a page of a site."""
    with quiet_pages(browser) as opened_pages:

        def opened(site: Site, path: str, width: int = 1280, **options: Any) -> Any:
            folder = tmp_path / str(id(site))
            for name, text in [] if folder.exists() else pages(site):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, encoding="utf-8")
            file, _, query = path.partition("?")
            return opened_pages.open((folder / file).as_uri() + (f"?{query}" if query else ""), width, **options)

        yield opened


def rows(page: Any) -> list[str]:
    found: list[str] = page.locator("tr[data-verdicts]:visible code").all_inner_texts()
    return found


def test_the_search_is_in_the_address(opened: Any, site: Site) -> None:
    page = opened(site, "index.html")
    assert rows(page) == []  # folded by area
    page.get_by_label("Search").fill("COMPLETION token")
    assert rows(page) == ["usage.output_costs_tokens"]
    page.get_by_label("Search").fill("")
    page.locator("select[name=verdict]").select_option("fail")
    both = rows(page)
    page.locator("select[name=vendor]").select_option(label="other")
    assert rows(page) == [both[0]] == ["cache.write_total"]
    assert page.url.endswith("index.html?verdict=fail&vendor=1")
    assert rows(opened(site, "index.html?verdict=fail&vendor=1")) == ["cache.write_total"]


def test_the_keyboard_leads_to_the_evidence(opened: Any, site: Site) -> None:
    page = opened(site, "index.html?q=write_total")
    page.locator("tr[data-verdicts]:visible a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/requirements/cache.write_total.html")
    assert page.locator("pre.lines").first.is_visible()
    page.get_by_role("link", name="中文").press("Enter")
    page.wait_for_url("**/zh/requirements/cache.write_total.html")


def test_all_is_there_without_javascript(opened: Any, site: Site) -> None:
    page = opened(site, "index.html", java_script_enabled=False)
    assert page.locator("#search").is_hidden()
    page.locator("details.group summary").first.click()
    assert rows(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(opened: Any, spoilt: Site, site: Site, width: int) -> None:
    for each in (spoilt, site):
        for path in PAGES:
            page = opened(each, path, width)
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") == width, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(opened: Any, site: Site, scheme: str) -> None:
    for path in PAGES:
        page = opened(site, path, color_scheme=scheme)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found = axe.Axe().run(page, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()
