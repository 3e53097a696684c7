"""The configuration file: what it may say, what goes before it, and that a mistake in it is told with file and key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conformance import cli as command_line
from conformance.billing.prices import PricesError, read_prices
from conformance.commands.judge import arguments
from conformance.contract.profile import Model
from conformance.settings.config import NAME, ConfigError, read_config
from conformance.settings.options import CONFIGURABLE, Option
from tests.support.commands import cli, report_in

ALL = tuple(CONFIGURABLE.values())
MODELS = """
[[models]]
name = "gpt-4o"
without = ["chat.n", "chat.logprobs"]

[[models]]
name = "proxy=eu"
family = "claude"
"""


def given(monkeypatch: pytest.MonkeyPatch, *words: str, command: str = "run") -> list[str]:
    """What the suite is run with. Raises AssertionError where the command ends with an error."""
    seen: list[list[str]] = []
    monkeypatch.setattr(
        command_line, "run_suite", lambda given, *more, detail=None: seen.append([*more, *arguments(given)])
    )
    result = CliRunner().invoke(command_line.app, [command, *words])
    assert result.exit_code == 0, result.output
    return seen[0]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, path: str = NAME) -> None:
    Path(path).write_text(text, encoding="utf-8")


# --- one precedence ---------------------------------------------------------------------------------------------


def value(option: Option, number: int) -> Any:
    """One of several values that this option can have; of a flag, the file says yes and what goes before it no."""
    if option.name == "language":
        return ("en", "zh")[number % 2]
    if option.kind is bool:
        return number == 1
    if option.name == "language":
        return ("en", "zh")[number % 2]
    if option.name == "header":
        return f"x-tenant: number {number}"
    if option.name == "api-key-variable":
        return f"NUMBER_{number}_API_KEY"
    return option.kind(number) if option.kind in (int, float) else f"number_{number}"


def in_toml(option: Option, number: int) -> str:
    text = json.dumps(value(option, number))
    return f"{option.name} = [{text}]\n" if option.many else f"{option.name} = {text}\n"


def spoken(option: Option, number: int) -> list[str]:
    """As the command line has it."""
    if option.kind is not bool:
        return [f"--{option.name}={value(option, number)}"]
    opposite = option.name[3:] if option.name.startswith("no-") else f"no-{option.name}"
    return [f"--{option.name if value(option, number) else opposite}"]


def passed(option: Option, number: int) -> list[str]:
    """As pytest is given it."""
    held = option.kind(value(option, number))
    return arguments({option.key: [held] if option.many else held})


@pytest.mark.parametrize("option", ALL, ids=lambda each: each.name)
def test_command_line_before_environment_before_file_before_default(
    option: Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_it(words: list[str]) -> list[str]:
        return [word for word in words if word.partition("=")[0] == option.pytest_name]

    default = of_it(given(monkeypatch))
    unsaid = option.default is None or option.default is False or option.default == ""
    assert default == ([] if unsaid else [f"{option.pytest_name}={option.default}"])
    write(in_toml(option, 1))
    assert of_it(given(monkeypatch)) == passed(option, 1) != default
    monkeypatch.setenv(option.variable, str(value(option, 2)))
    assert of_it(given(monkeypatch)) == passed(option, 2)
    assert of_it(given(monkeypatch, *spoken(option, 3))) == passed(option, 3)


def test_a_flag_of_the_file_and_the_environment_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    write("no-costly = true\nintrusive = true\n")
    assert {"--no-costly", "--intrusive"} <= set(given(monkeypatch))
    assert not {"--no-costly", "--intrusive"} & set(given(monkeypatch, "--costly", "--no-intrusive"))


def test_headers_of_the_environment_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHANEDGE_CONFORMANCE_HEADER", "x-tenant: a b\nx-region: eu")
    assert [each for each in given(monkeypatch) if "header" in each] == [
        "--header=x-tenant: a b", "--header=x-region: eu",
    ]  # fmt: skip


# --- what a file may say ----------------------------------------------------------------------------------------


def test_models_with_what_they_do_not_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    write(MODELS)
    said = [each.partition("=")[2] for each in given(monkeypatch) if each.startswith("--model=")]
    assert [Model.parse(each) for each in said] == [
        Model("gpt-4o", "gpt", frozenset({"chat.n", "chat.logprobs"})), Model("proxy=eu", "claude"),
    ]  # fmt: skip


def test_a_model_of_the_file_is_chosen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    write(MODELS)
    words = given(monkeypatch, "--model", "gpt-4o", "--model", "other")
    chosen = [each for each in words if each.startswith("--model=")]
    assert chosen == ["--model=gpt-4o=gpt:chat.n,chat.logprobs", "--model=other"]


def test_headers_and_paths_from_the_folder_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ci").mkdir()
    write('prices = "prices.toml"\n[headers]\nx-tenant = "acme"\n', "ci/gate.toml")
    words = given(monkeypatch, "--config", "ci/gate.toml")
    assert {"--prices=ci/prices.toml", "--header=x-tenant: acme"} <= set(words)
    monkeypatch.setenv("PHANEDGE_CONFORMANCE_CONFIG", "ci/gate.toml")
    assert "--prices=ci/prices.toml" in given(monkeypatch)


def test_which_file_is_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "run_suite", lambda given, *more, detail=None: None)
    assert NAME not in CliRunner().invoke(command_line.app, ["run"]).output
    write("\ufeffrate = 6\n")
    assert f"configuration: {NAME}" in CliRunner().invoke(command_line.app, ["run"]).output


def test_judging_again_takes_what_it_can_and_stays_in_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    write('base-url = "http://host/v1"\nout = "runs"\nselect = ["usage"]\nstrict = true\n')
    Path("run").mkdir()
    judged = given(monkeypatch, "run", command="judge")
    assert judged == ["--recordings", "run", "--select=usage", "--stale-after=30", "--gate-strict"]


def test_prices_of_models_are_a_price_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    write('currency = "EUR"\n[[models]]\nname = "gpt-4o"\nprices = { input = 2.5, output = 10 }\n')
    assert f"--prices={NAME}" in given(monkeypatch)
    sheet = read_prices(Path(NAME))
    assert sheet.currency == "EUR"
    assert str(sheet.models["gpt-4o"].input) == "2.5"


# --- mistakes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base-url = ", "is not TOML: Invalid value (at end of document)"),
        ("rate = 1\nrate = 2\n", "is not TOML: Cannot overwrite a value (at line 2, column 9)"),
        ('base_url = "x"', "base_url is unknown: did you mean base-url?"),
        ('[run]\nbase-url = "x"', "run is unknown: there are base-url, model, "),
        ("concurrency = 2.5", "concurrency is a number, and must be a whole number"),
        ('concurrency = "8"', "concurrency is a string, and must be a whole number"),
        ("concurrency = true", "concurrency is true or false, and must be a whole number"),
        ("concurrency = 0", "concurrency is 0, and must be between 1 and 1,000,000,000"),
        ("rate = nan", "rate is nan, and must be between 0 and 1,000,000,000"),
        ("rate = -1", "rate is -1.0, and must be between 0 and 1,000,000,000"),
        ("max-cost = 2.50", "max-cost is a number, and must be a string"),
        ("intrusive = 1", "intrusive is a whole number, and must be true or false"),
        ("prices = 2026-11-22", "prices is a date or a time, and must be a string"),
        ('model = "gpt-4o"', 'model must be a list of strings, such as model = ["…"]'),
        ("without = [1]", 'without must be a list of strings, such as without = ["…"]'),
        ('models = ["gpt-4o"]', "models must be an array of tables: one [[models]] for each"),
        ("[models.gpt-4o]", "models must be an array of tables: one [[models]] for each"),
        ("[[models]]\nfamily = 'gpt'", "models.1.name is missing"),
        ("[[models]]\nname = 'm'\nfamly = 'gpt'", "models.m.famly is unknown: did you mean family?"),
        ("[[models]]\nname = 'm'\nfamily = 'openai'", "models.m.family is 'openai', and must be one of gpt, claude"),
        ("[[models]]\nname = 'm'\nwithout = 'chat.n'", "models.m.without must be a list of strings, such as without ="),
        ("[[models]]\nname = 'm'\nwithout = ['chat n']", "models.m.without: 'chat n' is not the name of a feature"),
        ("[[models]]\nname = 'm'\nclaims = ['+chat.n']", "models.m.claims: '+chat.n' is not the name of a feature"),
        ("[[models]]\nname = 'm'\n[[models]]\nname = 'm'", "models.m is defined twice"),
        ("[[models]]\nname = 'm'\nprices = 'p.toml'", "models.m.prices is a string, and must be a table"),
        ("prices = 'p'\n[[models]]\nname = 'm'\nprices = {}", "prices are given in the models' tables, too"),
        ("model = ['m']\n[[models]]\nname = 'm'", "model and models are two forms of the same option"),
        ("header = ['a: b']\n[headers]\na = 'b'", "header and headers are two forms of the same option"),
        ("[headers]\nx-tenant = 5", "headers.x-tenant is a whole number, and must be a string"),
        ("api-key-variable = 'sk-1-2'", "api-key-variable names an environment variable: keep the key itself out"),
        ("api-key-variable = 'sk-0123456789abcdef'", "api-key-variable contains what looks like an API key: "),
        ("base-url = 'https://h/v1?key=sk-0123456789abcdef'", "base-url contains what looks like an API key"),
        ("model = ['sk-0123456789abcdef']", "model contains what looks like an API key"),
        ("[headers]\nAuthorization = 'x'", "headers.Authorization: Authorization looks like a secret"),
        ("header = ['x-tenant: Bearer abc']", "header: x-tenant looks like a secret, which must not be in a file"),
        ("api-key = 'sk-0123456789abcdef'", "api-key is unknown: did you mean api-key-variable?"),
        ("endpoints = []", "endpoints must be an array of tables: one [[endpoints]] for each"),
        ("[endpoints.ours]", "endpoints must be an array of tables: one [[endpoints]] for each"),
        ("[[endpoints]]", "endpoints.1.name is '', and must be the name of a folder"),
        ("[[endpoints]]\nname = 5", "endpoints.1.name is a whole number, and must be a string"),
        ("[[endpoints]]\nname = 'a/b'", "endpoints.1.name is 'a/b', and must be the name of a folder"),
        ("[[endpoints]]\nname = '..'", "endpoints.1.name is '..', and must be the name of a folder"),
        ("[[endpoints]]\nname = 'report.json'", "endpoints.1.name is 'report.json', and must be the name of a folder"),
        ("[[endpoints]]\nname = 'a'\n[[endpoints]]\nname = 'A'", "endpoints.A is defined twice"),
        ("[[endpoints]]\nname = 'a'\nbase_url = 'x'", "endpoints.a: base_url is unknown: did you mean base-url?"),
        ("[[endpoints]]\nname = 'a'\nrate = -1", "endpoints.a: rate is -1.0, and must be between 0 and"),
        ("[[endpoints]]\nname = 'a'\nout = 'x'", "endpoints.a: out is an option of all endpoints together: put it"),
        ("[[endpoints]]\nname = 'a'\n[[endpoints.endpoints]]", "endpoints.a: endpoints is unknown"),
        ("[[endpoints]]\nname = 'a'\n[[endpoints.models]]", "endpoints.a: models.1.name is missing"),
        ("[[endpoints]]\nname = 'a'\n[endpoints.headers]\nAuthorization = 'x'", "endpoints.a: headers.Authorization: "),
        ("[[endpoints]]\nname = 'a'\napi-key-variable = 'HOME'", "endpoints.a: api-key-variable is HOME, and a file"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_file_and_key(text: str, said: str) -> None:
    write(text)
    with pytest.raises(ConfigError) as refused:
        read_config(Path(NAME))
    sentence = str(refused.value)
    assert sentence.startswith(NAME)
    assert said in sentence
    assert "0123456789abcdef" not in sentence
    result = CliRunner().invoke(command_line.app, ["run"])
    assert (result.exit_code, result.output) == (2, f"--config: {sentence}\n")


@pytest.mark.parametrize("made", ["missing", "folder", "latin-1"])
def test_a_file_that_cannot_be_read(made: str) -> None:
    if made == "folder":
        Path("file").mkdir()
    if made == "latin-1":
        Path("file").write_bytes(b'base-url = "\xe9"')
    result = CliRunner().invoke(command_line.app, ["run", "--config", "file"])
    assert result.exit_code == 2
    assert result.output.startswith("--config: file cannot be read")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("text", ["gpt-4o=gpt:", "gpt-4o=gpt:chat.n,"])
def test_a_model_that_lacks_a_feature(text: str) -> None:
    with pytest.raises(ValueError, match="lacks a feature"):
        Model.parse(text)


# --- a run ------------------------------------------------------------------------------------------------------

RUN = """
currency = "USD"
select = ["choices"]
examples = 1
workers = 2
out = "out"

