"""The clients, with their pinned versions. A version that changes is installed anew, into an environment of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from conformance.language import say
from conformance.text import nearest

Ecosystem = Literal["python", "node", "go", "java"]


@dataclass(frozen=True)
class Client:
    """A client as its users call it. `packages` maps each to its exact version. `lacks` are the parts of a reply for
    which the client has no place, so that they are not missed; `one_choice`: it never asks for several choices;
    `refusal_is_text`: it gives a refusal as the text of the reply."""

    name: str
    ecosystem: Ecosystem
    packages: Mapping[str, str]
    lacks: frozenset[str] = frozenset()
    one_choice: bool = False
    refusal_is_text: bool = False

    @cached_property
    def environment(self) -> str:
        """The name of the folder that it is installed into; clients of the same packages share it."""
        pins = " ".join(f"{name} {version}" for name, version in sorted(self.packages.items()))
        return f"{self.ecosystem}-{hashlib.sha256(pins.encode()).hexdigest()[:12]}"

    @property
    def versions(self) -> str:
        """Its packages with their versions, without the runtime that they need."""
        return ", ".join(f"{name} {version}" for name, version in self.packages.items() if name != "node")


#: The packages of JavaScript need a newer Node than many systems have; the registry has it as a package.
_NODE = {"node": "22.23.3"}
_AI_SDK = {"ai": "7.0.173", "@ai-sdk/openai": "4.0.118", "@ai-sdk/openai-compatible": "3.0.92", **_NODE}
_REASONING = frozenset({"reasoning"})

CLIENTS: Mapping[str, Client] = {
    each.name: each
    for each in (
        Client("openai-python", "python", {"openai": "3.57.0"}),
        Client("openai-node", "node", {"openai": "7.59.0", **_NODE}),
        Client("ai-sdk-openai", "node", _AI_SDK, _REASONING, one_choice=True, refusal_is_text=True),
        Client("ai-sdk-compatible", "node", _AI_SDK, one_choice=True, refusal_is_text=True),
        Client("langchain", "python", {"langchain-openai": "1.7.4"}, _REASONING, one_choice=True),
        Client("pydantic-ai", "python", {"pydantic-ai-slim[openai]": "2.68.0"}, one_choice=True),
        Client("litellm", "python", {"litellm": "1.110.2"}),
        Client("openai-go", "go", {"github.com/openai/openai-go/v3": "v3.98.0"}),
        Client("openai-java", "java", {"com.openai:openai-java": "4.105.0"}),
    )
}


class UnknownClient(Exception):
    """There is no client of this name; the message says which it may be."""


def chosen(names: Sequence[str]) -> list[Client]:
    """The clients with these names, all where there is none. Raises UnknownClient."""
    for name in names:
        if name not in CLIENTS:
            known = nearest(name, CLIENTS) or ", ".join(CLIENTS)
            raise UnknownClient(say("--client: {name!r} is not known: {known}", name, known))
    return [CLIENTS[name] for name in dict.fromkeys(names or CLIENTS)]
