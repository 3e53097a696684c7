"""How a session's options send: to whom, with which key, how politely, and how much at most."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from math import ceil
from pathlib import Path

import pytest

from .archive import Send
from .budget import Budget, bounded
from .client import Access, Limits, Live
from .manners import Manners, polite
from .planted import plant
from .prices import PricesError, Sheet, read_prices
from .reference import Endpoint

SPENT = "spent.json"  #: the file in a run's folder that says what was spent of its budget
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
        return bounded(reference(config), budget, sheet, ledger) if budget else reference(config)
    option = config.getoption
    limits = Limits(read=option("timeout_seconds"), total=option("total_seconds"), content=option("largest_body"))
    try:
        send = Live(base_url or serving, key_of(config) if base_url else REFERENCE_KEY, limits, access_of(config))
    except OSError as error:  # ssl.SSLError is one
        raise SessionError(f"the certificates cannot be used ({error}): name PEM files", 2) from None
    resources.callback(send.close)
    workers = option("numprocesses", None) or int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    manners = Manners(
        concurrency=ceil(option("concurrency") / workers),
        per_minute=option("rate") / workers,
        patience=option("patience"),
        deadline=option("deadline"),
    )
    return polite(bounded(send, budget, sheet, ledger) if budget else send, manners)


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


def access_of(config: pytest.Config) -> Access:
    """How the endpoint is reached beside its address. Raises SessionError."""
    headers = []
    for given in config.getoption("header"):
        name, colon, value = given.partition(":")
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not value.strip().isprintable():
            raise SessionError(f"--header: {name!r} is not followed by a colon and a value, such as x-tenant: acme", 2)
        headers.append((name, value.strip()))
    files = {name: config.getoption(name) for name in ("authorities", "certificate")}
    for name, path in files.items():
        if path is not None and not path.is_file():
            raise SessionError(f"--{name}: there is no file {path}", 2)
    return Access(tuple(headers), **files)


def key_of(config: pytest.Config) -> str:
    """The API key of the endpoint; white space around it is not part of it."""
    name = config.getoption("api_key_variable")
    key = os.environ.get(name, "").strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise SessionError(f"the key in {name} holds white space or a character beyond ASCII: set it anew", 2)
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
