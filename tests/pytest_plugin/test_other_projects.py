"""Projects whose environment has this package: those that want nothing of it, and those that name the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.pytest_plugin.own_options import read
from tests.support.commands import Ended, command, environment, forked_pytest, report_in

NAMED = ("--pyargs", "conformance.suite", "--model", "reference-claude", "--select", "usage", "--out", "out")
OWN = ("-q", "-p", "no:cacheprovider", "--strict-markers")
PASSES = "def test_passes():\n    pass\n"


def project(folder: Path, **files: str) -> Path:
    """A project of these files, by their names without `.py`; two underscores stand for a slash."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/", 1) + ".py" if not name.endswith("__") else name[:-2] + "/__init__.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(folder: Path, *words: str | Path) -> Ended:
    return command("pytest", *OWN, *words, folder=folder)


# --- the suite is not named -----------------------------------------------------------------------------------

OPTIONS = """
import pytest

NAMES = ("--base-url", "--model", "--out", "--archive", "--recordings", "--fault", "--without", "--plan")

def pytest_addoption(parser):
    for name in NAMES:
        parser.addoption(name)

@pytest.fixture
def judge():
    return "mine"
"""


def test_options_and_a_fixture_of_its_own(tmp_path: Path) -> None:
    tests = (
        "def test_options(request, judge):\n"
        "    assert request.config.getoption('--model') == request.config.getoption('--recordings') == 'x'\n"
        "    assert judge == 'mine'\n"
        "def test_fails():\n"
        "    assert False\n"
    )
    ended = run(project(tmp_path, conftest=OPTIONS, test_mine=tests), "--model", "x", "--recordings", "x")
    assert ended.exit_code == 1
    assert "1 failed, 1 passed" in ended.output
    assert "conformance" not in ended.output.replace(str(tmp_path), "")
    left = sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__")
    assert left == ["conftest.py", "test_mine.py"]


