"""What holds for requests that nobody wrote: generated valid ones, generated mistakes, growing conversations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from conformance.contract.faults import drop, only, put, respond, status
from conformance.contract.given import in_turn
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, TOOL_AUTO, TOOLS, attempts, chat, streamed
from conformance.contract.requirement import CATALOGUE, Area, Level, Requirement, Scope
from conformance.evidence.exchange import MODEL, Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.send import Send
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Verdict
from conformance.suite.support.overflow import OVERFLOW_STREAM_TRIES, OVERFLOW_TRIES, overflow
from conformance.suite.support.parameters import ALL_OPTIONS, AT_END
from conformance.suite.support.prompts import prompt_tokens
from conformance.suite.support.round_trip import after_call

AREA = Area("properties")

if TYPE_CHECKING:
    from conformance.contract.strategies import Broken, Turn

CONVERSED = 5  #: turns that are sent of growing conversations at most, since each is dearer than the one before


def _generated(request: Request) -> bool:
    return request.label == "generated"


def _body(exchange: Exchange) -> str:
    """The request that was answered so, in short."""
    text = exchange.request.body.decode("utf-8", "replace")
    return text if len(text) <= 600 else f"{text[:600]}…"


def _strategies() -> ModuleType:
    """Imported where it is needed: hypothesis takes as long to load as everything else together."""
    return import_module("conformance.contract.strategies")


@AREA.must(
    "satisfy every other MUST of this catalogue in what it answers to any valid request",
    on=(PLAIN,),
    source="openai-openapi#createChatCompletion",
    contract=["sampling-01"],
    hint="The message names the requirement; the request that shows it is the smallest found.",
    broken_by={
        "a reply": only(lambda each: _generated(each) and "seed" in each.asked, drop("usage.total_tokens")),
        "a refusal": only(lambda each: _generated(each) and "stop" in each.asked, respond(400, {"message": "no"})),
    },
)
def test_valid_requests(send: Send, model: Model, examples: int, counts: Callable[[Requirement], bool]) -> None:
    """Model and endpoint may refuse a combination; then the refusal is judged."""

    def check(request: Request, send: Send) -> None:
        _hold(send(request), model, counts)

    strategies = _strategies()
    first = strategies.together(model.claims)
    strategies.search(strategies.valid_requests(model.claims), check, send, examples, model.name, first)


def _hold(exchange: Exchange, model: Model, counts: Callable[[Requirement], bool]) -> None:
    """Raises the violation of a MUST by this exchange, of those that the endpoint is held to."""
    for requirement in list(CATALOGUE.values()):
        on = requirement.on
        if requirement.level is not Level.MUST or requirement.whole_run or requirement.composite:
            continue
        if not counts(requirement):
            continue
        if isinstance(on, Scope) and on.contains(exchange):
            finding = judge(requirement, exchange, model)
            if finding.verdict is Verdict.FAIL:
                raise Violation(f"{requirement.id}: {finding.message}; asked: {_body(exchange)}", exchange)


def _labelled(beginning: str) -> Callable[[Request], bool]:
    return lambda request: request.label.startswith(beginning)


@AREA.must(
    "satisfy every other MUST of this catalogue in what it answers to the requests of single requirements, too: a "
    "prompt beyond the context, a result sent back, OpenAI's parameters, the ends of ranges",
    on=(PLAIN, TOOL_AUTO),
    given={"plain": in_turn(PLAIN), "too_long": OVERFLOW_TRIES, "too_long_streamed": OVERFLOW_STREAM_TRIES},
    source="openai-openapi#createChatCompletion",
    contract=["errors-01", "sampling-01"],
    hint="The message names the requirement.",
    broken_by={
        "a result sent back": only(_labelled("tool-round-trip"), drop("usage.total_tokens")),
        "parameters": only(_labelled("options-of-openai"), put("choices.*.finish_reason", "eos")),
        "the ends of ranges": only(_labelled("parameters-"), drop("id")),
        "a prompt too long": only(_labelled("context-overflow"), respond(400, {"error": "the context is too long"})),
    },
)
def test_single_requests(
    send: Send,
    plain: Sequence[Exchange],
    too_long: Sequence[Exchange],
    too_long_streamed: Sequence[Exchange],
    model: Model,
    counts: Callable[[Requirement], bool],
) -> None:
    """Nothing is sent for this that is not sent for another requirement."""
    judged, reasons = 0, list[str]()
    asked: list[Callable[[], Exchange]] = [
        lambda: send(after_call(map(send, attempts(TOOL_AUTO)))),
        lambda: send(_unless(model.family == "gpt", ALL_OPTIONS)),
        lambda: send(_unless(model.reasons, AT_END["least"])),
        lambda: send(_unless(model.reasons, AT_END["greatest"])),
        lambda: _unless_large(overflow(too_long_streamed, plain)),
        lambda: _unless_large(_too_long_twice(too_long_streamed, too_long, plain)),
    ]
    for had in asked:
        try:
            exchange = had()
        except (Inconclusive, NotApplicable) as reason:
            reasons.append(str(reason))
            continue
        _hold(exchange, model, counts)
        judged += 1
    if not judged:
        raise Inconclusive("; ".join(reasons))


def _unless(condition: bool, request: Request) -> Request:
    """The request, where it is sent for another requirement."""
    if condition or not request.asked:
        raise NotApplicable("it is not asked of this model")
    return request


def _too_long_twice(streamed: Sequence[Exchange], whole: Sequence[Exchange], plain: Sequence[Exchange]) -> Exchange:
    """The plain prompt that is too long, where the stream of it was refused: else it may be charged for."""
    if overflow(streamed, plain).status < 400:
        raise NotApplicable("it was not refused in a stream")
    return overflow(whole, plain)


def _unless_large(exchange: Exchange) -> Exchange:
    """The exchange, where it is not about the size of the body, which a server in front may refuse in its own words."""
    if exchange.status == 413:
        raise NotApplicable("it is refused for the size of its body")
    return exchange


@AREA.should(
    "answer valid requests without a server error",
    on=(PLAIN,),
    source="rfc9110#15.6",
    contract=["sampling-01"],
    hint="Refuse with 400 what the upstream cannot do.",
    broken_by=only(lambda each: _generated(each) and "frequency_penalty" in each.asked, status(500)),
)
def test_no_server_error(send: Send, model: Model, examples: int) -> None:
    def check(request: Request, send: Send) -> None:
        for exchange in reversed(send(request).all):  # the first time, too: one that was asked again may have helped
            if exchange.status >= 500 and not exchange.transient:
                raise Violation(f"HTTP {exchange.status}: {exchange.text[:160]}; asked: {_body(exchange)}", exchange)

    strategies = _strategies()
    first = strategies.together(model.claims)
    strategies.search(strategies.valid_requests(model.claims), check, send, examples, model.name, first)


@AREA.should(
    "answer a request that violates one constraint with a 4xx and an error object that blames no other member, or, "
    "save of model and messages, as if it were within it",
    on=(PLAIN,),
    source="openai-errors#api-errors",
    contract=["validation-08", "errors-06"],
    hint="Validate what is used; what is not understood is refused with 400, or ignored.",
    broken_by={
        "a server error": only(lambda each: each.expect == "error", status(500)),
        "no error object": only(lambda each: each.expect == "error", drop("error")),
        "another member blamed": only(lambda each: each.expect == "error", put("error.param", "max_tokens")),
        "a completion of nothing": only(lambda each: not each.asked.get("model"), respond(200, {"choices": []})),
    },
)
def test_one_violated_constraint(send: Send, model: Model, examples: int) -> None:
    def check(broken: Broken, send: Send) -> None:
        exchange = send(broken.request)
        said = (
            f"{broken.said}, and the answer is HTTP {exchange.status}: {exchange.text[:160]}; asked: {_body(exchange)}"
        )
        legal = 400 <= exchange.status < 500 or (exchange.succeeded and broken.level != Level.MUST)
        if not legal or (exchange.refused and not _has_error(exchange)):
            raise Violation(said, exchange)
        if exchange.refused and (blamed := blames(exchange, broken.path)):
            raise Violation(f"{blamed} is blamed where {said}", exchange)

    strategies = _strategies()
    strategies.search(strategies.broken_requests(model.claims), check, send, examples, model.name)


def blames(exchange: Exchange, path: str) -> str:
    """Another member of the request than the one at this path, where error.param names it: `messages[0].role`, or
    `body.messages.0.role`, is about messages and about role. Empty where there is none."""
    param = exchange.error.get("param")
    named = re.findall(r"[A-Za-z_]\w*", param.removeprefix("body.")) if isinstance(param, str) else []
    wrong = path and named and named[0] in exchange.request.asked and not set(named) & set(path.split("."))
    return named[0] if wrong else ""


def _has_error(exchange: Exchange) -> bool:
    try:
        return isinstance(exchange.error.get("message"), str)
    except Inconclusive:
        return False


@AREA.should(
    "count more prompt_tokens with each turn of a conversation, streamed or not",
    on=(PLAIN,),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-10"],
    at="usage.prompt_tokens",
    hint="Count the whole conversation each time, also where earlier turns were read from a cache.",
    broken_by={
        "the last turn only": only(lambda each: len(each.asked.get("messages", ())) > 2, put("usage.prompt_tokens", 8)),
        "an estimate in streams": only(lambda each: each.streams, put("usage.prompt_tokens", 8)),
    },
)
def test_growing_conversation(send: Send, model: Model, examples: int) -> None:
    def check(conversation: tuple[Turn, ...], send: Send) -> None:
        messages: list[dict[str, Any]] = []
        before, tools = 0, False
        for turn in conversation:
            messages.append({"role": "user", "content": turn.text})
            tools = tools or turn.tools
            exchange = send(_asking(messages, tools, turn.streams))
            count = prompt_tokens(exchange)
            if count <= before:
                said = f"turn {len(messages) // 2 + 1} costs {count} prompt_tokens, and the turn before it {before}"
                raise Violation(f"{said}; asked: {_body(exchange)}", exchange)
            texts = [text for message in exchange.messages if isinstance(text := message.get("content"), str) and text]
            messages.append({"role": "assistant", "content": texts[0] if texts else "OK."})
            before = count

    strategies = _strategies()
    strategies.search(strategies.turns(model.claims), check, send, min(examples, CONVERSED), model.name)


def _asking(messages: list[dict[str, Any]], tools: bool, streams: bool) -> Request:
    offered = {"tools": [TOOLS["get_weather"]], "tool_choice": "none"} if tools else {}
    request = chat(label="growing", **({"messages": messages, "model": MODEL} | offered))
    return streamed(request) if streams else request
