"""One audit: the pool or an engine judges its shards, and what is found is added up in the order of the shards."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from conformance import __version__
from conformance.contract.requirement import Requirement
from conformance.language import say
from conformance.suite.catalogue import load
from conformance.text import write_whole

from .engines import LOCAL
from .kernel import Audit
from .pool import Done, judged
from .reporting import label
from .sources import shards
from .totals import Totals
from .work import Task, totals_of

FOLDER = "shards"  #: in the folder of the audit, with the results of those that are done
FINDINGS = pa.schema(
    [
        ("origin", pa.string()),
        ("requirement", pa.string()),
        ("level", pa.string()),
        ("verdict", pa.string()),
        ("message", pa.string()),
        ("amount", pa.string()),  # a decimal in digits; null where a violation does not bear on the price
        ("currency", pa.string()),
        ("group", pa.string()),
        ("time", pa.timestamp("ms", tz="UTC")),
    ]
)


class FolderError(Exception):
    """The folder of an audit cannot be used, or gone on with; the message is one sentence."""


@dataclass(frozen=True)
class Asked:
    """What is audited: these sources, no more than `most` records (None for all), with results in a folder."""

    sources: tuple[str, ...]
    audit: Audit
    out: Path
    workers: int
    most: int | None = None
    resume: bool = False
    engine: str = LOCAL
    address: str = ""  #: of the engine, where it is not the local one


@dataclass
class Audited:
    """What came of it: the totals, and the shards that could not be judged."""

    totals: Totals = field(default_factory=Totals)
    failed: list[Done] = field(default_factory=list)


@dataclass
class Watch:
    """What progress is told to: `tick` the records that were judged and the share of the shards that is done, `told` a
    sentence."""

    tick: Callable[[int, float], None] = lambda records, share: None
    told: Callable[[str], None] = lambda sentence: None


def audited(asked: Asked, watch: Watch) -> Audited:
    """Judge all shards that are not judged yet, and add up what was found; findings.parquet is written. Raises
    FolderError, SourceError, EngineError, OSError."""
    folder = asked.out / FOLDER
    tasks = [Task(each, asked.audit, folder) for each in shards(asked.sources)]
    _begin(folder, asked, tasks)
    found = Audited()
    if asked.most is None:
        waiting = [each for each in tasks if not each.totals.exists()]
        _judge(waiting, tasks, asked, watch, found)
    else:
        tasks = list(_first(tasks, asked.most, watch, found))
    for each in tasks:
        if totals := totals_of(each):
            found.totals.merge(totals)
    _write_findings(asked.out / "findings.parquet", tasks)
    if not found.failed:
        _remove(folder)
    return found


def _judge(waiting: Sequence[Task], tasks: Sequence[Task], asked: Asked, watch: Watch, found: Audited) -> None:
    weights = {each.id: _weight(each) for each in tasks}
    whole = sum(weights.values()) or 1
    done = whole - sum(weights[each.id] for each in waiting)

    def tick(records: int) -> None:
        watch.tick(records, done / whole)

    if asked.engine == LOCAL:
        results = judged(waiting, min(asked.workers, len(waiting)), tick, watch.told)
    else:
        engine = import_module(f"conformance.audit.engines.{asked.engine}")
        results = engine.judged(waiting, asked.address, tick)
    for each in results:
        done += weights[each.task.id]
        if each.failed:
            found.failed.append(each)


def _first(tasks: Sequence[Task], most: int, watch: Watch, found: Audited) -> Iterator[Task]:
    """The shards with the first records, so many in all, judged one after the other."""
    left = most
    for task in tasks:
        if not left:
            return
        limited, before = Task(task.shard, task.audit, task.folder, left), most - left

        def tick(records: int, before: int = before) -> None:
            watch.tick(before + records, (before + records) / most)

        for each in judged([limited], 0, tick, watch.told):
            left -= min(left, each.records)
            found.failed += [each] if each.failed else []
        yield limited


def _weight(task: Task) -> int:
    """The bytes of a shard, about."""
    shard = task.shard
    if "://" in shard.url or shard.groups:
        return 1 << 26
    end = os.path.getsize(shard.url) if shard.end is None else shard.end
    return max(end - shard.start, 1)


# --- the folder ---------------------------------------------------------------------------------------------


def _begin(folder: Path, asked: Asked, tasks: Sequence[Task]) -> None:
    """Make the folder for the results, or go on with what is in it. Raises FolderError."""
    about = json.dumps({"format": "audit-1", "asked": _fingerprint(asked, tasks)})
    record = folder / "audit.json"
    if asked.resume:
        if not record.exists():
            raise FolderError(say("--resume: {out} holds no interrupted audit", asked.out))
        if record.read_text(encoding="utf-8") != about:
            raise FolderError(
                say(
                    "--resume: the audit in {out} was begun with other sources, options or another version:"
                    " begin it anew without --resume",
                    asked.out,
                )
            )
        return
    if folder.exists() and not record.exists() and any(folder.iterdir()):
        raise FolderError(say("--out: {folder} contains files that are not of an audit: name another folder", folder))
    _remove(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(record, about)


def _fingerprint(asked: Asked, tasks: Sequence[Task]) -> str:
    """What makes an audit the same: what was asked, and files that have not changed."""
    files = [(each.id, *_state(each.shard.url)) for each in tasks]
    return sha256(repr((__version__, asked.audit, asked.most, files)).encode("utf-8", "replace")).hexdigest()


def _state(url: str) -> tuple[int, int]:
    if "://" in url:
        return 0, 0
    state = os.stat(url)
    return state.st_size, state.st_mtime_ns


def _remove(folder: Path) -> None:
    """Remove the folder with what an audit puts there, and nothing else."""
    for pattern in ("*.json", "*.parquet", "*.part"):
        for path in folder.glob(pattern):
            path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


# --- findings.parquet ---------------------------------------------------------------------------------------


def _write_findings(path: Path, tasks: Sequence[Task]) -> None:
    """All findings in the order of the shards, a batch at a time."""
    catalogue, part = load(), path.with_suffix(".part")
    with pq.ParquetWriter(part, FINDINGS, compression="zstd") as writer:
        for task in tasks:
            if task.totals.exists() and task.findings.exists():
                with pq.ParquetFile(task.findings) as file:
                    for batch in file.iter_batches():
                        writer.write_batch(_finding(batch, catalogue))
    part.replace(path)


def _finding(batch: pa.RecordBatch, catalogue: dict[str, Requirement]) -> pa.RecordBatch:
    columns = {name: batch[name] for name in FINDINGS.names if name in batch.schema.names}
    columns["level"] = _mapped(batch["requirement"], lambda each: str(catalogue[each].level))
    columns["group"] = _mapped(batch["group"], label)
    columns["time"] = pc.multiply(batch["time"], 1000.0).cast(pa.int64(), safe=False).cast(pa.timestamp("ms", tz="UTC"))
    return pa.RecordBatch.from_arrays([columns[name] for name in FINDINGS.names], schema=FINDINGS)


def _mapped(column: pa.Array, made: Callable[[str], str]) -> pa.Array:
    """A column with what is made of each value, once for equal ones."""
    encoded = column.dictionary_encode()
    return pa.array([made(each) for each in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)
