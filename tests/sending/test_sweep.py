"""A run ends with a look for its secrets in all that it has written."""

from __future__ import annotations

import gzip
import html
import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.faults import put
from conformance.contract.requests import PLAIN, UNKNOWN_TOKEN
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.exchange_json import dump_exchange
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.sweep import sweep
from tests.support.commands import cli, report_in
from tests.support.pages import packed

KEY = "sk-proj-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
REPORT = {"report.html": html.escape(f"<{KEY}>"), "report.json": json.dumps({"message": KEY}), "junit.xml": KEY}


def test_what_is_found_is_masked_and_named(tmp_path: Path) -> None:
    for name, text in REPORT.items() | {("baseline.toml", "# nothing"), ("run.json", f'"{UNKNOWN_TOKEN}"')}:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert sweep(tmp_path, [KEY]) == sorted(REPORT)
    assert not [path.name for path in tmp_path.iterdir() if KEY in path.read_text(encoding="utf-8")]
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["message"].startswith("[scrubbed key")
    assert UNKNOWN_TOKEN in (tmp_path / "run.json").read_text(encoding="utf-8")
    assert sweep(tmp_path, [KEY]) == []


def test_exchanges_are_searched_in_their_coding(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    body = gzip.compress(json.dumps({"message": KEY}).encode())
    leaking = Exchange(PLAIN.to("m"), 200, (("content-encoding", "gzip"),), ((0.1, body[:30]), (0.2, body[30:])))
    (archive / "0.json").write_text(json.dumps(dump_exchange(leaking)), encoding="utf-8")
    (archive / "1.json").write_text(f'{{"format": "exchange-1", "half": "{KEY}', encoding="utf-8")
    assert sweep(tmp_path, [KEY]) == ["archive/0.json", "archive/1.json"]
    assert sweep(tmp_path, [KEY]) == []


def test_links_are_not_followed_and_words_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(KEY, encoding="utf-8")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "run.json").write_text('"lm-studio-1"', encoding="utf-8")
    assert sweep(folder, [KEY, "lm-studio-1"]) == []
    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == KEY


@pytest.mark.parametrize("where", ["model", "path"])
def test_a_run_whose_folder_held_the_key_could_not_be_judged(tmp_path: Path, where: str) -> None:
    """The key was given where a model, or the path of the address, belongs: what is sent there is noted in clear."""
    with serving(Endpoint().answer) as url:
        address = url if where == "model" else url.replace("/v1", f"/{KEY}/v1")
        model = KEY if where == "model" else "reference-gpt"
        options = ("--base-url", address, "--model", model, "--select", "usage.prompt_tokens", "--out", "run")
        ended = cli("run", *options, folder=tmp_path, key=KEY)
    assert ended.exit_code == 3, ended.output
    assert "a secret of this run stood in" in report_in(tmp_path / "run")["unjudged"]
    for path in (each for each in (tmp_path / "run").rglob("*") if each.is_file()):
        assert KEY.encode() not in path.read_bytes(), path


def test_what_a_page_has_compressed_is_not_searched_so_it_has_none(tmp_path: Path) -> None:
    """The key stands in the path of the address, and something is violated: its exchanges would be in the page."""
    endpoint, fault = Endpoint(), put("usage.prompt_tokens", "7")

    def answer(request: Request) -> Exchange:
        found = endpoint.answer(replace(request, path=request.path.replace(f"/{KEY}/v1", "")))
        return fault(found) if found.succeeded else found

    with serving(answer) as url:
        address = url.replace("/v1", f"/{KEY}/v1")
        options = ("--model", "reference-gpt", "--select", "usage.prompt_tokens", "--out", "run")
        ended = cli("run", "--base-url", address, *options, folder=tmp_path, key=KEY)
    assert ended.exit_code == 1, ended.output
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "a secret of this run stood in" in page
    assert KEY not in page + json.dumps(packed(page))
