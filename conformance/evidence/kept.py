"""What is kept in memory of large exchanges: bounded, the latest first. The archive, or a file, has the rest."""

from __future__ import annotations

import ctypes
import pickle
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial, wraps
from typing import Any, Generic, TypeVar, overload

MOST = 32 * 1024 * 1024  #: bytes that the large views of all exchanges take together
SMALL = 4096  #: bytes of content up to which everything is kept

Each = TypeVar("Each")
Value = TypeVar("Value")
Owner = TypeVar("Owner")


class _Room:
    """The values that are kept in the `__dict__` of their owners, in the order in which they were made."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], tuple[weakref.ref[Any], int]] = {}
        self._taken = 0
        self._lock = threading.RLock()  # an owner may be collected in any thread, at any time

    def keep(self, owner: object, name: str, value: object) -> None:
        """Keep a value as long as there is room; the last one is always kept."""
        owner.__dict__[name] = value
        size = weight(value)
        if size <= SMALL:
            return
        key = id(owner), name
        with self._lock:
            self._forget(key)
            self._kept[key] = weakref.ref(owner, lambda _: self._forget(key)), size
            self._taken += size
            while self._taken > MOST and len(self._kept) > 1:
                oldest = next(iter(self._kept))
                held = self._kept[oldest][0]()
                self._forget(oldest)
                if held is not None:
                    held.__dict__.pop(oldest[1], None)

    def _forget(self, key: tuple[int, str]) -> None:
        with self._lock:
            self._taken -= self._kept.pop(key, (None, 0))[1]


_ROOM = _Room()


def derived(owner: object) -> dict[str, Any]:
    """What others found out about a value and would find out again, each under a name of its own. It is small."""
    found: dict[str, Any] = owner.__dict__.setdefault("_derived", {})
    return found


_SIMPLE = frozenset({str, bytes, int, float, bool, type(None)})  #: types of values that hold no others


def weight(value: object) -> int:
    """About how many bytes a value takes, with all that it holds; no more is counted than there is room for."""
    size, rest = 0, [value]
    while rest and size < MOST:
        each = rest.pop()
        if type(each) in _SIMPLE:
            size += sys.getsizeof(each)
            continue
        if isinstance(each, Stored):
            continue
        size += sys.getsizeof(each)
        if isinstance(each, dict):
            rest += each.keys()
            rest += each.values()
        elif isinstance(each, list | tuple):
            rest += each
        elif hasattr(each, "__dict__"):
            rest += vars(each).values()
    return size


class kept(Generic[Value]):  # noqa: N801 (a decorator, like functools.cached_property)
    """A property whose value is kept while there is room, and made anew where it was dropped. Where its owner says that
    it is `small`, the value is kept as long as the owner."""

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> kept[Value]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> Value: ...
    def __get__(self, owner: object | None, kind: type) -> kept[Value] | Value:
        if owner is None:
            return self
        value = self._make(owner)
        _keep(owner, self._name, value)
        return value


def _keep(owner: object, name: str, value: object) -> None:
    if getattr(owner, "small", False):
        owner.__dict__[name] = value
    else:
        _ROOM.keep(owner, name, value)


def kept_of(make: Callable[[Owner], Value]) -> Callable[[Owner], Value]:
    """A function of one value, such as an exchange, whose result is kept as that of a `kept` property is."""
    own = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def view(owner: Owner) -> Value:
        if own not in owner.__dict__:
            value = make(owner)
            _keep(owner, own, value)
            return value
        found: Value = owner.__dict__[own]
        return found

    return view


class Stored(Sequence[Each]):
    """A tuple that is in a file, and is read when it is looked at."""

    def __init__(self, load: Callable[[], tuple[Each, ...]]) -> None:
        self._load = load

    @kept
    def _value(self) -> tuple[Each, ...]:
        return self._load()

    @overload
    def __getitem__(self, place: int) -> Each: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Each, ...]: ...
    def __getitem__(self, place: int | slice) -> Each | tuple[Each, ...]:
        return self._value[place]

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Each]:
        return iter(self._value)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, tuple | Stored) and tuple(self) == tuple(other))

    def __hash__(self) -> int:
        return hash(self._value)


class Spool:
    """A file without a name, for what is not in an archive. It is gone when nothing refers to it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (as long as what was written is read)
        self._lock = threading.Lock()
        weakref.finalize(self, self._file.close)

    def stored(self, value: tuple[Each, ...]) -> Sequence[Each]:
        """The tuple, in the file where it is large."""
        if weight(value) <= SMALL:
            return value
        with self._lock:
            start = self._file.seek(0, 2)
            pickle.dump(value, self._file)
        return Stored(partial(self._read, start))

    def _read(self, start: int) -> Any:
        with self._lock:
            self._file.seek(start)
            return pickle.load(self._file)  # what this process wrote, into a file that no other can open


def give_back() -> None:
    """Have the C library give each large block back to the system when it is freed. Else glibc keeps some in the arena
    of each thread, hundreds of megabytes in all where bodies are large."""
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 256 * 1024)


_MMAP_THRESHOLD = -3  #: glibc's M_MMAP_THRESHOLD
_LARGE = 1024 * 1024  #: bytes
_TURN = threading.RLock()


@contextmanager
def one_at_a_time(size: int) -> Iterator[None]:
    """For work that copies what was received several times: on so many bytes, if they are many, one thread does it at a
    time."""
    with _TURN if size > _LARGE else nullcontext():
        yield
