"""The features that an endpoint, or a model, may lack: a closed list, so that a mistyped one is not passed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.language import gettext, say
from conformance.text import nearest_few

#: What each means. Those that begin with `chat.` are members of a request.
FEATURES: Mapping[str, str] = {
    "auth": "the endpoint needs an API key",
    "models": "the list of models",
    "reasoning": "reasoning of a model that reasons, and reasoning_effort",
    "vision": "images in messages",
    "cache.automatic": "prompt caching that is not asked for",
    "cache.explicit": "prompt caching at a cache_control",
    "chat.audio": "the parameter",
    "chat.cache_control": "cache_control at the top of a request",
    "chat.frequency_penalty": "the parameter",
    "chat.function_call": "the parameter, which tool_choice replaced",
    "chat.functions": "the parameter, which tools replaced",
    "chat.logit_bias": "the parameter",
    "chat.logprobs": "log probabilities",
    "chat.max_completion_tokens": "the parameter, which replaced max_tokens",
    "chat.metadata": "the parameter",
    "chat.modalities": "the parameter",
    "chat.moderation": "the parameter",
    "chat.n": "several choices",
    "chat.parallel_tool_calls": "the parameter",
    "chat.prediction": "the parameter",
    "chat.presence_penalty": "the parameter",
    "chat.prompt_cache_key": "the parameter",
    "chat.prompt_cache_options": "the parameter",
    "chat.prompt_cache_retention": "the parameter",
    "chat.reasoning_effort": "the parameter",
    "chat.response_format": "structured output of any type",
    "chat.response_format.json_object": "JSON of any shape",
    "chat.response_format.json_schema": "JSON that follows a schema",
    "chat.response_format.text": "the default, written out",
    "chat.safety_identifier": "the parameter",
    "chat.seed": "the parameter",
    "chat.service_tier": "the parameter",
    "chat.stop": "stop sequences",
    "chat.store": "the parameter",
    "chat.stream": "streaming",
    "chat.stream_options": "usage in a stream",
    "chat.tool_choice": "the parameter",
    "chat.tools": "function calling",
    "chat.top_logprobs": "the parameter",
    "chat.top_p": "the parameter",
    "chat.user": "the parameter",
    "chat.verbosity": "the parameter",
    "chat.web_search_options": "the parameter",
    "schema.beside_tools": "response_format beside tools",
    "schema.constraints": "minimum, pattern and the like in a schema",
    "schema.cut": "an answer by a schema that is cut at its limit",
    "schema.names": "odd names of members in a schema",
    "schema.recursion": "a schema that refers to itself",
    "schema.references": "$ref in a schema",
    "schema.size": "a large schema",
    "schema.unsaid": "json_object where the prompt does not speak of JSON",
    "schema.unsupported": "refusing a schema that strict does not allow",
    "tools.allowed": "a tool_choice of allowed_tools",
    "tools.strict": "strict in a function",
}


def check_features(names: Iterable[str]) -> None:
    """Raises ValueError for the first that is none, with the nearest that is."""
    for name in names:
        if name not in FEATURES:
            near = nearest_few(name, FEATURES) or say(": the command `features` lists all")
            raise ValueError(say("there is no feature {name!r}{near}", name, near))


def listed() -> str:
    """Each feature in a line."""
    width = max(map(len, FEATURES))
    return "\n".join(f"{name:<{width}}  {gettext(meaning)}" for name, meaning in FEATURES.items())
