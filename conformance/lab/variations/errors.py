"""Other error responses that say the same."""

from __future__ import annotations

from conformance.contract.faults import (
    chain,
    drop,
    header,
    put,
    respond,
    status,
)
from conformance.evidence.exchange import Exchange

from .kit import (
    FINDINGS,
    UNNAMED,
    right,
)


@right("validation-06: any client error", deviates={"validation.unknown_model_is_404": "validation-07"})
def unknown_model_is_400(exchange: Exchange) -> Exchange:
    """An unknown model is answered with 400."""
    return status(400)(exchange) if _of_a_model(exchange) else exchange


@right("validation-07")
def unknown_model_is_404(exchange: Exchange) -> Exchange:
    """An unknown model is answered with 404, and another sentence that names it."""
    said = put("error.message", f"Model {exchange.request.asked.get('model')} is not available.")
    return chain(status(404), said)(exchange) if _of_a_model(exchange) else exchange


def _of_a_model(exchange: Exchange) -> bool:
    return exchange.refused and exchange.document.get("error", {}).get("code") == "model_not_found"


@right(
    "validation-08: tolerated",
    deviates={"validation.context_overflow": "validation-23", "caching.wrong_order": "cache-22"},
)
def wrong_members_are_422(exchange: Exchange) -> Exchange:
    """A request that is JSON and has wrong members is answered with 422."""
    wrong = exchange.refused and exchange.status == 400 and isinstance(exchange.request.document, dict)
    return status(422)(exchange) if wrong else exchange


@right("auth-04: 400, 401 or 403", deviates={"auth.malformed_credentials_401": "auth-04, expected 401"})
def other_credentials_are_403(exchange: Exchange) -> Exchange:
    """Credentials that are no bearer token are answered with 403."""
    other = exchange.request.credentials in ("empty", "raw", "basic", "query")
    return status(403)(exchange) if other and exchange.status == 401 else exchange


@right("auth-06", deviates={"auth.challenge": "auth-06"})
def no_challenge(exchange: Exchange) -> Exchange:
    """A 401 has no WWW-Authenticate, as OpenAI's has none for years."""
    return header("www-authenticate", None)(exchange)


@right("auth-07: another code, or none, is a deviation only", deviates={"auth.wrong_key_code": "auth-07"})
def code_null_for_a_wrong_key(exchange: Exchange) -> Exchange:
    """The error of a 401 has the code null, as one of OpenAI's."""
    return put("error.code", None)(exchange) if exchange.status == 401 else exchange


@right("robust-01: 404 or 405")
def other_methods_are_404(exchange: Exchange) -> Exchange:
    """Another method is answered with 404."""
    return chain(status(404), header("allow", None))(exchange) if exchange.status == 405 else exchange


@right(FINDINGS, deviates=UNNAMED)
def param_and_code_null(exchange: Exchange) -> Exchange:
    """The errors of wrong members have param and code null, as a third of OpenAI's have."""
    nulls = chain(put("error.param", None), put("error.code", None))
    return nulls(exchange) if exchange.status == 400 else exchange


@right(
    "errors-05: absence warns",
    deviates=UNNAMED | {"error.error.code.present": "errors-05", "error.error.param.present": "errors-05"},
)
def param_and_code_absent(exchange: Exchange) -> Exchange:
    """The errors of wrong members have neither param nor code, as Groq's and Perplexity's."""
    return chain(drop("error.param"), drop("error.code"))(exchange) if exchange.status == 400 else exchange


@right(FINDINGS)
def other_types_of_errors(exchange: Exchange) -> Exchange:
    """The type of an error is the gateway's own: the type is an open set."""
    return put("error.type", "bad_request")(exchange) if exchange.status == 400 else exchange


@right(FINDINGS)
def charset_of_errors(exchange: Exchange) -> Exchange:
    """Errors are application/json; charset=utf-8, for a layer in front answers them."""
    return header("content-type", "application/json; charset=utf-8")(exchange) if exchange.refused else exchange


@right("models are no part of the contract")
def no_list_of_models(exchange: Exchange) -> Exchange:
    """There is no GET /models."""
    error = {"message": "Not found.", "type": "invalid_request_error", "param": None, "code": None}
    own = header("x-request-id", "req_" + exchange.request.key)
    return chain(respond(404, {"error": error}), own)(exchange) if exchange.request.path == "/models" else exchange
