"""A run that was broken off goes on: with its options, and asking for nothing that it had."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import CACHE_COLD, CACHE_WARM, PLAIN, STREAM
from conformance.evidence.archive import NOTES, Archive, finished, reopen
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.runs.folder import new_identity, read_run, write_run
from conformance.runs.resume import completed
from conformance.runs.run import Run
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings
from tests.support.commands import cli, verdicts
from tests.support.exchanges import completion, plain

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
CLAUDE = Model("reference-claude", "claude")
SELECTED = ("--model", "reference-claude", "--select", "usage,framing", "--header", "x-tenant: acme-is-a-tenant")


class Away:
    """The reference endpoint, which answers streams with 503 as long as it is away."""

    def __init__(self) -> None:
        self.endpoint, self.away, self.sent = Endpoint(), True, list[Request]()

    def __call__(self, request: Request) -> Exchange:
        self.sent.append(request)
        if self.away and request.streams:
            return Exchange(request, 503, (("content-type", "application/json"),), ((0.0, b"{}"),))
        return self.endpoint.answer(request)


def run(*arguments: str | Path, folder: Path) -> tuple[int, str]:
    ended = cli("run", *arguments, folder=folder, key=KEY)
    return ended.exit_code, ended.output


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Away, str]]:
    """A run of which every stream was answered with 503, its endpoint, and what is in its archive."""
    folder, endpoint = tmp_path_factory.mktemp("resume"), Away()
    with serving(endpoint) as url:
        run("--base-url", url, *SELECTED, "--patience", "0", "--max-requests", "90", "--out", "run", folder=folder)
        yield folder, endpoint, url


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "other"), "holds a run with --model reference-claude: leave out --model"),
        (("--base-url", "http://127.0.0.1:9/v1"), "leave out --base-url"),
        (("--examples", "3"), "holds a run without --examples"),
        (("--select", "tools"), "holds a run with --select usage,framing: leave out --select"),
        ((), "repeat --header x-tenant, whose value was not stored"),
    ],
)
def test_other_options_are_refused(broken_off: tuple[Path, Away, str], options: tuple[str, ...], said: str) -> None:
    folder, endpoint, _ = broken_off
    before = len(endpoint.sent)
    code, output = run("--resume", "run", *options, folder=folder)
    assert (code, said in output) == (2, True), output
    assert len(endpoint.sent) == before


def test_goes_on_with_its_options_and_asks_again_for_what_is_not_finished(broken_off: tuple[Path, Away, str]) -> None:
    folder, endpoint, _ = broken_off
    out = folder / "run"
    noted = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert noted["options"]["header"] == ["x-tenant"]
    assert "acme-is-a-tenant" not in "".join(file.read_text() for file in out.rglob("*") if file.is_file())
    spent = json.loads((out / "spent.json").read_text(encoding="utf-8"))["requests"]
    before = {path: path.stat().st_mtime_ns for path in (out / "archive").glob("*.json")}
    sent = len(endpoint.sent)
    assert sent == spent
    endpoint.away = False
    code, output = run("--resume", "run", "--header", "x-tenant: acme-is-a-tenant", folder=folder)
    assert code == 0, output
    assert endpoint.sent[sent:]
    assert all(request.streams for request in endpoint.sent[sent:])
    assert json.loads((out / "spent.json").read_text(encoding="utf-8"))["requests"] == len(endpoint.sent)
    kept = [path for path in before if path.exists() and path.stat().st_mtime_ns == before[path]]
    assert len(kept) == len(before) - sum("stream" in read for read in labels(out))
    assert "fail" not in verdicts(out).values()
    again = len(endpoint.sent)
    assert run("--resume", "run", "--header", "x-tenant: acme-is-a-tenant", folder=folder)[0] == 0
    assert not [(each.path, each.body) for each in endpoint.sent[again:]], "a run that is finished sends nothing"


def labels(out: Path) -> list[str]:
    files = (out / "archive").glob("*.json")
    return [json.loads(path.read_text(encoding="utf-8"))["request"]["label"] for path in files]


def test_the_reference_endpoint_remembers_what_it_was_sent(tmp_path: Path) -> None:
    options = ("--model", "reference-claude", "--select", "caching.hits_are_reported")
    assert run(*options, "--max-requests", "2", "--out", "run", folder=tmp_path)[0] == 3
    code, output = run("--resume", "run", "--max-requests", "20", folder=tmp_path)
    assert code == 0, output
    assert verdicts(tmp_path / "run")["caching.hits_are_reported", "reference-claude"] == "pass"


@pytest.mark.parametrize("held", ["nothing", "[]", '{"format": "run-1"}'])
def test_a_folder_that_holds_no_run(tmp_path: Path, held: str) -> None:
    if held != "nothing":
        (tmp_path / "run.json").write_text(held)
    code, output = run("--resume", tmp_path, folder=tmp_path)
    assert code == 2
    assert "run.json is not a run" in output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_workers_have_the_options_of_the_run_too(tmp_path: Path, workers: str) -> None:
    options = ("--model", "reference-claude", "--select", "usage", "--without", "chat.n")
    assert run(*options, "--max-requests", "2", "--out", "run", folder=tmp_path)[0] == 3
    code, output = run("--resume", "run", "--max-requests", "90", "--workers", workers, folder=tmp_path)
    assert code == 0, output
    found = verdicts(tmp_path / "run")
    assert {requirement.partition(".")[0] for requirement, _ in found} == {"usage"}
    assert {model for _, model in found} == {"reference-claude"}
    models = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["profile"]["models"]
    assert [each["without"] for each in models] == [["chat.n"]]


# --- new settings from those of the run -----------------------------------------------------------------------


def noted(folder: Path, **options: object) -> Path:
    """A folder with a run that was told these options."""
    write_run(folder, Profile("", (CLAUDE,), "reference"), new_identity(), "", options=options)
    return folder


def test_a_resumed_run_has_its_options_where_none_is_given(tmp_path: Path) -> None:
    folder = noted(tmp_path / "run", model=["m"], prices="/p.toml", patience=0.0, rate=6.0, gone="since")
    settings = Settings.of({"resume": folder, "rate": 9.0})
    made = completed(settings)
    assert made == replace(settings, model=("m",), prices=Path("/p.toml"), patience=0.0)
    assert settings == Settings.of({"resume": folder, "rate": 9.0})
    assert completed(made) == made


def test_a_run_that_is_judged_again_keeps_selection_revision_and_baseline(tmp_path: Path) -> None:
    folder = noted(tmp_path / "run", select=["usage"], deselect=["usage.x"], revision="2026-11", model=["m"])
    settings = Settings.of({"archive": folder})
    made = replace(settings, select=("usage",), deselect=("usage.x",), revision="2026-11")
    assert completed(settings) == made
    (folder / "baseline.toml").touch()
    assert completed(settings) == replace(made, baseline=folder / "baseline.toml")
    given = replace(settings, deselect=("cache",), revision="2026-12", baseline=tmp_path / "own.toml")
    assert completed(given) == given


@pytest.mark.parametrize(("option", "exit_code"), [("resume", 2), ("archive", 3)])
def test_a_folder_without_a_run_has_no_settings(tmp_path: Path, option: str, exit_code: int) -> None:
    with pytest.raises(SessionError, match=r"run\.json is not a run") as raised:
        completed(Settings.of({option: tmp_path}))
    assert raised.value.exit_code == exit_code


# --- what is finished ---------------------------------------------------------------------------------------


def answer(status: int = 200, failure: str = "", **changes: object) -> Exchange:
    found = replace(plain(completion(None)), request=replace(PLAIN, **changes), status=status)  # type: ignore[arg-type]
    return replace(found, failure=Failure(failure, "gone")) if failure else found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exchange", "is_finished"),
    [
        (answer(), True),
        (answer(400), True),
        (answer(500), True),
        (answer(failure="truncated"), True),
        (answer(failure="undecodable"), True),
        (answer(failure="hung up"), True),
        (answer(401, credentials="unknown"), True),
        (answer(401), False),
        (answer(402), False),
        (answer(429), False),
        (answer(503), False),
        (answer(failure="timeout"), False),
        (answer(failure="reset"), False),
    ],
    ids=str,
)
def test_finished(exchange: Exchange, is_finished: bool) -> None:
    assert finished(exchange) is is_finished


def test_room_is_made_for_what_is_not_finished(tmp_path: Path) -> None:
    answers = {PLAIN.key: answer(), STREAM.key: replace(answer(503), request=STREAM)}
    archive = Archive(tmp_path, lambda request: answers[request.key])
    archive(PLAIN)
    archive(STREAM)
    (tmp_path / NOTES / "under-way").touch()
    (tmp_path / "half.123.part").touch()
    assert reopen(tmp_path, "") == {STREAM.key, "under-way"}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [f"{PLAIN.key}.json"]
    answers[STREAM.key] = replace(answer(), request=STREAM)
    assert [each.outcome for each in archive_again(tmp_path, answers)(STREAM).earlier] == [
        "reset: the run was broken off before an answer came"
    ]
    assert not archive_again(tmp_path, answers)(PLAIN).earlier


def archive_again(folder: Path, answers: dict[str, Exchange]) -> Archive:
    return Archive(folder, lambda request: answers[request.key])


def run_salted(salt: str, **members: Mapping[str, str]) -> Run:
    return Run(Profile("", (CLAUDE,)), salt, send_nothing, **members)  # type: ignore[arg-type]


def test_what_was_sent_in_vain_gets_another_salt_with_all_that_comes_after_it() -> None:
    plain_run = run_salted("a" * 12)
    cold = plain_run.filled(CACHE_COLD, CLAUDE)
    once = run_salted("a" * 12, resalted={cold.key: "b" * 12})
    assert once.filled(CACHE_COLD, CLAUDE) == run_salted("b" * 12).filled(CACHE_COLD, CLAUDE) != cold
    warm = once.filled(CACHE_WARM, CLAUDE)
    assert warm.after == once.filled(CACHE_COLD, CLAUDE)
    twice = replace(once, resalted={**once.resalted, once.filled(CACHE_COLD, CLAUDE).key: "c" * 12})
    assert twice.filled(CACHE_COLD, CLAUDE) == run_salted("c" * 12).filled(CACHE_COLD, CLAUDE)
    unsalted = replace(once, resalted={for_model(PLAIN, CLAUDE, "a" * 12).key: "b" * 12})
    assert unsalted.filled(PLAIN, CLAUDE) == for_model(PLAIN, CLAUDE, "a" * 12)


def send_nothing(request: Request) -> Exchange:
    raise AssertionError(f"{request} is sent")


def test_judged_offline_with_the_salts_of_the_run(tmp_path: Path) -> None:
    started = time.time()
    exchange = replace(Endpoint().answer(run_salted("b" * 12).filled(CACHE_COLD, CLAUDE)), started=started)
    cold = run_salted("a" * 12).filled(CACHE_COLD, CLAUDE)
    Archive(tmp_path / "archive", lambda request: exchange)(exchange.request)
    value = {
        "format": "run-1", "version": "1", "salt": "a" * 12, "fault": "", "finished": True,
        "profile": Profile("http://127.0.0.1/v1", (CLAUDE,)).dump(), "resalted": {cold.key: "b" * 12},
    }  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps(value))
    offline = read_run(tmp_path)
    assert offline.send(offline.filled(CACHE_COLD, CLAUDE)).succeeded
