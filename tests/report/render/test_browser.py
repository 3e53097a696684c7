"""The HTML report in a browser: filter, links, copying, exchanges, print, without JavaScript, and accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.language import speaking
from conformance.report.render import RENDERERS
from conformance.report.report import Report
from tests.support.browser import SCREEN, axe, chromium, needed, quiet_pages

from .conftest import CLAUDE, GPT

pytestmark = needed


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a report in a page."""
    with quiet_pages(browser) as pages:

        def opened(report: Report, query: str = "", *, folder: str = "it's a run", **options: Any) -> Any:
            file = tmp_path / folder / "report.html"
            file.parent.mkdir(exist_ok=True)
            file.write_text(RENDERERS["html"](replace(report, folder="reports/elsewhere")), encoding="utf-8")
            return pages.open(file.as_uri() + query, **options)

        yield opened


def rows(page: Any) -> list[str]:
    """The requirements in the table of findings."""
    found: list[str] = page.locator(".findings tbody tr:visible code").all_inner_texts()
    return found


def test_ten_screens_of_which_the_first_has_findings(opened: Any, seventy: Report) -> None:
    page = opened(seventy)
    assert page.evaluate("document.documentElement.scrollHeight") <= 10 * SCREEN
    assert page.locator(".findings tbody tr").nth(10).bounding_box()["y"] < SCREEN
    assert len(rows(page)) == 70
    assert page.locator(".card:visible").count() == 70
    assert page.locator(".card[open]").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(opened: Any, hostile: Report, seventy: Report, width: int) -> None:
    for report in (hostile, seventy):
        page = opened(report, width=width)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_of_findings_shows_ids_and_sentences_whole(opened: Any, seventy: Report, language: str) -> None:
    """At 1280 no id goes on in a second line, on a phone none breaks within a part; no sentence is cut."""
    with speaking(language):
        wide, narrow = opened(seventy), opened(seventy, width=390)
    heights = "all => all.map(each => each.getBoundingClientRect().height)"
    assert max(wide.locator(".findings code").evaluate_all(heights)) < 20
    cut = (
        "all => all.filter(each => each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight).length"
    )
    for page in (wide, narrow):
        assert page.locator(".findings .quiet").evaluate_all(cut) == 0
        parts = "all => all.map(each => each.innerHTML.split('<wbr>'))"
        assert max(len(part) for each in page.locator(".findings code").evaluate_all(parts) for part in each) < 30
    assert len(rows(wide)) == len(rows(narrow)) == 70


def test_the_filter_is_in_the_address(opened: Any, report: Report) -> None:
    page = opened(report)
    assert rows(page) == ["cache.write_total", "usage.output_costs_tokens", "transport.request_id"]
    page.locator("select[name=level]").select_option("MUST")
    page.get_by_label("Text").fill("COMPLETION token")
    assert rows(page) == ["usage.output_costs_tokens"]
    assert page.locator(".card:visible").count() == 1
    assert page.get_by_text("1 of 3 findings").is_visible()
    assert "?q=COMPLETION+token&level=MUST" in page.url
    again = opened(report, "?" + page.url.partition("?")[2])
    assert rows(again) == ["usage.output_costs_tokens"]
    assert again.locator("select[name=level]").input_value() == "MUST"
    again.get_by_role("button", name="Show all").click()
    assert len(rows(again)) == 3
    assert "?" not in again.url


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"?model={GPT}", ["transport.request_id"]),
        (f"?model={CLAUDE}&impact=billing", ["cache.write_total", "usage.output_costs_tokens"]),
        ("?area=usage", ["usage.output_costs_tokens"]),
        ("?verdict=warn", ["transport.request_id"]),
        ("?verdict=inconclusive", []),
        ("?verdict=unknown", ["cache.write_total", "usage.output_costs_tokens", "transport.request_id"]),
    ],
)
def test_each_filter(opened: Any, report: Report, query: str, expected: list[str]) -> None:
    page = opened(report, query)
    assert rows(page) == expected
    inconclusive = page.get_by_role("heading", name="Inconclusive")
    assert inconclusive.is_visible() is (query == "?verdict=inconclusive" or query.endswith(("unknown", CLAUDE)))


