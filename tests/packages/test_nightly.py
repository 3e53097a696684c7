"""The schedules in templates/nightly: each is held to its schema or linter, and the night itself is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.commands.test_otlp import receiving, translated
from tests.history.test_metrics import value, values
from tests.support.commands import PATIENCE, Ended, environment
from tests.support.receivers import HOST, web

from .conftest import BIN, ROOT, ran

FOLDER = ROOT / "templates" / "nightly"
NIGHT = FOLDER / "night.sh"
FAULT = "usage.total_tokens.sum_of"


def test_github(tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "nightly.yml"
    workflow.parent.mkdir(parents=True)
    shutil.copyfile(FOLDER / "github.yml", workflow)
    ran(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow, folder=ROOT)
    ran(BIN / "zizmor", "--offline", "--quiet", workflow, folder=ROOT)
    for number, step in enumerate(yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]["night"]["steps"]):
        (tmp_path / f"{number}.sh").write_text(f"#!/bin/bash\n{step.get('run', ':')}\n", encoding="utf-8")
    ran(BIN / "shellcheck", *tmp_path.glob("*.sh"), folder=ROOT)
    assert "--workflow nightly.yml" in workflow.read_text(encoding="utf-8")


def test_kubernetes(tmp_path: Path) -> None:
    ran(*_KUBERNETES, FOLDER / "cronjob.yaml", folder=ROOT)
    text = (FOLDER / "cronjob.yaml").read_text(encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(text.replace("backoffLimit", "backoffLimits"), encoding="utf-8")
    with pytest.raises(AssertionError, match="backoffLimits"):
        ran(*_KUBERNETES, tmp_path / "wrong.yaml", folder=ROOT)


_KUBERNETES = (BIN / "kubernetes-validate", "--strict", "--kubernetes-version", "1.30")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd")
def test_systemd(tmp_path: Path) -> None:
    for path in FOLDER.glob("phanedge-conformance.*"):
        text = path.read_text(encoding="utf-8").replace("/opt/phanedge-conformance/night.sh", str(NIGHT))
        (tmp_path / path.name).write_text(text.replace("User=phanedge", "User=root"), encoding="utf-8")
    said = ran("systemd-analyze", "verify", *sorted(tmp_path.iterdir()), folder=tmp_path)
    assert "phanedge-conformance" not in said
    (tmp_path / "phanedge-conformance.timer").write_text("[Timer]\nOnCalendar=never ever\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        ran("systemd-analyze", "verify", tmp_path / "phanedge-conformance.timer", folder=tmp_path)


def test_cron_has_five_fields_a_user_and_a_command_of_the_shell(tmp_path: Path) -> None:
    (line,) = [each for each in (FOLDER / "crontab").read_text(encoding="utf-8").splitlines() if each[0] != "#"]
    found = re.fullmatch(r"(\d+) (\d+) \* \* \* phanedge ([^%]+)", line)  # cron takes % for the end of the command
    assert found
    assert (int(found[1]) < 60, int(found[2]) < 24) == (True, True)
    (tmp_path / "command.sh").write_text(f"#!/bin/sh\n{found[3]}\n", encoding="utf-8")
    ran(BIN / "shellcheck", "--exclude", "SC1091", tmp_path / "command.sh", NIGHT, folder=ROOT)


def test_all_begin_at_the_same_time() -> None:
    (cron,) = re.findall(r"^(\d+) (\d+) \* \* \*", (FOLDER / "crontab").read_text(encoding="utf-8"), re.MULTILINE)
    minute, hour = map(int, cron)
    for name in ("github.yml", "cronjob.yaml"):
        assert f'"{minute} {hour} * * *"' in (FOLDER / name).read_text(encoding="utf-8")
    timer = (FOLDER / "phanedge-conformance.timer").read_text(encoding="utf-8")
    assert f"OnCalendar=*-*-* {hour:02}:{minute:02}:00 UTC" in timer


def night(folder: Path, port: int, metrics: int, *words: str) -> Ended:
    """A night against the reference endpoint, with the variables of the file env that are not about an endpoint."""
    variables = environment() | {
        "PATH": f"{BIN}:{os.environ['PATH']}", "HISTORY": str(folder / "nights"), "METRICS": str(folder / "it.prom"),
        "PHANEDGE_CONFORMANCE_NOTIFY": f"json://{HOST}:{port}/",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{metrics}",
    }  # fmt: skip
    ended = subprocess.run(
        ["sh", NIGHT, "--select", "usage", *words], cwd=folder, env=variables, text=True, encoding="utf-8",
        timeout=PATIENCE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout)


def test_nights(tmp_path: Path) -> None:
    """What is told, measured, sent, and what they end with."""
    with web() as receiver, receiving() as collector:
        ports = receiver.port, collector.port
        assert night(tmp_path, *ports).exit_code == 0
        assert receiver.accepted == []
        ended = night(tmp_path, *ports, "--fault", FAULT)
        assert (ended.exit_code, len(receiver.accepted)) == (1, 1)
        assert FAULT in receiver.accepted[0][1]["message"]
        found = values((tmp_path / "it.prom").read_text(encoding="utf-8"))
        assert value(found, "last_run_exit_code") == 1
        assert translated(collector.got[-1]) == found
        receiver.status = 500
        ended = night(tmp_path, *ports)
        assert (ended.exit_code, len(receiver.accepted)) == (3, 1)  # good news, which nobody was told
        assert "not delivered (target 1 (JSON): HTTP 500)" in ended.output
        receiver.status, collector.status = 200, 401
        ended = night(tmp_path, *ports)
        assert ended.exit_code == 3  # good news, which is on no dashboard
        assert "did not take the metrics: HTTP 401" in ended.output
        assert "newly fixed" in receiver.accepted[1][1]["message"]
    assert (len(receiver.accepted), len(collector.got)) == (2, 4)
