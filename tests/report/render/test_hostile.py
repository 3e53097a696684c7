"""Whatever the endpoint says stays text, and stays within bounds."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.report.render import RENDERERS, markdown_text
from conformance.report.render.words import clean, web_link
from conformance.report.report import Report
from conformance.suite.catalogue import load
from tests.support.pages import packed

from .conftest import violating

#: C0 but tab and newline, delete, C1, and what turns the direction of text.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "b", "i", "p", "strong", "ul", "li", "a",
    "div", "table", "thead", "tbody", "tr", "th", "td", "main", "section", "span", "code", "dl", "dt", "dd", "pre",
    "em", "details", "summary", "footer", "label", "input", "select", "option", "output", "button", "template",
    "noscript", "script", "wbr",
}  # fmt: skip
VOID = {"meta", "input", "wbr"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes; raises where they are not nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name))]


@pytest.fixture(params=["report", "hostile", "unjudged", "conforming", "faulty", "priced", "vain", "cut"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(RENDERERS["html"](request.getfixturevalue(request.param)))


@pytest.mark.parametrize("name", list(RENDERERS))
def test_no_control_character_comes_through(name: str, hostile: Report) -> None:
    assert not (CONTROLS.search(RENDERERS[name](hostile)) and name != "json")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", RENDERERS[name](hostile))


# --- HTML ---------------------------------------------------------------------------------------------------


def test_html_has_no_element_of_the_endpoint(page: Page) -> None:
    assert {tag for tag, _ in page.elements} <= TAGS
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_html_needs_no_network(page: Page) -> None:
    assert not page.all("src")
    assert all(link.startswith(("#", "https://")) for link in page.all("href"))


def test_html_runs_no_script_but_its_own(hostile: Report) -> None:
    text = RENDERERS["html"](hostile)
    scripts = [attributes for tag, attributes in Page(text).elements if tag == "script"]
    assert [each.get("type") for each in scripts] == ["application/octet-stream", None]
    policy = next(each["content"] for tag, each in Page(text).elements if "http-equiv" in each)
    kinds = {}
    for name, begun in (("style", "<style>"), ("script", '<script data-copied="Copied">')):
        content = text.partition(begun)[2].partition(f"</{name}>")[0]
        kinds[name] = f"{name}-src 'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
    own = f"{kinds['style']}; {kinds['script']}"
    assert policy == f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def test_html_has_an_anchor_for_every_link_and_requirement(report: Report) -> None:
    page = Page(RENDERERS["html"](report))
    anchors = page.all("id")
    assert len(anchors) == len(set(anchors))
    assert {entry.id for entry in report.entries} <= set(anchors)
    assert {link[1:] for link in page.all("href") if link.startswith("#")} <= set(anchors)


def test_html_style_imports_nothing(report: Report) -> None:
    style = RENDERERS["html"](report).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_html_says_first_what_was_planted(faulty: Report) -> None:
    text = RENDERERS["html"](faulty)
    assert text.index("Planted fault drop") < text.index("<h1>")


def test_html_says_first_why_nothing_was_judged(unjudged: Report) -> None:
    said = RENDERERS["html"](unjudged).partition("<h1>")[2].partition("</h1>")[0]
    assert said == "Could not judge: the endpoint refused the connection"


def test_html_of_seventy_violations_is_small(seventy: Report) -> None:
    """Also where a request has megabytes: what is too long is printed by a command."""
    key = seventy.failing[0].findings[0].evidence[0]
    huge = replace(seventy.evidence[key], curl="curl --include " + "x" * 2_000_000, body="x" * 40_000)
    page = RENDERERS["html"](replace(seventy, evidence={**seventy.evidence, key: huge}))
    assert len(page.encode()) <= 600_000
    assert f"phanedge-conformance replay {key}" in page
    assert seventy.failing[5].findings[0].evidence[0] in {each["key"] for each in packed(page)}


def test_html_holds_as_many_exchanges_as_fit(seventy: Report) -> None:
    noise = {key: replace(each, body=token_hex(20_000)) for key, each in seventy.evidence.items()}
    page = RENDERERS["html"](replace(seventy, evidence=noise))
    held = [each["key"] for each in packed(page)]
    assert 2 <= len(held) < len(noise) / 2
    assert seventy.failing[0].findings[0].evidence[0] in held
    assert len(page.encode()) <= 600_000


def test_html_stays_small_for_a_large_report(large: Report) -> None:
    assert len(RENDERERS["html"](large)) < 5_000_000


# --- Markdown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["report", "hostile", "large", "enlarged", "unjudged", "faulty", "seventy", "vain"])
def test_markdown_fits_a_comment(which: str, request: pytest.FixtureRequest) -> None:
    report: Report = request.getfixturevalue(which)
    text = RENDERERS["markdown"](report)
    assert len(text) < 20_000
    shown = text.replace("\\", "")
    assert [entry.id for entry in report.failing if entry.id.partition(".")[2] not in shown] == []
    assert text.count("<details>") == text.count("</details>") - text.count("[i](//e) </details>")


def test_markdown_says_what_it_shortens(report: Report) -> None:
    """As the violations that fail the gate become more: sentences, then messages, then all but the names."""
    said = [RENDERERS["markdown"](each) for each in (report, violating(report, 140, 120))]
    assert ["<br>" in each for each in said] == [True, False]
    assert ["Messages are cut after" in each for each in said] == [False, True]
    named = RENDERERS["markdown"](violating(report, 600, 600))
    assert "too many for a table, which the full report has" in named
    assert len(named) < 20_000
    shown = named.replace("\\", "")
    assert [id for id in load() if not re.search(rf"[ ,]{re.escape(id.partition('.')[2])}(,|$)", shown, re.M)] == []


def test_markdown_renders_as_one_table_and_no_link_of_the_endpoint(hostile: Report) -> None:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(RENDERERS["markdown"](hostile))
    visible = re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL)
    assert visible.count("<table>") == 4
    assert not re.search(r"<(script|img|style)|javascript:[^1]|href=\"(?!https://docs\.phanedge)", visible)
    assert not re.search(r"@octocat|#12|GH-7|https://evil|www\.evil", visible)


@given(st.text(alphabet=st.sampled_from("a`|*_<>&[]()!#1@\\~$\n\r:/w. -") | st.characters()))
def test_markdown_text_stays_text(said: str) -> None:
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(f"x {markdown_text.text(said)} x")
    assert not re.search(r"<(?!/?p>)", html)


@given(st.text(alphabet="`a\n~ "))
def test_markdown_blocks_end_where_they_should(said: str) -> None:
    tokens = MarkdownIt("commonmark").parse(markdown_text.block(said) + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


# --- the words ----------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(codec=None)))
def test_clean_text_can_be_written_and_is_clean(said: str) -> None:
    cleaned = clean(said)
    cleaned.encode("utf-8")
    assert not CONTROLS.search(cleaned)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("text", ["", "Grüße, 你好 🙂‍↔️\n\ttab"])
def test_clean_leaves_plain_text(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "", "data:text/html,x", "https://a b", "http://a)"])
def test_only_web_addresses_are_linked(address: str) -> None:
    assert web_link(address) == ""
