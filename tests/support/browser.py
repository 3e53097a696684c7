"""A browser for tests: the system's Chromium (`apt-get install chromium`), driven by the extra `browser`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `browser` is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needed = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")
SCREEN = 800  #: pixels of height


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser, until this is left."""
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@dataclass
class Pages:
    """Opens pages of files, each in a context of its own."""

    browser: Any
    contexts: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, url: str, width: int = 1280, **options: Any) -> Any:
        context = self.browser.new_context(viewport={"width": width, "height": SCREEN}, **options)
        self.contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(url)
        return page


@contextmanager
def quiet_pages(browser: Any) -> Iterator[Pages]:
    """Pages that log nothing and ask for nothing but files, which holds at the end."""
    pages = Pages(browser)
    yield pages
    for context in pages.contexts:
        context.close()
    assert pages.said == []
    assert [each for each in pages.asked if not each.startswith("file://")] == []
