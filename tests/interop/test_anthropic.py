"""The pretended Anthropic counts, streams and refuses as Anthropic documents it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.evidence.sse import parse
from conformance.resources import fixture
from interop.anthropic import KEY, VERSION, Upstream, application
from interop.messages import check
from interop.prompt import render

CREDENTIALS = {"x-api-key": KEY, "anthropic-version": VERSION}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
BOTH = "Use the tool for Paris and for Tokyo, both now."
RED = fixture("images.json")["red-64"].removeprefix("data:image/png;base64,")
Ask = Callable[..., httpx.Response]


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ask(clock: Clock) -> Ask:
    """Post a body, by default one that is right, with some members replaced; None leaves one out."""
    app = application(Upstream(clock=clock))

    async def post(content: bytes, headers: dict[str, str], method: str, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://upstream") as client:
            return await client.request(method, path, content=content, headers=headers)

    def ask(
        content: bytes | None = None,
        *,
        headers: dict[str, str] = CREDENTIALS,
        method: str = "POST",
        path: str = "/v1/messages",
        **members: Any,
    ) -> httpx.Response:
        usual = {"model": "claude-sonnet-4-5", "max_tokens": 900, "messages": user("Say OK.")}
        document = {name: value for name, value in (usual | members).items() if value is not None}
        return asyncio.run(post(content or json.dumps(document).encode(), headers, method, path))

    return ask


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def block(tokens: int, ttl: str | None = None, word: str = "x") -> dict[str, Any]:
    """A block of exactly so many tokens."""
    found = {"type": "text", "text": " ".join([word] * tokens)}
    return found | ({"cache_control": {"type": "ephemeral", "ttl": ttl}} if ttl else {})


def prompt(tokens: int) -> list[dict[str, Any]]:
    """A user message of exactly so many tokens, its beginning included."""
    return [{"role": "user", "content": [block(tokens - 1)]}]


def text(response: httpx.Response) -> str:
    """The text of a message that is nothing else."""
    (part,) = response.json()["content"]
    return str(part["text"])


def counts(response: httpx.Response) -> tuple[int, int, int, int, int]:
    """Input, read, created, and created for five minutes and an hour."""
    usage = response.json()["usage"]
    split = usage["cache_creation"]
    return (
        usage["input_tokens"],
        usage["cache_read_input_tokens"],
        usage["cache_creation_input_tokens"],
        split["ephemeral_5m_input_tokens"],
        split["ephemeral_1h_input_tokens"],
    )


def events(response: httpx.Response) -> list[dict[str, Any]]:
    """The documents of a stream, each under the name of its event."""
    found = parse([(0.0, response.content)])
    assert [event.name for event in found.events] == [event.document["type"] for event in found.events]
    assert found.pending is None
    return found.documents


# --- usage --------------------------------------------------------------------------------------------------


def test_golden_vector_2(ask: Ask) -> None:
    """2,048 uncached, 1,800 read, 148 + 100 written (contract, G2)."""
    read = block(1800, "1h")
    ask(system=[read], messages=prompt(10))
    blocks = [read, block(100, "1h", "y"), block(148, "5m", "z")]
    assert counts(ask(system=blocks, messages=prompt(2048))) == (2048, 1800, 248, 148, 100)


def test_golden_vector_3(ask: Ask) -> None:
    """188,086 tokens written when cold and read when warm, 21 uncached both times (contract, G3)."""
    body = {"system": [block(188_086, "5m")], "messages": prompt(21)}
    assert counts(ask(**body)) == (21, 0, 188_086, 188_086, 0)
    assert counts(ask(**body)) == (21, 188_086, 0, 0, 0)


def test_nothing_is_written_without_a_marker(ask: Ask) -> None:
    assert counts(ask(system=[block(5000)], messages=prompt(20))) == (5020, 0, 0, 0, 0)


def test_nothing_is_written_below_the_minimum(ask: Ask) -> None:
    assert counts(ask(system=[block(1023, "5m")], messages=prompt(20))) == (1043, 0, 0, 0, 0)


@pytest.mark.parametrize(("ttl", "seconds"), [("5m", 300.0), ("1h", 3600.0)])
def test_entries_expire(ask: Ask, clock: Clock, ttl: str, seconds: float) -> None:
    body = {"system": [block(2000, ttl)], "messages": prompt(20)}
    ask(**body)
    clock.now += seconds - 1
    assert counts(ask(**body))[1] == 2000, "alive, and refreshed by being read"
    clock.now += seconds
    assert counts(ask(**body))[1:3] == (0, 2000)


def test_a_marker_of_the_whole_request_stands_at_its_last_block(ask: Ask) -> None:
    found = ask(system=[block(2000)], messages=prompt(20), cache_control={"type": "ephemeral"})
    assert counts(found) == (0, 0, 2020, 2020, 0)


def test_markers_cost_nothing() -> None:
    def size(ttl: str | None) -> int:
        asked = {"model": "claude-x", "max_tokens": 1, "system": [block(50, ttl)], "messages": prompt(9)}
        return sum(len(each.pieces) for each in render(check(asked)))

    assert size(None) == size("5m") == size("1h") == 59


# --- turns --------------------------------------------------------------------------------------------------


def test_end_turn(ask: Ask) -> None:
    found = ask().json()
    assert found["content"] == [{"type": "text", "text": "OK"}]
    assert (found["stop_reason"], found["stop_sequence"]) == ("end_turn", None)
    assert found["model"] == "claude-sonnet-4-5-20250929"


def test_max_tokens(ask: Ask) -> None:
    found = ask(max_tokens=5, messages=user("Count from 1 to 100.")).json()
    assert (found["stop_reason"], found["usage"]["output_tokens"]) == ("max_tokens", 5)
    assert found["content"][0]["text"] == "1\n2\n3"


def test_the_first_stop_sequence_ends_the_text(ask: Ask) -> None:
    found = ask(messages=user("Say: one two three"), stop_sequences=["three", "two"]).json()
    assert (found["stop_reason"], found["stop_sequence"]) == ("stop_sequence", "two")
    assert found["content"] == [{"type": "text", "text": "one "}]


@pytest.mark.parametrize(
    ("choice", "text", "calls"),
    [
        (None, BOTH, ["Paris", "Tokyo"]),
        ({"type": "auto", "disable_parallel_tool_use": True}, BOTH, ["Paris"]),
        ({"type": "any"}, "Weather in Paris?", ["Paris"]),
        ({"type": "tool", "name": "get_weather"}, "Weather in Paris?", ["Paris"]),
        ({"type": "none"}, BOTH, []),
        (None, "Say OK.", []),
    ],
)
def test_tool_choice(ask: Ask, choice: dict[str, Any] | None, text: str, calls: list[str]) -> None:
    found = ask(tools=[WEATHER], tool_choice=choice, messages=user(text)).json()
    used = [part for part in found["content"] if part["type"] == "tool_use"]
    assert [part["input"] for part in used] == [{"city": city} for city in calls]
    assert found["stop_reason"] == ("tool_use" if calls else "end_turn")
    assert len({part["id"] for part in used}) == len(calls)


def test_results_of_tools_are_told(ask: Ask) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}
    answer = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}
    turns = [*user("?"), {"role": "assistant", "content": [call]}, {"role": "user", "content": [answer]}]
    found = ask(tools=[WEATHER], messages=turns).json()
    assert found["content"][0]["text"] == 'get_weather({"city": "Paris"}) says rain.'


def test_instructions_are_followed(ask: Ask) -> None:
    found = ask(system=[{"type": "text", "text": "End every reply with the word KIWI7."}], messages=user("Say hi."))
    assert text(found) == "hi KIWI7"


def test_what_is_wanted_in_every_reply_is_an_instruction_in_the_midst_of_a_turn(ask: Ask) -> None:
    order = {"type": "text", "text": "Include the word BLUE2 in every reply."}
    found = ask(messages=[{"role": "user", "content": [order, {"type": "text", "text": "Say hello."}]}])
    assert text(found) == "hello BLUE2"


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_what_was_said_is_remembered(ask: Ask, role: str) -> None:
    said = {"role": role, "content": "The locker code is QX3817."}
    assert "QX3817" in text(ask(messages=[*user("Hello."), said, *user("What is the locker code?")]))


def test_the_result_of_a_tool_costs_the_same_as_text_and_as_a_block() -> None:
    def cost(content: Any) -> int:
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
        return sum(len(each.pieces) for each in render({"messages": [{"role": "user", "content": [result]}]}))

    assert cost("Rain.") == cost([{"type": "text", "text": "Rain."}])


def test_the_colour_of_an_image_is_seen(ask: Ask) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": RED}
    question = {"type": "text", "text": "Which colour is this?"}
    found = ask(messages=[{"role": "user", "content": [question, {"type": "image", "source": source}]}])
    assert text(found) == "I see red."


def test_a_call_that_is_cut_is_begun(ask: Ask) -> None:
    """A whole message has no arguments then; a stream has as much of their JSON as was written."""
    members: dict[str, Any] = {"tools": [WEATHER], "tool_choice": {"type": "any"}, "max_tokens": 6}
    whole, found = ask(messages=user(BOTH), **members).json(), events(ask(messages=user(BOTH), **members, stream=True))
    assert (whole["stop_reason"], whole["usage"]["output_tokens"]) == ("max_tokens", 6)
    assert [(part["name"], part["input"]) for part in whole["content"]] == [("get_weather", {})]
    assert "".join(event["delta"].get("partial_json", "") for event in found if "delta" in event) == '{"city'


def test_a_call_is_left_out_where_its_name_does_not_fit(ask: Ask) -> None:
    found = ask(messages=user(BOTH), tools=[WEATHER], tool_choice={"type": "any"}, max_tokens=2).json()
    assert (found["content"], found["stop_reason"]) == ([], "max_tokens")


def test_structured_output(ask: Ask) -> None:
    schema = WEATHER["input_schema"]
    output = {"format": {"type": "json_schema", "schema": schema}}
    found = ask(messages=user("The weather in Paris."), output_config=output).json()
    assert json.loads(found["content"][0]["text"]) == {"city": "Paris"}


def test_turns_of_one_role_are_combined(ask: Ask) -> None:
    """Results of parallel calls in user turns of their own are those of one turn (Anthropic, Messages API)."""
    calls = [{"type": "tool_use", "id": each, "name": "get_weather", "input": {"city": each}} for each in ("A", "B")]
    results = [{"type": "tool_result", "tool_use_id": each, "content": f"rain in {each}"} for each in ("A", "B")]
    apart = [{"role": "user", "content": [each]} for each in results]
    begun = [*user("?"), *({"role": "assistant", "content": [each]} for each in calls)]
    found = ask(tools=[WEATHER], messages=[*begun, *apart])
    together = [*user("?"), {"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    assert found.json()["content"] == ask(tools=[WEATHER], messages=together).json()["content"]
    assert "rain in A" in text(found)
    assert "rain in B" in text(found)


def test_turns_that_are_combined_cost_what_one_does(ask: Ask) -> None:
    texts = [{"type": "text", "text": each} for each in ("Hello there.", "Say OK.")]
    apart, one = [{"role": "user", "content": [each]} for each in texts], [{"role": "user", "content": texts}]
    assert counts(ask(messages=apart)) == counts(ask(messages=one))


def test_texts_that_are_joined_without_a_blank_are_read(ask: Ask) -> None:
    joined = "Include the word A11 in every reply.Include the word B22 in every reply."
    assert text(ask(system=joined, messages=user("Say hello."))) == "hello A11 B22"
    assert text(ask(messages=user(f"{joined}Say hello."))) == "hello A11 B22"
    told = "The first code is C33.The second code is D44.What are the codes?"
    assert text(ask(messages=user(told))) == "The first code is C33. The second code is D44."


def test_a_conversation_without_a_word_is_answered(ask: Ask) -> None:
    assert text(ask(messages=[{"role": "assistant", "content": ""}]))


#: JSON of which a body that is nearly right is made.
_CONTENT = st.recursive(
    st.none() | st.integers(-2, 2) | st.sampled_from(["", "a", "text", "tool_use", "tool_result", "user", "ephemeral"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "id", "name", "input", "tool_use_id", "content", "source", "cache_control"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": _CONTENT})
_NAMES = ["system", "tools", "tool_choice", "stop_sequences", "stream", "metadata", "cache_control", "output_config"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_MESSAGE, max_size=4), st.dictionaries(st.sampled_from(_NAMES), _CONTENT, max_size=2))
def test_whatever_is_sent_is_answered_or_refused(
    ask: Ask, messages: list[dict[str, Any]], members: dict[str, Any]
) -> None:
    assert ask(messages=messages, **members).status_code in (200, 400)


# --- streaming ----------------------------------------------------------------------------------------------


def test_the_grammar_of_a_stream(ask: Ask) -> None:
    response = ask(tools=[WEATHER], messages=user(BOTH), stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response)
    assert [event["type"] for event in (found[0], found[-2], found[-1])] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]
    inner = [event for event in found[1:-2] if event["type"] != "ping"]
    for index in range(3):
        own = [event["type"] for event in inner if event["index"] == index]
        assert own == ["content_block_start", *["content_block_delta"] * (len(own) - 2), "content_block_stop"]
    assert [event["index"] for event in inner] == sorted(event["index"] for event in inner)
    assert "ping" in [event["type"] for event in found]


def test_a_stream_says_what_the_whole_message_says(ask: Ask) -> None:
    members: dict[str, Any] = {"tools": [WEATHER], "messages": user(BOTH)}
    whole, found = ask(**members).json(), events(ask(**members, stream=True))
    told: dict[int, str] = {}
    for event in found:
        if event["type"] == "content_block_delta":
            delta = event["delta"]
            assert delta["type"] == ("input_json_delta" if event["index"] else "text_delta")
            told[event["index"]] = told.get(event["index"], "") + delta.get("text", delta.get("partial_json"))
    assert told[0] == whole["content"][0]["text"]
    assert [json.loads(told[index]) for index in (1, 2)] == [part["input"] for part in whole["content"][1:]]
    assert found[-2]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}


def test_usage_of_a_stream_is_cumulative(ask: Ask) -> None:
    """Whoever adds the two counts twice, and whoever reads the last alone loses the lifetimes."""
    found = events(ask(system=[block(2000, "1h")], messages=prompt(20), stream=True))
    begun, ended = found[0]["message"]["usage"], found[-2]["usage"]
    assert begun["cache_creation"] == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 2000}
    assert "cache_creation" not in ended
    for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
        assert ended[name] == begun[name]
    assert ended["output_tokens"] >= begun["output_tokens"]


# --- errors -------------------------------------------------------------------------------------------------


def refused(response: httpx.Response, status: int, kind: str, said: str = "") -> None:
    found = response.json()
    assert (response.status_code, found["type"], found["error"]["type"]) == (status, "error", kind)
    assert said in found["error"]["message"]
    assert found["request_id"] == response.headers["request-id"]


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({}, 401, "authentication_error"),
        ({"x-api-key": "sk-ant-another", "anthropic-version": VERSION}, 401, "authentication_error"),
        ({"x-api-key": KEY}, 400, "invalid_request_error"),
    ],
)
def test_credentials(ask: Ask, headers: dict[str, str], status: int, kind: str) -> None:
    refused(ask(headers=headers), status, kind)


def test_the_key_may_be_a_bearer_token(ask: Ask) -> None:
    headers = {"authorization": f"Bearer {KEY}", "anthropic-version": VERSION}
    assert ask(headers=headers).status_code == 200


def marked(*ttls: str) -> list[dict[str, Any]]:
    return [block(20, ttl) for ttl in ttls]


def image(source: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "image", "source": source}]}]


CALLED = [{"role": "user", "content": "?"}, {"role": "assistant", "content": [
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
]}]  # fmt: skip


RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
        ({"system": 5}, "system"),
        ({"system": [5]}, "system.0"),
        ({"tools": [5]}, "tools.0"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"stop_sequences": "x"}, "stop_sequences"),
        ({"messages": [5]}, "messages.0"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [5]}]}, "messages.0.content.0"),
        ({"output_config": {"format": {"schema": {"type": "object", "not": {}}}}}, "output_config"),
        ({"output_config": {"format": {}}}, "output_config"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": None}, "messages: Field required"),
        ({"messages": []}, "at least one message"),
        ({"messages": "hello"}, "messages: Input should be a valid list"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role"),
        ({"messages": [*user(""), *user("x")]}, "non-empty content"),
        ({"messages": user("")}, "non-empty content"),
        ({"messages": [{"role": "user", "content": []}]}, "non-empty content"),
        ({"messages": [{"role": "user"}]}, "non-empty content"),
        ({"system": [{"type": "text"}]}, "system.0.text.text: Field required"),
        ({"system": [{"type": "text", "text": 5}]}, "system.0.text.text: Input should be a valid string"),
        ({"system": image({"type": "base64"})[0]["content"]}, "system.0: Input tag 'image'"),
        ({"messages": [{"role": "assistant", "content": [{"type": "tool_use"}]}]}, "tool_use.id: Field required"),
        ({"messages": [*CALLED, {"role": "user", "content": [RESULT | {"content": 5}]}]}, "valid list"),
        ({"messages": [*CALLED, {"role": "user", "content": [RESULT | {"content": [{"type": "x"}]}]}]}, "tag 'x'"),
        ({"messages": [*CALLED, {"role": "user", "content": [RESULT | {"tool_use_id": []}]}]}, "valid string"),
        ({"messages": [*CALLED, *CALLED]}, "without `tool_result`"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "must be non-empty"),
        ({"messages": [{"role": "user", "content": [{"type": "sound"}]}]}, "messages.0.content.0"),
        ({"messages": [*CALLED, *user("so?")]}, "without `tool_result`"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]},
            "unexpected",
        ),
        ({"stream": "yes"}, "stream"),
        ({"temperature": 1.5}, "temperature"),
        ({"temperature": 1, "top_p": 1}, "cannot both"),
        ({"stop_sequences": [" "]}, "non-whitespace"),
        ({"n": 2}, "n: Extra inputs"),
        ({"tool_choice": {"type": "any"}}, "while providing tools"),
        ({"messages": image({"type": "url", "url": "https://example.com/x.png"})}, "Unable to download"),
        ({"messages": image({"type": "base64", "media_type": "image/png", "data": "AAAA"})}, "Could not process"),
        ({"messages": image({"type": "base64", "media_type": "image/png", "data": "?"})}, "invalid base64"),
        ({"messages": image({"type": "base64", "media_type": "image/bmp", "data": "AAAA"})}, "media_type"),
        ({"tools": [WEATHER | {"name": "bad name!"}]}, "String should match pattern"),
        ({"tools": [WEATHER | {"name": "a" * 129}]}, "String should match pattern"),
        (
            {
                "tools": [WEATHER | {"input_schema": {"type": "object", "properties": [], "required": ["a"]}}],
                "tool_choice": {"type": "any"},
            },
            "tools",
        ),
        ({"tools": [{"name": "t"}]}, "input_schema"),
        ({"tools": [{"input_schema": {}}]}, "name"),
        ({"tools": [{"name": "t", "input_schema": {"type": "string"}}]}, "'object'"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "t"}}, "not found"),
        ({"tools": [WEATHER], "tool_choice": {"type": "required"}}, "tool_choice"),
        ({"system": marked("5m", "5m", "5m", "5m", "5m")}, "maximum of 4"),
        ({"system": marked("5m", "1h")}, "must not come after"),
        ({"system": marked("2h")}, "ttl"),
        ({"system": [block(9) | {"cache_control": {"type": "lasting"}}]}, "ephemeral"),
    ],
)
def test_wrong_requests(ask: Ask, members: dict[str, Any], said: str) -> None:
    refused(ask(**members), 400, "invalid_request_error", said)


@pytest.mark.parametrize("half", [b"\\ud83d", b"\\ude00", b"\\ud83d\\ud83d"])
def test_half_of_a_surrogate_pair_is_refused(ask: Ask, half: bytes) -> None:
    body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": user("Say @.")}).encode()
    refused(ask(body.replace(b"@", half)), 400, "invalid_request_error", "no low surrogate in string")
    assert ask(body.replace(b"@", b"\\ud83d\\ude00")).status_code == 200


@pytest.mark.parametrize("content", [b'{"model": ', b"[]", b"\xff", b'{"max_tokens": NaN}', b"[" * 10**5])
def test_bodies_that_are_no_object(ask: Ask, content: bytes) -> None:
    refused(ask(content), 400, "invalid_request_error")


def test_unknown_model(ask: Ask) -> None:
    refused(ask(model="gpt-4o"), 404, "not_found_error", "gpt-4o")


def test_other_paths_and_methods(ask: Ask) -> None:
    refused(ask(path="/v1/chat/completions"), 404, "not_found_error")
    refused(ask(method="PUT"), 405, "invalid_request_error")


def test_an_error_comes_before_the_stream(ask: Ask) -> None:
    response = ask(stream=True, messages=[])
    assert response.headers["content-type"] == "application/json"
    refused(response, 400, "invalid_request_error")
