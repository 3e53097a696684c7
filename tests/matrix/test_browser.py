"""The matrix in a browser, from files: search, links, narrow screens, without JavaScript, and accessibility.

Chromium is the system's (`apt-get install chromium`), and what drives it comes with the extra `browser`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.matrix.site import Site, pages

sync_api = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `browser` is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")

PAGES = (
    "index.html",
    "vendors/acme.html",
    "requirements/cache.write_total.html",
    "zh/index.html",
    "zh/vendors/acme.html",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a page of a site, and holds at the end that it logged nothing and asked for nothing but files."""
    contexts: list[Any] = []
    said: list[str] = []
    asked: list[str] = []

    def opened(site: Site, path: str, width: int = 1280, **options: Any) -> Any:
        folder = tmp_path / str(id(site))
        for name, text in [] if folder.exists() else pages(site):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        file, _, query = path.partition("?")
        page.goto((folder / file).as_uri() + (f"?{query}" if query else ""))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [each for each in asked if not each.startswith("file://")] == []


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
