"""A run ends with a look for its secrets in all that it has written."""

from __future__ import annotations

import gzip
import html
import json
from pathlib import Path

import pytest

from conformance import Report, conclude, run, violations
from conformance.contract.faults import header, put
from conformance.contract.requests import PLAIN, UNKNOWN_TOKEN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.exchange_json import dump_exchange
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.sweep import sweep
from tests.support.commands import report_in
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


@pytest.fixture
def unscrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the suite: what an endpoint echoes is kept as it came."""
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)
    monkeypatch.setattr("conformance.sending.client.scrubbed", lambda exchange, secrets: exchange)


def judged(tmp_path: Path, edit: Fault) -> Report:
    endpoint = Endpoint()

    def answer(request: Request) -> Exchange:
        found = endpoint.answer(request)
        return edit(found) if found.succeeded else found

    with serving(answer) as url:
        return run(base_url=url, models=["reference-gpt"], select=["usage.prompt_tokens"], out=tmp_path / "run")


@pytest.mark.usefixtures("unscrubbed")
def test_a_run_whose_folder_held_the_key_could_not_be_judged(tmp_path: Path) -> None:
    report = judged(tmp_path, header("x-echo", KEY))
    assert conclude(report).exit_code == 3
    assert "a secret of this run stood in" in report_in(tmp_path / "run")["unjudged"] == report.unjudged
    for path in (each for each in (tmp_path / "run").rglob("*") if each.is_file()):
        assert KEY.encode() not in path.read_bytes(), path


@pytest.mark.usefixtures("unscrubbed")
def test_what_a_page_has_compressed_is_not_searched_so_it_has_none(tmp_path: Path) -> None:
    """Something is violated: its exchanges would be in the page. What it says of them is what the files say."""
    report = judged(tmp_path, put("usage.prompt_tokens", KEY))
    assert conclude(report).exit_code == 1
    assert [each.id for each in violations(report)] == ["usage.prompt_tokens"]
    assert KEY not in str(report)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "a secret of this run stood in" in page
    assert KEY not in page + json.dumps(packed(page))
