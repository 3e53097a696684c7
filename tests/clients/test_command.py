"""The command: what is wrong is told in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import cli

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
    ],
)
def test_what_is_wrong_is_told(words: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text(LINE + "\n", encoding="utf-8")
    ended = cli("clients", *words, folder=tmp_path)
    assert (ended.exit_code, ended.output.strip()) == (code, told)
