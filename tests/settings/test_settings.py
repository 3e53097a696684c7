"""Settings: made of the declared options, and nothing else; one value that nothing changes."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

import conformance
from conformance.settings.options import OPTIONS, Option
from conformance.settings.settings import Settings

PACKAGE = Path(conformance.__file__).parent


def annotation(option: Option) -> str:
    """The type of its field."""
    name = option.kind.__name__
    if option.many:
        return f"tuple[{name}, ...]"
    return f"{name} | None" if option.default is None else name


def test_the_fields_are_the_options() -> None:
    declared = [(option.key, annotation(option)) for option in OPTIONS.values()]
    known = [(field.name, field.type) for field in fields(Settings)]
    assert known == [*declared, ("snapshot_update", "bool")]


def test_defaults_are_those_of_the_options() -> None:
    settings = Settings.of({"model": None, "patience": None})
    assert all(getattr(settings, option.key) == option.initial for option in OPTIONS.values())
    assert settings.dump() == {}
    assert all(type(getattr(settings, option.key)) in (option.kind, tuple, type(None)) for option in OPTIONS.values())


def test_nothing_changes_them() -> None:
    settings = Settings.of({})
    with pytest.raises(FrozenInstanceError):
        settings.patience = 1.0  # type: ignore[misc]
    assert settings.updated({"patience": 1.0}).patience == 1.0
    assert settings.patience == 60.0


def test_they_travel_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"model": ["a=gpt", "b"], "prices": Path("p.toml"), "no_costly": True, "patience": 0.0, "mutants": True}
    settings = Settings.of(given)
    dumped = settings.dump()
    assert dumped == {
        "model": ["a=gpt", "b"], "no-costly": True, "prices": str(tmp_path / "p.toml"), "patience": 0.0,
        "mutants": True,
    }  # fmt: skip
    again = Settings.of({}).updated({**dumped, "of-another-version": 1})
    assert again == settings.updated({"prices": tmp_path / "p.toml"})


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({}, "reports/reference"),
        ({"base_url": "https://host:8443/v1?x=1"}, "reports/host-8443-v1-x-1"),
        ({"recordings": Path("rows")}, "reports/recordings"),
        ({"archive": Path("run")}, "run"),
        ({"archive": Path("run"), "out": Path("again")}, "again"),
        ({"resume": Path("run"), "out": Path("again")}, "run"),
    ],
)
def test_where_a_run_is_written(
    given: dict[str, object], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.of(given).folder == tmp_path / folder


def test_pytests_config_is_read_in_one_module() -> None:
    reading = re.compile(r"getoption|pytest\.Config\b|config\.option|\.getini")
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if reading.search(path.read_text())}
    assert found == {"pytest_plugin/hooks.py"}
