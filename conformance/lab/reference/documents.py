"""A reply as a document of the API, whole or in chunks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from .caching import Tally
from .calls import Call
from .completion import Choice
from .tokens import pieces

Document = dict[str, Any]
FINGERPRINT = "fp_reference001"
PER_DELTA = 3  #: tokens


@dataclass(frozen=True)
class Reply:
    """All that is said about one reply. `top` is how many likely tokens are shown with each, None for no log
    probabilities; `legacy` that calls are shown in the deprecated form; `shows_usage` that chunks do."""

    id: str
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: Document
    call_ids: tuple[tuple[str, ...], ...]
    top: int | None = None
    legacy: bool = False
    shows_usage: bool = False


def whole(reply: Reply) -> Document:
    """The `chat.completion` object."""
    return {
        **_envelope(reply, "chat.completion"),
        "choices": [_choice(reply, index) for index in range(len(reply.choices))],
        "usage": reply.usage,
        **_envelope_end(),
    }


def chunks(reply: Reply) -> Iterator[Document]:
    """The `chat.completion.chunk` objects, the choices by turns, the usage last where it was asked for."""
    usage = {"usage": None} if reply.shows_usage else {}
    for turn in zip_longest(*(_streamed(reply, index) for index in range(len(reply.choices)))):
        for choice in filter(None, turn):
            yield {
                **_envelope(reply, "chat.completion.chunk"),
                **_envelope_end(),
                "choices": [choice],
                **usage,
            }
    if reply.shows_usage:
        yield {
            **_envelope(reply, "chat.completion.chunk"),
            **_envelope_end(),
            "choices": [],
            "usage": reply.usage,
        }


def usage(prompt: int, tally: Tally, choices: tuple[Choice, ...]) -> Document:
    """The `usage` object: tokens of the prompt, however they came to be read, and of all choices together."""
    completion = sum(choice.tokens for choice in choices)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {**tally.details(), "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": sum(len(choice.thought) for choice in choices),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _envelope(reply: Reply, kind: str) -> Document:
    return {"id": reply.id, "object": kind, "created": reply.created, "model": reply.model}


def _envelope_end() -> Document:
    return {"service_tier": "default", "system_fingerprint": FINGERPRINT}


def _choice(reply: Reply, index: int) -> Document:
    choice = reply.choices[index]
    content = None if choice.content is None else "".join(choice.content)
    message: Document = {"role": "assistant", "content": content, "refusal": None}
    if choice.thought:
        message["reasoning_content"] = "".join(choice.thought)
    if choice.calls and reply.legacy:
        message["function_call"] = {"name": choice.calls[0].name, "arguments": choice.calls[0].arguments}
    elif choice.calls:
        message["tool_calls"] = [
            _call(call, name, call.arguments) for call, name in zip(choice.calls, reply.call_ids[index], strict=True)
        ]
    logprobs = _logprobs(choice.content or (), reply.top)
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": choice.finish}


def _streamed(reply: Reply, index: int) -> Iterator[Document]:
    """The pieces of one choice: the role, what was thought, the deltas, the end."""
    choice = reply.choices[index]
    first = {"role": "assistant", "content": None if choice.content is None else "", "refusal": None}
    yield _piece(index, first)
    for start in range(0, len(choice.thought), PER_DELTA):
        yield _piece(index, {"reasoning_content": "".join(choice.thought[start : start + PER_DELTA])})
    start = 0
    for part in _deltas(choice.content or ()):
        yield _piece(index, {"content": "".join(part)}, _logprobs(part, reply.top, start))
        start += len(part)
    if reply.legacy:
        for call in choice.calls:
            yield _piece(index, {"function_call": {"name": call.name, "arguments": ""}})
            for text in _parts(call.arguments):
                yield _piece(index, {"function_call": {"arguments": text}})
    else:
        for number, (call, name) in enumerate(zip(choice.calls, reply.call_ids[index], strict=True)):
            yield _piece(index, {"tool_calls": [{"index": number, **_call(call, name, "")}]})
            for text in _parts(call.arguments):
                yield _piece(index, {"tool_calls": [{"index": number, "function": {"arguments": text}}]})
    yield _piece(index, {}, finish=choice.finish)


def _deltas(tokens: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The tokens that come together. The first line break comes alone: a delta may be nothing but white space."""
    cut = tokens.index("\n") if "\n" in tokens else 0
    for run in (tokens[:cut], tokens[cut : cut + 1], tokens[cut + 1 :]):
        for start in range(0, len(run), PER_DELTA):
            yield run[start : start + PER_DELTA]


def _piece(index: int, delta: Document, logprobs: Document | None = None, finish: str | None = None) -> Document:
    return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}


def _call(call: Call, name: str, arguments: str) -> Document:
    return {"id": name, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _parts(text: str) -> Iterator[str]:
    tokens = pieces(text)
    for start in range(0, len(tokens), PER_DELTA):
        yield "".join(tokens[start : start + PER_DELTA])


def _logprobs(tokens: tuple[str, ...], top: int | None, start: int = 0) -> Document | None:
    """The tokens from position `start` on with how likely they were. None where that was not asked for, and
    where there is no text."""
    if top is None or not tokens:
        return None
    return {"content": [_entry(token, start + at, top) for at, token in enumerate(tokens)], "refusal": None}


def _entry(token: str, position: int, top: int) -> Document:
    """A token with the `top` likeliest in its place: itself first, for the model never takes another."""
    sure = 0.5 + hashlib.sha256(f"{position} {token}".encode()).digest()[0] / 512
    shares = [sure, *((1 - sure) / 2 ** (rank + 1) for rank in range(max(top - 1, 0)))]
    others = (each for each in (f" other{rank}" for rank in range(top + 1)) if each != token)
    likely = [_likely(each, share) for each, share in zip([token, *others], shares, strict=False)]
    return {**likely[0], "top_logprobs": likely[:top]}


def _likely(token: str, share: float) -> Document:
    return {"token": token, "logprob": round(math.log(share), 6), "bytes": list(token.encode())}
