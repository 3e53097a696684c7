"""What an address under the base URL is answered at which nothing is served."""

from __future__ import annotations

from conformance.contract.faults import content, put, respond, status
from conformance.contract.requests import PLAIN, bad, once
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.refusals import not_about_the_key

from . import AREA
from .test_responses import PAGE, told

#: The plain request, at an address that no API has.
UNKNOWN_ROUTE = once(bad("route-unknown", PLAIN.asked, path="/no-such-route-phanedge-conformance"))


@AREA.should(
    "reject a request to a route that does not exist with a client error",
    on=(UNKNOWN_ROUTE,),
    source="rfc9110#15.5.5",
    contract=["errors-06", "errors-07"],
    at="status",
    hint="Answer 404: a client whose base URL lacks a part takes a page in a 200 for a completion without choices.",
    broken_by={
        "a page": respond(200, {}),
        "a completion": respond(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "OK."}}]}),
        "a failure": status(500),
    },
    after=["errors.mistake_is_4xx"],
)
def test_unknown_route_refused(exchange: Exchange) -> None:
    assert 400 <= not_about_the_key(exchange).status < 500, say("{answer}; expected 404", answered_with(exchange))


@AREA.should(
    "answer a route that does not exist with an error object, too",
    on=(UNKNOWN_ROUTE,),
    impact=Impact.FORM,  # clients tell it by the status: what answers may be the router in front of the API
    source="openai-openapi#ErrorResponse",
    contract=["errors-01"],
    at="error",
    hint='Answer with {"error": {"message", "type", "param", "code"}} also where no route matches.',
    broken_by={
        "a page": content(PAGE),
        "empty": content(b""),
        "FastAPI's": respond(404, {"detail": "Not Found"}),
        "a string": put("error", "Not Found"),
    },
    after=["errors.refusal_is_json", "error.error"],
)
def test_unknown_route_told(exchange: Exchange) -> None:
    if not 400 <= not_about_the_key(exchange).status < 500:
        raise NotApplicable(say("it is not rejected (covered by errors.unknown_route_refused)"))
    problem = told(exchange)
    assert not problem, say("the body of the HTTP {status} {problem}", exchange.status, problem)
    assert isinstance(exchange.document.get("error"), dict), say(
        "{answer}; expected an error object", answered_with(exchange)
    )
