"""What an upstream rejects keeps its class on the way to the caller."""

from __future__ import annotations

import re

from conformance.contract.faults import header, only, put, respond, status
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_ERROR, EVERY_REPLY, EVERY_RESPONSE
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.spoken import prompted

from . import AREA

CHAT = "/chat/completions"
RETRY = "x-should-retry"
LASTING = (400, 401, 403, 404, 405, 413, 415, 422)  #: statuses of what is as wrong the next time

#: Of an error that is the caller's mistake, as OpenAI, Anthropic and Google's APIs and gateways word it.
_MISTAKE = re.compile(
    r"INVALID_ARGUMENT|context_length_exceeded"
    r"|(?:error code|status code|http|status|statuscode)[\s:=]*\"?(?:400|413|422)\b",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient[_ ](?:user[_ ])?(?:quota|balance|credit|fund)|exceeded your (?:current )?quota"
    r"|quota (?:is )?(?:exceeded|exhausted)|credit balance is too low|billing_hard_limit",
    re.IGNORECASE,
)


@AREA.should(
    "answer with a 4xx what the upstream rejects as the caller's mistake, as its own words in the error tell",
    on=EVERY_ERROR,
    source="rfc9110#15.6",
    contract=["errors-09", "errors-06"],
    at="status",
    hint="Pass the upstream's status on: after a 5xx clients send the same request again.",
    shown_by=respond(400, {"error": {"message": "Error code: 400 - no", "type": "invalid_request_error"}}),
    broken_by={"500": status(500), "502": status(502)},
    after=["errors.mistake_is_4xx"],
)
def test_refusal_keeps_its_class(exchange: Exchange) -> None:
    found = _MISTAKE.search(exchange.text)
    if not found:
        raise NotApplicable(say("the error does not tell of a mistake of the caller's"))
    assert exchange.status < 500, say(
        "{answer}, though it is the caller's mistake: {found!r}", answered_with(exchange), found[0]
    )


@AREA.should(
    "answer an exhausted quota with a client error, and not as a wrong key",
    on=EVERY_ERROR,
    source="openai-errors#api-errors",
    contract=["errors-09"],
    at="status",
    hint="insufficient_quota is a 429: a client that is told 401 throws its key away.",
    shown_by=respond(429, {"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota"}}),
    broken_by={"401": status(401), "500": status(500)},
)
def test_quota_is_no_401(exchange: Exchange) -> None:
    if not _QUOTA.search(exchange.text):
        raise NotApplicable(say("the error does not speak of a quota"))
    assert 401 != exchange.status < 500, say("{answer}; expected 429", answered_with(exchange))


@AREA.should(
    "answer no request with 401 whose key it accepts for others",
    on=EVERY_RESPONSE,
    source="rfc9110#15.5.2",
    contract=["errors-09"],
    at="status",
    hint="A model that does not exist or may not be used is a 404 or a 403: a client that is told 401 throws its key "
    "away.",
    broken_by=only(lambda each: each.expect == "error" and each.credentials == "valid", status(401)),
    needs=["status", "request"],
)
def test_accepted_key_is_no_401(exchanges: list[Exchange]) -> None:
    own = [each for each in exchanges if each.request.credentials == "valid" and each.request.path == CHAT]
    if not any(each.succeeded for each in own):
        raise Inconclusive(say("no request was answered with a success, so that the key may be wrong"))
    if refused := [each for each in own if each.status == 401]:
        said = say("the key is accepted for other requests, and {answer}", answered_with(refused[0]))
        raise Violation(said, *refused)


@AREA.should(
    "not tell SDKs to send a request again that it rejects as wrong",
    on=EVERY_ERROR,
    source="openai-python#_base_client.py",
    contract=["errors-06"],
    at="header:x-should-retry",
    hint="OpenAI's SDKs obey x-should-retry whatever the status is: send it with what may succeed the next time.",
    shown_by=header(RETRY, "false"),
    broken_by=header(RETRY, "true"),
    needs=["headers", "status"],
)
def test_mistakes_are_not_retried(exchange: Exchange) -> None:
    told = exchange.header(RETRY)
    if told is None or exchange.status not in LASTING:
        raise NotApplicable(say("x-should-retry is not sent, or the next time may be another"))
    assert told.strip().lower() != "true", say("the HTTP {status} has {member}: {told}", exchange.status, RETRY, told)


#: How failures of an upstream are worded, where a gateway makes an answer of them.
_FAILURE = re.compile(
    r"\b(?:currently )?overloaded\b|\btry again later\b|\brate limit|\btoo many requests\b|\binternal server error\b"
    r"|\bservice (?:is )?(?:temporarily )?unavailable\b|\bbad gateway\b|\bupstream (?:error|request failed|timed out)"
    r"|\bno available channel\b|\brequest timed out\b",
    re.IGNORECASE,
)
_LONGEST = 300  #: characters of such a text


def _failures(exchanges: list[Exchange]) -> dict[str, list[Exchange]]:
    """Replies whose whole text words a failure that no prompt speaks of, by their text."""
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        texts = [str(each.get("content") or "") for each in exchange.messages]
        failure = len(texts) == 1 and len(texts[0]) < _LONGEST and _FAILURE.search(texts[0])
        if failure and not any(map(_FAILURE.search, prompted(exchange.request.asked))):
            found.setdefault(texts[0], []).append(exchange)
    return found


@AREA.should(
    "signal a failure by its status, not by a text about it in place of the answer",
    on=EVERY_REPLY,
    source="openai-openapi#createChatCompletion",
    contract=["errors-07"],
    at="choices.*.message.content",
    hint="Answer with the upstream's status: a client takes the text for the model's answer, and pays for it.",
    impact=Impact.DATA,
    broken_by=put("choices.*.message.content", "The upstream is currently overloaded. Please try again later."),
    needs=["request"],
)
def test_no_failure_as_answer(exchanges: list[Exchange]) -> None:
    """That a model says so of its own accord is chance; that two different prompts are answered so is none."""
    for text, found in _failures(exchanges).items():
        if len({each.request.key for each in found}) > 1:
            raise Violation(say("{number} different prompts are answered with {text!r:.200}", len(found), text), *found)
