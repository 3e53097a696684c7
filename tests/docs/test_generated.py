"""The generated pages follow the code: `python docs/generate.py`, and `nox -s faults` for the faults."""

from __future__ import annotations

import html
import importlib
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.clients.listed import CLIENTS
from conformance.lab.known_faults import PLANTED, UNSEEN
from conformance.suite.catalogue import load
from tests.faults.table import billing

from .pages import ROOT, page

sys.path.insert(0, str(ROOT / "docs"))
GENERATE = importlib.import_module("generate")
PAGES = GENERATE.PAGES


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_up_to_date(name: str) -> None:
    assert page(f"docs/{name}") == PAGES[name](load()), "run: python docs/generate.py"


def test_a_source_that_leads_nowhere_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(load()["roles.system"], source="rfc9110#15.5.x")
    monkeypatch.setattr(GENERATE, "load", lambda: {wrong.id: wrong})
    monkeypatch.setattr(GENERATE, "DOCS", tmp_path)
    with pytest.raises(SystemExit, match=r"^the source 'rfc9110#15.5.x' leads nowhere: "):
        GENERATE.main()


def test_every_planted_fault_is_in_the_table_of_faults() -> None:
    rows = re.findall(r"^\| `([\w-]+)`(?: \*gray\*)? \| (.*?) \| ", page("docs/faults.md"), re.MULTILINE)
    written = [(name, html.unescape(re.sub(r"\\([|*])", r"\1", sentence))) for name, sentence in rows]
    planted = [(each.name, each.sentence) for each in PLANTED.values()]
    assert sorted(written) == sorted(planted), "run: nox -s faults -- --write-docs"
    assert billing() in page("docs/faults.md"), "run: nox -s faults -- --write-docs"
    unwritten = [name for name in UNSEEN if f"\n| {name} | " not in page("docs/faults.md")]
    assert not unwritten, "run: nox -s faults -- --write-docs"


def test_the_map_of_the_packages_is_that_of_the_import_contracts() -> None:
    """docs/architecture.md lists the packages in the order in which pyproject.toml lets them import each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [name for layer in contracts[0]["layers"] for name in re.split(r" [|:] ", layer)]
    rows = page("docs/architecture.md").partition("packages: begin")[2].partition("packages: end")[0]
    written = [name for row in rows.splitlines()[3:-1] for name in re.findall(r"`(\w+)(?:/|\.py)`", row.split("|")[1])]
    assert written == layers


def test_the_table_of_clients_has_each_with_the_version_that_is_pinned() -> None:
    """What each client made of the sources is measured: `python docs/clients_table.py RECORDINGS`."""
    written = re.findall(r"^\| ([\w-]+) \| ([^|]+) \|(?: \d+ / \d+ / \d+ \|)+$", page("docs/clients.md"), re.MULTILINE)
    assert written == [(each.name, each.versions) for each in CLIENTS.values()]


def test_the_table_of_clients_is_made_of_their_reports() -> None:
    """One that could not be run has no numbers, which would be those of another day."""
    table = importlib.import_module("clients_table")
    ran, skipped = {"right": 3, "lost": 2, "raised": 1}, {"skipped": "go is not installed"}
    clients = [{"name": name, **(skipped if name == "openai-go" else ran)} for name in CLIENTS]
    lines = table.table({"one": {"exchanges": 6, "clients": clients}, "two": {"exchanges": 7, "clients": clients}})
    assert lines[0] == "| client | versions | one (6) | two (7) |"
    assert [line.split(" | ", 2)[2] for line in lines[2:]] == [
        "not run | not run |" if name == "openai-go" else "3 / 2 / 1 | 3 / 2 / 1 |" for name in CLIENTS
    ]
    written = table.with_table(page("docs/clients.md"), lines)
    assert written.split(table.END)[1] == page("docs/clients.md").split(table.END)[1]
    assert "\n".join(lines) in written
