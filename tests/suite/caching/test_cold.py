"""Cold prompts: hits that cannot be are rejected."""

from __future__ import annotations

import pytest

from conformance.contract.faults import only, respond
from conformance.judgement.verdict import Verdict
from conformance.suite.caching.counts import counted
from conformance.suite.caching.faults import recount, streams
from tests.suite.caching.answers import HITS, W1, W5, Rows, W, find, verdicts
from tests.suite.caching.changes import writes_as_hits
from tests.support.builders_http import completion, response

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B066 writes as hits": (recount(writes_as_hits), {"cold_is_cold"}),
    "uncached input as hits": (
        recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"] - counts[W5] - counts[W1]})),
        {"unmarked_cold_is_cold"},
    ),
    "writes as hits in streams": (streams(recount(writes_as_hits)), {"cold_is_cold"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())


@pytest.mark.parametrize("name", ["cold_is_cold", "unmarked_cold_is_cold"])
def test_a_context_that_is_too_small_is_told(name: str) -> None:
    told = {"error": {"message": "This model's maximum context length is 2048 tokens.", "type": "t"}}
    finding = find(name, only(lambda request: len(request.body) > 3000, respond(400, told)))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "maximum context length is 2048" in finding.message
    assert "--no-costly leaves them out" in finding.message


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({}, "cached_tokens absent, cached_write_tokens absent, cached_write_5m_tokens absent"),
        ({HITS: None, W: 0, W5: 0}, "cached_tokens null, cached_write_tokens 0, cached_write_5m_tokens 0"),
        (None, "cached_tokens absent, cached_write_tokens absent"),
    ],
)
def test_a_message_tells_absent_null_and_zero_apart(details: dict[str, int | None] | None, said: str) -> None:
    told = {"prompt_tokens": 9, "prompt_tokens_details": details}
    assert said in str(counted(response(completion(usage=told))))
