"""Batches of records in, findings and counts out."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from conformance.audit.kernel import RECORDS, RESULTS, Audit, judge_batch
from conformance.billing.prices import EXAMPLE, Sheet
from conformance.evidence.row import unreadable
from tests.support.exchanges import completion

SECRET = "Hippopotamus"


def line(usage: dict[str, Any], **members: Any) -> bytes:
    """A line as recorders write it, of a reply with this usage."""
    row = {
        "request_json": {"model": "gpt-4o", "messages": [{"role": "user", "content": SECRET}]},
        "status": 200,
        "response_headers": {"content-type": "application/json"},
        "response_body": json.dumps(completion(usage, model="gpt-4o")),
        "stream": False,
        "fidelity": "wire",
    }
    return json.dumps(row | members).encode()


def results(*lines: bytes, adapter: str = "jsonl", **asked: Any) -> list[dict[str, Any]]:
    origins = [f"it.jsonl:{number}" for number in range(1, len(lines) + 1)]
    columns = [pa.array(origins), pa.array([adapter] * len(lines)), pa.array(lines, pa.binary())]
    found = judge_batch(pa.RecordBatch.from_arrays(columns, schema=RECORDS), Audit(**asked))
    assert found.schema == RESULTS
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def of(kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["kind"] == kind]


GOOD = {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21}
WRONG = GOOD | {"total_tokens": 30}
DOUBLED = GOOD | {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}


def test_a_violation_is_a_row() -> None:
    found = of("finding", results(line(GOOD), line(WRONG), requirements=("usage.total_tokens.sum_of",)))
    assert [(row["origin"], row["requirement"], row["verdict"], row["n"]) for row in found] == [
        ("it.jsonl:2", "usage.total_tokens.sum_of", "fail", 1)
    ]


def test_verdicts_are_counted_by_group() -> None:
    rows = results(
        line(GOOD, tenant={"id": "a"}), line(WRONG, tenant={"id": "b"}), line(WRONG, tenant={"id": "b"}),
        requirements=("usage.total_tokens.sum_of",), by=("model", "tenant.id"),
    )  # fmt: skip
    counted = {(row["group"], row["verdict"]): row["n"] for row in of("count", rows)}
    assert counted == {('["gpt-4o", "a"]', "pass"): 1, ('["gpt-4o", "b"]', "fail"): 2}
    assert {row["group"]: row["n"] for row in of("exchanges", rows)} == {'["gpt-4o", "a"]': 1, '["gpt-4o", "b"]': 2}


def test_tokens_and_their_cost_are_summed() -> None:
    rows = results(line(GOOD), line(GOOD), sheet=Sheet("USD", {"gpt-4o": EXAMPLE}))
    sums = {row["measure"]: (row["amount"], row["currency"], row["n"]) for row in of("tokens", rows)}
    assert sums["prompt"] == ("40", None, 2)
    assert sums["output"] == ("2", None, 2)
    assert sums["cost"] == ("0.00012", "USD", 2)


def test_what_cannot_be_read_is_a_row() -> None:
    rows = results(b"{", b"[]", b"{}", line(GOOD, status=[SECRET]))
    assert [(row["origin"], row["message"]) for row in of("unreadable", rows)] == [
        ("it.jsonl:1", "it is not JSON"),
        ("it.jsonl:2", "it is not a JSON object"),
        ("it.jsonl:3", "it lacks the member 'request_json'"),
        ("it.jsonl:4", "it has a member of a wrong kind"),
    ]
    assert (
        of("unreadable", results(unreadable("it.jsonl", "nothing reads it").record, adapter=""))[0]["message"]
        == "nothing reads it"
    )


def test_a_sample_is_drawn_by_seed() -> None:
    lines = [line(GOOD)] * 200
    one, again, other = (
        of("exchanges", results(*lines, sample=0.25, seed=seed, requirements=("usage.total_tokens",)))[0]["n"]
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
    assert 25 <= one <= 75


def test_content_is_withheld() -> None:
    echoing = line(GOOD, response_body=json.dumps(completion(GOOD, model=SECRET, object=SECRET)))
    assert SECRET not in str(results(echoing, by=("vendor",)))
    assert SECRET in str(of("finding", results(echoing, show_content=True)))
