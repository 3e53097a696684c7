"""What the model writes, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.requests import chat, streamed
from conformance.evidence.exchange import Exchange
from conformance.lab.reference import Endpoint


def ask(content: Any = "Say OK.", model: str = "reference-gpt", **members: Any) -> Exchange:
    exchange = Endpoint().answer(chat(content, **({"max_tokens": 1000} | members)).to(model))
    assert exchange.status == 200, exchange.text
    return exchange


def said(content: Any = "Say OK.", **members: Any) -> str:
    return str(ask(content, **members).messages[0]["content"])


def conversation(*turns: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Say OK.", "OK"),
        ("Say hello.", "hello"),
        ("Say: ALPHA BRAVO", "ALPHA BRAVO"),
        ("Please say the word \"kiwi\" and nothing else.", "kiwi"),
        ("Reply with this code only: QWERTYUIOPAS", "QWERTYUIOPAS"),
        ("Reply with exactly: x.y", "x.y"),
        ("Repeat the following text exactly and add nothing: 甲 乙 丙", "甲 乙 丙"),
        ("Repeat exactly: data: [DONE]\n\n\"}],\"role\":\"system\" <|im_end|> <b>&amp;</b>",
         "data: [DONE]\n\n\"}],\"role\":\"system\" <|im_end|> <b>&amp;</b>"),
        ("Count from 3 to 6, one number per line.", "3\n4\n5\n6"),
        ("Count to 3, separated by commas.", "1, 2, 3"),
        ("Repeat the word yes 3 times.", "yes yes yes"),
        ("Write 6 random digits and nothing else.", "569411"),
        ("What is the code I told you?", "I have no answer to that."),
        ("Say 🙂!", "🙂"),
        ("Say thank you.", "thank you"),
        ("Say the code I gave you.", "I have no answer to that."),
        ("Answer this question: who?", "I have no answer to that."),
        ([{"type": "text", "text": "A story.\n"}, {"type": "text", "text": "Say OK."}], "OK"),
    ],
)  # fmt: skip
def test_orders_are_obeyed(prompt: Any, text: str) -> None:
    assert said(prompt) == text


@pytest.mark.parametrize("role", ["system", "developer"])
@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("End every reply with the word KIWI7.", "hi KIWI7"),
        ("Always end with KIWI7", "hi KIWI7"),
        ("Begin each answer with 'Well,'", "Well, hi"),
        ("You must include the code RED1 in every reply.", "hi RED1"),
        ("You are a helpful assistant.", "hi"),
    ],
)
def test_instructions_take_effect(role: str, order: str, text: str) -> None:
    assert said(**conversation((role, order), ("user", "Say hi."))) == text


def test_all_instructions_count() -> None:
    turns = [
        ("system", "Include RED1."),
        ("user", "Say a."),
        ("assistant", "a"),
        ("system", "Include BLUE2."),
    ]
    text = said(**conversation(*turns, ("user", "Say hi.")))
    assert text == "hi RED1 BLUE2"


@pytest.mark.parametrize(
    ("turns", "facts"),
    [
        ([("user", "My code is ZX-417."), ("assistant", "Noted."), ("user", "What is my code?")], ["ZX-417"]),
        ([("user", "The blue code is A1. The red code is B2."), ("user", "Which is the red code?")], ["B2"]),
        ([("assistant", "Hi. The door code is 9912."), ("user", "What is the door code?")], ["9912"]),
        ([("user", "The code is Q7."), ("user", "Which code is it? Answer with the code only.")], ["Q7"]),
        ([("system", "The password is swordfish."), ("user", "Tell me the password.")], ["swordfish"]),
        (
            [
                *((("user", "assistant")[turn % 2], f"Turn {turn}: the code is N{turn}X.") for turn in range(1, 12)),
                ("user", "Which codes were said in turn 3 and in turn 6?"),
            ],
            ["N3X", "N6X"],
        ),
    ],
)
def test_facts_are_found_in_the_conversation(turns: list[tuple[str, Any]], facts: list[str]) -> None:
    text = said(**conversation(*turns))
    assert all(fact in text for fact in facts)
    assert len(text) < 200


def test_parts_are_read_in_order() -> None:
    parts = ["code one: A11", "code two: B22", "Repeat both codes in order."]
    text = said([{"type": "text", "text": part} for part in parts])
    assert 0 <= text.index("A11") < text.index("B22")


def test_a_short_answer_where_one_is_asked() -> None:
    system = "\n".join(f"The ledger lists parcel {n} under shelf {n * 7}, signed by the clerk." for n in range(90))
    assert said("Which shelf holds parcel 3? Answer briefly.", system=system) == "shelf 21"


def test_requests_have_no_memory() -> None:
    endpoint = Endpoint()
    endpoint.answer(chat("The code is ZX-417. Say OK.").to("reference-gpt"))
    text = endpoint.answer(chat("What is the code I told you?").to("reference-gpt")).text
    assert "417" not in text


# --- where it ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "stop", "text"),
    [
        ("Say: ALPHA BRAVO STOPHERE CHARLIE", "STOPHERE", "ALPHA BRAVO "),
        ("Repeat exactly: one two three four five", ["five", "three", "zzz", "qqq"], "one two "),
        ("Repeat exactly: 甲 乙 停止词 丙", "停止词", "甲 乙 "),
        ("Say OK.", "never", "OK"),
        ("Say OK.", "", "OK"),
    ],
)
def test_stop_sequences_end_the_text(prompt: str, stop: Any, text: str) -> None:
    request = chat(prompt, stop=stop, max_tokens=100)
    for each in (request, streamed(request)):
        choice = Endpoint().answer(each.to("reference-claude")).choices[0]
        assert choice["message"]["content"] == text
        assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("limit", [1, 7, 20])
def test_limits_cut_and_say_so(name: str, limit: int) -> None:
    asked: dict[str, Any] = {"max_tokens": None, name: limit}
    exchange = ask("Count from 1 to 100, one number per line.", **asked)
    assert exchange.choices[0]["finish_reason"] == "length"
    assert exchange.usage["completion_tokens"] == limit


def test_a_limit_that_is_met_exactly_cuts_nothing() -> None:
    exchange = ask("Say: one", max_tokens=1)
    assert exchange.choices[0]["finish_reason"] == "stop"


def test_a_stop_sequence_beyond_the_limit_is_not_reached() -> None:
    exchange = ask("Count from 1 to 100, one number per line.", max_tokens=5, stop="50")
    assert exchange.choices[0]["finish_reason"] == "length"


def test_choices_cost_output_but_no_prompt() -> None:
    one, three = ask(), ask(n=3)
    assert [choice["index"] for choice in three.choices] == [0, 1, 2]
    assert three.usage["prompt_tokens"] == one.usage["prompt_tokens"]
    assert three.usage["completion_tokens"] == 3 * one.usage["completion_tokens"]


@pytest.mark.parametrize(
    "members",
    [
        {"seed": -1, "temperature": 2, "top_p": 0.01, "presence_penalty": -2, "frequency_penalty": 2},
        {"x_unknown": {"a": 1}, "user": "u", "metadata": {"a": "b"}, "store": False, "service_tier": "auto"},
        {"logit_bias": {"50256": -100}, "prompt_cache_key": "k", "response_format": {"type": "text"}},
        dict.fromkeys(
            [
                "n",
                "stop",
                "seed",
                "tools",
                "tool_choice",
                "stream",
                "stream_options",
                "response_format",
                "logprobs",
            ]
        ),
    ],
)
def test_what_does_not_matter_costs_nothing(members: dict[str, Any]) -> None:
    assert ask(**members).usage == ask().usage


@pytest.mark.parametrize(("penalty", "times"), [(0, 20), (0.5, 9), (-1, 20)])
def test_a_penalty_ends_repetition(penalty: float, times: int) -> None:
    exchange = ask("Repeat the word yes 20 times.", frequency_penalty=penalty, max_tokens=100)
    assert exchange.messages[0]["content"].split().count("yes") == times
