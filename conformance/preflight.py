"""Why a plain request got no completion, and what to do about it: in one sentence, before anything else is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from .exchange import Exchange, Inconclusive, Request, list_of
from .requests import MODELS

#: Sends a request to another base URL than the one that was named.
Ask = Callable[[str, Request], Exchange]

_SHOWN = 8  #: models that a sentence lists
_FAILURES = {
    "refused": "check the host and the port, and that the endpoint is running",
    "unresolved": "check the host name in the base URL",
    "tls": "check the certificate (--authorities FILE trusts one of your own), or use http:// for a local endpoint",
    "timeout": "the endpoint did not answer in time: check that it is not overloaded, or allow more --timeout-seconds",
    "reset": "it closed the connection: check the port, and whether it wants https://",
    "undecodable": "what answers there speaks no HTTP, or https:// is wanted: check the scheme and the port",
}
_REMEDIES = {
    402: "the account has no credit: add some",
    403: "check that the API key may use this model",
    407: "the proxy wants credentials: put them into HTTPS_PROXY",
    429: "the endpoint throttles or the account has no credit: try again later",
}


def answers(exchange: Exchange) -> bool:
    """Whether a plain request was answered with something that can be judged as a completion."""
    try:
        return exchange.succeeded and isinstance(exchange.reply, dict) and "choices" in exchange.reply
    except Inconclusive:
        return False


def diagnosis(exchange: Exchange, base_url: str, ask: Ask | None = None, key_variable: str = "") -> str:
    """What is wrong, told from the answer to a plain request; `ask` is used to find out more where that helps: which
    models there are, and whether another base URL is meant. `key_variable` names the variable that holds no key."""
    if exchange.failure:
        remedy = _FAILURES.get(exchange.failure.kind, "check the base URL")
        return f"gave no response ({exchange.failure}): {remedy}"
    asked = exchange.request.asked.get("model")
    said = f"answered a plain request for {asked} with HTTP {exchange.status}{_said(exchange)}"
    if 300 <= exchange.status < 400:
        target = _line(exchange.header("location") or "nowhere")
        return f"{said}, a redirect to {target}: name that address as the base URL, the key is not sent after it"
    if exchange.status == 401:
        missing = f"{key_variable} is not set: put the key into it" if key_variable else "the key is wrong or revoked"
        return f"{said}: {missing}"
    if _is_about_the_model(exchange):
        return f"{said}: {_models(exchange, base_url, ask)}"
    if ask and (elsewhere := _elsewhere(exchange, base_url, ask)):
        return f"{said}, and a completion under {elsewhere}: say --base-url {elsewhere}"
    if not exchange.refused:
        kind = exchange.media_type or "no media type"
        return f"answered HTTP {exchange.status} with {kind}{_title(exchange)} that is no completion: {_NO_ENDPOINT}"
    if exchange.status == 404:
        return f"{said}: check the base URL (it usually ends in /v1) and the name of the model"
    failing = "the endpoint itself fails" if exchange.status >= 500 else "see the error"
    return f"{said}: {_REMEDIES.get(exchange.status, failing)}"


_NO_ENDPOINT = "check the base URL (it usually ends in /v1); a proxy or a web site may answer in the endpoint's place"


def _said(exchange: Exchange) -> str:
    """What the answer says for itself."""
    if not exchange.refused:
        return ""
    try:
        return f" ({_line(str(exchange.error.get('message')))[:160]})"
    except Inconclusive:
        return f" with a body that is {exchange.media_type or 'of no media type'}{_title(exchange)}"


def _title(exchange: Exchange) -> str:
    """The title of a page."""
    found = re.search(r"<title[^>]*>([^<]{1,120})", exchange.text, re.IGNORECASE)
    return f", “{_line(found[1])}”," if found else ""


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
        names = [_line(str(each["id"])) for each in listed if isinstance(each, dict) and "id" in each]
    if not names:
        return "check the name of the model"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"it lists the models {', '.join(names[:_SHOWN])}{more}"


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


def _line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
