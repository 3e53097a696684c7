"""Reads exchanges with a Python client: `python driver.py NAME`. Needs the packages of that client and nothing else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

Job = dict[str, Any]
Answer = dict[str, Any]

MODEL, KEY, PATIENCE = "gpt-4o", "sk-none", 20.0
ASKED = [{"role": "user", "content": "Hello"}]
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
MEMBERS = ("cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")


def main() -> None:
    """Answer each job of standard input with the client that is named."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a client prints is no answer
    read = READERS[sys.argv[1]]()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = read(job)
        except Exception as error:
            answer = {"raised": _raised(error)}
        out.write(json.dumps({"id": job["id"], **answer}, default=str) + "\n")
        out.flush()


def _raised(error: BaseException) -> dict[str, Any]:
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    return {"type": type(error).__name__, "message": str(error), "status": status}


def member(value: Any, how: str, reads: str) -> dict[str, Any]:
    return {"value": value, "how": how, "reads": reads}


# --- clients whose objects are those of OpenAI's API --------------------------------------------------------


def openai_python() -> Callable[[Job], Answer]:
    """openai-python; a stream by its own helper."""
    from openai import OpenAI

    client = OpenAI(base_url="http://127.0.0.1", api_key=KEY, max_retries=0, timeout=PATIENCE)

    def read(job: Job) -> Answer:
        asking: Any = client.with_options(base_url=job["url"]).chat.completions
        if not job["stream"]:
            return of_openai(asking.create(model=MODEL, messages=ASKED))
        with asking.stream(model=MODEL, messages=ASKED) as stream:
            stream.until_done()  # get_final_completion() raises where the reply was cut at its limit
            return of_openai(stream.current_completion_snapshot)

    return read


def litellm() -> Callable[[Job], Answer]:
    """LiteLLM's client; a stream by `stream_chunk_builder`."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    asked: dict[str, Any] = {"model": f"openai/{MODEL}", "messages": ASKED, "api_key": KEY, "max_retries": 0}

    def read(job: Job) -> Answer:
        asking = asked | {"api_base": job["url"], "stream": job["stream"], "timeout": PATIENCE}
        got: Any = litellm.completion(**asking)
        if job["stream"]:
            got = litellm.stream_chunk_builder(list(got), messages=ASKED)
        return of_openai(got)

    return read


def of_openai(completion: Any) -> Answer:
    """The answer of a completion as OpenAI's SDK has it; what its type does not declare is in `model_extra`."""
    usage = completion.usage
    details = getattr(usage, "prompt_tokens_details", None)
    return {
        "choices": [_choice(each) for each in completion.choices],
        "usage": {name: getattr(usage, name, None) for name in COUNTS},
        "members": dict(_members(details)),
    }


def _choice(choice: Any) -> dict[str, Any]:
    message = choice.message
    return {
        "text": message.content,
        "refusal": getattr(message, "refusal", None) or _within(message).get("refusal"),
        "reasoning": getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None),
        "calls": [
            {"id": each.id, "name": each.function.name, "arguments": each.function.arguments}
            for each in message.tool_calls or []
            if getattr(each, "function", None) is not None
        ],
        "finish_reason": choice.finish_reason,
    }


def _within(message: Any) -> dict[str, Any]:
    return getattr(message, "provider_specific_fields", None) or {}


def _members(details: Any) -> Iterable[tuple[str, dict[str, Any]]]:
    place = "completion.usage.prompt_tokens_details"
    for name in MEMBERS if details is not None else ():
        if name in getattr(type(details), "model_fields", ()):
            yield name, member(getattr(details, name, None), "typed", f"{place}.{name}")
        else:
            value = (getattr(details, "model_extra", None) or {}).get(name)
            yield name, member(value, "untyped", f'{place}.model_extra["{name}"]')


# --- clients with objects of their own ----------------------------------------------------------------------


def langchain() -> Callable[[Job], Answer]:
    """LangChain's ChatOpenAI; the chunks of a stream are added, as its documentation shows."""
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient

    connections = DefaultHttpxClient(timeout=PATIENCE)

    def read(job: Job) -> Answer:
        model: Any = ChatOpenAI(
            model=MODEL, base_url=job["url"], api_key=KEY, max_retries=0, timeout=PATIENCE, stream_usage=True,
            use_responses_api=False, http_client=connections,
        )  # type: ignore[call-arg,unused-ignore]  # fmt: skip
        if not job["stream"]:
            return of_langchain(model.invoke("Hello"))
        message = None
        for chunk in model.stream("Hello"):
            message = chunk if message is None else message + chunk
        return of_langchain(message)

    return read


