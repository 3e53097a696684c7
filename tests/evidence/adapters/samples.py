"""One record of each form, made here in the shape that its project publishes."""

from __future__ import annotations

import json
from typing import Any

Record = dict[str, Any]

ASKED: Record = {"model": "gpt-x", "messages": [{"role": "user", "content": "Hi"}]}
USAGE: Record = {
    "prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24, "prompt_tokens_details": {"cached_tokens": 0},
}  # fmt: skip
REPLY: Record = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1770091507,
    "model": "gpt-x-2026",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello there", "refusal": None},
            "finish_reason": "stop",
            "logprobs": None,
        }
    ],
    "usage": USAGE,
}
URL = "https://api.acme.test/v1/chat/completions"


def exchange_1() -> Record:
    request = {
        "method": "POST", "path": "/chat/completions", "headers": [], "body": json.dumps(ASKED), "credentials": "valid",
        "attempt": 1, "features": [], "expect": "reply", "label": "",
    }  # fmt: skip
    return {
        "format": "exchange-1", "request": request, "started": 0.0, "seconds": 1.0, "status": 200,
        "headers": [["content-type", "application/json"], ["x-request-id", "r1"]],
        "reads": [[1.0, json.dumps(REPLY)]], "failure": None, "unrecorded": [], "earlier": [],
    }  # fmt: skip


def line() -> Record:
    return {
        "request_json": ASKED, "status": 200, "response_headers": {"content-type": "application/json"},
        "response_body": json.dumps(REPLY), "stream": False, "fidelity": "wire",
    }  # fmt: skip


def har() -> Record:
    return {
        "startedDateTime": "2026-02-03T04:05:06.500Z",
        "time": 1500,
        "request": {
            "method": "POST", "url": URL, "headers": [], "postData": {"text": json.dumps(ASKED)},
        },
        "response": {
            "status": 200,
            "headers": [
                {"name": "content-type", "value": "application/json"},
                {"name": "x-request-id", "value": "r1"},
            ],
            "content": {"mimeType": "application/json", "text": json.dumps(REPLY)},
        },
    }  # fmt: skip


def vcr() -> Record:
    return {
        "request": {
            "body": json.dumps(ASKED), "headers": {"content-type": ["application/json"], "authorization": ["Bearer k"]},
            "method": "POST", "uri": URL,
        },
        "response": {
            "body": {"string": json.dumps(REPLY)}, "headers": {"Content-Type": ["application/json"]},
            "status": {"code": 200, "message": "OK"},
        },
    }  # fmt: skip


def batch() -> Record:
    response = {"status_code": 200, "request_id": "r1", "body": REPLY}
    return {"id": "batch_req_1", "custom_id": "question-1", "response": response, "error": None}


def litellm() -> Record:
    details = {"audio_tokens": None, "cached_tokens": 8, "text_tokens": None, "image_tokens": None}
    usage = USAGE | {"prompt_tokens_details": details, "completion_tokens_details": None}
    return {
        "id": "chatcmpl-1", "trace_id": "t", "call_type": "acompletion", "cache_hit": None, "stream": False,
        "status": "success", "custom_llm_provider": "openai", "startTime": 1750000000.25, "endTime": 1750000001.75,
        "model": "gpt-x", "response_cost": 0.001, "total_tokens": 24, "prompt_tokens": 20, "completion_tokens": 4,
        "messages": ASKED["messages"], "response": REPLY | {"usage": usage}, "model_parameters": {},
        "hidden_params": {}, "model_map_information": {"model_map_key": "gpt-x", "model_map_value": None},
        "error_str": None, "error_information": None,
    }  # fmt: skip


def langfuse() -> Record:
    return {
        "id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": "2026-02-03T04:05:06.500Z",
        "endTime": "2026-02-03T04:05:08Z", "model": "gpt-x", "input": ASKED["messages"], "output": "Hello there",
        "usageDetails": {"input": 12, "input_cached_tokens": 8, "output": 3, "output_reasoning_tokens": 1, "total": 24},
        "level": "DEFAULT",
    }  # fmt: skip


def helicone() -> Record:
    return {
        "request_id": "r1", "request_created_at": "2026-02-03 04:05:06.500", "request_path": URL,
        "request_body": ASKED, "request_model": "gpt-x", "response_id": "a1", "response_status": 200,
        "response_body": REPLY, "provider": "OPENAI", "delay_ms": 1500, "prompt_tokens": 20, "completion_tokens": 4,
        "total_tokens": 24, "cache_reference_id": "00000000-0000-0000-0000-000000000000",
        "ai_gateway_body_mapping": "NO_MAPPING",
    }  # fmt: skip


def span(**said: Any) -> Record:
    given = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-x",
        "gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 8, **said,
    }  # fmt: skip
    return {
        "traceId": "0" * 32, "spanId": "0" * 16, "name": "chat gpt-x", "kind": 3,
        "startTimeUnixNano": "1770091506500000000", "endTimeUnixNano": "1770091508000000000",
        "attributes": [{"key": name, "value": _typed(value)} for name, value in given.items() if value is not None],
    }  # fmt: skip


def _typed(value: Any) -> Record:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


#: By the name of the adapter that recognises it.
SAMPLES: dict[str, Record] = {
    "exchange-1": exchange_1(),
    "har": har(),
    "helicone": helicone(),
    "jsonl": line(),
    "langfuse": langfuse(),
    "litellm": litellm(),
    "openai-batch": batch(),
    "opentelemetry": span(),
    "vcr": vcr(),
}
