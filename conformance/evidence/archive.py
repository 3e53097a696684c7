"""The exchanges of one run, kept in a folder: cache, recording and evidence in one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from conformance.text import write_whole

from .exchange import Exchange, Failure, Inconclusive, NothingMore, Request
from .exchange_json import load_exchange, text_of
from .kept import SMALL, Stored, one_at_a_time, weight
from .send import Send

NOTES = ".sent"  #: the folder in an archive with an empty file for each request that was to be sent
#: Failures of the moment, after which a run that is resumed asks again; the others are answers, and judged.
_PASSING = ("refused", "unresolved", "proxy", "tls", "timeout", "reset", "not sent")
LARGEST = 256 * 1024 * 1024  #: bytes of a file that is read
_LOCKED = (401, 402, 403, 407)  #: likewise statuses, where the request has the endpoint's own key


class ArchiveError(Exception):
    """A file of the archive is not a whole exchange."""


@dataclass
class Archive:
    """A `Send` that remembers. Each distinct request is sent once per folder, whichever thread or process asks first;
    with `send` None nothing is sent, and what was not recorded is inconclusive."""

    folder: Path
    send: Send | None = None
    known: dict[str, Exchange] = field(default_factory=dict)
    over: str = ""  #: why nothing more is sent, once there is a reason
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def __call__(self, request: Request) -> Exchange:
        """The exchange of this request, after that of the request it must come after. Raises Inconclusive where
        it was not recorded and nothing may be sent, ArchiveError where its file is broken."""
        if request.key not in self.known:
            if request.after is not None:
                self(request.after)
            with self._turns.setdefault(request.key, threading.Lock()):
                if request.key not in self.known:
                    self.known[request.key] = self._recall(request)
        return self.known[request.key]

    def _recall(self, request: Request) -> Exchange:
        path = self.folder / f"{request.key}.json"
        if path.exists():
            return read_exchange(path)
        if self.over:
            raise Inconclusive(self.over)
        if self.send is None:
            raise Inconclusive(f"the request “{request}” is not in {self.folder.name}/")
        self.folder.mkdir(parents=True, exist_ok=True)
        locks = self.folder / ".locks"
        locks.mkdir(exist_ok=True)
        with FileLock(locks / request.key):
            if not path.exists():
                exchange = self._sent(request, self.send)
                with one_at_a_time(len(exchange.wire)):
                    write_whole(path, text_of(exchange))
        return read_exchange(path)

    def _sent(self, request: Request, send: Send) -> Exchange:
        """Send, and note that before. What was noted by a run that was broken off then may have had an effect."""
        note = self.folder / NOTES / request.key
        before = note.exists()
        note.parent.mkdir(exist_ok=True)
        note.touch()
        try:
            exchange = send(request)
        except NothingMore as reason:
            self.over = str(reason)
            raise
        return replace(exchange, earlier=(*exchange.earlier, _unheard(request))) if before else exchange


def _unheard(request: Request) -> Exchange:
    return Exchange(request, 0, failure=Failure("reset", "the run was broken off before an answer came"))


def read_exchange(path: Path) -> Exchange:
    """The exchange in a file, whose larger parts stay there until they are looked at. Raises ArchiveError, with a
    sentence, where the file is not a whole exchange."""
    return _lean(_loaded(path), path)


def _loaded(path: Path) -> Exchange:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST:,} bytes")
        return load_exchange(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveError(
            f"{path} is not a whole recorded exchange ({error!r}): delete it to have its request sent again"
        ) from None


def _lean(exchange: Exchange, path: Path, *place: int) -> Exchange:
    """The exchange with what is large of it read from the file when it is looked at; `place` leads to it there."""
    return replace(
        exchange,
        headers=_stored(exchange, "headers", path, place),
        reads=_stored(exchange, "reads", path, place),
        earlier=tuple(_lean(each, path, *place, number) for number, each in enumerate(exchange.earlier)),
    )


def _stored(exchange: Exchange, part: str, path: Path, place: tuple[int, ...]) -> Any:
    value = getattr(exchange, part)

    def load() -> Any:
        found = _loaded(path)
        for number in place:
            found = found.earlier[number]
        return getattr(found, part)

    return value if weight(value) <= SMALL else Stored(load)


def recorded(folder: Path) -> Iterator[Exchange]:
    """Every exchange of an archive, in the order they were started."""
    yield from sorted((read_exchange(path) for path in folder.glob("*.json")), key=lambda each: each.started)


def finished(exchange: Exchange) -> bool:
    """Whether an exchange is not to be had anew: a whole response, or one that is wrong in itself, arrived, and it does
    not speak of the key or the account."""
    locked = exchange.request.authentic and exchange.status in _LOCKED
    return not (exchange.transient or locked or (exchange.failure and exchange.failure.kind in _PASSING))


def reopen(folder: Path) -> set[str]:
    """Make room for what is not finished; gives the keys of the requests that were sent so far in vain. Raises
    ArchiveError where a file is broken."""
    answered = {path.stem: path for path in folder.glob("*.json")}
    vain = {key for key, path in answered.items() if not finished(read_exchange(path))}
    vain |= {note.name for note in (folder / NOTES).glob("*")} - answered.keys()
    for key in vain:
        (folder / f"{key}.json").unlink(missing_ok=True)
    for part in folder.glob("*.part"):
        part.unlink()
    return vain
