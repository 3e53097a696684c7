"""A key goes where this call says, or where a run proves to have sent it before; not where a folder alone says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.profile import Model, Profile
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.runs.folder import SEAL, new_identity, write_run
from conformance.runs.resume import completed
from conformance.runs.seal import check_destination, seal
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings
from tests.support.commands import cli

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
ID = "0" * 32
URL = "https://models.example/v1"


def settings(**given: Any) -> Settings:
    return Settings.of({"base_url": URL, **given})


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)


def test_a_run_that_had_the_same_key_is_gone_on_with(tmp_path: Path) -> None:
    seal(settings(), ID, tmp_path)
    assert KEY not in (tmp_path / SEAL).read_text()
    check_destination(settings(), ID, tmp_path, "", "")


@pytest.mark.parametrize(
    "other",
    [
        {"base_url": "https://thief.example/v1"},
        {"base_url": "http://models.example/v1"},
        {"api_key_variable": "AWS_SECRET_ACCESS_KEY"},
        {"authorities": Path("/tmp/thief.pem")},
        {"header": ["x-token: another"]},
    ],
    ids=str,
)
def test_what_was_changed_in_its_folder_is_refused(
    tmp_path: Path, other: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    seal(settings(), ID, tmp_path)
    with pytest.raises(SessionError, match="repeat --base-url"):
        check_destination(settings(**other), ID, tmp_path, "", "")
    with pytest.raises(SessionError, match="repeat --base-url"):
        check_destination(settings(), "1" * 32, tmp_path, "", "")


def test_the_same_folder_with_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(settings(), ID, tmp_path)
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY[::-1])
    with pytest.raises(SessionError, match=f"repeat --base-url {URL}"):
        check_destination(settings(), ID, tmp_path, "", "")
    check_destination(settings(), ID, tmp_path, URL, "")
    monkeypatch.delenv("PHANEDGE_API_KEY")
    check_destination(settings(), ID, tmp_path, "", "")  # there is nothing to send


def test_a_short_key_has_no_seal_by_which_it_could_be_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHANEDGE_API_KEY", "sk-short")
    seal(settings(), ID, tmp_path)
    assert not (tmp_path / SEAL).exists()


def test_a_variable_that_only_the_folder_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "AWS_SECRET_ACCESS_KEY"
    monkeypatch.setenv(name, KEY)
    noted = settings(api_key_variable=name)
    with pytest.raises(SessionError, match=f"repeat --api-key-variable {name}"):
        check_destination(noted, ID, tmp_path, URL, "")
    check_destination(noted, ID, tmp_path, URL, name)
    with pytest.raises(SessionError, match="names no variable"):
        check_destination(settings(api_key_variable="X$(touch x)"), ID, tmp_path, URL, "")


def crafted(folder: Path, url: str, variable: str) -> None:
    """The folder of a run that somebody else made."""
    options = {"base-url": url, "model": ["reference-gpt"], "api-key-variable": variable, "select": ["usage"]}
    write_run(folder, Profile(url, (Model("reference-gpt", "gpt"),)), new_identity(), "", options=options)


def test_resuming_asks_before_it_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    crafted(tmp_path / "run", "https://thief.example/v1", "AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SessionError, match="repeat --base-url https://thief"):
        completed(Settings.of({"resume": tmp_path / "run"}))
    assert completed(Settings.of({"resume": tmp_path / "run", "plan": True})).base_url == "https://thief.example/v1"


@pytest.fixture
def thief() -> Iterator[tuple[str, list[Request]]]:
    endpoint, sent = Endpoint(), list[Request]()

    def answer(request: Request) -> Exchange:
        sent.append(request)
        return endpoint.answer(request)

    with serving(answer) as url:
        yield url, sent


def test_nothing_is_sent_to_an_address_of_a_folder(tmp_path: Path, thief: tuple[str, list[Request]]) -> None:
    url, sent = thief
    made = ("run", "--base-url", url, "--model", "reference-gpt", "--select", "usage.total_tokens")
    assert cli(*made, "--out", "run", folder=tmp_path, key=KEY).exit_code == 0
    (tmp_path / "run" / SEAL).unlink()
    before = len(sent)
    for again in (("run", "--resume", "run"), ("replay", "usage.total_tokens", "run", "--send")):
        ended = cli(*again, folder=tmp_path, key=KEY)
        assert (ended.exit_code, f"repeat --base-url {url}" in ended.output) == (2, True), ended.output
    assert len(sent) == before
    noted = json.loads((tmp_path / "run" / "run.json").read_text())
    assert KEY not in json.dumps(noted)
    ended = cli(*again, "--base-url", url, folder=tmp_path, key=KEY)
    assert (ended.exit_code, "now:  pass" in ended.output) == (0, True), ended.output
    ended = cli(*again, "--base-url", "http://127.0.0.1:9", folder=tmp_path, key=KEY)
    assert (ended.exit_code, "is another address" in ended.output) == (2, True), ended.output
