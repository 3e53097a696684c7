"""Records of every form, read from a file and judged as one batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.audit.kernel import Audit, judge_batch
from conformance.audit.sources import read, shards
from tests.evidence.adapters.samples import SAMPLES, Record, litellm


def results(path: Path, *records: Record) -> list[dict[str, Any]]:
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in records))
    batches = [batch for shard in shards([str(path)]) for batch in read(shard)]
    return [row for batch in batches for row in judge_batch(batch, Audit()).to_pylist()]


def sums(rows: list[dict[str, Any]], measure: str) -> int:
    return sum(int(row["amount"]) for row in rows if row["kind"] == "tokens" and row["measure"] == measure)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_of_each_form_is_counted_and_accused_of_nothing(tmp_path: Path, name: str) -> None:
    rows = results(tmp_path / "a.jsonl", SAMPLES[name], SAMPLES[name])
    assert sum(row["n"] for row in rows if row["kind"] == "exchanges") == 2
    assert (sums(rows, "prompt"), sums(rows, "output")) == (40, 8)
    assert [row for row in rows if row["kind"] in ("finding", "unreadable")] == []


def test_a_wrong_sum_in_a_log_is_found_and_nothing_else(tmp_path: Path) -> None:
    wrong = litellm()
    wrong["response"] = wrong["response"] | {"usage": wrong["response"]["usage"] | {"total_tokens": 30}}
    rows = results(tmp_path / "a.jsonl", litellm(), wrong)
    found = [(row["requirement"], row["origin"]) for row in rows if row["kind"] == "finding"]
    assert found == [("usage.total_tokens.sum_of", f"{tmp_path}/a.jsonl:2")]


def test_what_no_adapter_reads_is_counted_without_what_it_holds(tmp_path: Path) -> None:
    rows = results(tmp_path / "a.jsonl", {"secret": "words"}, {"custom_id": "secret", "body": {"a": "words"}})
    unreadable = [row for row in rows if row["kind"] == "unreadable"]
    assert len(unreadable) == 2
    assert "OpenAI batch input" in unreadable[1]["message"]
    assert "secret" not in json.dumps(rows)
    assert "words" not in json.dumps(rows)
