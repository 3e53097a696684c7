"""Other header fields, codings and times of the same response."""

from __future__ import annotations

import gzip
import json
import uuid
import zlib
from dataclasses import replace

from conformance.contract.faults import (
    chain,
    header,
    with_content,
)
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Read

from .kit import (
    ALARMS,
    FINDINGS,
    HTTP,
    right,
)


def _accepts_none(exchange: Exchange) -> bool:
    return ("accept-encoding", "identity") in exchange.request.headers


@right(f"{HTTP}: a content may consist of several members")
def gzipped_in_members(exchange: Exchange) -> Exchange:
    """Plain content is compressed in two members of gzip, one after the other."""
    if exchange.failure or exchange.streamed or _accepts_none(exchange):
        return exchange
    middle = len(exchange.content) // 2
    packed = gzip.compress(exchange.content[:middle]) + gzip.compress(exchange.content[middle:])
    coded = replace(exchange, reads=((exchange.seconds, packed),))
    return chain(header("content-encoding", "gzip"), header("content-length", str(len(packed))))(coded)


@right(HTTP)
def gzipped(exchange: Exchange) -> Exchange:
    """The content is compressed, as a proxy before the endpoint does, unless the client accepts no coding."""
    if _accepts_none(exchange):
        return exchange
    packer = zlib.compressobj(wbits=31)
    reads: list[Read] = [(at, packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)) for at, data in exchange.reads]
    reads.append((reads[-1][0], packer.flush()))
    packed = replace(exchange, reads=tuple(reads))
    length = str(len(packed.wire)) if exchange.header("content-length") else None
    return chain(header("content-encoding", "gzip"), header("content-length", length))(packed)


@right(HTTP)
def ends_with_the_connection(exchange: Exchange) -> Exchange:
    """The content ends where the connection does, as with HTTP/1.0, and no length is given."""
    return chain(header("content-length", None), header("connection", "close"))(exchange)


@right(HTTP)
def chunked_transfer(exchange: Exchange) -> Exchange:
    """Completions and errors come in chunked coding."""
    return chain(header("content-length", None), header("transfer-encoding", "chunked"))(exchange)


@right(HTTP)
def upper_case_header_names(exchange: Exchange) -> Exchange:
    """The names of headers are in upper case."""
    return replace(exchange, headers=tuple((name.upper(), value) for name, value in exchange.headers))


@right(HTTP)
def title_case_header_names(exchange: Exchange) -> Exchange:
    """The names of headers are in mixed case."""
    return replace(exchange, headers=tuple((name.title(), value) for name, value in exchange.headers))


@right(HTTP)
def headers_of_a_proxy(exchange: Exchange) -> Exchange:
    """A content delivery network and the upstream add headers of their own."""
    more = (
        ("server", "cloudflare"), ("cf-ray", "8a1b2c3d4e5f-FRA"), ("via", "1.1 google"), ("alt-svc", 'h3=":443"'),
        ("vary", "Accept-Encoding"), ("vary", "Origin"), ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "12"), ("anthropic-ratelimit-requests-limit", "50"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    )  # fmt: skip
    return replace(exchange, headers=(*exchange.headers, *more))


@right("transport-03, transport-04: in UTF-8 where a charset is named")
def media_types_in_other_words(exchange: Exchange) -> Exchange:
    """The media type is in mixed case and names a charset, in capitals and quotes."""
    media_type = 'Text/Event-Stream;charset="UTF-8"' if exchange.streamed else "Application/JSON;charset=UTF-8"
    return header("content-type", media_type)(exchange)


@right(FINDINGS)
def streams_without_a_charset(exchange: Exchange) -> Exchange:
    """The media type of a stream names no charset."""
    return header("content-type", "text/event-stream")(exchange) if exchange.streamed else exchange


@right("OpenAI's rate-limits guide")
def rate_limits_in_minutes(exchange: Exchange) -> Exchange:
    """The headers about the rate count requests and tokens, and their resets are minutes and milliseconds."""
    told = {"limit-requests": "60", "remaining-requests": "59", "reset-requests": "1s", "limit-tokens": "150000",
            "remaining-tokens": "0", "reset-tokens": "6m0s"}  # fmt: skip
    return chain(*(header(f"x-ratelimit-{name}", value) for name, value in told.items()))(exchange)


@right("ratelimit-01: where present")
def no_rate_limit_headers(exchange: Exchange) -> Exchange:
    """Nothing is said about the rate."""
    kept = tuple(pair for pair in exchange.headers if not pair[0].startswith("x-ratelimit"))
    return replace(exchange, headers=kept)


@right("transport-09", deviates={"transport.request_id": "transport-09"})
def no_request_id(exchange: Exchange) -> Exchange:
    """Responses have no x-request-id."""
    return header("x-request-id", None)(exchange)


@right(ALARMS)
def slow_first_byte(exchange: Exchange) -> Exchange:
    """Two seconds pass before anything arrives, and the reply is written at the pace of a large model."""
    slow = replace(
        exchange, reads=tuple((20 * when, data) for when, data in exchange.reads), seconds=20 * exchange.seconds
    )
    return later(2)(slow)


