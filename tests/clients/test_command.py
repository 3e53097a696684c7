"""The command: what is wrong is told in a sentence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from conformance.clients.installing import _made_from
from conformance.clients.listed import CLIENTS
from tests.support.commands import cli, environment

LINE = (
    '{"request_json": null, "status": 200, "response_headers": {}, "response_body": "", "stream": false, '
    '"fidelity": "wire"}'
)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("missing",), 3, "missing does not exist: name the folder of a run, or recordings"),
        (
            ("empty.jsonl", "--client", "openai-pyton"),
            2,
            "--client: 'openai-pyton' is not known: did you mean openai-python?",
        ),
        (("empty.jsonl",), 3, "empty.jsonl shows no reply that a client could read"),
        (("empty.zip",), 2, "empty.zip is not a whole bundle (File is not a zip file)"),
    ],
)
def test_what_is_wrong_is_told(words: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    (tmp_path / "empty.zip").touch()
    (tmp_path / "empty.jsonl").write_text(LINE + "\n", encoding="utf-8")
    ended = cli("clients", *words, folder=tmp_path)
    assert (ended.exit_code, ended.output.strip()) == (code, told)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return environment() | having_openai_python(tmp_path / "cache")


def having_openai_python(cache: Path) -> dict[str, str]:
    """The variables of a process for which openai-python is installed: it is the SDK that the tests have."""
    client = CLIENTS["openai-python"]
    folder = cache / "phanedge-conformance" / "clients" / client.environment
    (folder / "bin").mkdir(parents=True)
    (folder / ".installed").write_text(_made_from(client), encoding="utf-8")
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return {"XDG_CACHE_HOME": str(cache)}


def test_a_client_is_a_part_of_the_gate(tmp_path: Path, variables: dict[str, str]) -> None:
    chosen = ("run", "--select", "chunk.object", "--gate", "billing", "--client", "openai-python", "--out", "out", "-q")
    right = cli(*chosen, folder=tmp_path, variables=variables)
    assert (right.exit_code, "read everything right: 1 of 1; " in right.output) == (0, True)
    broken = cli(*chosen, "--fault", "chunk.object", folder=tmp_path, variables=variables)
    assert (broken.exit_code, broken.output.splitlines()[-1][:44]) == (
        1,
        "clients that read everything right: 0 of 1; ",
    )
    report = json.loads((tmp_path / "out" / "clients.json").read_text(encoding="utf-8"))
    assert {each["what"] for each in report["findings"]} == {"raised AssertionError"}
    assert report["requirements"][0]["minded_by"] == ["openai-python"]
    again = cli("clients", "out", "--client", "openai-python", folder=tmp_path, variables=variables)
    assert again.exit_code == 1
    assert "raised AssertionError" in again.output
    assert json.loads((tmp_path / "reports/clients/clients.json").read_text())["findings"] == report["findings"]
    assert cli("bundle", "out", "--out", "out.zip", folder=tmp_path).exit_code == 0
    packed = cli("clients", "out.zip", "--client", "openai-python", folder=tmp_path, variables=variables)
    assert (packed.exit_code, packed.output.splitlines()[-1]) == (1, again.output.splitlines()[-1])
    plain = cli(*chosen[:5], "--out", "out", folder=tmp_path, variables=variables)
    assert plain.exit_code == 0
    assert not (tmp_path / "out" / "clients.json").exists()


def test_a_client_that_is_not_known_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    ended = cli("run", "--client", "openai-pyton", "--out", "out", folder=tmp_path)
    assert (ended.exit_code, ended.output.strip()) == (
        2,
        "--client: 'openai-pyton' is not known: did you mean openai-python?",
    )
    assert not (tmp_path / "out").exists()