[[models]]
name = "reference-gpt"
without = ["chat.n"]
prices = { input = 2.5 }

[[models]]
name = "reference-claude"
prices = { input = 3 }
"""


def test_what_a_model_claims() -> None:
    write("[[models]]\nname = 'm'\nwithout = ['chat.n']\nclaims = ['chat.seed', 'vision']\n")
    (text,) = read_config(Path(NAME)).models.values()
    assert text == "m=other:chat.n,+chat.seed,+vision"
    assert Model.parse(text).claimed == {"chat.seed", "vision"}


def test_a_claim_of_what_no_request_uses_is_refused(tmp_path: Path) -> None:
    ended = cli("run", "--model", "reference-gpt=gpt:+chat.sead", folder=tmp_path)
    assert ended.exit_code == 2, ended.output
    assert "there is no feature 'chat.sead': did you mean chat.seed" in " ".join(ended.output.split())


def test_a_run_by_a_file(tmp_path: Path) -> None:
    write(RUN)
    ended = cli("run", folder=tmp_path)
    assert ended.exit_code in (0, 3), ended.output  # the selection may be too small to judge an endpoint by
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    own = {model["name"]: set(model["without"]) for model in run["profile"]["models"]}
    assert own == {"reference-gpt": {"chat.n"}, "reference-claude": set()}
    report = report_in(tmp_path / "out")
    said = {
        each["model"]
        for entry in report["entries"]
        for each in entry["findings"]
        if each["verdict"] == "not applicable" and "chat.n" in each["message"]
    }
    assert said == {"reference-gpt"}
    assert report["costs"]["currency"] == "USD"


# --- the page ---------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_file_of_the_page_can_be_read() -> None:
    write(PAGE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0])
    configuration = read_config(Path(NAME))
    assert configuration.models == {
        "gpt-4o-mini": "gpt-4o-mini=gpt:chat.n,+chat.logprobs",
        "our-sonnet": "our-sonnet=claude",
    }
    assert set(read_prices(Path(NAME)).models) == set(configuration.models)


def test_the_file_with_several_endpoints_can_be_read() -> None:
    write(
        PAGE.read_text(encoding="utf-8")
        .partition("## Several endpoints")[2]
        .partition("```toml\n")[2]
        .partition("```")[0]
    )
    endpoints = read_config(Path(NAME)).endpoints
    assert list(endpoints) == ["production", "staging"]
    assert endpoints["production"].values["baseline"] == Path("production.toml")
    sheet = read_prices(endpoints["staging"].values["prices"])
    assert (sheet.currency, str(sheet.models["gpt-4o-mini"].input)) == ("USD", "0.15")
    with pytest.raises(PricesError, match="there is no endpoint 'stagin' in the file"):
        read_prices(Path(f"{NAME}#stagin"))
