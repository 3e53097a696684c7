"""Logs of gateways, tracing and batches: what is taken of them, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.billing.charges import counts_of
from conformance.evidence.adapters import adapter_of
from conformance.evidence.kinds import what_it_is
from conformance.judgement.verdict import Verdict
from conformance.suite.catalogue import load

from .samples import REPLY, USAGE, Record, batch, helicone, langfuse, litellm, span
from .test_adapters import judged, one, read

TOTAL = load()["usage.total_tokens.sum_of"]
CACHED = load()["usage.prompt_tokens.covers_cached"]


def counted(record: Record) -> tuple[int, int, int, int]:
    """Prompt, read, written and output tokens."""
    exchange = one(record)
    counts = counts_of(exchange)
    return counts.prompt, counts.read, counts.written, exchange.usage["completion_tokens"]


# --- LiteLLM ------------------------------------------------------------------------------------------------


def logged(usage: Record, **members: Any) -> Record:
    return litellm() | {"response": REPLY | {"usage": usage}} | members


@pytest.mark.parametrize(
    ("usage", "members", "expected"),
    [
        (USAGE, {}, Verdict.PASS),
        (USAGE | {"total_tokens": 25}, {}, Verdict.FAIL),
        (USAGE | {"total_tokens": 25}, {"stream": True}, Verdict.NOT_APPLICABLE),
        (USAGE | {"total_tokens": 25}, {"custom_llm_provider": "anthropic"}, Verdict.NOT_APPLICABLE),
        (USAGE | {"total_tokens": 25, "cache_read_input_tokens": 3}, {}, Verdict.NOT_APPLICABLE),
        (USAGE | {"total_tokens": 25, "cache_read_input_tokens": 0}, {}, Verdict.FAIL),
        (USAGE | {"prompt_tokens_details": None, "completion_tokens_details": None}, {}, Verdict.PASS),
    ],
)
def test_counts_of_litellm_are_judged_where_they_are_the_endpoints(
    usage: Record, members: Record, expected: Verdict
) -> None:
    assert judged(TOTAL, one(logged(usage, **members))) is expected


def test_cached_beyond_the_prompt_is_found_in_litellm() -> None:
    assert judged(CACHED, one(logged(USAGE | {"prompt_tokens_details": {"cached_tokens": 21}}))) is Verdict.FAIL


@pytest.mark.parametrize(
    ("members", "number"),
    [({"call_type": "aembedding"}, 0), ({"cache_hit": True}, 0), ({"call_type": "completion"}, 1)],
)
def test_which_payloads_of_litellm_are_exchanges(members: Record, number: int) -> None:
    assert len(read(litellm() | members)) == number


def test_counts_that_litellm_translated_serve_for_sums() -> None:
    usage = USAGE | {"cache_read_input_tokens": 8, "cache_creation_input_tokens": 2}
    assert counted(logged(usage, custom_llm_provider="anthropic")) == (20, 8, 2, 4)


def test_a_payload_of_litellm_without_reply_has_its_counts() -> None:
    assert counted(litellm() | {"response": None}) == (20, 0, 0, 4)
    assert counted(litellm()) == (20, 8, 0, 4)
    exchange = one(litellm())
    assert (exchange.started, exchange.seconds) == (1750000000.25, 1.5)


@pytest.mark.parametrize(("code", "status"), [("429", 429), ("", 500), ("APIError", 500), ("200", 500), (None, 500)])
def test_a_failure_in_litellm_has_a_status_and_nothing_else(code: str | None, status: int) -> None:
    failed = litellm() | {"status": "failure", "response": {}, "error_information": {"error_code": code}}
    exchange = one(failed)
    assert exchange.status == status
    assert not exchange.succeeded
    found = {judged(each, exchange) for each in load().values() if not each.composite and not each.whole_run}
    assert found == {Verdict.NOT_APPLICABLE}


# --- Langfuse and OpenTelemetry -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (langfuse()["usageDetails"], (20, 8, 0, 4)),
        ({"input": 20, "output": 4}, (20, 0, 0, 4)),
        ({"input": 20, "cache_read_input_tokens": 8, "output": 4, "total": 24}, (20, 8, 0, 4)),
        ({"input": 10, "cache_read_input_tokens": 8, "cache_creation_input_tokens": 2, "output": 4}, (20, 8, 2, 4)),
    ],
)
def test_counts_of_langfuse_come_to_those_of_the_prompt(details: Record, expected: tuple[int, ...]) -> None:
    assert counted(langfuse() | {"usageDetails": details}) == expected


def test_an_export_of_langfuse_to_a_bucket() -> None:
    names = {
        "traceId": "trace_id", "usageDetails": "usage_details", "startTime": "start_time", "endTime": "end_time",
        "model": "provided_model_name",
    }  # fmt: skip
    record = {names.get(name, name): value for name, value in langfuse().items()}
    (recording,) = read(record | {"usage_details": '{"input": 20, "output": 4}'})
    assert recording.model == "gpt-x"
    assert recording.exchange.usage["prompt_tokens"] == 20
    assert (recording.exchange.started, recording.exchange.seconds) == (1770091506.5, 1.5)


@pytest.mark.parametrize("usage", [{}, {"tokens": 3}, None, {"input": "20", "output": 4}])
def test_an_observation_without_counts_has_no_usage(usage: Any) -> None:
    assert "usage" not in one(langfuse() | {"usageDetails": usage}).reply


def test_other_observations_and_spans_are_no_exchanges() -> None:
    assert read(langfuse() | {"type": "SPAN"}) == []
    assert read(span(**{"gen_ai.operation.name": "invoke_agent"})) == []
    assert read(span(**{"gen_ai.operation.name": "execute_tool"})) == []
    assert read(span(**{"gen_ai.operation.name": None, "gen_ai.agent.name": "a"})) == []
    assert read(span(**{"gen_ai.operation.name": None, "gen_ai.usage.input_tokens": None})) == []
    assert len(read(span(**{"gen_ai.operation.name": None}))) == 1
    assert len(read(span(**{"gen_ai.operation.name": None, "llm.request.type": "chat"}))) == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.usage.input_tokens": None, "gen_ai.usage.prompt_tokens": 20},
        {"gen_ai.usage.cache_read.input_tokens": None, "gen_ai.usage.cache_read_input_tokens": 8},
    ],
)
def test_counts_of_a_span_by_older_names_too(attributes: Record) -> None:
    assert counted(span(**attributes))[0::3] == (20, 4)
    exchange = one(span(**attributes))
    assert (exchange.started, exchange.seconds) == (1770091506.5, 1.5)


def test_spans_of_an_export_are_read_one_by_one() -> None:
    export = {"resourceSpans": [{"scopeSpans": [{"spans": [span(), span()]}, {"spans": [span()]}]}, {}]}
    adapter = adapter_of(export)
    assert adapter
    assert adapter.parts(export) == [span()] * 3
    assert len(read(export)) == 3


# --- Helicone and batches -------------------------------------------------------------------------------------


def test_a_request_of_helicone_is_judged_by_its_bodies() -> None:
    wrong = helicone() | {"response_body": REPLY | {"usage": USAGE | {"total_tokens": 25}}}
    assert judged(TOTAL, one(wrong)) is Verdict.FAIL
    assert judged(load()["completion.object"], one(helicone())) is Verdict.PASS
    assert "request" not in one(helicone()).unrecorded


@pytest.mark.parametrize(
    "changes",
    [
        {"request_body": {"stream": True, "messages": []}},
        {"response_body": REPLY | {"streamed_data": []}},
        {"response_body": {"helicone_message": "elsewhere"}},
        {"request_body": {"helicone_message": "elsewhere"}},
        {"ai_gateway_body_mapping": "ANTHROPIC"},
    ],
)
def test_what_helicone_made_itself_serves_for_sums(changes: Record) -> None:
    exchange = one(helicone() | changes)
    assert {"reply", "counts"} <= exchange.unrecorded
    assert exchange.usage["prompt_tokens"] == 20


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"cache_reference_id": "5d3c0000-0000-0000-0000-000000000000"}, 0),
        ({"request_path": "https://a.test/v1/embeddings", "response_body": {"data": []}}, 0),
        ({"request_path": "https://a.test/odd"}, 1),
        ({"response_status": -3}, 0),
        ({"response_status": 429, "response_body": {"error": {"message": "slow down"}}}, 1),
    ],
)
def test_which_requests_of_helicone_are_exchanges(changes: Record, number: int) -> None:
    assert len(read(helicone() | changes)) == number


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"response": None, "error": {"code": "batch_expired"}}, 0),
        ({"response": {"status_code": 200, "body": {"object": "list", "data": []}}}, 0),
        ({"response": {"status_code": 200, "body": {"object": "response"}}}, 0),
        ({"response": {"status_code": 400, "body": {"error": {"message": "no"}}}}, 1),
        ({"response": {"status_code": 200, "body": {}}}, 1),
    ],
)
def test_which_lines_of_a_batch_are_exchanges(changes: Record, number: int) -> None:
    assert len(read(batch() | changes)) == number


# --- what is not read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {}}, "is OpenAI batch input, not"),
        ({"custom_id": "a", "result": {}}, "is a result of Anthropic's message batches"),
        (REPLY, "is a completion alone"),
        ({"object": "chat.completion.chunk"}, "is a chunk alone"),
        ({"object": "response"}, "is a reply of the Responses API"),
        ({"resourceMetrics": []}, "is OTLP with metrics"),
        ({"resourceLogs": []}, "is OTLP with logs"),
        ({"name": "chat", "context": {}, "parent_id": None, "attributes": {}}, "is a span as OpenTelemetry's SDK"),
        ({"batch": [], "metadata": {}}, "is what is sent to Langfuse"),
        ({"traceId": "t", "startTime": "2026"}, "is an observation of Langfuse without usageDetails"),
        ({"request_id": "r", "call_type": "acompletion", "spend": 1}, "is a row of LiteLLM's spend logs"),
        ({"messages": []}, "is a prompt or a training example"),
        ({"format": "report-1"}, "has the unknown format 'report-1'"),
        (
            {str(number): 1 for number in range(9)},
            "has the members 0, 1, 2, 3, 4, 5, 6, 7, …, and none of exchange-1, ",
        ),
        ({}, "has no members"),
        ([], "is not a JSON object, but an array"),
        ("secret", "is not a JSON object, but a string"),
        (True, "is not a JSON object, but a boolean"),
    ],
)
def test_what_is_not_read_is_named_for_what_it_is(record: Any, said: str) -> None:
    assert adapter_of(record) is None
    assert what_it_is(record).startswith(said)
    assert "secret" not in what_it_is(record)
