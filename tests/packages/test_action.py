"""The action: the shell of each of its steps, run as a runner does, with GitHub on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.settings.options import CONFIGURABLE
from tests.ci.hub import TOKEN, Hub, artifact, folder_packed, github
from tests.support.commands import cli

from .steps import ACTION, ROOT, Job

QUICK = {"models": "reference-claude\n", "select": "usage.total_tokens.sum_of", "github-token": TOKEN}
KEY = "sk-thekeythatnobodymaysee-0123456789"
#: Modules of a checkout that would be imported in the place of those that are meant.
_POISON = ("httpx", "pip", "venv", "typing", "conformance", "sitecustomize", "pytest", "conftest")


@pytest.fixture
def hub() -> Iterator[Hub]:
    with github() as served:
        yield served


def pull_request(head: str = "acme/gateway") -> Mapping[str, Any]:
    event = {"number": 12, "head": {"repo": {"full_name": head}}}
    return {"event_name": "pull_request", "event": {"pull_request": event}}


def test_no_input_is_text_of_a_script() -> None:
    assert not [step["run"] for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]
    assert all(
        re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each["uses"]) for each in ACTION["runs"]["steps"] if "uses" in each
    )


def test_a_gate_and_its_pull_request(tmp_path: Path, hub: Hub) -> None:
    """The first run on the default branch has nothing to compare with; a pull request is compared with that."""
    main = Job(tmp_path / "main", {}, QUICK, hub.variables()).run()
    assert main.exit_code == 0, main.log
    assert "::notice title=Conformance::no earlier report to compare with" in main.log
    assert not main.annotations
    assert "::notice title=Conformance::conforms: " in main.log
    assert (tmp_path / "main" / "installed").read_text().split()[-1] == str(ROOT)
    assert "## Conformance: conforms" in main.summary
    uploaded, left_out = main.used["actions/upload-artifact"]["path"].split()
    assert left_out == f"!{uploaded}/sealed.txt"
    hub.artifacts, hub.content = [artifact(29)], {29: folder_packed(Path(uploaded))}

    for path in _POISON:
        (tmp_path / "pr" / "checkout").mkdir(parents=True, exist_ok=True)
        (tmp_path / "pr" / "checkout" / f"{path}.py").write_text("raise SystemExit('imported from the checkout')")
    fault = {"PHANEDGE_CONFORMANCE_FAULT": "usage.total_tokens.sum_of"}
    pr = Job(tmp_path / "pr", pull_request(), QUICK, hub.variables() | fault).run()
    assert pr.exit_code == 1, pr.log
    assert "imported from the checkout" not in pr.log
    assert "the report to compare with was made at 2026-11-29T03:17:00Z on main" in pr.log
    assert pr.annotations[0].startswith("::error title=Conformance::violates: 1 of")
    assert pr.annotations[1].startswith(
        "::error title=MUST usage.total_tokens.sum_of (billing)::reference-claude: usage "
    )
    (comment,) = hub.comments
    assert comment["body"].startswith("<!-- phanedge-conformance: conformance -->\n## Conformance: violates")
    for told in (comment["body"], pr.summary):
        assert "## Conformance, before and after: worse: 1 MUST newly violated" in told
    assert "(https://github.example/acme/gateway/actions/runs/4711)" in comment["body"]

    pr.exit_code = 0
    pr.run("Comment")
    assert "the comment on pull request 12 is updated" in pr.log
    assert len(hub.comments) == 1
    assert {authorization for _, path, authorization in hub.asked if path == "/29"} == {""}
    _holds_no(TOKEN, tmp_path)


def _holds_no(secret: str, folder: Path) -> None:
    found = [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert not found


def test_a_pull_request_from_a_fork(tmp_path: Path, hub: Hub) -> None:
    """It has no secret and a token that only reads: what it could not do is said, and nothing is green."""
    hub.writes = False
    with serving(Endpoint(), keys=frozenset({KEY})) as url:
        job = Job(tmp_path, pull_request("mallory/gateway"), QUICK | {"base-url": url}, hub.variables()).run()
    assert job.exit_code == 3, job.log
    assert "::notice title=Conformance::This pull request comes from a fork." in job.log
    assert "HTTP 401" in job.annotations[0]
    assert "::notice title=Conformance::the comment could not be written: GitHub answered HTTP 403" in job.log
    assert "could not judge" in job.summary


def test_the_key_goes_to_the_endpoint_alone(tmp_path: Path, hub: Hub) -> None:
    with serving(Endpoint(), keys=frozenset({KEY})) as url:
        given = QUICK | {"base-url": url, "api-key": KEY}
        job = Job(tmp_path, pull_request(), given, hub.variables()).run()
    assert job.exit_code == 0, job.log
    assert KEY not in job.log + job.summary + json.dumps(hub.comments) + str(hub.asked)
    _holds_no(KEY, tmp_path)


def test_a_key_without_an_address_is_sent_nowhere(tmp_path: Path, hub: Hub) -> None:
    """A file of the checkout must not say where it goes."""
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "mine.toml").write_text('base-url = "http://127.0.0.1:9/v1"\n')
    job = Job(tmp_path, pull_request(), {"api-key": KEY, "config": "mine.toml"}, hub.variables()).run()
    assert job.exit_code == 2
    assert "::error title=Conformance::api-key needs base-url" in job.log
    assert job.outputs["run"] == {"exit-code": "2"}
    assert (job.summary, hub.comments) == ("", [])
    assert "actions/upload-artifact" not in job.used


def test_wrong_usage_has_no_report(tmp_path: Path, hub: Hub) -> None:
    """What is in an input is a value, whatever it looks like."""
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "phanedge-conformance.toml").write_text("this is not TOML and must not be read")
    hostile = "$(touch ran) `touch ran`; touch ran; \"'\n::error::mine"
    job = Job(tmp_path, pull_request(), QUICK | {"select": hostile, "name": "$(touch ran)"}, hub.variables()).run()
    assert job.exit_code == 2, job.log
    assert not list(tmp_path.rglob("ran"))
    assert not [line for line in job.log.splitlines() if line.startswith("::error")]
    assert not hub.comments


def test_code_scanning_gets_the_findings(tmp_path: Path, hub: Hub) -> None:
    job = Job(tmp_path, {}, QUICK, hub.variables()).run("python", "install")
    folder = Path(job.outputs["install"]["folder"])
    ended = cli("run", "--select", "usage.prompt_tokens", "--out", folder / "report", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert job.run("report").outputs["report"] == {"written": "true"}
    assert json.loads((folder / "report.sarif").read_text())["version"] == "2.1.0"


def test_an_earlier_report_that_cannot_be_read(tmp_path: Path, hub: Hub) -> None:
    """The run decides, and the log says why nothing is compared."""
    job = Job(tmp_path, {}, QUICK, hub.variables()).run("python", "install")
    folder = Path(job.outputs["install"]["folder"])
    (folder / "before.json").write_text('{"format": "report-0"}')
    cli("run", "--select", "usage.prompt_tokens", "--out", folder / "report", folder=tmp_path)
    job.run("report")
    assert job.exit_code == 0
    assert "before.json" in job.log
    assert "diff: exit code 2" in job.log
    assert "## Conformance: conforms" in job.summary


@pytest.mark.parametrize(("code", "expected"), [("0", 0), ("1", 1), ("3", 3), ("", 3)])
def test_the_exit_code_is_passed_on(tmp_path: Path, code: str, expected: int) -> None:
    assert Job(tmp_path, outputs={"run": {"exit-code": code}}).run("Result").exit_code == expected


def test_each_option_that_is_an_input_exists() -> None:
    (step,) = [each for each in ACTION["runs"]["steps"] if each.get("id") == "run"]
    known = {option.variable for option in CONFIGURABLE.values()} | {"PHANEDGE_CONFORMANCE_CONFIG", "PHANEDGE_API_KEY"}
    assert {*step["env"]} - {"COMMAND"} <= known
