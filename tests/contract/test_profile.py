"""What a model's name tells, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.profile import FAMILIES, Model, Profile, family_of


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt-4o", "gpt"),
        ("openai/gpt-4.1-mini", "gpt"),
        ("azure/gpt-35-turbo", "gpt"),
        ("ft:gpt-4o-mini:acme::abc", "gpt"),
        ("o1", "gpt"),
        ("o4-mini-2025-04-16", "gpt"),
        ("openai/o3", "gpt"),
        ("chatgpt-4o-latest", "gpt"),
        ("azure-gpt-4o", "gpt"),
        ("gpt-realtime", "gpt"),
        ("acme-gpt", "other"),
        ("acme-gpt-4", "other"),
        ("acme/acme-gpt-large", "other"),
        ("marco-o1", "other"),
        ("cerebras-gpt-13b", "other"),
        ("gpt-neox-20b", "other"),
        ("gpt-oss-120b", "other"),
        ("claude-sonnet-4-5", "claude"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude"),
        ("Claude-Opus", "claude"),
        ("claude", "claude"),
        ("anthropic/claude-3.5-sonnet:beta", "claude"),
        ("bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", "claude"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2", "claude"),
        ("vertex_ai/claude-3-5-sonnet@20240620", "claude"),
        ("databricks-claude-sonnet-4", "claude"),
        ("databricks-gpt-5", "gpt"),
        ("anthropic--claude-3.5-sonnet", "claude"),
        ("acme-claude", "other"),
        ("acme/acme-claude-large", "other"),
        ("not-claude-3", "other"),
        ("claudette", "other"),
        ("openai/acme-claude", "other"),
        ("gemini-2.5-pro", "gemini"),
        ("google/gemini-2.5-pro", "gemini"),
        ("models/gemini-pro", "gemini"),
        ("acme-gemini", "other"),
        ("us.deepseek.r1-v1:0", "deepseek"),
        ("deepseek-ai/DeepSeek-V3", "deepseek"),
        ("x-ai/grok-4", "grok"),
        ("groking", "other"),
        ("deepseek/deepseek-chat", "deepseek"),
        ("xai/grok-4", "grok"),
        ("llama-3.3-70b", "other"),
        ("phi-3", "other"),
        ("mo3", "other"),
        ("", "other"),
    ],
)
def test_family_of(name: str, family: str) -> None:
    assert family_of(name) == family


@pytest.mark.parametrize(
    ("name", "generation", "reasons"),
    [
        ("gpt-3.5-turbo", (3, 5), False),
        ("gpt-35-turbo", (3, 5), False),
        ("gpt-4-0613", (4, 0), False),
        ("gpt-4o", (4, 0), False),
        ("gpt-4.1-mini", (4, 1), False),
        ("gpt-5", (5, 0), True),
        ("openai/gpt-5.6-mini", (5, 6), True),
        ("o3-mini", (0, 0), True),
        ("openai/o1", (0, 0), True),
        ("claude-sonnet-4-5", (0, 0), False),
        ("chatgpt-4o-latest", (4, 0), False),
    ],
)
def test_generation(name: str, generation: tuple[int, int], reasons: bool) -> None:
    model = Model.parse(name)
    assert (model.gpt_generation, model.reasons) == (generation, reasons)


@pytest.mark.parametrize(
    ("name", "writes"),
    [("claude-3-haiku", True), ("gpt-5.5", False), ("gpt-5.6", True), ("gpt-35-turbo", False), ("llama", False)],
)
def test_only_some_models_write_the_cache(name: str, writes: bool) -> None:
    assert Model.parse(name).writes_cache is writes


def test_parse_takes_the_family_that_is_named() -> None:
    without = frozenset({"chat.n"})
    assert Model.parse("my-proxy=claude", without) == Model("my-proxy", "claude", without)
    assert Model.parse("a=b=gpt") == Model("a=b", "gpt")


def test_parse_takes_that_a_model_thinks() -> None:
    assert Model.parse("qwq=other:+reasoning,chat.n") == Model("qwq", "other", frozenset({"chat.n"}), "room")


def test_parse_takes_what_is_claimed_by_name() -> None:
    model = Model.parse("m=other:+chat.n,chat.seed")
    assert model.without == {"chat.seed"}
    assert model.claimed == {"chat.n"}
    common = {"chat.stream", "chat.tools", "chat.tool_choice", "chat.response_format.json_schema"}
    assert model.needed == {*common, "chat.n"}
    assert Model.parse("m=claude:+reasoning,chat.tools").needed == {*common, "cache.explicit"} - {
        "chat.tools",
        "chat.tool_choice",
    }
    with pytest.raises(ValueError, match="lacks a feature"):
        Model.parse("m=other:+")


@pytest.mark.parametrize("text", ["", " ", "=gpt", "gpt-4o=openai", "gpt-4o=", "m=GPT"])
def test_parse_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"no name|is not one of gpt, claude"):
        Model.parse(text)


def test_claims() -> None:
    claude, gpt = Model.parse("claude-3", frozenset({"chat.n"})), Model.parse("gpt-4o")
    assert not claude.claims("chat.n")
    assert claude.claims("cache.explicit")
    assert not claude.claims("cache.automatic")
    assert gpt.claims("cache.automatic")
    assert not gpt.claims("cache.explicit")
    assert not Model.parse("llama").claims("cache.explicit")
    assert not Model.parse("llama").claims("reasoning")
    assert Model.parse("llama=other:+reasoning").claims("reasoning")


models = st.builds(
    Model,
    st.text(min_size=1),
    st.sampled_from(FAMILIES),
    st.frozensets(st.text()),
    st.sampled_from(["", "room", "openai"]),
    st.frozensets(st.text()),
)


@given(st.lists(models).map(tuple), st.sampled_from(["live", "reference", "recording"]))
def test_round_trip(models: tuple[Model, ...], source: str) -> None:
    profile = Profile("https://host/v1", models, source)
    assert Profile.load(profile.dump()) == profile


def test_a_model_nobody_named_claims_what_its_family_does() -> None:
    profile = Profile("", (Model("mine", "claude"),))
    assert profile.model("mine").family == "claude"
    assert profile.model("gpt-4o").family == "gpt"
