"""A token in the query of the URL."""

from __future__ import annotations

from conformance.contract.requests import PLAIN, bad, intrusive, once
from conformance.evidence.exchange import Exchange
from conformance.suite.auth import AREA

from .test_credentials import SERVED, not_served

#: Addresses are logged, and the key is the caller's own.
TOKEN_IN_QUERY = once(intrusive(bad("token-in-query", PLAIN.asked, credentials="query")))


@AREA.should(
    "not accept a token in the query of the URL",
    on=(TOKEN_IN_QUERY,),
    source="rfc6750#2.3",
    contract=["auth-09"],
    at="status",
    hint="URLs are logged, and tokens in them as well.",
    broken_by=SERVED,
    after=["auth.no_credentials_401"],
)
def test_token_in_query(exchange: Exchange) -> None:
    not_served(exchange)
