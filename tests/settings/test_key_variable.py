"""The name of the variable with the key: what is one, and which a file may name."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.sending.access import check_variable
from conformance.settings.errors import SessionError
from conformance.settings.key_variable import is_of_a_key, is_variable
from tests.support.commands import cli

KEYS = (
    "gsk_4fK2mQ9xPz7LwVbN3cYt", "hf_AbCdEfGhIjKlMnOpQrStUvWx", "AKIAIOSFODNN7EXAMPLE", "sk-live-0123456789",
    "0123456789abcdef0123456789abcdef", "AIzaSyA1234567890abcdefghijk", "GSK_4FK2MQ9XPZ7LWVBN3CYT1", "xai-1234",
)  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_in_the_place_of_a_name(key: str) -> None:
    with pytest.raises(SessionError, match="not the key itself") as caught:
        check_variable(key)
    assert key not in str(caught.value)


@pytest.mark.parametrize("name", ["X$(touch x)", "A B", "A;B", "A\n", "", "1A", "\u0410_API_KEY", "A_API_KEY\n"])
def test_what_is_no_name(name: str) -> None:
    assert not is_variable(name)
    assert not is_of_a_key(name)


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(map(is_variable, ("PHANEDGE_API_KEY", "KEY", "AWS_SECRET_ACCESS_KEY", "OPENAI_KEY_2")))
    assert not is_variable("our_key")
    monkeypatch.setenv("our_key", "x")
    assert is_variable("our_key")
    assert all(map(is_of_a_key, ("PHANEDGE_API_KEY", "OPEN_AI_2_API_KEY")))
    assert not any(map(is_of_a_key, ("AWS_SECRET_ACCESS_KEY", "API_KEY", "_API_KEY", "GITHUB_TOKEN", "X_API_KEY_")))


def test_a_file_names_the_key_of_an_api_only(tmp_path: Path) -> None:
    name = "AWS_SECRET_ACCESS_KEY"
    config = tmp_path / "phanedge-conformance.toml"
    config.write_text(f'base-url = "http://127.0.0.1:9/v1"\nmodel = ["m"]\napi-key-variable = "{name}"\n')
    ended = cli("run", folder=tmp_path)
    assert (ended.exit_code, f"confirm it with --api-key-variable {name}" in ended.output) == (2, True), ended.output
    assert not (tmp_path / "reports").exists()
    ended = cli("plan", "--api-key-variable", name, folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    config.write_text(config.read_text().replace(name, "OTHER_API_KEY"))
    assert cli("plan", folder=tmp_path).exit_code == 0
