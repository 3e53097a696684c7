"""What helps before anything is judged: the help, the features, and that what is wrong is said at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from conformance.cli import app
from conformance.commands.help import EXAMPLES
from conformance.contract.features import FEATURES
from conformance.contract.given import undeclared
from conformance.contract.marks import AS_CLAIMED, ENDPOINT, LEFT_OUT
from conformance.contract.schema import load as schema
from conformance.suite.catalogue import declared, load
from tests.support.commands import cli, command

ELSEWHERE = ("--base-url", "http://127.0.0.1:9/v1")


def here(*arguments: str) -> tuple[int, str]:
    """A command that runs no pytest, in this process."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_is_readable_at_any_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name, each in app_commands().items():
        said = here(name, "--help")[1]
        width = min(max(columns, 60), 100)
        assert all(len(line) <= width for line in said.splitlines()), name
        text = " ".join(said.split())
        for option in each.params:
            assert " ".join((getattr(option, "help", None) or "").split()) in text, f"{name} {option.name}"
    assert "[default: the latest in reports/]" in " ".join(here("replay", "--help")[1].split())


def app_commands() -> dict[str, Any]:
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return commands


def test_help_in_chinese_is_as_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in app_commands():
        said = here(name, "--help", "--language", "zh")[1]
        assert all(cell_len(line) <= 80 for line in said.splitlines()), name
        assert not [line for line in said.splitlines() if line.strip().startswith(("，", "。", "；"))]
    assert "示例：" in here("run", "--help", "--language", "zh")[1]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_of_the_help_can_be_typed(name: str) -> None:
    for example in EXAMPLES[name]:
        assert here(*example.split(), "--help")[0] == 0, example
        assert example.split()[0] == (name or example.split()[0])


def test_every_command_has_an_example() -> None:
    assert app_commands().keys() - {"features", "github"} == EXAMPLES.keys() - {""}


#: Says what a command has loaded when it ends.
LARGE = ("conformance.suite.catalogue", "httpx", "hypothesis", "jsonschema", "pytest")
LOADED = """
import sys
from conformance.cli import main
sys.argv[1:] = {words}
try:
    main()
except SystemExit as ended:
    print(ended.code, *(name for name in {large} if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--help"], "0"),
        (["run", "--help"], "0"),
        (["features"], "0"),
        (["run", *ELSEWHERE], "2"),
        (["explain", "usage.prompt_tokens"], "0 conformance.suite.catalogue jsonschema"),
    ],
)
def test_what_answers_at_once_loads_little(words: list[str], expected: str, tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text(LOADED.format(words=words, large=LARGE))
    ended = command("loaded", folder=tmp_path)
    assert ended.output.splitlines()[-1] == expected
    if words == ["run", *ELSEWHERE]:
        assert ended.output.startswith("--model is missing: name at least one model of the endpoint\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--without", "chatn"], "--without: there is no feature 'chatn': did you mean chat.n"),
        (
            ["--model", "reference-gpt=gpt:chat.tool"],
            "--model: there is no feature 'chat.tool': did you mean chat.tools",
        ),
        (["--model", "reference-gpt=gpt:+chat.nn"], "--model: there is no feature 'chat.nn': did you mean chat.n"),
        (["--without", "costly"], "--without: there is no feature 'costly'"),
    ],
)
def test_a_feature_that_is_none(tmp_path: Path, words: list[str], said: str) -> None:
    ended = cli("plan", *words, folder=tmp_path)
    assert ended.exit_code == 2
    assert ended.output.startswith(said)


def test_features_are_those_that_requests_use() -> None:
    """What has no request is no feature, and what a request uses can be left out."""
    marks = {*LEFT_OUT, ENDPOINT, AS_CLAIMED, "chat.x_conformance_unknown", "chat.response_format.yaml"}
    given = (slot for each in load().values() for slot in each.given.values())
    requests = [*declared(), *(request for slot in given for request in undeclared(slot, on_demand=True))]
    used = {feature for request in requests for feature in request.features} - marks
    assert used <= FEATURES.keys()
    generated = {f"chat.{name}" for name in schema("request")["properties"]}
    assert FEATURES.keys() <= used | generated
    code, said = here("features")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == list(FEATURES)


@pytest.mark.parametrize("id", ["../x.y", "*", "", ".", "usage.*", "support.limits", "test_shape.x"])
def test_an_id_that_is_none(id: str) -> None:
    assert here("explain", id)[0] == 2


def test_each_requirement_is_explained_without_the_others(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom conformance.suite.catalogue import one\nassert all(one(id).id == id for id in sys.argv[1:])\n"
    )
    (tmp_path / "each.py").write_text(code)
    assert command("each", *load(), folder=tmp_path).exit_code == 0
