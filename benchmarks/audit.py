"""How fast traffic is audited, beside parsing the same lines, and how much memory that takes: the section of
docs/performance.md is written by

    python -m benchmarks.audit FOLDER --write

where FOLDER holds recordings as lines of JSON, which are repeated and varied until there are enough of them."""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from conformance.audit.kernel import RECORDS, Audit, judge_batch
from conformance.contract.selection import chosen
from conformance.suite.catalogue import load

from .speed import PAGE, with_section

HEADING = "## Audit of traffic"
ROWS = 1000  #: of a batch
MIB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """What one process did: seconds of its processor for parsing and for judging the same lines, seconds by the clock
    for all of it, and the most bytes it held."""

    exchanges: int
    parsing: float
    judging: float
    clock: float
    peak: int

    @property
    def ratio(self) -> float:
        return self.judging / self.parsing

    @property
    def rate(self) -> float:
        return self.exchanges / self.judging


@cache
def recorded(folder: Path) -> list[bytes]:
    """The lines of all recordings in a folder."""
    found: list[bytes] = []
    for path in sorted(folder.rglob("*.jsonl*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            found += (line.rstrip(b"\n") for line in opened)
    return found


def varied(line: bytes, number: int) -> bytes:
    """The line with another beginning of the first message of the request, and of the first text of the response."""
    text = str(number).encode()
    asked = line.replace(b'"content":"', b'"content":"' + text + b" ", 1)
    return asked.replace(b'\\"content\\":\\"', b'\\"content\\":\\"' + text + b" ", 1)


def lines(folder: Path, start: int) -> Iterator[bytes]:
    """Lines without end, none of which comes twice; `start` is for another process to begin elsewhere."""
    known = recorded(folder)
    return (varied(known[number % len(known)], number) for number in count(start))


def batches(folder: Path, exchanges: int, start: int) -> Iterator[pa.RecordBatch]:
    source = islice(lines(folder, start), exchanges)
    while rows := list(islice(source, ROWS)):
        columns = [pa.array([f"traffic.jsonl:{number}" for number in range(len(rows))])]
        columns += [pa.array(["jsonl"] * len(rows)), pa.array(rows, pa.binary())]
        yield pa.RecordBatch.from_arrays(columns, schema=RECORDS)


def measured(folder: Path, exchanges: int, select: str, start: int = 0, together: Barrier | None = None) -> Measured:
    """Parse and judge so many lines."""
    audit = Audit(requirements=tuple(chosen(load(), [select], [])) if select else ())
    for batch in batches(folder, ROWS, start):  # what is compiled when it is first needed is not measured
        judge_batch(batch, audit)
    parsing = judging = 0.0
    if together:
        together.wait()
    began = time.perf_counter()
    for batch in batches(folder, exchanges, start):
        records = batch.column("record").to_pylist()
        before = time.process_time()
        for record in records:
            orjson.loads(record)
        between = time.process_time()
        judge_batch(batch, audit)
        parsing, judging = parsing + between - before, judging + time.process_time() - between
    clock = time.perf_counter() - began
    return Measured(exchanges, parsing, judging, clock, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _into(queue: Any, *arguments: Any) -> None:
    queue.put(measured(*arguments))


def in_processes(folder: Path, exchanges: int, select: str, processes: int) -> list[Measured]:
    """Judge so many lines in each of several processes at once."""
    context = get_context("spawn")
    queue, together = context.Queue(), context.Barrier(processes)
    started = [
        context.Process(target=_into, args=(queue, folder, exchanges, select, number * exchanges, together))
        for number in range(processes)
    ]
    for each in started:
        each.start()
    found = [queue.get() for _ in started]
    for each in started:
        each.join()
    return found


def section(folder: Path, plain: Measured, billing: Measured, larger: Measured, pair: list[Measured]) -> str:
    """The section of docs/performance.md."""
    clock = max(each.clock for each in pair)
    speedup = sum(each.exchanges for each in pair) / clock / (plain.exchanges / plain.clock)
    rows = [
        ("all passive requirements, against parsing with orjson", _ratio(plain), "1/20"),
        ("`--select billing`, against parsing with orjson", _ratio(billing), "1/5"),
        (f"peak memory, {plain.exchanges:,} exchanges", f"{plain.peak / MIB:,.0f} MiB", "500 MiB"),
        (f"peak memory, {larger.exchanges:,} exchanges", f"{larger.peak / MIB:,.0f} MiB", "500 MiB"),
        ("two processes against one", f"{speedup:.2f}", "1.8"),
    ]
    known = recorded(folder)
    size = sum(map(len, known)) / len(known) / 1000
    return "\n".join(
        [
            HEADING,
            "",
            f"Written by `python -m benchmarks.audit FOLDER --write`, on {platform.machine()} with {os.cpu_count()} "
            f"processors and Python {platform.python_version()}: {plain.exchanges:,} exchanges of {size:.1f} kB on "
            f"average, recorded ones repeated and varied. A ratio is of seconds of one processor in the same run.",
            "",
            "| | measured | goal |",
            "|---|---|---|",
            *(f"| {name} | {value} | {goal} |" for name, value, goal in rows),
            "",
        ]
    )


def _ratio(found: Measured) -> str:
    return f"1/{found.ratio:.0f}, {found.rate:,.0f} exchanges a second"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--larger", type=int, default=1_000_000, help="exchanges for which memory is measured again")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    [plain] = in_processes(options.folder, options.exchanges, "", 1)
    [billing] = in_processes(options.folder, options.exchanges, "billing", 1)
    pair = in_processes(options.folder, options.exchanges, "", 2)
    [larger] = in_processes(options.folder, options.larger, "billing", 1)
    text = section(options.folder, plain, billing, larger, pair)
    print(text)
    if options.write:
        PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), HEADING, text), encoding="utf-8")


if __name__ == "__main__":
    main()
