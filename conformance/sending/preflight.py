"""Why a plain request got no completion, and what to do about it: in one sentence, before anything else is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from conformance.contract.requests import MODELS
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, Request, list_of
from conformance.evidence.strict_json import after_object
from conformance.language import joined, say
from conformance.text import printable_line

#: Sends a request to another base URL than the one that was named.
Ask = Callable[[str, Request], Exchange]

_SHOWN = 8  #: models that a sentence lists
_SHOWN_OF_A_NAME = 80  #: characters
_FAILURES = {
    "refused": say("check the host and the port, and that the endpoint is running"),
    "unresolved": say("check the host name in the base URL"),
    "proxy": say("check HTTPS_PROXY and HTTP_PROXY, or list the host in NO_PROXY"),
    "timeout": say(
        "the endpoint did not answer in time: check that it is not overloaded, or allow more --timeout-seconds"
    ),
    "reset": say("it closed the connection: check the port, and whether it wants https:// or --certificate FILE"),
    "undecodable": say("the server does not speak HTTP: check the port"),
}
#: What is wrong with TLS, by what OpenSSL says of it.
_TLS = {
    "has expired": say("its certificate has expired: renew it"),
    "not yet valid": say("its certificate is not valid yet: check the clock of this machine, and the certificate"),
    "mismatch": say(
        "its certificate is for another name: name the host as the certificate does, or have one for this name"
    ),
    "self.signed|unable to": say("its certificate is not trusted: name its authority with --authorities FILE"),
    "wrong version|packet length|http request|unknown protocol|record layer": say(
        "the server does not speak TLS: check the port, or use http:// where the endpoint is local"
    ),
    "alert": say("it wants a certificate of yours, or another one: name it with --certificate FILE"),
}
_CREDENTIALS = say(
    "the proxy wants credentials: put them into HTTPS_PROXY or HTTP_PROXY, as http://user:password@host:port"
)
_PLAIN_TO_TLS = re.compile(r"HTTPS (server|port)|SSL-enabled", re.IGNORECASE)
_NO_CERTIFICATE = re.compile(r"SSL certificate")
_TITLE = re.compile(r"<title[^<>]*+>([^<]{1,120})", re.IGNORECASE)
_REMEDIES = {
    402: say("the account has no credit: add some"),
    403: say("check that the API key may use this model"),
    407: _CREDENTIALS,
    429: say("the endpoint throttles or the account has no credit: try again later"),
}


def answers(exchange: Exchange) -> bool:
    """Whether a plain request was answered with something that can be judged as a completion."""
    try:
        return exchange.succeeded and isinstance(exchange.reply, dict) and "choices" in exchange.reply
    except Inconclusive:
        return False


def diagnosis(
    exchange: Exchange, base_url: str, ask: Ask | None = None, key_variable: str = "", proxy: str = ""
) -> str:
    """What is wrong, told from the answer to a plain request; `ask` is used to find out more where that helps: which
    models there are, and whether another base URL is meant. `key_variable` names the variable that holds no key,
    `proxy` what the request went through."""
    said = printable_line(_diagnosis(exchange, base_url, ask, key_variable))
    if not proxy or proxy in said or _has_error(exchange):
        return said
    return say(
        "{said}; it was sent through the proxy {proxy}, which may be the cause: NO_PROXY lists hosts that need none",
        said,
        proxy,
    )


def _diagnosis(exchange: Exchange, base_url: str, ask: Ask | None, key_variable: str) -> str:
    if base_url.startswith("http://") and ask and (secure := _with_tls(exchange, base_url, ask)):
        return say("speaks TLS: use --base-url {address}", secure)
    if exchange.failure:
        return say("gave no response ({failure}): {remedy}", exchange.failure, _remedy(exchange.failure))
    asked = exchange.request.asked.get("model")
    said = say("answered a plain request for {model} with HTTP {status}{said}", asked, exchange.status, _said(exchange))
    if 300 <= exchange.status < 400:
        target = printable_line(exchange.header("location") or say("nowhere"))
        return say(
            "{said}, a redirect to {target}: name that address as the base URL, the key is not sent after it",
            said,
            target,
        )
    if exchange.status == 401:
        wrong, unset = (
            say("the key is wrong or revoked"),
            say("{variable} is not set: put the key into it", key_variable),
        )
        return joined(": ", (said, unset if key_variable else wrong))
    if _is_about_the_model(exchange):
        return joined(": ", (said, _models(exchange, base_url, ask)))
    if ask and (elsewhere := _elsewhere(exchange, base_url, ask)):
        return say("{said}, and a completion under {address}: use --base-url {address}", said, elsewhere)
    if exchange.surplus and not exchange.refused:
        return say(
            "{said} that is no completion, and {bytes:,} bytes after its end: correct its Content-Length",
            said,
            exchange.surplus,
        )
    if not exchange.refused and (garbled := _garbled(exchange)):
        return say("{said}, and {what}", said, garbled)
    if not exchange.refused:
        kind = exchange.media_type or say("no media type")
        return say(
            "answered HTTP {status} with {kind}{title} that is no completion: {remedy}",
            exchange.status,
            kind,
            _title(exchange),
            _NO_ENDPOINT,
        )
    if exchange.status == 404:
        return say("{said}: check the base URL (it usually ends in /v1) and the name of the model", said)
    if exchange.status == 400 and _shows(_NO_CERTIFICATE, exchange):
        return joined(": ", (said, _TLS["alert"]))
    failing = say("the endpoint itself fails") if exchange.status >= 500 else say("see the error")
    return joined(": ", (said, _REMEDIES.get(exchange.status, failing)))


_NO_ENDPOINT = say(
    "check the base URL (it usually ends in /v1); a proxy or a web site may answer in the endpoint's place"
)


def _remedy(failure: Failure) -> str:
    """What to do where no response came."""
    if failure.kind == "tls":
        told = (remedy for words, remedy in _TLS.items() if re.search(words, failure.detail, re.IGNORECASE))
        return next(told, say("check its certificate, and that TLS is spoken there"))
    if failure.kind == "proxy" and " 407" in failure.detail:
        return _CREDENTIALS
    return _FAILURES.get(failure.kind, say("check the base URL"))


def _with_tls(exchange: Exchange, base_url: str, ask: Ask) -> str:
    """The base URL with https://, where what answers there is met with plain HTTP and speaks TLS."""
    met = exchange.failure.kind in ("reset", "undecodable") if exchange.failure else _shows(_PLAIN_TO_TLS, exchange)
    secure = f"https://{base_url.removeprefix('http://')}"
    if not met:
        return ""
    found = ask(secure, exchange.request)
    spoken = found.status or (found.failure and found.failure.kind == "tls" and "certificate" in found.failure.detail)
    return secure if spoken else ""


