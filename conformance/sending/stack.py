"""How a session's options send: to whom, with which key, how politely, and how much at most."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from math import ceil
from pathlib import Path

import pytest

from conformance.billing.budget import Budget, bounded
from conformance.billing.prices import PricesError, Sheet, read_prices
from conformance.evidence.archive import recorded
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, Request
from conformance.evidence.send import Send
from conformance.lab.known_faults import plant
from conformance.lab.reference import Endpoint

from .client import Access, Limits, Live, trusting
from .pacing import Manners, polite
from .retrying import insisting

UNSENT = "unsent.txt"  #: the file in a run's folder that says why something was not sent
NOT_SENT = "not sent: "  #: begins the reason why a request was not sent
SPENT = "spent.json"  #: the file in a run's folder that says what was spent of its budget
_BROKEN_OFF = "the run was broken off meanwhile"
REFERENCE_KEY = "sk-reference-0123456789abcdefghijklmnopqrstuvwxyz"  #: any token will do there but an unknown one


class SessionError(Exception):
    """The session cannot judge anything. `exit_code` is 2 for wrong usage, 3 for nothing to judge."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def sender(config: pytest.Config, base_url: str, serving: str, out: Path, resources: ExitStack) -> Send:
    """What sends: over HTTP with limits, manners and a budget, to the endpoint or to the reference one where that is
    served to several workers; else to the reference endpoint in this process. Raises SessionError."""
    budget, sheet, ledger = budget_of(config), sheet_of(config), out / SPENT
    if not (base_url or serving):
        own = warmed(reference(config), out) if config.getoption("resume") else reference(config)
        insistent = insisting(bounded(own, budget, sheet, ledger) if budget else own, lambda seconds: None)
        return noting(insistent, out) if budget else insistent
    option = config.getoption
    limits = Limits(read=option("timeout_seconds"), total=option("total_seconds"), content=option("largest_body"))
    send = Live(base_url or serving, key_of(config) if base_url else REFERENCE_KEY, limits, access_of(config))
    resources.callback(send.close)
    over = threading.Event()
    resources.callback(over.set)
    workers = option("numprocesses", None) or int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    manners = Manners(
        concurrency=ceil(option("concurrency") / workers),
        per_minute=option("rate") / workers,
        patience=option("patience"),
        deadline=option("deadline"),
    )
    live = until(over, send)
    if serving and not base_url and option("resume"):
        warmed(live, out)

    def wait(seconds: float) -> None:
        if over.wait(seconds):
            raise Inconclusive(_BROKEN_OFF)

    asked = polite(bounded(live, budget, sheet, ledger) if budget else live, manners, wait)
    return noting(insisting(asked, wait), out)


def noting(send: Send, out: Path) -> Send:
    """The same `Send`, which notes in the run's folder that something was not sent: such a run did not judge everything
    that it could have, whatever its verdicts."""

    def ask(request: Request) -> Exchange:
        try:
            return send(request)
        except Inconclusive as reason:
            if str(reason).startswith(NOT_SENT):
                (out / UNSENT).write_text(f"{reason}\n", encoding="utf-8")
            raise

    return ask


def unsent(out: Path) -> str:
    """Why something was not sent, empty where all was."""
    path = out / UNSENT
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def until(over: threading.Event, send: Send) -> Send:
    """The same `Send` until a run is over. What is under way then is cut by ourselves, wherever it is cut."""

    def ask(request: Request) -> Exchange:
        if over.is_set():
            raise Inconclusive(_BROKEN_OFF)
        exchange = send(request)
        cut = Failure("reset", _BROKEN_OFF)
        return replace(exchange, failure=cut, reads=(), status=0) if over.is_set() else exchange

    return ask


def warmed(send: Send, folder: Path) -> Send:
    """The reference endpoint that knows what it was sent earlier in this run, so that its caches are warm."""
    for exchange in recorded(folder / "archive"):
        send(exchange.request)
    return send


def prober(config: pytest.Config, base_url: str) -> Send:
    """Sends a few requests to another base URL than the one that was named, and waits for little."""
    return Live(base_url, key_of(config), Limits(connect=1, read=2, total=3), access_of(config))


def budget_of(config: pytest.Config) -> Budget:
    """What the run may cost. Raises SessionError."""
    cost = config.getoption("max_cost")
    if cost is not None and sheet_of(config) is None:
        raise SessionError("--max-cost needs a price sheet: name one with --prices", 2)
    try:
        amount = None if cost is None else Decimal(cost)
    except InvalidOperation:
        raise SessionError(f"--max-cost: {cost!r} is no amount, such as 2.50", 2) from None
    return Budget(config.getoption("max_requests"), config.getoption("max_tokens"), amount)


def check_address(base_url: str) -> None:
    """Raise SessionError where this is no base URL, or holds what does not belong into one."""
    if not base_url.startswith(("http://", "https://")):
        raise SessionError(f"--base-url: {base_url!r} does not begin with http:// or https://", 2)
    if "@" in base_url.partition("://")[2].partition("/")[0]:
        raise SessionError(
            "--base-url: put no password in it, it is shown in reports: the key comes from the environment", 2
        )
    if "#" in base_url:
        raise SessionError("--base-url: leave out the fragment, it is never sent", 2)


def check_variable(name: str) -> None:
    """Raise SessionError where this cannot be the name of the variable that holds the key."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise SessionError("--api-key-variable: name an environment variable, not the key itself", 2)


def access_of(config: pytest.Config) -> Access:
    """How the endpoint is reached beside its address. Raises SessionError."""
    option = config.getoption
    return access(option("header"), option("authorities"), option("certificate"))


def access(given: Iterable[str], authorities: Path | None, certificate: Path | None) -> Access:
    """Likewise, of what the options say. Raises SessionError."""
    headers = []
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not value.strip().isprintable():
            raise SessionError(f"--header: {name!r} is not followed by a colon and a value, such as x-tenant: acme", 2)
        headers.append((name, value.strip()))
    for option, path in (("authorities", authorities), ("certificate", certificate)):
        if path is not None and not path.is_file():
            raise SessionError(f"--{option}: there is no file {path}", 2)
    reached = Access(tuple(headers), authorities, certificate)
    try:
        trusting(reached)
    except OSError as error:
        raise SessionError(str(error), 2) from None
    return reached


def key_of(config: pytest.Config) -> str:
    """The API key of the endpoint; white space around it is not part of it. Raises SessionError."""
    return key_in(config.getoption("api_key_variable"))


def key_in(variable: str) -> str:
    """The key that an environment variable holds. Raises SessionError."""
    check_variable(variable)
    key = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise SessionError(f"the key in {variable} holds white space or a character beyond ASCII: set it anew", 2)
    return key


def reference(config: pytest.Config) -> Send:
    """The reference endpoint, with the faults that are planted in it."""
    try:
        return plant(Endpoint().answer, config.getoption("fault"))
    except KeyError as error:
        raise SessionError(str(error.args[0]), 2) from None


_SHEET = pytest.StashKey[Sheet]()


def sheet_of(config: pytest.Config) -> Sheet | None:
    """The price sheet, where one is named. Raises SessionError."""
    path = config.getoption("prices")
    if path and _SHEET not in config.stash:
        try:
            config.stash[_SHEET] = read_prices(path)
        except PricesError as error:
            raise SessionError(f"--prices: {error}", 2) from None
    return config.stash.get(_SHEET, None)
