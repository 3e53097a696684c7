"""A finding seen again: its command, and what is found when it is sent once more."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.commands.replay import ReplayError, _salted, replayed
from conformance.contract.faults import put
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import CACHE_COLD
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.runs.run import Run
from conformance.sending.curl import is_command
from tests.support.commands import cli

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
NULL = "usage.prompt_tokens_details.cached_tokens"
OPTIONS = ("--model", "reference-claude", "--model", "reference-gpt", "--select", "usage,caching.cold_is_cold")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run that violates something on each of two models."""
    folder = tmp_path_factory.mktemp("replay")
    ended = cli("run", *OPTIONS, "--fault", "plain-hits-null", "--out", "run", folder=folder)
    assert ended.exit_code == 1, ended.output
    return folder / "run"


def test_the_command_that_sends_it_again(folder: Path) -> None:
    said, code = replayed(NULL, folder, "reference-gpt", False, ())
    assert code == 0
    words = shlex.split(said.splitlines()[0])
    assert words[:3] == ["curl", "--include", "http://127.0.0.1:8080/v1/chat/completions"]
    assert json.loads(words[-1])["model"] == "reference-gpt"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_a_long_body_is_sent_from_a_file(tmp_path: Path) -> None:
    """A word of a command has less than 128 KiB: the line in report.json works in its folder, that of `replay` from
    anywhere, also where no finding rests on the exchange."""
    ended = cli(
        "run", "--select", "robust.huge_body", "--model", "reference-gpt", "--fault", "robust.huge_body",
        "--out", "run", folder=tmp_path,
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    noted = tmp_path / "run" / "report.json"
    assert noted.stat().st_size < 200_000
    lines = [each["curl"] for each in json.loads(noted.read_text(encoding="utf-8"))["evidence"].values()]
    (line,) = (each for each in lines if "@bodies/" in each)
    assert is_command(line)
    for name in ("report.html", "report.md", "junit.xml"):
        assert "@bodies/" not in (tmp_path / "run" / name).read_text(encoding="utf-8")
    key = line.rpartition("/")[2]
    (tmp_path / "run" / "bodies" / key).unlink()
    (tmp_path / "elsewhere").mkdir()
    seen: list[bytes] = []

    def answer(request: Request) -> Exchange:
        seen.append(request.body)
        return Exchange(request, 413)

    said = replayed(key, tmp_path / "run", "", False, ())[0]
    sent = (tmp_path / "run" / "bodies" / key).read_bytes()
    with serving(answer) as url:
        for command, where in ((line, "run"), (said, "elsewhere")):
            words = command.replace("http://127.0.0.1:8080/v1", url)
            subprocess.run(["bash", "-c", words], cwd=tmp_path / where, check=True, capture_output=True, timeout=60)
    assert len(sent) > 20_000_000
    assert [len(each) for each in seen] == [len(seen[0])] * 2
    assert sent.startswith(seen[0])  # the server keeps the beginning of what is too large


def test_sent_again_it_is_found_again(folder: Path) -> None:
    said, code = replayed(NULL, folder, "", True, ())
    then, now = (line.split(": ")[1].strip() for line in said.splitlines()[1:])
    assert (code, then, now) == (1, "fail", "fail")


def test_sent_again_it_holds_where_it_was_mended(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "run")
    noted = json.loads((copy / "run.json").read_text(encoding="utf-8")) | {"fault": ""}
    (copy / "run.json").write_text(json.dumps(noted), encoding="utf-8")
    said, code = replayed(NULL, copy, "", True, ())
    assert (code, said.splitlines()[2]) == (0, "  now:  pass")


def test_what_must_be_cold_is_cold_again(folder: Path) -> None:
    said, code = replayed("caching.cold_is_cold", folder, "reference-claude", True, ())
    assert (code, said.splitlines()[1:]) == (0, ["  then: pass", "  now:  pass"])


def test_what_is_salted_is_sent_again_with_another_salt() -> None:
    model = Model("reference-claude", "claude")
    run = Run(Profile("", (model,)), "a" * 12, Endpoint().answer)
    cold = run.filled(CACHE_COLD, model)
    kept = replace(run, resalted={cold.key: "b" * 12})
    for each in (cold, kept.filled(CACHE_COLD, model), CACHE_COLD.to(model.name, "a" * 12)):
        assert _salted(each, kept, "z" * 12) == CACHE_COLD.to(model.name, "z" * 12)


def test_an_unknown_id_is_told_the_nearest(folder: Path) -> None:
    with pytest.raises(ReplayError, match=r"'roles\.sistem': did you mean roles\.system"):
        replayed("roles.sistem", folder, "", False, ())
    with pytest.raises(ReplayError, match=r"has no finding of roles\.system: it was not judged in this run"):
        replayed("roles.system", folder, "", False, ())


def test_an_exchange_of_the_report(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    finding = next(each for entry in report["entries"] if entry["id"] == NULL for each in entry["findings"])
    key = finding["evidence"][0]
    assert replayed(key, folder, "", False, ())[0] == report["evidence"][key]["curl"]
    said, code = replayed(key, folder, "", True, ())
    assert code == 1
    assert said.startswith(NULL)


def test_what_is_not_known(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=f"did you mean {NULL}"):
        replayed(NULL + "s", folder, "", False, ())
    with pytest.raises(ReplayError, match=r"--model: the run has no 'other', only reference-claude, reference-gpt"):
        replayed(NULL, folder, "other", False, ())
    with pytest.raises(ReplayError, match=r"run\.json is not a run"):
        replayed(NULL, tmp_path, "", False, ())
    ended = cli("replay", "usage", folder=tmp_path)
    assert (ended.exit_code, ended.output.strip()) == (2, "there is no run in reports/: name the folder of one")


def commands_in(page: str) -> list[str]:
    """The commands of the first finding in a page."""
    return re.findall(r'<div class="command"><pre>(.*?)</pre>', page)[:2]


def test_over_http_with_the_key_and_the_headers_of_the_run(tmp_path: Path) -> None:
    endpoint, sent, broken = Endpoint(), list[Request](), [put("usage.prompt_tokens", "7")]

    def answer(request: Request) -> Exchange:
        sent.append(request)
        exchange = endpoint.answer(request)
        return broken[0](exchange) if broken and exchange.succeeded else exchange

    options = ("--model", "reference-claude", "--select", "usage.prompt_tokens", "--header", "x-tenant: acme-tenant")
    replay = ("replay", "usage.prompt_tokens", "run", "--send")
    with serving(answer) as url:
        cli("run", "--base-url", url, *options, "--out", "run", folder=tmp_path, key=KEY)
        before = len(sent)
        ended = cli(*replay, folder=tmp_path, key=KEY)
        assert (ended.exit_code, "repeat --header x-tenant" in ended.output) == (2, True), ended.output
        assert len(sent) == before
        ended = cli(*replay, "--header", "x-tenant: acme-tenant", folder=tmp_path, key=KEY)
        assert ended.exit_code == 1, ended.output
        page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
        curl, reproduce = (html.unescape(re.sub("<[^>]+>", "", each)) for each in commands_in(page))
        assert '--header "x-tenant: $HEADER_X_TENANT"' in curl
        (elsewhere := tmp_path / "elsewhere").mkdir()
        words = shlex.split(reproduce.replace("$HEADER_X_TENANT", "acme-tenant"))
        ended = cli(*words[1:], folder=elsewhere, key=KEY)
        assert (ended.exit_code, words[0]) == (1, "phanedge-conformance"), ended.output
        broken.clear()
        ended = cli(*replay, "--header", "x-tenant: acme-tenant", folder=tmp_path, key=KEY)
        assert (ended.exit_code, "now:  pass" in ended.output) == (0, True), ended.output
    assert dict(sent[-1].headers)["x-tenant"] == "acme-tenant"
    assert "acme-tenant" not in page
    ended = cli("judge", "run", "--out", "again", folder=tmp_path)
    assert html.escape(curl, quote=False) in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    assert replace(sent[-1], headers=()) == replace(sent[before], headers=())
