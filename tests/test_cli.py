"""The command line: what it prints, and the exit codes that a pipeline reads."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

import conformance
from conformance.cli import app
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.suite.catalogue import load
from tests.support.commands import cli, command, environment, report_in, verdicts
from tests.support.sockets import response, scripted

JSON = "Content-Type: application/json"
FAULT = "usage.total_tokens.sum_of"
ELSEWHERE = ("--base-url", "http://127.0.0.1:9/v1")
ONE_MODEL = ("--model", "reference-claude")


def here(*arguments: str) -> tuple[int, str]:
    """A command that runs no pytest, in this process."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


# --- commands that judge nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "run", "judge", "serve", "catalogue", "explain", "render", "github"])
def test_help(name: str) -> None:
    code, said = here(*([name] if name else []), "--help")
    assert code == 0
    assert "Usage" in said


def test_the_version_is_that_of_the_installation() -> None:
    assert here("--version") == (0, f"phanedge-conformance {metadata.version('phanedge-conformance')}\n")
    with pytest.raises(AttributeError, match="has no attribute 'version'"):
        conformance.version  # noqa: B018


def test_a_shell_completes(tmp_path: Path) -> None:
    """The script of --show-completion, in a bash."""
    script = cli("--show-completion", "bash", folder=tmp_path).output
    asks = "COMP_WORDS=(phanedge-conformance run --max-c); COMP_CWORD=2; _phanedge_conformance_completion"
    ended = subprocess.run(
        ["bash", "-c", f"{script}\n{asks} phanedge-conformance; printf '%s\\n' \"${{COMPREPLY[@]}}\""],
        capture_output=True, text=True, check=False, timeout=60,
        env=environment() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert ended.stdout.split() == ["--max-cost"], ended.stderr


def test_an_unlimited_option_has_no_default_in_the_help() -> None:
    said = here("run", "--help")[1]
    assert "default: 0" not in said
    assert "default: 60.0" in said


def test_catalogue() -> None:
    code, said = here("catalogue", "--area", "usage")
    assert code == 0
    lines = said.splitlines()
    assert len(lines) > 5
    assert all(
        re.match(r"usage\.\S+: the endpoint (MUST|SHOULD|MAY) .* \((billing|form); \S+\)$", line) for line in lines
    )


def test_an_area_that_is_none() -> None:
    code, said = here("catalogue", "--area", "usages")
    assert code == 2
    assert "there is no area 'usages'" in said


def test_explain() -> None:
    code, said = here("explain", FAULT)
    assert code == 0
    assert "The endpoint MUST make total_tokens the sum" in said
    assert "link:        https://" in said
    assert f"phanedge-conformance run --select {FAULT} --fault {FAULT}" in said


def test_explanations_are_not_indented() -> None:
    lines = [
        line for name, each in load().items() if each.check.__doc__ for line in here("explain", name)[1].splitlines()
    ]
    assert len(lines) > 100
    assert [line for line in lines if line.startswith(" ")] == []


def test_one_requirement_is_proved() -> None:
    proved = "caching.hits_are_reported"
    code, said = here("prove", proved)
    assert code == 0, said
    assert "FAILED" not in said
    assert said.startswith(f"{proved}: the endpoint MUST ")
    assert here("prove", "usage.total_tokens.sumof") == here("explain", "usage.total_tokens.sumof")


def test_explain_names_the_nearest() -> None:
    code, said = here("explain", "usage.total_tokens.sumof")
    assert code == 2
    assert f"did you mean {FAULT}" in said


@pytest.mark.parametrize("content", [None, "{", "{}", "[]"])
def test_render_of_no_report(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "report.json").write_text(content)
    code, said = here("render", str(tmp_path))
    assert code == 2
    assert str(tmp_path / "report.json") in said
    assert "Traceback" not in said


# --- a run of the reference endpoint --------------------------------------------------------------------------


def conclusion(said: str) -> str:
    """The sentence that a run ends with."""
    lines = said.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith(("CONFORMS", "VIOLATES", "COULD NOT JUDGE")))
    return " ".join(itertools.takewhile(bool, lines[first:]))


def test_the_reference_conforms_is_judged_again_and_rendered(tmp_path: Path) -> None:
    ran = command("conformance", "run", *ONE_MODEL, "--select", "core", folder=tmp_path)
    assert ran.exit_code == 0, ran.output
    assert conclusion(ran.output).startswith("CONFORMS: violates 0 of")
    run = tmp_path / "reports" / "reference"
    assert {"report.html", "report.md", "junit.xml", "report.json", "run.json", "archive"} <= {
        path.name for path in run.iterdir()
    }

    again = command("conformance", "judge", run, "--out", "again", folder=tmp_path)
    assert again.exit_code == 0
    assert "Report: again/report.html; " in again.output
    assert conclusion(again.output) == conclusion(ran.output)
    assert verdicts(tmp_path / "again") == verdicts(run)

    xml.etree.ElementTree.fromstring(here("render", str(run), "--format", "junit")[1])
    assert json.loads(here("render", str(run), "--format", "json")[1]) == report_in(run)
    assert "<!doctype html>" in here("render", str(run), "--format", "html")[1].lower()
    assert here("render", str(run), "--format", "markdown")[1].startswith("#")
    assert conclusion(here("render", str(run), "--format", "terminal")[1]) == conclusion(ran.output)
    assert here("render", str(run), "--out", str(tmp_path / "text"))[0] == 0
    assert conclusion((tmp_path / "text").read_text()) == conclusion(ran.output)