@pytest.mark.parametrize("words", [(), ("conformance",), ("conformance/suite",)], ids=["all", "package", "suite"])
def test_a_package_named_conformance(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Whatever is in it: a package `suite` as well."""
    test = "import conformance\n\ndef test_mine():\n    assert conformance.MINE\n"
    project(tmp_path, conformance__="MINE = True\n", conformance__suite="", conformance__test_mine=test)
    project(tmp_path / "conformance", suite__="", suite__test_more=test)
    (tmp_path / "conformance" / "suite.py").unlink()
    ended = command("pytest", "-q", *words, folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert ("1 passed" if words == ("conformance/suite",) else "2 passed") in ended.output


def test_an_attribute_named_requirements(tmp_path: Path) -> None:
    tests = PASSES + "test_passes.requirements = ['mine']\n"
    for words in ((), ("-p", "conformance.pytest_plugin.hooks")):
        ended = run(project(tmp_path, test_mine=tests), *words)
        assert ended.exit_code == 0, ended.output
    ended = forked_pytest(*OWN, "test_mine.py", *NAMED, folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "test_mine" not in ended.output


def test_no_fixture_no_marker_no_option_and_no_import(tmp_path: Path) -> None:
    tests = "import sys\n\ndef test_nothing_is_imported():\n    assert 'conformance' not in sys.modules\n"
    ended = run(project(tmp_path, test_mine=tests))
    assert ended.exit_code == 0, ended.output
    for word, ours in (("--fixtures", "judge"), ("--markers", "@pytest.mark.must"), ("--help", "--no-costly")):
        assert ours not in run(tmp_path, word).output
        assert word != "--fixtures" or "judge" not in run(tmp_path, word, "-v").output
    assert "@pytest.mark.must" in run(tmp_path, "--markers", "-p", "conformance.pytest_plugin.hooks").output


def test_a_test_of_the_suite_is_not_run_without_naming_it(tmp_path: Path) -> None:
    ended = run(project(tmp_path, test_borrowed="from conformance.suite.usage.test_prompts import *\n"))
    assert ended.exit_code == 1
    assert "run the suite with: pytest --pyargs conformance.suite" in ended.output
    assert not (tmp_path / "reports").exists()


# --- the suite is named ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more", [(), ("-n", "2"), ("-p", "conformance.pytest_plugin.hooks")], ids=["alone", "workers", "p"]
)
def test_an_option_that_a_conftest_has_too_is_given_to_both(tmp_path: Path, more: tuple[str, ...]) -> None:
    tests = "def test_mine(request):\n    assert request.config.getoption('--model') == 'reference-claude'\n"
    ended = forked_pytest(
        *OWN, "test_mine.py", *NAMED, *more, folder=project(tmp_path, conftest=OPTIONS, test_mine=tests)
    )
    assert ended.exit_code == 0, ended.output
    assert [each["name"] for each in report_in(tmp_path / "out")["models"]] == ["reference-claude"]


def test_a_folder_that_is_a_value_is_not_one_of_tests(tmp_path: Path) -> None:
    project(tmp_path, out__conftest="raise RuntimeError('it is not a conftest of this session')\n")
    ended = forked_pytest(*OWN, "--archive", "out", *NAMED[:2], folder=tmp_path)
    assert "it is not a conftest" not in ended.output
    assert ended.exit_code == 3, ended.output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_failing_test_of_its_own_is_not_a_verdict(tmp_path: Path, workers: tuple[str, ...]) -> None:
    """It fails, and the report conforms. Its fixtures of any name are not the suite's."""
    tests = PASSES + "def test_fails():\n    assert False\n"
    conftest = (
        "import pytest\n\n@pytest.fixture\ndef judge():\n    return 'mine'\n\n@pytest.fixture\ndef model(): ...\n"
    )
    folder = project(tmp_path, conftest=conftest, test_mine=tests)
    ended = forked_pytest(*OWN, "test_mine.py", *NAMED, *workers, folder=folder)
    assert ended.exit_code == 1, ended.output
    assert "1 failed" in ended.output
    assert report_in(tmp_path / "out")["exit_code"] == 0


def test_a_test_of_the_suite_that_ends_without_a_finding_is_one(tmp_path: Path) -> None:
    conftest = (
        "import pytest\n\n@pytest.fixture(autouse=True)\ndef breaking(request):\n"
        "    if 'prompt_tokens' in request.node.name: raise RuntimeError('a mistake')\n"
    )
    ended = forked_pytest(*OWN, *NAMED, "-p", "conftest", folder=project(tmp_path, conftest=conftest))
    assert ended.exit_code == 3, ended.output
    assert report_in(tmp_path / "out")["exit_code"] == 3


def test_another_plugin_with_a_base_url(tmp_path: Path) -> None:
    plugin = "def pytest_addoption(parser):\n    parser.addoption('--base-url', help='of the site')\n"
    closed = "http://127.0.0.1:9/v1"
    words = ("-p", "other_plugin", "--base-url", closed, *NAMED[:2], "--model", "m", "--out", "out", "-k", "usage")
    ended = forked_pytest(*OWN, *words, folder=project(tmp_path, other_plugin=plugin))
    assert ended.exit_code == 3, ended.output
    assert report_in(tmp_path / "out")["base_url"] == closed


def test_plugins_that_are_not_loaded_by_themselves(tmp_path: Path) -> None:
    words = ("pytest", "-q", "-p", "syrupy", "-p", "conformance.pytest_plugin.hooks", *NAMED)
    variables = environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = command(*words, folder=tmp_path, variables=variables)
    assert ended.exit_code == 0, ended.output
    assert report_in(tmp_path / "out")["exit_code"] == 0


def test_values_are_told_from_the_words_that_pytest_is_to_read() -> None:
    values, rest = read(["-k", "x", "--model", "m", "--pyargs", "conformance.suite", "--plan", "--rate=2", "-n", "2"])
    assert rest == ["-k", "x", "--pyargs", "conformance.suite", "-n", "2"]
    assert {key: value for key, value in values.items() if value is not None} == {
        "model": ["m"], "plan": True, "rate": 2.0,
    }  # fmt: skip
    with pytest.raises(pytest.UsageError, match="--rate: invalid float value: 'fast'"):
        read(["--rate", "fast"])
