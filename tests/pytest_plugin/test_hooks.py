"""pytest as the runner: with and without workers, live and offline, and in projects that want nothing of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requests import DECLARED, PLAIN, TWO
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.suite.catalogue import load
from tests.support.commands import SUITE, command, pytest_run, report_in, verdicts

SMALL = ("--model", "reference-claude", "--examples", "1", "--no-costly")  #: a run of few requests
#: Requirements on one exchange, on several, and on a pair, for what is run more than once.
SOME = ("--select", "usage,streaming,errors,equivalence,caching.hits_are_reported,properties.valid_requests")
UNTIMED = ("--deselect-requirement", "framing.incremental")  #: it sends more where this machine is busy
KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"


def settled(folder: Path) -> dict[tuple[str, str], str]:
    """The verdicts that do not depend on how busy this machine is."""
    catalogue = load()
    return {pair: verdict for pair, verdict in verdicts(folder).items() if "times" not in catalogue[pair[0]].needs}


def archived(folder: Path) -> Counter[str]:
    """How often each request was sent, by its label."""
    exchanges = [json.loads(file.read_text(encoding="utf-8")) for file in (folder / "archive").glob("*.json")]
    return Counter(exchange["request"]["label"] for exchange in exchanges)


def test_the_reference_conforms_with_and_without_workers_and_offline(tmp_path: Path) -> None:
    alone, together, again = tmp_path / "alone", tmp_path / "together", tmp_path / "again"
    ended = command(*SUITE, *SMALL, *SOME, "--out", alone, folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert not {"fail", "warn"} & set(verdicts(alone).values())

    assert pytest_run(*SMALL, *SOME, "--out", together, "-n", "2", folder=tmp_path).exit_code == 0
    assert settled(together) == settled(alone)
    assert archived(together) == archived(alone)

    assert pytest_run("--archive", alone, "--out", again, folder=tmp_path).exit_code == 0
    assert verdicts(again) == verdicts(alone)
    assert report_in(again)["spend"] == report_in(alone)["spend"]
    assert not (again / "archive").exists()


def test_over_http_each_request_is_sent_once_whoever_asks(tmp_path: Path) -> None:
    counts, found = [], []
    for number, workers in enumerate(((), ("-n", "2"))):
        endpoint, seen = Endpoint(), list[Request]()

        def counting(request: Request, endpoint: Endpoint = endpoint, seen: list[Request] = seen) -> Exchange:
            seen.append(request)
            return endpoint.answer(request)

        out = tmp_path / str(number)
        with serving(counting) as url:
            words = (*SMALL, *SOME, *UNTIMED, *workers)
            ended = pytest_run("--base-url", url, *words, "--out", out, folder=tmp_path, key=KEY)
        assert ended.exit_code == 0, ended.output
        assert len(seen) <= archived(out).total(), "a request is sent twice"
        counts.append((len(seen), archived(out)))
        found.append(settled(out))
        assert not any(KEY in file.read_text() for file in out.rglob("*") if file.is_file())
    assert counts[0] == counts[1]
    assert found[0] == found[1]
    assert not {"fail", "warn"} & set(found[0].values())


def test_recordings(tmp_path: Path) -> None:
    endpoint = Endpoint()
    sent = [
        for_model(each, Model("reference-gpt", "gpt"), "abcdefghijkl") for each in DECLARED if each.path == PLAIN.path
    ]
    answers = [endpoint.answer(each) for each in sent if each.credentials == "valid" and each.method == "POST"]
    rows = [
        {
            "request_json": each.request.document, "status": each.status, "response_headers": dict(each.headers),
            "response_body": each.text, "stream": each.streamed, "fidelity": "wire", "model": "reference-gpt",
        }
        for each in answers
        if each.request.document is not None
    ]  # fmt: skip
    recordings = tmp_path / "recordings.jsonl"
    recordings.write_text("\n".join(map(json.dumps, rows)))
    ended = pytest_run("--recordings", recordings, "--out", tmp_path / "out", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert {"pass", "not applicable"} >= set(verdicts(tmp_path / "out").values())
    assert sum(verdict == "pass" for verdict in verdicts(tmp_path / "out").values()) > 80
    assert report_in(tmp_path / "out")["source"] == "recording"

    rows[0]["response_body"] = rows[0]["response_body"].replace('"total_tokens":', '"total_tokens":1')
    recordings.write_text("\n".join(map(json.dumps, rows)))
    ended = pytest_run("--recordings", recordings, "--out", tmp_path / "out", "--select", "usage", folder=tmp_path)
    assert ended.exit_code == 1
    found = verdicts(tmp_path / "out")
    assert [name for (name, _), verdict in found.items() if verdict == "fail"] == ["usage.total_tokens.sum_of"]


def test_a_feature_that_is_not_claimed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--without", "chat.n", "--select", "choices,usage", "--out", out)
    assert pytest_run(*words, folder=tmp_path).exit_code == 0
    entries = {each["id"]: each["findings"][0] for each in report_in(out)["entries"]}
    unclaimed = [each for each in entries.values() if "chat.n" in each["message"]]
    assert unclaimed
    assert {each["verdict"] for each in unclaimed} == {"not applicable"}
    bodies = [json.loads(file.read_text())["request"]["label"] for file in (out / "archive").glob("*.json")]
    assert TWO.label not in bodies


def test_collecting_sends_nothing_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    seen: list[Request] = []

    def counting(request: Request) -> Exchange:
        seen.append(request)
        return Endpoint().answer(request)

    out = tmp_path / "out"
    assert pytest_run(*SMALL, "--select", "usage", "--out", out, folder=tmp_path).exit_code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with serving(counting) as url:
        for workers in ((), ("-n", "2")):
            options = ("--base-url", url, *SMALL, "--select", "usage", "--out", out, "--collect-only", *workers)
            ended = pytest_run(*options, folder=tmp_path, key=KEY)
            assert ended.exit_code == 0, ended.output
            assert "usage.prompt_tokens" in ended.output
    assert seen == []
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_tests_of_what_is_not_selected_are_not_made(tmp_path: Path) -> None:
    ended = pytest_run(*SMALL, "--select", "choices.as_many_as_asked", "--collect-only", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "1 test collected" in ended.output
    assert "deselected" not in ended.output


@pytest.mark.parametrize("options", [("-m", "may"), ("--select", "choices.as_many_as_asked")])
def test_without_a_must_the_verdict_rests_on_what_is_selected(tmp_path: Path, options: tuple[str, ...]) -> None:
    ended = pytest_run(*SMALL, "--out", tmp_path / "out", *options, folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert report_in(tmp_path / "out")["conclusion"].startswith("violates 0 of ")
    ended = pytest_run("--archive", tmp_path / "out", *options, "--out", tmp_path / "again", folder=tmp_path)
    assert ended.exit_code == 0, ended.output


def test_nothing_selected_applies(tmp_path: Path) -> None:
    options = ("--select", "choices.as_many_as_asked", "--without", "chat.n")
    ended = pytest_run(*SMALL, "--out", tmp_path / "out", *options, folder=tmp_path)
    assert ended.exit_code == 3, ended.output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize("options", [("--fault", "none-of-these"), ("--recordings", "none")])
def test_what_cannot_be_judged_is_said_once(tmp_path: Path, options: tuple[str, ...], workers: tuple[str, ...]) -> None:
    ended = pytest_run(*options, *workers, folder=tmp_path)
    assert ended.exit_code == (2 if options[0] == "--fault" else 3)
    assert len(ended.output.splitlines()) == 1


# --- what goes wrong on our side is no verdict ----------------------------------------------------------------

CRASHING = """
import pytest
from conformance.{module} import {name}