def later(seconds: float) -> Fault:
    """Everything so much later."""

    def fault(exchange: Exchange) -> Exchange:
        reads = tuple((when + seconds, data) for when, data in exchange.reads)
        return replace(exchange, reads=reads, seconds=exchange.seconds + seconds)

    return fault


@right(ALARMS)
def slow_first_grammar(exchange: Exchange) -> Exchange:
    """Twenty seconds pass before a reply in a schema, for its grammar is compiled first."""
    late = replace(
        exchange, reads=tuple((when + 20, data) for when, data in exchange.reads), seconds=exchange.seconds + 20
    )
    return late if "response_format" in exchange.request.asked else exchange


@right("transport-05: only white space around it")
def white_space_around_json(exchange: Exchange) -> Exchange:
    """Line feeds before a plain reply kept the connection open, and one follows it."""
    if exchange.streamed or not exchange.succeeded:
        return exchange
    return with_content(exchange, (0.01, b"\n\n"), (exchange.seconds, exchange.content + b"\r\n"))


@right("RFC 8259 2")
def pretty_json(exchange: Exchange) -> Exchange:
    """Plain documents are indented, in another order, with characters beyond ASCII escaped."""
    if exchange.streamed:
        return exchange
    body = json.dumps(exchange.document, indent=4, sort_keys=True).encode()
    return with_content(exchange, (exchange.seconds, body))


def adding(*fields: tuple[str, str]) -> Fault:
    """Header fields beside those that are there."""
    return lambda exchange: replace(exchange, headers=(*exchange.headers, *fields))


@right("Cloudflare's response headers")
def cookies_of_a_proxy(exchange: Exchange) -> Exchange:
    """A proxy sets cookies that are long and random, and reports where it logs."""
    value = "Qx7.f3kLm2-Zt9.1796054994-1.0.1.1-" + "a8Kd0_f2Lz.Qp4" * 6
    cookie = f"__cf_bm={value}; path=/; expires=Mon, 30-Nov-26 16:39:54 GMT; domain=.example.com; HttpOnly; Secure"
    report = '{"endpoints":[{"url":"https://a.nel.example/report/v4?s=" }],"group":"cf-nel","max_age":604800}'
    return adding(("set-cookie", cookie), ("set-cookie", "_cfuvid=x; path=/"), ("report-to", report))(exchange)


@right("the response headers of clouds and of service meshes")
def headers_of_a_cloud(exchange: Exchange) -> Exchange:
    """A service mesh tells times, traces and regions."""
    return adding(
        ("x-envoy-upstream-service-time", "87"), ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("x-ms-region", "Sweden Central"),
        ("server-timing", "gen;dur=87.2, cache;desc=\"hit\""), ("x-served-by", "cache-fra-1"),
        ("x-content-type-options", "nosniff"), ("access-control-allow-origin", "*"),
    )(exchange)  # fmt: skip


@right("RFC 9111")
def tells_proxies_not_to_hold_back(exchange: Exchange) -> Exchange:
    """Header fields keep proxies from storing, changing and holding back the content."""
    fields = (("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no"), ("pragma", "no-cache"))
    return adding(*fields)(header("cache-control", None)(exchange))


@right("draft-ietf-httpapi-ratelimit-headers, Anthropic's rate limits")
def rate_limits_in_other_words(exchange: Exchange) -> Exchange:
    """The rate is told under the names of the IETF's draft and of Anthropic, with dates, and not under OpenAI's."""
    kept = tuple(pair for pair in exchange.headers if not pair[0].startswith("x-ratelimit"))
    fields = (
        ("ratelimit-policy", '"burst";q=100;w=60'), ("ratelimit", '"burst";r=50;t=30'),
        ("x-ratelimit-reset", "1796054999"),
        ("anthropic-ratelimit-tokens-remaining", "79000"), ("anthropic-ratelimit-tokens-reset", "2026-11-30T16:10:00Z"),
    )  # fmt: skip
    return adding(*fields)(replace(exchange, headers=kept))


@right("transport-09: any value of its own")
def request_ids_are_uuids(exchange: Exchange) -> Exchange:
    """x-request-id is a UUID, and the upstream's id stands beside it."""
    if not (old := exchange.header("x-request-id")):
        return exchange
    own = header("x-request-id", str(uuid.uuid5(uuid.NAMESPACE_OID, old)))
    return adding(("x-upstream-request-id", "req_011CTvLXrt5hP"), ("request-id", "req_011CTvLXrt5hP"))(own(exchange))


@right(HTTP)
def deflated(exchange: Exchange) -> Exchange:
    """Plain content is compressed with deflate, in the form of zlib."""
    plain = exchange.failure is None and not exchange.streamed and "content-length" in dict(exchange.headers)
    if not plain or _accepts_none(exchange):
        return exchange
    packed = zlib.compress(exchange.content)
    coded = replace(exchange, reads=((exchange.seconds, packed),))
    return chain(header("content-encoding", "deflate"), header("content-length", str(len(packed))))(coded)
