"""Our own format: a file of a run's archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.evidence.exchange_json import load_exchange
from conformance.evidence.recording import Recording, made, model_of

from .adapter import Adapter, Record


def recognises(record: Record) -> bool:
    return record.get("format") == "exchange-1"


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    yield made(_of_archive, record, origin)


def _of_archive(document: Record, origin: str) -> Recording:
    exchange = load_exchange(document)
    return Recording(exchange, Path(origin).parent.name or "unknown", model_of(exchange), False, origin)


ADAPTER = Adapter(
    name="exchange-1",
    recognises=recognises,
    recordings=recordings,
    marks=("format", "exchange-1"),
    loses=frozenset(),
    form="our own exchanges, as in the archive of a run",
    told_by='`"format": "exchange-1"`',
    lost="nothing",
)