def crash(*arguments, **named):
    raise RuntimeError("a mistake of ours")

@pytest.fixture(autouse=True)
def crashing(monkeypatch{more}):
    {patch}
"""
CHECK = (
    "contract.requirement",
    "Requirement",
    ", requirement",
    'object.__setattr__(requirement, "check", lambda exchange: crash())',
)
RUN = ("runs.run", "Run", "", 'monkeypatch.setattr(Run, "find", crash)')


@pytest.mark.parametrize(("module", "name", "more", "patch"), [CHECK, RUN], ids=["check", "run"])
def test_a_crash_is_inconclusive(tmp_path: Path, module: str, name: str, more: str, patch: str) -> None:
    conftest = CRASHING.format(module=module, name=name, more=more, patch=patch)
    (tmp_path / "conftest.py").write_text(conftest)
    words = ("--select", "usage", "-k", "prompt_tokens", "-p", "conftest")
    ended = pytest_run("--out", tmp_path / "out", *words, folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert "inconclusive" in verdicts(tmp_path / "out").values()
    assert set(verdicts(tmp_path / "out").values()) <= {"inconclusive", "not applicable"}
    messages = [each["findings"][0]["message"] for each in report_in(tmp_path / "out")["entries"]]
    assert any("RuntimeError: a mistake of ours" in each for each in messages)


def test_a_run_that_is_broken_off_does_not_conform(tmp_path: Path) -> None:
    breaking = (
        "def pytest_runtest_teardown(item, nextitem):\n    if 'usage' in item.name: item.session.shouldfail = 'x'\n"
    )
    (tmp_path / "conftest.py").write_text(breaking)
    ended = pytest_run("--out", tmp_path / "out", "--select", "usage", "-p", "conftest", folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert "broken off" in report_in(tmp_path / "out")["conclusion"]


def test_a_test_of_the_suite_is_not_run_without_naming_it(tmp_path: Path) -> None:
    (tmp_path / "test_borrowed.py").write_text("from conformance.suite.usage.test_prompts import *\n")
    ended = command("pytest", "-q", folder=tmp_path)
    assert ended.exit_code != 0
    assert "run the suite with: pytest --pyargs conformance.suite" in ended.output
    assert not (tmp_path / "reports").exists()
