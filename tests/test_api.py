"""The suite as functions: the same findings as the command, of an application in this process as well."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance import (
    Report,
    SessionError,
    Verdict,
    conclude,
    judge,
    metrics,
    notify,
    plan,
    read_by_clients,
    render,
    requirements,
    run,
    send_metrics,
    violations,
)
from conformance.contract.requests import PLAIN, STREAM
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.known_faults import plant
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import app, serving
from conformance.sending.client import Access, Limits, Live
from conformance.sending.in_process import Application, InProcess
from conformance.text import write_whole
from tests.history.test_index import history
from tests.support.commands import cli, environment, verdicts

KEY = "sk-reference-0123456789abcdefghijklmnopqrstuvwxyz"
USAGE = "usage.total_tokens.sum_of"
MODELS = ("reference-gpt", "reference-claude=claude")
Message = MutableMapping[str, Any]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)


def found(report: Report) -> dict[tuple[str, str], str]:
    return {(each.requirement, each.model): str(each.verdict) for entry in report.entries for each in entry.findings}


def connected(verdicts: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """But for those of what needs a connection, or times that depend on how busy this machine is."""
    needs = {each.id: each.needs for each in requirements()}
    return {pair: verdict for pair, verdict in verdicts.items() if not needs[pair[0]] & {"connection", "times"}}


# --- run and judge --------------------------------------------------------------------------------------------


def test_it_finds_what_the_command_finds(tmp_path: Path) -> None:
    words = ("--model", "reference-gpt", "--select", "usage,streaming,choices", "--fault", USAGE)
    assert cli("run", *words, "--out", "out", folder=tmp_path).exit_code == 1
    send = plant(Endpoint().answer, [USAGE])
    here = run(
        app=app(send), models=["reference-gpt=gpt"], select=["usage", "streaming", "choices"], out=tmp_path / "here"
    )
    assert connected(found(here)) == connected(verdicts(tmp_path / "out"))
    assert violations(here)[0].id == USAGE
    assert conclude(here).exit_code == 1
    again = judge(tmp_path / "here", select=["usage,streaming,choices"])
    assert found(again) == found(here)
    assert conclude(again) == conclude(here)


def test_an_application_in_this_process_is_judged_as_over_http_but_for_connections(tmp_path: Path) -> None:
    endpoint = Endpoint()
    some = ["choices", "errors", "framing", "streaming", "tools", "transport", "usage"]
    here = run(app=app(endpoint), models=MODELS[1:], select=some)
    with serving(Endpoint()) as url:
        there = run(base_url=url, models=MODELS[1:], select=some)
    assert connected(found(here)) == connected(found(there))
    assert conclude(here).exit_code == 0, render(here)
    without = [each for entry in here.entries for each in entry.findings if "without a connection" in each.message]
    assert {each.requirement for each in without} >= {"transport.whole_body", "framing.incremental"}
    assert {each.verdict for each in without} == {Verdict.NOT_APPLICABLE}
    assert not list(tmp_path.iterdir())


def test_a_plan_is_that_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text('currency = "EUR"\n[models.m]\ninput = 3\noutput = 15\n')
    options = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m=claude", "--select", "usage", "--no-costly")
    ended = cli("plan", *options, "--prices", "prices.toml", folder=tmp_path)
    sheet = tmp_path / "prices.toml"
    made = plan(base_url="http://127.0.0.1:9/v1", models=["m=claude"], select=["usage"], costly=False, prices=sheet)
    assert ended.output.splitlines()[-1] == str(made)
    assert made.cost is not None
    assert 0 < plan(select=["usage"], examples=1).usually.requests < plan().usually.requests
    with pytest.raises(SessionError, match="--model is missing"):
        plan(base_url="http://127.0.0.1:9/v1")


def test_a_baseline_and_a_gate_are_those_of_the_command(tmp_path: Path) -> None:
    send = plant(Endpoint().answer, [USAGE])
    known = f'[[known]]\nrequirement = "{USAGE}"\nreason = "r"\nowner = "o"\nexpires = 2099-01-01\n'
    (tmp_path / "known.toml").write_text(known)
    accepted = run(app=app(send), models=["reference-gpt"], select=["usage"], baseline=tmp_path / "known.toml")
    assert conclude(accepted).exit_code == 0
    assert conclude(run(app=app(send), models=["reference-gpt"], select=["usage"], gate="security")).exit_code == 0


def test_what_needs_an_extra_says_so_and_all_else_does_without(tmp_path: Path) -> None:
    history(tmp_path / "nights", ".x")
    program = (
        "import sys\n"
        "extras = 'apprise', 'fsspec', 'opentelemetry', 'orjson', 'pyarrow', 'yaml', 'zstandard'\n"
        "sys.modules.update(dict.fromkeys(extras))\n"
        "from pathlib import Path\n"
        "from conformance import *\n"
        "assert metrics(Path('nights'))\n"
        "for function in (notify, send_metrics, read_by_clients):\n"
        "    try:\n"
        "        function(Path('nights'))\n"
        "    except SessionError as error:\n"
        "        print(error)\n"
    )
    variables = environment() | {"PHANEDGE_CONFORMANCE_NOTIFY": "json://h", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.findall(r"phanedge-conformance\[(\w+)\]", ended.stdout) == ["notify", "otlp", "audit"]


def test_metrics_are_those_of_the_command(tmp_path: Path) -> None:
    nights = history(tmp_path / "nights", ".x")
    assert metrics(nights) == cli("metrics", nights, folder=tmp_path).output
    assert 'verdict="fail"} 1\n' in metrics(nights)


def test_what_has_no_place_to_go_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PHANEDGE_CONFORMANCE_NOTIFY", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    nights = history(tmp_path / "nights", ".x")
    for function, said in (
        (notify, "PHANEDGE_CONFORMANCE_NOTIFY is not set"),
        (send_metrics, "OTEL_EXPORTER_OTLP_ENDPOINT is not set"),
        (lambda folder: read_by_clients(folder, names=["openai-pyton"]), "did you mean openai-python"),
        (read_by_clients, f"{nights} "),
    ):
        with pytest.raises(SessionError, match=re.escape(said)):
            function(nights)


def test_it_can_be_called_within_an_event_loop_and_in_a_thread() -> None:
    def judged() -> Report:
        return run(app=app(Endpoint().answer), models=["reference-gpt"], select=["usage.prompt_tokens"])

    async def called() -> Report:
        return judged()

    assert conclude(asyncio.run(called())).exit_code == 0
    reports: list[Report] = []
    thread = threading.Thread(target=lambda: reports.append(judged()))
    thread.start()
    thread.join()
    assert conclude(reports[0]).exit_code == 0


def test_a_deadline_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(request: Request) -> Exchange:
        threading.Event().wait(0.2)
        return Endpoint().answer(request)

    def written_late(path: Path, content: str | bytes) -> None:
        threading.Event().wait(0.1)  # what is under way at the deadline is still written when the report is made
        write_whole(path, content)

    monkeypatch.setattr("conformance.evidence.archive.write_whole", written_late)
    report = run(app=app(slow), models=["reference-gpt"], deadline=1)
    assert conclude(report).exit_code == 3
    assert "the deadline of 1 s has passed" in conclude(report).sentence
    assert report.seconds < 10


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base_url": "http://127.0.0.1:9/v1"}, "--model is missing"),
        ({"select": ["usages"]}, "usages"),
        ({"base_url": "ftp://x", "models": ["m"]}, "does not begin with http"),
    ],
)
def test_wrong_usage_is_one_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SessionError, match=said):
        run(**given)


def test_what_does_not_exist() -> None:
    with pytest.raises(SessionError, match="does not exist"):
        judge(Path("none"))
    with pytest.raises(AttributeError, match="has no attribute 'judgment'"):
        conformance.judgment  # noqa: B018


def test_every_name_is_there_and_explained() -> None:
    for name in conformance.__all__:
        assert getattr(conformance, name) is not None
    assert set(conformance.__all__) == set(conformance.api.__all__)


# --- an application in the place of an endpoint -----------------------------------------------------------------

Receive = Callable[[], Awaitable[Message]]
Emit = Callable[[Message], Awaitable[None]]
PLAIN_TEXT = [(b"content-type", b"text/plain")]


def asked(application: Application, request: Request = PLAIN, **limits: float) -> Exchange:
    """What an application answers to a request."""
    with closing(InProcess(application)) as served:
        bounds = replace(Limits(read=0.5, total=5), **limits)  # type: ignore[arg-type]
        with closing(Live("http://testserver/v1", KEY, bounds, Access(served=served))) as send:
            return send(request.to("m", "abcdefghijkl"))


def responding(*bodies: bytes, fails: bool = False, waits: float = 0.0) -> Application:
    async def application(scope: Message, receive: Receive, emit: Emit) -> None:
        assert scope["type"] == "http"
        await receive()
        await emit({"type": "http.response.start", "status": 200, "headers": PLAIN_TEXT})
        for body in bodies:
            await emit({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(waits)
        if fails:
            raise ValueError("a mistake of the application")
        await emit({"type": "http.response.body", "body": b""})

    return application


def test_pieces_come_as_they_are_sent() -> None:
    exchange = asked(responding(b"a", b"b", waits=0.05))
    assert exchange.status == 200
    assert [data for _, data in exchange.reads] == [b"a", b"b"]
    assert exchange.reads[1][0] - exchange.reads[0][0] > 0.03
    assert exchange.unrecorded == {"connection"}


def test_one_that_raises_is_answered_for_as_by_a_server(caplog: pytest.LogCaptureFixture) -> None:
    async def application(scope: Message, receive: Receive, emit: Emit) -> None:
        raise ValueError("a mistake of the application")

    exchange = asked(application)
    assert (exchange.status, exchange.content) == (500, b"Internal Server Error")
    assert "a mistake of the application" in caplog.text
    cut = asked(responding(b"a", fails=True))
    assert cut.failure is not None
    assert cut.failure.kind == "truncated"


def test_one_that_is_silent_or_endless_is_not_waited_for() -> None:
    silent = asked(responding(b"a", waits=30.0))
    assert silent.failure is not None
    assert silent.failure.kind == "timeout"
    endless = asked(responding(*[b"a"] * 500, waits=0.05), total=0.5)
    assert endless.failure is not None
    assert endless.failure.kind == "timeout"
    assert endless.seconds < 3


def test_it_is_told_that_the_client_has_gone() -> None:
    seen: list[str] = []

    async def application(scope: Message, receive: Receive, emit: Emit) -> None:
        assert scope["type"] == "http"
        await receive()
        await emit({"type": "http.response.start", "status": 200, "headers": PLAIN_TEXT})
        await emit({"type": "http.response.body", "body": b"a", "more_body": True})
        seen.append((await receive())["type"])

    asked(application, replace(STREAM, hang_up_after=1))
    assert seen == ["http.disconnect"]


def test_it_is_asked_as_over_http() -> None:
    seen: dict[str, Any] = {}

    async def application(scope: Message, receive: Receive, emit: Emit) -> None:
        assert scope["type"] == "http"
        seen.update(scope, body=(await receive())["body"])
        await responding(b"{}")(scope, lambda: asyncio.sleep(0, {}), emit)

    asked(application, replace(PLAIN, path="/chat%20completions?a=b"))
    assert (seen["path"], seen["query_string"], seen["method"]) == ("/v1/chat completions", b"a=b", "POST")
    assert (b"authorization", f"Bearer {KEY}".encode()) in seen["headers"]
    assert json.loads(seen["body"])["model"] == "m"


def test_its_lifespan_is_run() -> None:
    seen: list[str] = []

    async def application(scope: Message, receive: Receive, emit: Emit) -> None:
        if scope["type"] == "http":
            seen.append(scope["state"]["database"])
            await responding(b"{}")(scope, receive, emit)
            return
        seen.append((await receive())["type"])
        scope["state"]["database"] = "open"
        await emit({"type": "lifespan.startup.complete"})
        seen.append((await receive())["type"])
        await emit({"type": "lifespan.shutdown.complete"})

    asked(application)
    assert seen == ["lifespan.startup", "open", "lifespan.shutdown"]


def test_one_that_does_not_start_is_not_judged() -> None:
    async def application(scope: Message, receive: Receive, emit: Emit) -> None:
        await emit({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(SessionError, match="the application failed at its startup: no database"):
        run(app=application, models=["m"])
