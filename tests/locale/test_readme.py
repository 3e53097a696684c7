"""README.md in Chinese: the same commands, code, links and headings."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import page

ENGLISH = page("README.md")
CHINESE = page("README.zh.md").replace("images/report-zh.png", "images/report.png")  #: each has a picture of its own


@pytest.mark.parametrize(
    "pattern",
    [
        r"^```.*?^```$",  # blocks of code
        r"^<!--.*?-->$",
        r"\]\((?!README)[^)]+\)",  # links
        r"^#+(?= )",
        r"^\|",
        r"`[^`\n]+`",
    ],
)
def test_both_have_the_same(pattern: str) -> None:
    def found(text: str) -> list[str]:
        return sorted(re.findall(pattern, text, re.MULTILINE | re.DOTALL))

    assert found(CHINESE) == found(ENGLISH)
    assert found(ENGLISH)


def test_each_links_the_other() -> None:
    assert "(README.zh.md)" in ENGLISH
    assert "(README.md)" in CHINESE