def test_a_planted_fault_is_a_violation_and_stays_named(tmp_path: Path) -> None:
    ran = cli("run", "--fault", FAULT, *ONE_MODEL, "--select", "usage", "--out", "out", folder=tmp_path)
    assert ran.exit_code == 1, ran.output
    assert FAULT in ran.output
    assert conclusion(ran.output).startswith("VIOLATES: ")
    reproduce = next(line for line in (tmp_path / "out" / "report.md").read_text().splitlines() if " replay " in line)
    assert reproduce.startswith("phanedge-conformance replay ")
    replayed = cli(*reproduce.split()[1:], folder=tmp_path)
    assert (replayed.exit_code, replayed.output.count("fail")) == (1, 2), replayed.output
    again = cli("judge", "out", "--out", "again", folder=tmp_path)
    assert again.exit_code == 1
    assert report_in(tmp_path / "again")["fault"] == report_in(tmp_path / "out")["fault"] == FAULT
    assert report_in(tmp_path / "again")["evidence"].keys() == report_in(tmp_path / "out")["evidence"].keys()


# --- wrong usage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fault", "usage.total_tokens.sumof"), f"no fault named 'usage.total_tokens.sumof': did you mean {FAULT}"),
        (("--fault", FAULT, *ELSEWHERE, "--model", "m"), "leave out --base-url"),
        (("--model", "gpt-4o"), "the reference endpoint has no 'gpt-4o', only reference-gpt and reference-claude"),
        (("--model", ""), "--model is empty: give the name of a model"),
        ((*ELSEWHERE, "--model", "m=openai"), "the family 'openai' of model 'm' is not one of"),
        (ELSEWHERE, "--model is missing"),
        (("--base-url", "host/v1", "--model", "m"), "does not begin with http:// or https://"),
        (("--base-url", "http://me:secret@127.0.0.1:9/v1", "--model", "m"), "must not contain a password"),
        (("--prices", "none.toml"), "--prices: none.toml cannot be read (No such file or directory)"),
        (("--prices", "a-file"), "--prices: a-file is not TOML"),
        (("--out", "a-file"), "a-file is a file, not a folder"),
        (("--out", "."), "contains files that are not a run of this suite"),
    ],
    ids=lambda each: "-".join(each[::2]) if isinstance(each, tuple) else "",
)  # fmt: skip
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "a-file").write_text("x")
    ended = cli("run", *arguments, folder=tmp_path)
    assert ended.exit_code == 2, ended.output
    assert ended.output.count(said) == 1
    assert len(ended.output.splitlines()) == 1
    assert "Traceback" not in ended.output
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


def test_a_source_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "plant.py").write_text(
        "from dataclasses import replace\n"
        "from conformance.contract.requirement import CATALOGUE\n"
        "from conformance.suite.catalogue import load\n"
        f"CATALOGUE['{FAULT}'] = replace(load()['{FAULT}'], source='rfc9110#15.5.x')\n"
        "from conformance.cli import main\n"
        "main()\n"
    )
    ended = command("plant", "run", "--select", FAULT, folder=tmp_path)
    assert ended.exit_code == 2, ended.output
    assert ended.output.startswith(f"{FAULT}: the source 'rfc9110#15.5.x' leads nowhere: ")
    assert len(ended.output.splitlines()) == 1
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("arguments", [("--timeout-seconds", "soon"), ("--no-such-option",), ("--workers", "-1")])
def test_options_that_are_none(arguments: tuple[str, ...]) -> None:
    assert here("run", *arguments)[0] == 2


def test_out_of_judge_is_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("x")
    (tmp_path / "rows.jsonl").write_text("{}")
    assert cli("judge", "rows.jsonl", "--out", "a-file", folder=tmp_path).exit_code == 2


# --- nothing to judge -----------------------------------------------------------------------------------------

