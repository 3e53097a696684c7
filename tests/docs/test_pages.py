"""The written pages are true: examples run as shown, options exist, links lead somewhere, files can be read."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from conformance.billing.dialects import Counts
from conformance.billing.prices import cost, read_prices
from conformance.policy.baseline_file import read_baseline
from tests.support.commands import cli

from .pages import ROOT, WRITTEN, arguments, blocks, examples, page

#: Pages with commands, of which the lines below each are among what it prints.
SHOWN = ("README.md", "docs/audit.md", "docs/running.md", "docs/reading-a-report.md", "docs/baseline-and-diff.md",
         "docs/nightly.md")  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_examples_run(name: str, tmp_path: Path) -> None:
    commands = list(examples(name))
    assert commands
    for typed, expected in commands:
        program, *words = arguments(typed)
        assert program == "conformance"
        ended = cli(*words, folder=tmp_path)
        for line in expected:
            assert line in ended.output, f"{typed}: {ended.output}"


def test_no_other_page_has_examples_that_nothing_runs() -> None:
    unread = {name for name in WRITTEN if blocks(name, "console")} - {*SHOWN, "docs/walkthrough.md", "CONTRIBUTING.md"}
    assert not unread


@pytest.mark.parametrize("name", WRITTEN)
def test_options_exist(name: str) -> None:
    for command, rest in re.findall(r"phanedge-conformance (\w+)((?: (?!&&)[^\s`]+)*)", page(name)):
        options = re.findall(r" (--[a-z-]+)", rest)
        assert not [option for option in options if option not in _help(command)], f"{command} {rest}"


@cache
def _help(command: str) -> str:
    shown = cli(command, "--help", folder=ROOT, variables={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0, f"there is no command {command}"
    return shown.output


@pytest.mark.parametrize("name", WRITTEN)
def test_links_lead_somewhere(name: str) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", page(name)):
        if target.startswith("http"):
            continue
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        if anchor:
            assert anchor in _anchors(path), f"{target}#{anchor}"


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_price_sheet_gives_the_documented_amount(tmp_path: Path) -> None:
    (sheet,) = blocks("docs/costs.md", "toml")
    (tmp_path / "prices.toml").write_text(sheet, encoding="utf-8")
    prices = read_prices(tmp_path / "prices.toml").models["claude-sonnet-4-5"]
    counted = cost(Counts(prompt=58518, read=11944, written_5m=29762, written_1h=16347), prices)
    assert counted.amount == Decimal("0.2146677")
    (arithmetic,) = blocks("docs/costs.md", "text")
    assert arithmetic.strip() in str(counted)


def test_the_baseline_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "baseline.toml").write_text(blocks("docs/baseline-and-diff.md", "toml")[0], encoding="utf-8")
    (entry,) = read_baseline(tmp_path / "baseline.toml").known
    assert (entry.model, entry.owner) == ("gpt-*", "billing")
    (tmp_path / "baseline.toml").write_text(blocks("docs/nightly.md", "toml")[0], encoding="utf-8")
    (entry,) = read_baseline(tmp_path / "baseline.toml").known
    assert (entry.allowed, entry.window) == (3, 10)


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md"])
def test_named_files_exist(name: str) -> None:
    named = set(re.findall(r"`(?:conformance/)?(\w+/[\w/]+\.py)`", page(name)))
    named |= set(re.findall(r"\b(?:docs|fixtures|schemas|tests)/[\w/-]+\.\w+", page(name)))
    missing = {each for each in named if not any((ROOT / top / each).exists() for top in ("conformance", ""))}
    examples = {"suite/usage/test_audio.py", "suite/usage/test_logprobs_cost.py"}  # which a reader creates
    assert missing <= examples