def of_langchain(message: Any) -> Answer:
    """The answer of an AIMessage."""
    usage = message.usage_metadata or {}
    details = usage.get("input_token_details") or {}
    raw = (message.response_metadata.get("token_usage") or {}).get("prompt_tokens_details") or {}
    place = 'message.response_metadata["token_usage"]["prompt_tokens_details"]'
    members = {name: member(raw.get(name), "raw", f'{place}["{name}"]') for name in MEMBERS}
    if details.get("cache_read") is not None:
        read = 'message.usage_metadata["input_token_details"]["cache_read"]'
        members["cached_tokens"] = member(details["cache_read"], "typed", read)
    for name in MEMBERS[1:]:
        if name in details:
            members[name] = member(details[name], "untyped", f'message.usage_metadata["input_token_details"]["{name}"]')
    calls = [{**each, "arguments": _json(each["args"])} for each in (*message.tool_calls, *message.invalid_tool_calls)]
    more = message.additional_kwargs
    return {
        "choices": [
            {
                "text": message.content if isinstance(message.content, str) else message.text,
                "refusal": more.get("refusal"),
                "reasoning": more.get("reasoning_content") or more.get("reasoning"),
                "calls": calls,
                "finish_reason": message.response_metadata.get("finish_reason"),
            }
        ],
        "usage": dict(zip(COUNTS, map(usage.get, ("input_tokens", "output_tokens", "total_tokens")), strict=True)),
        "members": members,
    }


def _json(arguments: Any) -> str:
    """Arguments as JSON text, of a client that gives an object."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def pydantic_ai() -> Callable[[Job], Answer]:
    """pydantic-ai's model, without an agent."""
    from openai import AsyncOpenAI
    from pydantic_ai import ModelRequest
    from pydantic_ai.direct import model_request_stream_sync, model_request_sync
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(base_url="http://127.0.0.1", api_key=KEY, max_retries=0, timeout=PATIENCE)

    def read(job: Job) -> Answer:
        provider = OpenAIProvider(openai_client=client.with_options(base_url=job["url"]))
        model, asked = OpenAIChatModel(MODEL, provider=provider), [ModelRequest.user_text_prompt("Hello")]
        if not job["stream"]:
            return of_pydantic_ai(model_request_sync(model, asked))
        with model_request_stream_sync(model, asked) as stream:
            for _ in stream:
                pass
            return of_pydantic_ai(stream.response)

    return read


def of_pydantic_ai(response: Any) -> Answer:
    """The answer of a ModelResponse."""
    kinds = ("text", "thinking", "tool-call")
    parts = {kind: [each for each in response.parts if each.part_kind == kind] for kind in kinds}
    usage, more = response.usage, response.provider_details or {}
    usage = usage() if callable(usage) else usage
    members = {
        name: member(usage.details.get(name), "untyped", f'response.usage.details["{name}"]') for name in MEMBERS
    }
    members["cached_tokens"] = member(usage.cache_read_tokens or None, "typed", "response.usage.cache_read_tokens")
    if usage.cache_write_tokens:
        members["cached_write_tokens"] = member(usage.cache_write_tokens, "typed", "response.usage.cache_write_tokens")
    return {
        "choices": [
            {
                "text": "".join(each.content for each in parts["text"]),
                "refusal": more.get("refusal"),
                "reasoning": "".join(each.content for each in parts["thinking"]),
                "calls": [
                    {"id": each.tool_call_id, "name": each.tool_name, "arguments": _json(each.args)}
                    for each in parts["tool-call"]
                ],
                "finish_reason": more.get("finish_reason") or response.finish_reason,
            }
        ],
        "usage": dict(zip(COUNTS, (usage.input_tokens, usage.output_tokens, usage.total_tokens), strict=True)),
        "members": members,
    }


READERS: dict[str, Callable[[], Callable[[Job], Answer]]] = {
    "openai-python": openai_python,
    "langchain": langchain,
    "litellm": litellm,
    "pydantic-ai": pydantic_ai,
}

if __name__ == "__main__":
    main()