def _said(exchange: Exchange) -> str:
    """What the answer says for itself."""
    if not exchange.refused:
        return ""
    try:
        return f" ({printable_line(str(exchange.error.get('message')))[:160]})"
    except Inconclusive:
        kind = exchange.media_type or say("of no media type")
        return say(" with a body that is {kind}{title}", kind, _title(exchange))


def _shows(words: re.Pattern[str], exchange: Exchange) -> re.Match[str] | None:
    """Where the content has these words; nowhere in one whose coding cannot be undone."""
    try:
        return words.search(exchange.text)
    except Inconclusive:
        return None


def _garbled(exchange: Exchange) -> str:
    """What hides a completion that may well be there, and what to do about it; empty where nothing does."""
    if exchange.undecodable:
        coding = exchange.header("content-encoding")
        return say(
            "content that is not what its Content-Encoding ({coding}) says: remove it where the body was decoded",
            coding,
        )
    rest = after_object(exchange.content)
    return say("a JSON object with {rest!r} after it: send nothing after the object", rest[:40]) if rest else ""


def _title(exchange: Exchange) -> str:
    """The title of a page."""
    found = _shows(_TITLE, exchange)
    return f", “{printable_line(found[1])}”," if found else ""


def _is_about_the_model(exchange: Exchange) -> bool:
    """Whether a refusal says that there is no such model."""
    try:
        error = exchange.error
    except Inconclusive:
        return False
    code, message, param = (str(error.get(name) or "").lower() for name in ("code", "message", "param"))
    asked = str(exchange.request.asked.get("model")).lower()
    unknown = "not found" in message or "not exist" in message or "unknown" in message or "invalid model" in message
    return "model_not_found" in code or param == "model" or (unknown and ("model" in message or asked in message))


def _models(exchange: Exchange, base_url: str, ask: Ask | None) -> str:
    """Which models to name instead."""
    names: list[str] = []
    if ask:
        try:
            document = ask(base_url, MODELS).document
        except Inconclusive:
            document = None
        listed = list_of(document.get("data")) if isinstance(document, dict) else []
        names = [
            printable_line(str(each["id"]))[:_SHOWN_OF_A_NAME]
            for each in listed
            if isinstance(each, dict) and "id" in each
        ]
    if not names:
        return say("check the name of the model")
    first = ", ".join(names[:_SHOWN])
    more = say("{names} and {number} more", first, len(names) - _SHOWN) if len(names) > _SHOWN else first
    return say("it lists the models {names}", more)


def _elsewhere(exchange: Exchange, base_url: str, ask: Ask) -> str:
    """Another base URL under which the same request gets a completion, or would with another key or model."""
    if exchange.status not in (200, 404, 405):
        return ""
    for url in _variants(base_url):
        found = ask(url, exchange.request)
        if answers(found) or (found.refused and found.status not in (404, 405) and _has_error(found)):
            return url
    return ""


def _has_error(exchange: Exchange) -> bool:
    try:
        return bool(exchange.error)
    except Inconclusive:
        return False


def _variants(base_url: str) -> Iterator[str]:
    """What people mean who leave /v1 out, write it twice, or name the whole address of the endpoint."""
    base = base_url.rstrip("/")
    short = re.sub(r"(/v1)?/chat/completions$", "", base)
    while short.endswith("/v1/v1"):
        short = short.removesuffix("/v1")
    candidates = [short, f"{short}/v1", f"{short}/api/v1", short.removesuffix("/v1")]
    host = urlsplit(base)
    candidates.append(f"{host.scheme}://{host.netloc}/v1")
    yield from dict.fromkeys(each for each in candidates if each != base)