def test_the_keyboard_is_enough(opened: Any, seventy: Report) -> None:
    page = opened(seventy)
    page.keyboard.press("Tab")  # the sentence in full
    page.keyboard.press("Tab")
    page.keyboard.type(seventy.failing[1].id)
    assert rows(page) == [seventy.failing[1].id]
    for _ in range(7):  # five lists, the button that shows all, the link of the finding
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".card[open]").count() == 1


def test_a_link_leads_to_an_unfolded_card(opened: Any, seventy: Report) -> None:
    page = opened(seventy)
    wanted = seventy.failing[3].id
    page.locator(".findings").get_by_role("link", name=wanted, exact=True).click()
    card = page.locator(".card[open]")
    assert card.count() == 1
    assert card.get_attribute("data-id") == wanted
    assert 0 <= card.bounding_box()["y"] < SCREEN / 2
    again = opened(seventy, f"?level={seventy.failing[3].level}#{wanted}")
    assert again.locator(".card[open]").get_attribute("data-id") == wanted


def test_an_exchange_is_unpacked_when_it_is_unfolded(opened: Any, report: Report) -> None:
    page = opened(report)
    assert page.locator("#exchange-a1 pre").count() == 0
    page.get_by_role("link", name="whole exchange").first.click()
    shown = page.locator("#exchange-a1")
    shown.get_by_text('"id": "chatcmpl-1"').wait_for()
    flagged = shown.locator(".flagged").all_inner_texts()
    assert flagged == ['    "prompt_tokens_details": {← absent: cached_write_tokens']
    assert shown.get_by_role("group", name="Request").inner_text().startswith("{")
    page.get_by_role("heading", name="Exchanges").click()
    page.get_by_role("heading", name="Exchanges").click()
    assert shown.locator("pre").count() == 3


def test_commands_are_copied(opened: Any, report: Report, tmp_path: Path) -> None:
    long = replace(report.evidence["a1"], curl=report.evidence["a1"].curl + " " * 2_000)
    page = opened(replace(report, evidence={**report.evidence, "a1": long}))
    card = page.locator(".card").first
    expected = {
        "Copy the curl line": long.curl,
        "Copy the command": f"phanedge-conformance replay cache.write_total '{tmp_path}/it'\"'\"'s a run' --send"
        f" --model {CLAUDE}",
    }
    for name, command in expected.items():
        card.get_by_role("button", name=name).click()
        card.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == command
        page.wait_for_timeout(1600)
    assert card.get_by_role("button", name="Copied").count() == 0


def test_what_is_printed_are_the_findings(opened: Any, report: Report) -> None:
    page = opened(report, "?level=MUST")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = false")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert rows(page) == ["cache.write_total", "usage.output_costs_tokens"]
    assert page.locator(".card[open]:visible").count() == 2
    assert page.get_by_text("Tag the field omitempty").is_visible()
    headings = [each for each in page.locator("h2:visible").all_inner_texts() if each != "Findings"]
    assert headings == ["Findings in detail"]
    assert page.locator("button:visible, select:visible, footer:visible, .command:visible").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".card[open]").count() == 0
    assert page.pdf().startswith(b"%PDF")


def test_without_javascript_everything_is_there(opened: Any, seventy: Report) -> None:
    page = opened(seventy, java_script_enabled=False)
    assert page.locator("button:visible, input:visible, select:visible").count() == 0
    assert len(rows(page)) == 70
    entry = seventy.failing[3]
    page.locator(".findings").get_by_role("link", name=entry.id, exact=True).click()
    card = page.locator(f'.card[data-id="{entry.id}"]')
    assert card.get_by_text(entry.findings[0].message).is_visible()
    assert "/reports/elsewhere --send" in card.locator("pre").last.inner_text()
    card.get_by_role("link", name="whole exchange").click()
    kept = page.locator(f"#exchange-{entry.findings[0].evidence[0]} a")
    assert kept.is_visible()
    assert kept.get_attribute("href") == f"archive/{entry.findings[0].evidence[0]}.json"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_it_is_accessible(
    opened: Any, priced: Report, unjudged: Report, vain: Report, seventy: Report, scheme: str, width: int
) -> None:
    for report in (priced, unjudged, vain, seventy):
        page = opened(report, width=width, color_scheme=scheme)
        page.evaluate("for (const each of document.querySelectorAll('details:not(.exchange)')) each.open = true")
        page.evaluate("[...document.querySelectorAll('.exchange')].slice(0, 3).forEach((each) => (each.open = true))")
        if report.evidence:
            page.locator(".exchange .lines").first.wait_for()
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
