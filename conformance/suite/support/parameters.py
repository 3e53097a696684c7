"""Requests with many parameters: at the ends of their ranges, OpenAI's options, null."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.contract.requests import PLAIN, as_claimed, chat
from conformance.evidence.exchange import MODEL, Request

USER = {"role": "user", "content": "Say OK."}
LEAST = {"model": MODEL, "messages": [USER]}

OPTIONS: dict[str, Any] = {
    "user": "conformance", "metadata": {"run": "conformance"}, "store": False, "seed": 7, "logit_bias": {"50256": -100},
    "service_tier": "auto", "prompt_cache_key": "conformance", "safety_identifier": "conformance",
}  # fmt: skip
#: The documented defaults, written out; those of service_tier and store are among the options, that of top_p below.
DEFAULTS: dict[str, Any] = {
    "temperature": 1, "n": 1, "presence_penalty": 0, "frequency_penalty": 0, "logprobs": False, "modalities": ["text"],
    "response_format": {"type": "text"},
}  # fmt: skip
#: As far as the model claims them.
ALL_OPTIONS = as_claimed(chat(label="options-of-openai", **DEFAULTS | OPTIONS))

#: Values at the ends of their ranges, and defaults written out. Some models accept only one of temperature and top_p.
EXTREMES: dict[str, dict[str, Any]] = {
    "least": {
        "top_p": 1, "presence_penalty": -2, "frequency_penalty": -2, "seed": -1, "stop": "STOPHERE",
        "response_format": {"type": "text"}, "logit_bias": {},
    },
    "greatest": {"temperature": 2, "presence_penalty": 2, "frequency_penalty": 2, "seed": 2**53 + 1},
}  # fmt: skip
#: All values of one end in one request, as far as the model claims them.
AT_END = {
    end: as_claimed(chat(label=f"parameters-{end}", **{"temperature": None} | values))
    for end, values in EXTREMES.items()
}

NULLABLE = (
    "temperature", "top_p", "n", "stop", "max_tokens", "max_completion_tokens", "presence_penalty",
    "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "store", "metadata", "service_tier",
    "stream", "stream_options", "reasoning_effort", "verbosity", "modalities", "audio", "prediction",
)  # fmt: skip


def _nulls(label: str, asked: dict[str, Any], *names: str) -> Request:
    """A request in which these members are null."""
    return replace(PLAIN, body=json.dumps(asked | dict.fromkeys(names)).encode(), label=label)


NULLS = _nulls("nulls", LEAST, *NULLABLE)
NULLS_ALONE = [_nulls(f"null-{name}", PLAIN.asked, name) for name in NULLABLE]
