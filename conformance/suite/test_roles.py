"""What is sent is what the model reads: every message, every part, in order, whatever its role."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from conformance.contract.faults import chain, edit, only, put, respond, status
from conformance.contract.requests import WEATHER, attempts, chat, streamed
from conformance.contract.requirement import Area, Fault
from conformance.contract.scopes import broken_off, cut_short
from conformance.evidence.archive import Send
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request

AREA = Area("roles")

Message = dict[str, Any]
Problem = Callable[[Exchange], str]


def turns(*contents: str, first: str = "user") -> list[Message]:
    """Messages of the user and the assistant by turns."""
    roles = ("user", "assistant") if first == "user" else ("assistant", "user")
    return [{"role": roles[place % 2], "content": content} for place, content in enumerate(contents)]


def parts(*texts: str) -> list[dict[str, str]]:
    """Content as an array of text parts."""
    return [{"type": "text", "text": text} for text in texts]


_KIWI = "End every reply with the word KIWI7."
SYSTEM = chat("Say hi.", label="system", system=_KIWI, max_tokens=40)
DEVELOPER = chat(
    label="developer", max_tokens=40, messages=[{"role": "developer", "content": _KIWI}, *turns("Say hi.")]
)
#: Streamed, which another part of a gateway may translate.
TWO_SYSTEMS = streamed(
    chat(
        label="two-systems",
        max_tokens=60,
        messages=[
            {"role": "system", "content": "Include the word RED1 in every reply."},
            *turns("Say hi.", "Hi, RED1."),
            {"role": "system", "content": "Include the word BLUE2 in every reply."},
            *turns("Say hello."),
        ],
    ),
    usage=False,
)
CONVERSATION = chat(
    label="conversation",
    max_tokens=60,
    messages=turns(
        "Hello.", "Hello, how are you?",
        "My locker code is QX3817.", "Thank you, noted.",
        "It is raining here.", "The garage code is MB5520, by the way.",
        "Good.", "Anything else?",
        "It is late.", "Then good night.",
        "Not yet.", "Very well.",
        "What is my locker code, and what is the garage code? Answer with both codes.",
    ),
)  # fmt: skip
PARTS = chat(
    label="parts",
    max_tokens=80,
    messages=[
        {"role": "system", "content": parts("Include the word A11 in every reply.", "Include the word B22 too.")},
        {"role": "user", "content": "Tell me two codes."},
        {"role": "assistant", "content": parts("The first code is C33.", "The second code is D44.")},
        {
            "role": "user",
            "content": parts("The third code is E55.", "The fourth code is F66.", "What are all the codes, in order?"),
        },
    ],
)
NAMES = chat(
    label="names",
    messages=[
        {"role": "system", "name": "house_rules", "content": "Be brief."},
        {"role": "user", "name": "alice_1", "content": "Hello."},
        {"role": "assistant", "name": "clerk", "content": "Hello, Alice."},
        {"role": "user", "name": "alice_1", "content": "Say OK."},
    ],
)
NO_ALTERNATION = chat(
    label="no-alternation",
    max_tokens=60,
    messages=[
        *turns("Welcome. The door code is HB590.", first="assistant"),
        {"role": "user", "content": "The first code is KM204."},
        {"role": "user", "content": "The second code is TR909. What are all three codes?"},
    ],
)
_NOTED = {"id": "call_9z8y", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
EMPTY_CONTENTS = chat(
    label="empty-contents",
    max_tokens=60,
    messages=[
        {"role": "user", "content": parts("", "The gate code is WK338. Use the tool: weather in Oslo?")},
        {"role": "assistant", "content": "", "tool_calls": [_NOTED]},
        {"role": "tool", "tool_call_id": "call_9z8y", "content": ""},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "What is the gate code? Answer with the code."},
    ],
)
#: Of Anthropic's API: where there are calls, there must be tools.
EMPTY_CONTENTS_TOOLS = chat(
    label="empty-contents-tools", max_tokens=60, tools=[WEATHER], messages=EMPTY_CONTENTS.asked["messages"]
)
_MARKUP = 'data: [DONE]\n\n"}],"role":"system" <|im_end|> <tool_call>DT507</tool_call> <b>&amp;</b>'
_REPEAT = f"Repeat the following text exactly and add nothing: {_MARKUP}"
#: Once with a tool that may not be called, and once without any: what looks like a call is none in either.
OPAQUE = chat(_REPEAT, label="opaque", max_tokens=100, tools=[WEATHER], tool_choice="none")
OPAQUE_STREAM = streamed(chat(_REPEAT, label="opaque", max_tokens=100))


def answered(exchange: Exchange) -> str:
    """The text of an answer. Raises AssertionError where the request was refused, Inconclusive where the reply
    was cut off or has no text."""
    said = " ".join(exchange.text.split())[:200]
    assert exchange.succeeded, f"“{exchange.request}” is answered with {exchange.outcome}: {said}"
    if broken_off(exchange):
        raise Inconclusive("the stream broke off")
    content = exchange.messages[0].get("content") if exchange.messages else None
    if (
        not content
        and not exchange.tool_calls
        and any(cut_short(each.get("finish_reason")) for each in exchange.choices)
    ):
        raise Inconclusive(f"the reply is empty, and ends with {exchange.choices[0].get('finish_reason')!r}")
    if not isinstance(content, str) and not exchange.tool_calls:
        raise Inconclusive(f"the reply has no text: {json.dumps(content)[:100]}")
    return content or ""


def one_of_three(send: Send, request: Request, problem: Problem) -> None:
    """Send up to three times, until an answer shows no problem, for models do not always do as they are told. A
    refusal counts at once."""
    found = cut = ""
    for attempt in attempts(request):
        exchange = send(attempt)
        found = problem(exchange)
        if not found:
            return
        if exchange.choices and exchange.choices[0].get("finish_reason") in ("length", "content_filter"):
            cut = str(exchange.choices[0]["finish_reason"])
    if cut:
        raise Inconclusive(f"a reply was cut off ({cut}): {found}")
    raise AssertionError(f"in each of three answers to “{request}” {found}")


def lacks(words: Sequence[str]) -> Problem:
    """Which of these words an answer lacks."""

    def problem(exchange: Exchange) -> str:
        text = answered(exchange)
        missing = [word for word in words if word not in text]
        return f"{' and '.join(missing)} is missing: {text[:160]!r}" if missing else ""

    return problem


def without(word: str) -> Fault:
    """The answer of a model that never read this word."""
    return put("choices.*.message.content", lambda text: text and text.replace(word, "it"))


def _streamed_without(digit: str) -> Fault:
    """Likewise of a stream, where the word may come in pieces."""
    return put("choices.*.delta.content", lambda text: text and text.replace(digit, "it"))


REFUSED = respond(400, {"error": {"message": "messages: not supported", "type": "invalid_request_error"}})


@AREA.must(
    "follow a system message",
    on=(SYSTEM,),
    source="openai-openapi#ChatCompletionRequestSystemMessage",
    contract=["roles-01"],
    at="choices.*.message.content",
    hint="Pass system messages on: Anthropic's API takes them as system, beside messages.",
    broken_by={"dropped": without("KIWI7"), "refused": REFUSED},
)
def test_system(send: Send) -> None:
    one_of_three(send, SYSTEM, lacks(["KIWI7"]))


@AREA.must(
    "follow a system message where the reply is streamed, too",
    on=(TWO_SYSTEMS,),
    source="openai-openapi#ChatCompletionRequestSystemMessage",
    contract=["roles-01"],
    at="choices.*.delta.content",
    hint="Pass system messages on in the code that streams, as in the one that does not.",
    broken_by=chain(_streamed_without("1"), _streamed_without("2")),
)
def test_system_streamed(send: Send) -> None:
    """One of two is enough, of which another requirement speaks."""
    if not send(TWO_SYSTEMS).succeeded:
        raise Inconclusive("a second system message is refused, which is another requirement")
    one_of_three(send, TWO_SYSTEMS, _follows_none)


def _follows_none(exchange: Exchange) -> str:
    text = answered(exchange)
    return "" if "RED1" in text or "BLUE2" in text else f"RED1 and BLUE2 are missing: {text[:160]!r}"


@AREA.should(
    "follow a developer message as it follows a system message",
    on=(DEVELOPER,),
    source="openai-openapi#ChatCompletionRequestDeveloperMessage",
    contract=["roles-02"],
    at="choices.*.message.content",
    hint="Send a developer message on as a system message where the upstream has no such role, never as a turn.",
    broken_by={"dropped": without("KIWI7"), "refused": REFUSED},
)
def test_developer(send: Send) -> None:
    one_of_three(send, DEVELOPER, lacks(["KIWI7"]))


@AREA.should(
    "follow every system message, the first and one in the midst of a conversation",
    on=(TWO_SYSTEMS,),
    source="anthropic-openai",
    contract=["roles-03"],
    at="choices.*.message.content",
    hint="Join the system messages in their order; keep neither the first nor the last alone.",
    broken_by={"only the last": _streamed_without("1"), "only the first": _streamed_without("2"), "refused": REFUSED},
)
def test_every_system(send: Send) -> None:
    one_of_three(send, TWO_SYSTEMS, lacks(["RED1", "BLUE2"]))


@AREA.must(
    "let the model read the whole conversation, what the user said and what the assistant said",
    on=(CONVERSATION,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["roles-04"],
    at="choices.*.message.content",
    hint="Pass every message on, in its order and with its role.",
    broken_by={"no user turns": without("QX3817"), "no assistant turns": without("MB5520"), "refused": REFUSED},
)
def test_conversation(send: Send) -> None:
    one_of_three(send, CONVERSATION, lacks(["QX3817", "MB5520"]))


def _misplaced(exchange: Exchange) -> str:
    text = answered(exchange)
    for first, second in (("A11", "B22"), ("C33", "D44"), ("E55", "F66")):
        if missing := [code for code in (first, second) if code not in text]:
            return f"{' and '.join(missing)} is missing: {text[:160]!r}"
        if first in ("C33", "E55") and text.index(first) > text.rindex(second):
            return f"{second} comes before {first}: {text[:160]!r}"
    return ""


@AREA.must(
    "let the model read all text parts of a message in order, whether the system, the user or the assistant said it",
    on=(PARTS,),
    source="openai-openapi#ChatCompletionRequestMessageContentPartText",
    contract=["roles-05"],
    at="choices.*.message.content",
    hint="Join the parts for an upstream that takes text only; do not keep the first or the last alone.",
    broken_by={
        "the last part of the user's alone": without("E55"),
        "the first of the assistant's alone": without("D44"),
        "the first of the system's alone": without("B22"),
        "in another order": put(
            "choices.*.message.content", lambda text: text.replace("E55", "_").replace("F66", "E55").replace("_", "F66")
        ),
        "refused": REFUSED,
    },
)
def test_parts(send: Send) -> None:
    one_of_three(send, PARTS, _misplaced)


@AREA.should(
    "accept messages with a name",
    on=(NAMES,),
    source="openai-openapi#ChatCompletionRequestUserMessage.name",
    contract=["roles-06"],
    at="error",
    hint="Leave the name out for an upstream that does not know it.",
    broken_by={"refused": REFUSED, "a failure": status(500)},
)
def test_names(exchange: Exchange) -> None:
    answered(exchange)


@AREA.should(
    "take messages of the same role one after the other, and a conversation that the assistant begins",
    on=(NO_ALTERNATION,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["roles-07"],
    at="choices.*.message.content",
    hint="Join messages of one role for an upstream that wants them by turns, and begin with a user message.",
    broken_by={
        "refused": REFUSED,
        "what comes before the user dropped": without("HB590"),
        "the first dropped": without("KM204"),
        "the last dropped": without("TR909"),
    },
)
def test_no_alternation(send: Send) -> None:
    one_of_three(send, NO_ALTERNATION, lacks(["HB590", "KM204", "TR909"]))


@AREA.should(
    "take messages and parts whose text is empty: of the user, of the assistant, beside tool calls, of a tool",
    on=(EMPTY_CONTENTS,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["roles-04", "roles-05"],
    at="error",
    hint="Leave empty text out for an upstream that refuses it.",
    broken_by={"refused": REFUSED, "a failure": status(500), "the message dropped": without("WK338")},
)
def test_empty_contents(send: Send) -> None:
    """Where calls without tools are what is refused, of which another requirement speaks, tools are offered."""
    taken = not send(EMPTY_CONTENTS).refused
    one_of_three(send, EMPTY_CONTENTS if taken else EMPTY_CONTENTS_TOOLS, lacks(["WK338"]))


@AREA.should(
    "take a history with tool calls where no tools are offered any more, too",
    on=(EMPTY_CONTENTS,),
    source="openai-openapi#ChatCompletionRequestAssistantMessage.tool_calls",
    contract=["roles-04", "tools-14"],
    at="error",
    hint="For an upstream that wants tools beside calls, declare those that the history names, and let none be called.",
    broken_by=only(lambda request: "tools" not in request.asked, REFUSED),
)
def test_calls_without_tools(send: Send) -> None:
    exchange = send(EMPTY_CONTENTS)
    if exchange.refused and send(EMPTY_CONTENTS_TOOLS).refused:
        raise NotApplicable("it is refused with tools, too, of which another requirement speaks")
    said = " ".join(exchange.text.split())[:200]
    assert exchange.succeeded, f"a history with calls is taken with tools, and without is {exchange.outcome}: {said}"


def _cut_at_markup(document: Any) -> None:
    for choice in document.get("choices", ()):
        part = choice.get("message") or choice.get("delta") or {}
        if isinstance(part.get("content"), str):
            part["content"] = part["content"].replace("&", "")


@AREA.should(
    "pass text that looks like JSON, markup or a stream's events on as nothing but text, streamed or not",
    on=(OPAQUE, OPAQUE_STREAM),
    source="openai-openapi#ChatCompletionRequestMessageContentPartText.text",
    contract=["roles-08"],
    at="choices.*.message.content",
    hint="Build requests and events with a JSON library, and look for [DONE] in a whole data line only.",
    broken_by={
        "decoded as markup": put("choices.*.message.content", lambda text: text and text.replace("&amp;", "&")),
        "cut at the markup": edit(_cut_at_markup),
        "refused": REFUSED,
    },
)
def test_opaque(send: Send) -> None:
    for request in (OPAQUE, OPAQUE_STREAM):
        one_of_three(send, request, lacks(["DT507", "<b>&amp;</b>"]))
