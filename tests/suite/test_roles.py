"""What the requirements of roles accept, and what they do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.faults import chain, content, drop, only, put, respond, status
from conformance.contract.given import every
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.suite.catalogue import load
from conformance.suite.support.replies import but_for_controls
from tests.support.builders_asked import Said, asked

DELTA = "choices.*.delta.content"
CONTENT = "choices.*.message.content"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})
UNPROCESSABLE = respond(422, {"detail": [{"msg": "developer is not one of system, assistant, user"}]})
CUT = put("choices.*.finish_reason", "length")


#: A model that repeats nothing and follows no instruction, whatever it is sent.
WEAK = chain(put(CONTENT, "I like trains."), put(DELTA, lambda text: text and "I like trains. "))


@pytest.mark.parametrize(
    "requirement",
    ["conversation", "developer", "empty_contents", "every_system", "no_alternation", "opaque", "parts", "system",
     "system_streamed"],
)  # fmt: skip
def test_a_weak_model_is_not_the_servers_fault(requirement: str) -> None:
    assert asked(f"roles.{requirement}", WEAK) == "inconclusive"
    controls = {each.label for each in every(load()[f"roles.{requirement}"].given["controls"])}
    lost_on_the_way = only(lambda request: request.label not in controls, WEAK)
    assert asked(f"roles.{requirement}", lost_on_the_way) == "violated"


def first(request: Request) -> bool:
    return request.attempt == 1


def two_tries(request: Request) -> bool:
    return request.attempt < 3


NO_NOTE = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "No note."}, "finish_reason": "stop"}]}


def has_parts_of(role: str) -> Callable[[Request], bool]:
    """Whether a message of this role has parts."""
    return lambda request: any(
        each["role"] == role and isinstance(each.get("content"), list) for each in request.asked["messages"]
    )


def never_read(change: Any) -> Fault:
    """The answer of a gateway that rewrites the messages before the model reads them."""

    def fault(exchange: Exchange) -> Exchange:
        document = dict(exchange.request.asked)
        document["messages"] = change(document["messages"])
        changed = replace(exchange.request, body=json.dumps(document).encode())
        return replace(Endpoint().answer(changed), request=exchange.request)

    return fault


def without_role(*roles: str) -> Fault:
    return never_read(lambda messages: [each for each in messages if each["role"] not in roles] or messages)


def last_system(messages: list[Any]) -> list[Any]:
    """B290: the last of several system messages replaces the others."""
    systems = [each for each in messages if each["role"] == "system"]
    return systems[-1:] + [each for each in messages if each["role"] != "system"]


def as_turn(messages: list[Any]) -> list[Any]:
    """D15: a developer message becomes a turn of the assistant."""
    return [each | {"role": "assistant"} if each["role"] == "developer" else each for each in messages]


def first_part(messages: list[Any]) -> list[Any]:
    return [each | {"content": each["content"][0]["text"]} if isinstance(each["content"], list) else each
            for each in messages]  # fmt: skip


def joined(messages: list[Any]) -> list[Any]:
    """What a gateway may do for an upstream that wants text and turns."""
    return [each | {"content": "\n".join(part["text"] for part in each["content"])}
            if isinstance(each["content"], list) else each for each in messages]  # fmt: skip


def last_of_each_role(messages: list[Any]) -> list[Any]:
    return [
        each for at, each in enumerate(messages) if at + 1 == len(messages) or each["role"] != messages[at + 1]["role"]
    ]


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("system", only(two_tries, put(CONTENT, "Hi!")), "accepted"),  # the third time lucky
        ("system", put(CONTENT, "Hi there.\n\nKIWI7!"), "accepted"),
        ("system", without_role("system"), "violated"),  # B291
        ("system", only(first, REFUSED), "violated"),
        ("system", put(CONTENT, None), "inconclusive"),
        ("system", status(429), "inconclusive"),
        ("system", lambda exchange: CUT(put(CONTENT, "Hi")(exchange)), "inconclusive"),
        ("developer", never_read(lambda messages: [{**messages[0], "role": "system"}, *messages[1:]]), "accepted"),
        ("developer", UNPROCESSABLE, "violated"),  # B288
        ("developer", never_read(as_turn), "violated"),
        ("every_system", put(DELTA, lambda text: text and f" {text} "), "accepted"),
        ("every_system", only(first, put(DELTA, "Hello.")), "accepted"),
        ("system_streamed", put(DELTA, lambda text: text and text.replace("2", "")), "accepted"),  # every_system's
        ("system_streamed", without_role("system"), "violated"),
        ("system_streamed", REFUSED, "inconclusive"),
        ("every_system", never_read(last_system), "violated"),
        ("every_system", status(500), "violated"),  # B289
        ("conversation", put(CONTENT, "**QX3817** and **MB5520**"), "accepted"),
        ("conversation", never_read(lambda messages: messages[-1:]), "violated"),
        ("conversation", never_read(lambda messages: messages[-6:]), "violated"),
        ("parts", never_read(joined), "accepted"),
        ("parts", never_read(first_part), "violated"),
        ("parts", respond(500, {"error": {"message": "type must be string, but is array"}}), "violated"),  # B286
        ("no_part_dropped", but_for_controls(respond(200, NO_NOTE)), "violated"),
        ("no_part_dropped", respond(200, NO_NOTE), "inconclusive"),  # nor does the model read it where it is text
        ("no_part_dropped", put(CONTENT, "PL614"), "accepted"),
        ("no_part_dropped", status(500), "violated"),
        ("text_as_parts", only(has_parts_of("developer"), REFUSED), "violated"),
        ("text_as_parts", only(has_parts_of("tool"), REFUSED), "violated"),
        ("text_as_parts", REFUSED, "inconclusive"),
        ("parts_cost_what_text_costs", put("usage.prompt_tokens", lambda count: count + 4), "accepted"),
        (
            "parts_cost_what_text_costs",
            only(has_parts_of("system"), put("usage.prompt_tokens", lambda count: count + 5)),
            "violated",
        ),
        ("sent_back_whole", drop("usage"), "accepted"),
        ("sent_back_whole", REFUSED, "violated"),  # B287, B299
        ("names", drop("usage"), "accepted"),
        ("names", REFUSED, "violated"),  # B299
        ("no_alternation", put(CONTENT, "HB590, TR909, KM204"), "accepted"),
        ("no_alternation", never_read(last_of_each_role), "violated"),
        ("no_alternation", REFUSED, "violated"),  # B298
        ("opaque", put(CONTENT, "DT507 <b>&amp;</b> data:"), "accepted"),  # special tokens may be stripped
        ("opaque", but_for_controls(put(CONTENT, "<tool_call></tool_call> <b>&amp;</b>")), "violated"),
        ("calls_without_tools", chain(), "accepted"),
        ("calls_without_tools", only(lambda each: "tools" not in each.asked, REFUSED), "violated"),
        ("calls_without_tools", REFUSED, "not applicable"),
        ("empty_contents", only(lambda each: "tools" not in each.asked, REFUSED), "accepted"),  # as Anthropic's API
        ("opaque", but_for_controls(put(CONTENT, "<b>&</b>")), "violated"),
        ("opaque", put("choices.*.delta.content", lambda text: text and text.replace("&", "")), "violated"),
        ("opaque", content(b"data: [DONE]\n\n"), "inconclusive"),
    ],
)
def test_roles(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"roles.{requirement}", change) == expected
