"""What is in an exchange, and what an answer has lost of it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.clients.expected import Call, Choice, Refused, Reply, expected
from conformance.clients.read import Finding, found, members, without
from tests.support.exchanges import completion, plain, stream_of, streamed

USAGE = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
WRITES = {"cached_tokens": 0, "cached_write_tokens": 6, "cached_write_5m_tokens": 4, "cached_write_1h_tokens": 2}
CALL = Call("call_1", "weather", '{"city": "Rome"}')
WANTED = Reply((Choice("", "", "hm", (CALL,), "tool_calls"),), USAGE, {})
CHOICE: dict[str, Any] = {
    "text": None, "refusal": None, "reasoning": "hm", "finish_reason": "tool_calls",
    "calls": [{"id": "call_1", "name": "weather", "arguments": '{"city":"Rome"}'}],
}  # fmt: skip
ANSWER: dict[str, Any] = {"choices": [CHOICE], "usage": USAGE}


def answer(**members: Any) -> dict[str, Any]:
    return ANSWER | {"choices": [CHOICE | members]}


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (ANSWER, ()),
        (answer(text="more"), ("text",)),
        (answer(reasoning=""), ("reasoning",)),
        (answer(finish_reason="tool-calls"), ("finish reason",)),
        (answer(finish_reason=None), ("finish reason",)),
        (answer(calls=[]), ("call",)),
        (answer(calls=[{"id": "call_2", "name": "weather", "arguments": CALL.arguments}]), ("call",)),
        (answer(calls=[{"id": "call_1", "name": "weather", "arguments": '{"city":"Roma"}'}]), ("arguments",)),
        (answer(calls=[{"id": "call_1", "name": "weather", "arguments": '{"city":'}]), ("arguments",)),
        (ANSWER | {"choices": []}, ("choice",)),
        (ANSWER | {"usage": None}, ("usage",)),
        (ANSWER | {"usage": USAGE | {"total_tokens": 0}}, ("usage",)),
        (answer(reasoning="", text="x") | {"usage": {}}, ("text", "reasoning", "usage")),
    ],
)
def test_what_is_lost(given: dict[str, Any], parts: tuple[str, ...]) -> None:
    assert found(WANTED, given) == (Finding("lost", parts) if parts else Finding("right"))


def test_reasoning_that_a_client_finds_in_the_text_is_no_loss() -> None:
    assert found(
        Reply((Choice("a", "", "", (), "stop"),), {}, {}), answer(text="a", calls=[], finish_reason="stop")
    ) == (Finding("right"))


def test_a_text_that_is_no_string_is_not_compared() -> None:
    wanted = expected(plain(completion(USAGE, choices=[{"index": 0, "message": {"content": [{"text": "a"}]}}])))
    assert isinstance(wanted, Reply)
    assert found(wanted, {"choices": [{"text": "a"}], "usage": USAGE}) == Finding("right")


def test_a_refusal_in_the_text() -> None:
    wanted = Reply((Choice("", "No.", "", (), "stop"),), {}, {})
    said = {"choices": [{"text": "No.", "finish_reason": "stop"}]}
    assert found(wanted, said).parts == ("text", "refusal")
    assert found(wanted, said, refusal_is_text=True) == Finding("right")


@pytest.mark.parametrize(
    ("wanted", "raised", "right"),
    [
        (Refused(400, "bad model"), {"type": "BadRequest", "message": "400: bad model", "status": 400}, True),
        (Refused(400, "bad model"), {"type": "BadRequest", "message": "400", "status": 400}, False),
        (Refused(400, ""), {"type": "APIError", "message": "", "status": 500}, False),
        (Refused(0, "overloaded"), {"type": "APIError", "message": "overloaded"}, True),
        (Refused(0, "overloaded"), None, False),
        (Refused(0, 'a "b"\nc'), {"type": "Rejected", "message": "body: 'a \\\"b\\\"\\\\nc.'"}, True),
    ],
)
def test_an_error_is_to_be_raised(wanted: Refused, raised: dict[str, Any] | None, right: bool) -> None:
    finding = found(wanted, {"raised": raised} if raised else ANSWER)
    assert (finding.outcome, finding.parts) == (("right", ()) if right else ("lost", ("error",)))


def test_raising_on_a_reply() -> None:
    finding = found(WANTED, {"raised": {"type": "TypeError", "message": "'NoneType' object is not iterable"}})
    assert finding == Finding("raised", error="TypeError", message="'NoneType' object is not iterable")


def test_what_a_client_has_no_place_for_is_not_missed() -> None:
    assert without(Finding("lost", ("text", "reasoning")), frozenset({"reasoning"})) == Finding("lost", ("text",))
    assert without(Finding("lost", ("reasoning",)), frozenset({"reasoning"})) == Finding("right")
    assert without(Finding("raised", error="KeyError"), frozenset({"reasoning"})).outcome == "raised"


def test_where_members_survive() -> None:
    wanted = expected(stream_of(USAGE | {"prompt_tokens_details": WRITES}))
    held = {
        "cached_write_tokens": {"value": 6, "how": "untyped", "reads": "usage.extra"},
        "cached_write_5m_tokens": {"value": 8, "how": "typed", "reads": "usage.write"},
    }
    assert wanted is not None
    assert members(wanted, {"members": held}) == {
        "cached_write_tokens": ("untyped", "usage.extra"),
        "cached_write_5m_tokens": ("changed", "usage.write"),
        "cached_write_1h_tokens": ("lost", ""),
    }
    assert members(wanted, {"raised": {"type": "KeyError"}}) == {}


def test_an_id_that_a_stream_repeats_is_not_missed() -> None:
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    entries = [{"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": part}} for part in ("{", "}")]
    said = [base | {"choices": [{"index": 0, "delta": {"tool_calls": [each]}}]} for each in entries]
    wanted = expected(streamed(said))
    assert isinstance(wanted, Reply)
    for id, name in (("call_1", "weather"), ("call_1call_1", "weatherweather")):
        read = {"choices": [{"calls": [{"id": id, "name": name, "arguments": "{}"}]}]}
        assert found(wanted, read) == Finding("right")
    read = {"choices": [{"calls": [{"id": "call_2", "name": "weather", "arguments": "{}"}]}]}
    assert found(wanted, read).parts == ("call",)


def test_what_is_in_an_exchange() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": CALL.arguments}}
    message = {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [call]}
    document = completion(USAGE, choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}])
    assert expected(plain(document)) == WANTED
    assert expected(plain({"error": {"message": "no"}}, status=400)) == Refused(400, "no")
    assert expected(plain(["no"], status=500)) == Refused(500, "")
    assert expected(plain({"id": "x"})) is None
    assert expected(streamed([{"choices": []}, {"error": {"message": "late"}}])) == Refused(0, "late")
