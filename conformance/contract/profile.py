"""What an endpoint claims: its address, its models, their families and features."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from conformance.language import say

#: The caching that a family's models do: by marker and with counted writes (claude), of itself (the others).
FAMILIES = ("gpt", "claude", "gemini", "deepseek", "grok", "other")

THINKS = "+reasoning"  #: among the features of a model: it thinks before it answers
#: What the contract's page names as common use: a run in which it is not served is not green.
COMMON = frozenset({"chat.stream", "chat.tools", "chat.tool_choice", "chat.response_format.json_schema"})

#: Where a gateway's name of a model has that of its maker: at the beginning, after a sign that parts names, or after
#: the name of who serves it. After any other, as in acme-gpt, acme-claude or marco-o1, it is that one's own model.
_BEGINS = r"(?:^|[/.:]|\b(?:anthropic|aws|azure|bedrock|databricks|openai|reference|vertex(?:[-_]ai)?)--?)"
_FAMILY_PATTERNS = tuple(
    (family, re.compile(f"{_BEGINS}(?:{names})"))
    for family, names in (
        ("claude", r"claude(?![a-z])"),
        ("gpt", r"gpt-(?:\d|audio|image|realtime|search)|o[134](?:-|$)|chatgpt-|codex-"),
        ("gemini", r"gemini(?![a-z])"),
        ("deepseek", r"deepseek(?![a-z])"),
        ("grok", r"grok(?![a-z])"),
    )
)


@dataclass(frozen=True)
class Prices:
    """Of one model, for a million tokens; `output` is None where the sheet does not say."""

    currency: str
    input: Decimal
    cached: Decimal
    write_5m: Decimal
    write_1h: Decimal
    output: Decimal | None = None


@dataclass(frozen=True)
class Model:
    """A model under test. `without` are the features it does not claim, such as `chat.n`; `claimed` are those that it
    claims beside the common ones. `thinking` is for one that thinks before it answers, as its name does not tell: it is
    left `room`, or asked as OpenAI's are (`openai`). `prices` are those of the price sheet, None without one."""

    name: str
    family: str = "other"
    without: frozenset[str] = frozenset()
    thinking: Literal["", "room", "openai"] = ""
    claimed: frozenset[str] = frozenset()
    prices: Prices | None = field(default=None, compare=False, repr=False)

    def claims(self, feature: str) -> bool:
        if feature == "reasoning" and not self.reasons:
            return False
        return feature not in self.without and feature not in NOT_OF_FAMILY.get(self.family, frozenset())

    @property
    def needed(self) -> frozenset[str]:
        """The features that it must serve for a run to be green: those of common use, marked caching where the family
        has it, and those that it claims by name. A model that thinks may refuse a tool choice, as Claude does."""
        common = COMMON - {"chat.tool_choice"} if self.reasons and not self.asked_as_openai else COMMON
        return frozenset(filter(self.claims, common | self.claimed | {"cache.explicit"}))

    @property
    def writes_cache(self) -> bool:
        """Whether replies of this model may report cache writes in PhanEdge's fields: Claude's do, and GPT-5.6
        and later write to the cache too (contract, section 4)."""
        return self.family == "claude" or self.gpt_generation >= (5, 6)

    @property
    def gpt_generation(self) -> tuple[int, int]:
        """(5, 6) for gpt-5.6-mini, (4, 0) for gpt-4o, (0, 0) for what is not numbered so; Azure's gpt-35 is 3.5."""
        number = re.search(r"gpt-(35|\d+)(?:\.(\d+))?", self.name) if self.family == "gpt" else None
        if number is None:
            return 0, 0
        return (3, 5) if number[1] == "35" else (int(number[1]), int(number[2] or 0))

    @property
    def reasons(self) -> bool:
        """Whether it thinks before it answers."""
        return bool(self.thinking) or self.asked_as_openai

    @property
    def asked_as_openai(self) -> bool:
        """Whether it reasons and takes no max_tokens, as OpenAI's models do that are named so, and the reference
        endpoint's."""
        named = re.search(r"(?:^|/)o[134](?:-|$)|^reference-reasoning$", self.name)
        return self.thinking == "openai" or self.gpt_generation >= (5, 0) or named is not None

    @classmethod
    def parse(cls, text: str, without: frozenset[str] = frozenset()) -> Model:
        """`NAME`, `NAME=FAMILY` or `NAME=FAMILY:FEATURE,FEATURE`, where features are those that the model does not
        claim beside `without`, and with a plus those that it claims; `+reasoning` says that it thinks. Without a family
        the name asked for decides. Raises ValueError."""
        name, separator, rest = text.rpartition("=")
        family, colon, features = rest.partition(":")
        if not (name if separator else text).strip():
            raise ValueError(say("{text!r} has no name in it", text))
        if not separator:
            return cls(text, family_of(text), without)
        if family not in FAMILIES:
            raise ValueError(
                say(
                    "the family {family!r} of model {name!r} is not one of {families}",
                    family,
                    name,
                    ", ".join(FAMILIES),
                )
            )
        own = features.split(",") if colon else []
        if not all(each.removeprefix("+") for each in own):
            raise ValueError(say("{text!r} lacks a feature, such as chat.n", text))
        claimed = frozenset(each for each in own if each.startswith("+"))
        by_name = frozenset(name.removeprefix("+") for name in claimed - {THINKS})
        return cls(name, family, without.union(own) - claimed, "room" if THINKS in claimed else "", by_name)


#: What is never asked of a family: marking content is Claude's way, caching unasked is that of the others.
NOT_OF_FAMILY = {
    "claude": frozenset({"cache.automatic"}),
    "gpt": frozenset({"cache.explicit"}),
    **{family: frozenset({"cache.explicit", "cache.automatic"}) for family in FAMILIES[2:]},
}


def family_of(name: str) -> str:
    """The family that a model's name tells, `other` where it tells none."""
    for family, pattern in _FAMILY_PATTERNS:
        if pattern.search(name.lower()):
            return family
    return "other"


@dataclass(frozen=True)
class Profile:
    """The endpoint under test. `source` says what is judged: `live`, `reference` or `recording`."""

    base_url: str
    models: tuple[Model, ...]
    source: str = "live"

    def model(self, name: str) -> Model:
        """The model with this name, or one that claims nothing special."""
        return next((model for model in self.models if model.name == name), Model(name, family_of(name)))

    def learned(self, models: Mapping[Model, Model]) -> Profile:
        """The same with what was learnt of its models."""
        return replace(self, models=tuple(models.get(each, each) for each in self.models))

    def dump(self) -> dict[str, Any]:
        """As schemas/profile.json has it."""
        return {
            "format": "profile-1",
            "base_url": self.base_url,
            "source": self.source,
            "models": [
                {"name": model.name, "family": model.family, "without": sorted(model.without)}
                | ({"thinking": model.thinking} if model.thinking else {})
                | ({"claimed": sorted(model.claimed)} if model.claimed else {})
                for model in self.models
            ],
        }

    @classmethod
    def load(cls, value: dict[str, Any]) -> Profile:
        models = tuple(
            Model(
                model["name"], model["family"], frozenset(model["without"]), model.get("thinking", ""),
                frozenset(model.get("claimed", ())),
            )
            for model in value["models"]
        )  # fmt: skip
        return cls(value["base_url"], models, value["source"])
