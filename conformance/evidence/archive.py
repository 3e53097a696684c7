"""The exchanges of one run, kept in a folder: cache, recording and evidence in one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from conformance.language import say
from conformance.resources import mistake
from conformance.text import TextError, read_regular, write_whole

from .exchange import Exchange, Failure, Inconclusive, NothingMore, Request
from .exchange_json import load_exchange, text_of
from .failure import NEVER_CAME
from .kept import SMALL, Stored, one_at_a_time, weight
from .send import Send
from .strict_json import loads

NOTES = ".sent"  #: the folder in an archive with an empty file for each request that was to be sent
#: Failures of the moment, after which a run that is resumed asks again; the others are answers, and judged.
_PASSING = ("refused", "unresolved", "proxy", "tls", "timeout", "reset", "not sent")
LARGEST = 1 << 28  #: bytes of a file that is read
_LOCKED = (401, 402, 403, 407)  #: likewise statuses, where the request has the endpoint's own key


class ArchiveError(Exception):
    """A file of the archive is not a whole exchange."""


@dataclass
class Archive:
    """A `Send` that remembers. Each distinct request is sent once per folder, whichever thread or process asks first;
    with `send` None nothing is sent, and what was not recorded is inconclusive. `run` is the id of the run, which each
    of its exchanges has; `sent` counts what was sent from here, what was asked again included."""

    folder: Path
    send: Send | None = None
    run: str = ""
    sent: int = 0
    known: dict[str, Exchange] = field(default_factory=dict)
    over: str = ""  #: why nothing more is sent, once there is a reason
    _closed: bool = False
    _keeping: threading.Lock = field(default_factory=threading.Lock)
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
            return read_exchange(path, self.run)
        if self.over:
            raise Inconclusive(self.over)
        if self.send is None:
            raise Inconclusive(say("the request “{request}” is not in {name}/", request, self.folder.name))
        self.folder.mkdir(parents=True, exist_ok=True)
        locks = self.folder / ".locks"
        locks.mkdir(exist_ok=True)
        with FileLock(locks / request.key):
            if not path.exists():
                exchange = self._sent(request, self.send)
                with one_at_a_time(len(exchange.wire)):
                    self._keep(exchange, path)
                return _lean(load_exchange(loads(path.read_bytes())), path)  # as whoever reads it later has it
        return read_exchange(path, self.run)

    def _keep(self, exchange: Exchange, path: Path) -> None:
        text = text_of(exchange, self.run)
        with self._keeping:
            if self._closed:
                raise NothingMore(self.over)
            write_whole(path, text)
            self.sent += len(exchange.all)

    def close(self) -> None:
        """Send and write nothing more. What is still under way is as in a run that was killed: it was noted, and has no
        answer. From now on `sent` is what the folder holds."""
        self.over = self.over or "the run has ended"
        with self._keeping:
            self._closed = True

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
    return Exchange(request, 0, failure=Failure("reset", NEVER_CAME))


def read_exchange(path: Path, run: str | None = None) -> Exchange:
    """The exchange in a file, whose larger parts stay there until they are looked at; `run` is the id of the run that
    it must be of, None for any. Raises ArchiveError, with a sentence, where the file is not a whole exchange, or of
    another run."""
    return _lean(_loaded(path, run), path)


def _loaded(path: Path, run: str | None = None) -> Exchange:
    try:
        value = loads(read_regular(path, LARGEST))
        wrong = mistake(_without_reads(value), "exchange")
        exchange = None if wrong else load_exchange(value)
    except (TextError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        wrong, exchange = repr(error), None
    if exchange is None:
        raise ArchiveError(
            say(
                "{path} is not a whole recorded exchange ({wrong}): delete it to have its request sent again",
                path,
                wrong,
            )
        )
    if run is not None and value.get("run", "") != run:
        raise ArchiveError(say("{path} is of another run than the folder it lies in: remove it", path))
    return exchange


def _without_reads(value: Any) -> Any:
    """An exchange without what arrived, which may be a million pieces: those are checked as they are read."""
    if not isinstance(value, dict) or not isinstance(value.get("reads"), list):
        return value
    earlier = value.get("earlier", [])
    return {
        **value, "reads": [], "earlier": list(map(_without_reads, earlier)) if isinstance(earlier, list) else earlier,
    }  # fmt: skip


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


def recorded(folder: Path, run: str | None = None) -> Iterator[Exchange]:
    """Every exchange of an archive, in the order they were started; `run` as for `read_exchange`."""
    yield from sorted((read_exchange(path, run) for path in folder.glob("*.json")), key=lambda each: each.started)


def finished(exchange: Exchange) -> bool:
    """Whether an exchange is not to be had anew: a whole response, or one that is wrong in itself, arrived, and it does
    not speak of the key or the account."""
    locked = exchange.request.authentic and exchange.status in _LOCKED
    return not (exchange.transient or locked or (exchange.failure and exchange.failure.kind in _PASSING))


def reopen(folder: Path, run: str) -> set[str]:
    """Make room for what is not finished; gives the keys of the requests that were sent so far in vain. Raises
    ArchiveError where a file is broken, or of another run."""
    answered = {path.stem: path for path in folder.glob("*.json")}
    vain = {key for key, path in answered.items() if not finished(read_exchange(path, run))}
    vain |= {note.name for note in (folder / NOTES).glob("*")} - answered.keys()
    for key in vain:
        (folder / f"{key}.json").unlink(missing_ok=True)
    for part in folder.glob("*.part"):
        part.unlink()
    return vain
