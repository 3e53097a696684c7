"""A program is prepared, started over the upstreams, judged as each of its models, and ended."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
import pytest

from interop import programs, run
from interop.anthropic import KEY
from interop.programs import PROGRAMS, Place, Program, isolated

#: A program that passes everything on to the OpenAI upstream would be the same: the upstream itself, at another port.
SERVE = "from conformance.cli import main; main()"


def stand_in(place: Place) -> list[str]:
    return [sys.executable, "-c", SERVE, "serve", "--port", str(place.port)]


def judge(monkeypatch: pytest.MonkeyPatch, folder: Path, program: Program) -> int:
    monkeypatch.setitem(programs.PROGRAMS, "stand-in", program)
    few = ["--select", "usage.total_tokens", "--no-costly"]
    monkeypatch.setattr(sys, "argv", ["run", "stand-in", "--installed", str(folder), "--out", str(folder), *few])
    return run.main()


def test_each_model_is_judged_in_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    models: dict[str, list[str]] = {"reference-gpt=gpt": [], "reference-claude=claude": ["--without", "chat.n"]}
    program = Program("the stand-in", stand_in, lambda place: models, "/v1/models")
    assert judge(monkeypatch, tmp_path, program) == 0
    for name in ("reference-gpt", "reference-claude"):
        assert json.loads((tmp_path / name / "report.json").read_text())["models"]


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


BROKEN = Program("broken", lambda place: python("print('no such file')"), lambda place: {}, "/")
UNPREPARED = Program("unprepared", stand_in, lambda place: {}, "/", prepare=lambda place: python("exit(4)"))


@pytest.mark.parametrize(("program", "said"), [(BROKEN, "It said:\nno such file"), (UNPREPARED, "exit 4")])
def test_what_does_not_start_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str], program: Program, said: str
) -> None:
    assert judge(monkeypatch, tmp_path, program) == 3
    assert said in capfd.readouterr().out


def test_nothing_is_left_running(tmp_path: Path) -> None:
    anthropic, openai, port = run.free_ports(3)
    place = Place(tmp_path, tmp_path, port, f"http://127.0.0.1:{anthropic}", f"http://127.0.0.1:{openai}")
    program = Program("the stand-in", stand_in, lambda place: {}, "/v1/models")
    with run.ready(program, place):
        assert httpx.get(f"http://127.0.0.1:{port}/v1/models", trust_env=False).status_code == 401
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/v1/models", trust_env=False)


@pytest.mark.parametrize(("key", "status"), [(KEY, 200), ("undefined", 401)])
def test_the_upstream_that_speaks_openai_knows_one_key(key: str, status: int) -> None:
    """Portkey passes `Bearer undefined` on where it was given no key."""
    anthropic, openai = run.free_ports(2)
    with run.upstreams(anthropic, openai):
        body = {"model": "reference-gpt", "messages": [{"role": "user", "content": "Say OK."}]}
        url, headers = f"http://127.0.0.1:{openai}/v1/chat/completions", {"authorization": f"Bearer {key}"}
        assert httpx.post(url, json=body, headers=headers, trust_env=False).status_code == status


def test_a_program_is_given_no_secret_of_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    assert "a-secret" not in isolated(Place(tmp_path, tmp_path, 1, "http://a", "http://b")).values()


def test_every_program_has_a_list_of_what_is_installed() -> None:
    lists = {path.stem for path in programs.HERE.iterdir() if path.suffix in (".txt", ".json")}
    assert lists == set(PROGRAMS)