ERROR = b'{"error": {"message": "No.", "type": "x", "param": null, "code": null}}'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(ERROR, JSON, status="401 Unauthorized"), "PHANEDGE_API_KEY is not set"),
        (response(ERROR, JSON, status="429 Too Many Requests"), "try again later"),
        (response(ERROR, JSON, status="500 Internal Server Error"), "the endpoint itself fails"),
        (response(b"<html>", "Content-Type: text/html"), "text/html that is no completion"),
    ],
    ids=["401", "429", "500", "html"],
)
def test_an_endpoint_that_answers_nothing_else(tmp_path: Path, answer: bytes, said: str) -> None:
    with scripted([answer]) as server:
        command = ("run", "--base-url", server.url, "--model", "gpt-4o", "--out", "out", "--patience", "0")
        ended = cli(*command, folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert len(server.requests) <= 4, "whether another base URL is meant is looked into, and nothing else sent"
    assert conclusion(ended.output).startswith("COULD NOT JUDGE")
    assert said in report_in(tmp_path / "out")["conclusion"]
    assert "Traceback" not in ended.output


def test_a_closed_port_in_the_folder_of_another_project(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemExit('a conftest of another project')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    ended = cli("run", *ELSEWHERE, "--model", "m", "--out", "out", folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    said = " ".join(ended.output.split())
    assert said.count("check the host and the port") == 1
    assert "EE" not in ended.output
    assert "check the host and the port" in report_in(tmp_path / "out")["conclusion"]
    assert "Traceback" not in ended.output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize("what", ["nothing", "missing", "no exchange", "truncated"])
def test_nothing_to_judge_again(tmp_path: Path, what: str, workers: tuple[str, ...]) -> None:
    folder = tmp_path / "run"
    said = {
        "nothing": "holds no recorded exchange", "missing": "does not exist", "no exchange": "holds no exchange",
        "truncated": "is not a whole recorded exchange",
    }[what]  # fmt: skip
    if what != "missing":
        (folder / "archive").mkdir(parents=True)
    if what in ("no exchange", "truncated"):
        profile = {"format": "profile-1", "base_url": "http://host/v1", "source": "live", "models": []}
        run = {"format": "run-1", "version": "1", "salt": "", "fault": "", "profile": profile}
        (folder / "run.json").write_text(json.dumps(run))
    if what == "truncated":
        (folder / "archive" / "0123456789abcdef.json").write_text('{"format": "exchange-1", "req')
    ended = cli("judge", folder, *workers, "--out", "out", folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert said in ended.output
    assert str(folder) in ended.output
    assert "Traceback" not in ended.output
    assert not (tmp_path / "out").exists()


# --- serving --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of `serve` on a free port."""
    words = [sys.executable, "-m", "conformance", "serve", "--port", "0"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+/v1", process.stdout.readline())
            assert found
            yield found[0]
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_serve(served: str, tmp_path: Path) -> None:
    assert httpx.get(f"{served}/models", headers={"authorization": "Bearer any"}).json()["object"] == "list"
    port = served.split(":")[2].partition("/")[0]
    taken = cli("serve", "--port", port, folder=tmp_path)
    assert taken.exit_code == 2
    assert f"--port: {port} cannot be used" in taken.output
    assert "Traceback" not in taken.output


def test_serve_refuses_an_unknown_fault() -> None:
    code, said = here("serve", "--fault", "billing-negative-buckets")
    assert code == 2
    assert "did you mean billing-negative-bucket" in said


# --- what a run may cost ----------------------------------------------------------------------------------------


def test_a_plan_sends_nothing(tmp_path: Path) -> None:
    with scripted([response(b"{}", JSON)]) as server:
        ended = cli("plan", "--base-url", server.url, "--model", "gpt-4o", "--select", "billing", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert server.requests == []
    assert re.search(
        r"^about \d+ requests, [\d,]+ tokens of input and [\d,]+ of output; without", ended.output, re.MULTILINE
    )
    assert list(tmp_path.iterdir()) == []


def test_a_budget_is_kept_and_what_it_leaves_out_is_not_judged(tmp_path: Path) -> None:
    with serving(Endpoint().answer) as url:
        options = ("--model", "reference-gpt", "--select", "usage,choices", "--max-requests", "5", "--out", "out")
        ended = cli("run", "--base-url", url, *options, folder=tmp_path, key="sk-" + "a" * 20)
    assert ended.exit_code == 3, ended.output
    assert re.match(r"http://\S+/v1  live  reference-gpt: about \d+ requests", ended.output)
    report = report_in(tmp_path / "out")
    assert report["spend"]["requests"] == 5
    assert report["plan"].startswith("about ")
    reasons = [finding["message"] for entry in report["entries"] for finding in entry["findings"]]
    assert any("--max-requests 5 is used up" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--max-cost", "2"), "--max-cost needs a price sheet"),
        (("--select", "biling"), "did you mean billing"),
        (("--header", "no colon"), "--header: give a name, a colon and a value"),
        (("--authorities", "none.pem"), "--authorities: no such file: none.pem"),
        (("--resume", "nowhere"), "--resume: "),
    ],
)
def test_an_option_that_cannot_be(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    ended = cli("run", *ELSEWHERE, "--model", "gpt-4o", *options, folder=tmp_path)
    assert ended.exit_code == 2, ended.output
    assert said in ended.output
    assert len(ended.output.strip().splitlines()) == 1


def test_what_was_selected_is_judged_again_as_it_was(tmp_path: Path) -> None:
    assert cli("run", "--select", "completion", "--out", "out", folder=tmp_path).exit_code == 0
    again = cli("judge", "out", "--out", "again", folder=tmp_path)
    assert again.exit_code == 0, again.output
    assert verdicts(tmp_path / "again") == verdicts(tmp_path / "out")
