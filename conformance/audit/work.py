"""What is done with one shard: its records are judged, and the results written to files of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from conformance.evidence.strict_json import JSONError, loads
from conformance.text import write_whole

from .kernel import RESULTS, Audit, is_drawn, judge_batch
from .shard import Shard
from .sources import read
from .totals import Totals, dump, load

#: What is kept of each finding until all shards are judged.
FINDING = ("origin", "requirement", "verdict", "message", "amount", "currency", "group", "time")
_SCHEMA = pa.schema([RESULTS.field(name) for name in FINDING])


@dataclass(frozen=True)
class Task:
    """A shard to judge, with the folder for its results; no more than `most` records of it, where that is not None."""

    shard: Shard
    audit: Audit
    folder: Path
    most: int | None = None

    @property
    def id(self) -> str:
        """What tells the shard from the others: its files are named by it."""
        each = self.shard
        place = f"{each.url}\n{each.start}\n{each.end}\n{each.groups}"
        return sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def totals(self) -> Path:
        """The file with the totals, which is there when the shard was judged."""
        return self.folder / f"{self.id}.json"

    @property
    def findings(self) -> Path:
        """The file with the findings; not there where there are none."""
        return self.folder / f"{self.id}.parquet"


def judge_shard(task: Task, count: Callable[[int], None] = lambda _: None) -> int:
    """Judge a shard, and write what was found; `count` is told how many records were judged since it was told last.
    Gives the number of exchanges and of unreadable records."""
    totals, part = Totals(), task.findings.with_suffix(".part")
    part.unlink(missing_ok=True)
    writer = None
    try:
        for batch in _taken(read(task.shard), task):
            results = judge_batch(batch, task.audit)
            totals.add(results.to_pylist())
            found = results.filter(pc.equal(results["kind"], "finding")).select(list(FINDING))
            if found.num_rows:
                writer = writer or pq.ParquetWriter(part, _SCHEMA, compression="zstd")
                writer.write_batch(found)
            count(batch.num_rows)
    finally:
        if writer:
            writer.close()
    if writer:
        part.replace(task.findings)
    write_whole(task.totals, json.dumps(dump(totals), ensure_ascii=False).encode("utf-8", "replace"))
    return totals.judged + totals.unreadable


def _taken(batches: Iterable[pa.RecordBatch], task: Task) -> Iterator[pa.RecordBatch]:
    """The records of the sample, as many as are to be judged."""
    left = task.most
    for batch in batches:
        drawn = batch
        if task.audit.sample < 1:
            drawn = batch.filter(pa.array([is_drawn(each, task.audit) for each in batch["origin"].to_pylist()]))
        if left is None:
            yield drawn
            continue
        yield drawn.slice(0, left)
        left -= min(left, drawn.num_rows)
        if not left:
            return


def totals_of(task: Task) -> Totals | None:
    """The totals of a shard that was judged; None where it was not."""
    try:
        value: Any = loads(task.totals.read_bytes())
        return load(value)
    except FileNotFoundError:
        return None
    except (JSONError, KeyError, TypeError, ValueError):  # of another version, or of others
        return None
