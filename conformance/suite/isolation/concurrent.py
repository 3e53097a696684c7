"""Requests that are sent at the same time; their responses are compared with those to the same requests sent alone.

What is sent together is declared by no requirement: a request that is judged for other reasons, too, would have been
sent alone before.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from conformance.contract.faults import put
from conformance.contract.given import AtOnce, OnDemand, at_once, on_demand
from conformance.contract.requests import (
    JSON_OBJECT,
    PLAIN,
    STREAM_USAGE,
    TOOL_REQUIRED,
    attempts,
    chat,
    once,
    streamed,
)
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, Request, Violation
from conformance.language import say
from conformance.suite.support.prompts import WORDS

CODES = ("MORB", "TIVA", "KELU")
_CODE = re.compile(rf"(?:{'|'.join(CODES)}|conversation )([a-z]{{12}})")
_TURNS = 3  #: in which something must be odd each time: chance and routing make one odd, too


def _nonce(code: str) -> Request:
    request = once(chat(f"Reply with this code only: {code}{SALT}", label=f"nonce-{code}", max_tokens=40))
    return streamed(request) if CODES.index(code) % 2 else request


def _in_company(request: Request, label: str) -> Request:
    return once(replace(request, attempt=4, after=None, label=f"{label}-in-company"))


NONCES = tuple(map(_nonce, CODES))
#: What is sent together, each with the declared request that has an answer of the same form, sent alone. It is the
#: endpoint that confuses requests, whichever its models are.
COMPANY = dict(zip(NONCES, map(once, (PLAIN, STREAM_USAGE, PLAIN)), strict=True)) | {
    _in_company(streamed(WORDS), "thousand-words"): once(WORDS),
    _in_company(TOOL_REQUIRED, "tool-required"): once(TOOL_REQUIRED),
    _in_company(JSON_OBJECT, "json-object"): once(JSON_OBJECT),
}
_PLACES = {request.label: place for place, request in enumerate(COMPANY)}


def _again(turn: int) -> AtOnce:
    return at_once(*(replace(each, attempt=each.attempt + 10 * turn) for each in COMPANY))


#: The six at once, in up to three turns of which the first is sent in any case.
IN_TURNS = OnDemand(tuple(map(_again, range(_TURNS))), declared=1)
#: For each of the six, the request of the same form and its repetitions, alone.
ALONE = on_demand(*(OnDemand(attempts(request, _TURNS)) for request in COMPANY.values()))


def is_in_company(request: Request) -> bool:
    return request.label.endswith("-in-company")


def seen(exchange: Exchange) -> str:
    """All that a client sees of a reply: as it came, and with the deltas of a stream put together."""
    with suppress(Inconclusive):
        return f"{exchange.text}\n{json.dumps(exchange.reply, ensure_ascii=False)}"
    return exchange.text


def code_of(exchange: Exchange) -> str:
    """The code that a request asks for; empty where it asks for none."""
    found = _CODE.search(exchange.request.body.decode("utf-8", "replace"))
    return found[0] if found else ""


def remembered(company: Sequence[Exchange]) -> str:
    """The letters that two replies give as part of their codes, and that no request of this run has; empty where there
    are none. A model that misspells a code does not do so twice alike."""
    asked = {found[1] for each in company if (found := _CODE.search(each.request.body.decode("utf-8", "replace")))}
    given = Counter(letters for each in company for letters in set(_CODE.findall(seen(each))) - asked)
    return next((letters for letters, times in given.items() if times > 1), "")


def of_another_run(exchange: Exchange) -> Exchange:
    """The reply with the code that another run asked for."""
    return put("choices.*.message.content", lambda text: text and _CODE.sub(rf"{CODES[0]}{'z' * 12}", text))(exchange)


def confused(exchange: Exchange) -> Exchange:
    """The reply with the code of another request of the same run."""
    asked = exchange.request.body.decode()
    if not (found := _CODE.search(asked)):
        return exchange
    foreign = next(code for code in CODES if code not in asked) + found[1]
    return put("choices.*.message.content", foreign)(exchange)


Odd = Callable[[Exchange, Exchange], Violation | None]


def _all_odd(odd: Odd, alone: Sequence[Exchange], exchange: Exchange) -> Violation | None:
    """The violation by an answer that is odd beside each of the answers alone."""
    strange = [odd(each, exchange) for each in alone]
    return strange[0] if all(strange) else None


def none_odd(odd: Odd, turns: Sequence[Sequence[Exchange]], alone: Sequence[Sequence[Exchange]]) -> None:
    """Hold that no answer in company is odd beside those to the same request alone. Raises the violation where the
    same is odd in every turn, beside every answer alone; Inconclusive where it is so in some."""
    violations: dict[str, Violation] = {}
    for turn, company in enumerate(turns):
        found: dict[str, Violation] = {}
        for exchange in company:
            label = exchange.request.label
            if turn and label not in violations:
                continue
            if violation := _all_odd(odd, alone[_PLACES[label]][: turn + 1], exchange):
                found[label] = violation
        if turn and not violations.keys() & found.keys():
            raise Inconclusive(say("{iter}; in a repetition it is not so", next(iter(violations.values()))))
        violations = {label: violations.get(label, each) for label, each in found.items()}
        if not violations:
            return
    raise next(iter(violations.values()))
