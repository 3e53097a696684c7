"""Clients read exchanges: each is installed, its driver started, and what it makes of each exchange compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from .driving import Driver, DriverError
from .installing import Unavailable, installed
from .listed import Client
from .read import found, members, without
from .replaying import replaying
from .result import Judged, Reading
from .taking import Taken


def judged(
    clients: Iterable[Client], taken: Sequence[Taken], cache: Path, watch: Callable[[str], None]
) -> Iterator[Judged]:
    """What each client makes of these exchanges, client by client; `watch` is told its name before. A client that
    cannot be had here says why."""
    with replaying({each.name: each.exchange for each in taken}) as url:
        for client in clients:
            watch(client.name)
            try:
                with Driver(installed(client, cache)) as driver:
                    given = (each for each in taken if not (client.one_choice and each.has_several_choices))
                    yield Judged(client, tuple(_reading(client, driver, each, url) for each in given))
            except (Unavailable, DriverError) as reason:
                yield Judged(client, skipped=str(reason))


def _reading(client: Client, driver: Driver, taken: Taken, url: str) -> Reading:
    answer = driver.answer(taken.job(url))
    finding = found(taken.wanted, answer, refusal_is_text=client.refusal_is_text)
    return Reading(taken, without(finding, client.lacks), members(taken.wanted, answer))
