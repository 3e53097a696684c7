"""The exchanges of one run, kept in a folder: cache, recording and evidence in one."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from .exchange import Exchange, Inconclusive, Request, dump_exchange, load_exchange

Send = Callable[[Request], Exchange]


class ArchiveError(Exception):
    """A file of the archive is not a whole exchange."""


@dataclass
class Archive:
    """A `Send` that remembers. Each distinct request is sent once per folder, whichever thread or process asks first;
    with `send` None nothing is sent, and what was not recorded is inconclusive."""

    folder: Path
    send: Send | None = None
    known: dict[str, Exchange] = field(default_factory=dict)
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
        if self.send is None:
            raise Inconclusive(f"the request “{request}” is not in {self.folder.name}/")
        self.folder.mkdir(parents=True, exist_ok=True)
        locks = self.folder / ".locks"
        locks.mkdir(exist_ok=True)
        with FileLock(locks / request.key):
            if not path.exists():
                _write_whole(path, json.dumps(dump_exchange(self.send(request)), indent=1, ensure_ascii=False))
        return read_exchange(path)


def _write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees the whole file or none, also when this process is killed meanwhile."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)


def read_exchange(path: Path) -> Exchange:
    """Raises ArchiveError, with a sentence, where the file is not a whole exchange."""
    try:
        return load_exchange(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveError(
            f"{path} is not a whole recorded exchange ({error!r}): delete it to have its request sent again"
        ) from None


def recorded(folder: Path) -> Iterator[Exchange]:
    """Every exchange of an archive, in the order they were started."""
    yield from sorted((read_exchange(path) for path in folder.glob("*.json")), key=lambda each: each.started)
