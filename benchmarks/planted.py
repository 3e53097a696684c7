"""Billing faults planted in much traffic: exactly these are accused, and their overcharge is told to the last digit.

    python -m benchmarks.planted FOLDER --exchanges 1000000

FOLDER holds recordings as lines of JSON. They are repeated and varied until there are enough, once as they are and
once with 37 faults at known places, and both are audited by the command. Every exchange that is accused in the one and
not in the other must be a planted one, and the other way round.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq

from .audit import MIB, recorded

FAULTS = 37
FILES = 10
INPUT, WRITE_5M, WRITE_1H = Decimal("2.7182818"), Decimal("3.1415927"), Decimal("5.7721566")  #: a million tokens
SHEET = "currency = 'USD'\n"
_CREATED = re.compile(rb'(created\\?": ?)(\d{10})\b')
_ID = re.compile(rb"chatcmpl-")


@dataclass(frozen=True)
class Audited:
    """An audit by the command: the places that are accused, what was overcharged, seconds, and the most bytes that one
    of its processes held."""

    accused: frozenset[str]
    overcharge: Decimal
    exchanges: int
    seconds: float
    peak: int


def varied(line: bytes, repetition: int) -> bytes:
    """The line with a later time and other ids, so that no two exchanges are the same."""
    later = _CREATED.sub(lambda found: found[1] + str(int(found[2]) + repetition).encode(), line)
    return _ID.sub(b"chatcmpl-%dr" % repetition, later)


def planted(line: bytes, number: int) -> tuple[bytes, Decimal]:
    """The line with a billing fault, and what it overcharges. By turns the total of cache writes is less than its two
    buckets, and writes for five minutes are counted as such for an hour."""
    row = json.loads(line)
    reply = json.loads(row["response_body"])
    five, hour = 1_000 + 97 * number, 500 + 13 * number
    lost = 101 + 7 * number
    if number % 2:
        total, amount = five + hour - lost, lost * INPUT
    else:
        asked = row["request_json"]
        part = {"type": "text", "text": "x" * 40_000, "cache_control": {"type": "ephemeral", "ttl": "5m"}}
        asked["messages"] = [{"role": "system", "content": [part]}, *asked["messages"]]
        five, hour = 0, 1_500 + 110 * number
        total, amount = hour, hour * (WRITE_1H - WRITE_5M)
    details = {"cached_write_tokens": total, "cached_write_5m_tokens": five, "cached_write_1h_tokens": hour}
    usage = reply["usage"]
    usage["prompt_tokens"] = prompt = 9_000 + number
    usage["total_tokens"] = prompt + usage["completion_tokens"]
    usage["prompt_tokens_details"] = (usage.get("prompt_tokens_details") or {}) | details
    row["response_body"] = json.dumps(reply)
    return json.dumps(row).encode(), amount / 1_000_000


def can_be(line: bytes) -> bool:
    """Whether a fault can be planted in a line: a whole reply whose counts are told, to a request that was kept."""
    row: dict[str, Any] = json.loads(line)
    if row["stream"] or row["status"] != 200 or row["fidelity"] != "wire" or not isinstance(row["request_json"], dict):
        return False
    asked = row["request_json"]
    try:
        usage = json.loads(row["response_body"])["usage"]
        whole = usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    except (ValueError, KeyError, TypeError):
        return False
    return whole and isinstance(asked.get("messages"), list) and "gpt" in str(asked.get("model"))


def name_of(line: bytes) -> str:
    """The model by whose name the price sheet has prices."""
    row = json.loads(line)
    return str(row.get("model") or row["request_json"]["model"])


def files(folder: Path, lines: list[bytes], exchanges: int, faults: dict[int, bytes]) -> Iterator[tuple[int, str]]:
    """Write so many exchanges; gives where each of the faults stands, as the audit names it."""
    each = -(-exchanges // FILES)
    for number in range(FILES):
        path = folder / f"{number}.jsonl"
        with path.open("wb") as file:
            for place in range(number * each, min((number + 1) * each, exchanges)):
                file.write(faults.get(place) or varied(lines[place % len(lines)], place // len(lines)))
                file.write(b"\n")
                if place in faults:
                    yield place, f"{folder.name}/{path.name}:{place - number * each + 1}"


def audited(folder: Path, name: str, words: list[str]) -> Audited:
    """Audit the files in a folder by the command, in a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "conformance", "audit", name, "--out", f"out-{name}", "--prices", "prices.toml"]
    ended = subprocess.run([*command, *words], cwd=folder, check=False)
    seconds = time.perf_counter() - started
    assert ended.returncode in (0, 1), f"the audit ended with {ended.returncode}"
    findings = pq.read_table(folder / f"out-{name}/findings.parquet", columns=["origin", "verdict"]).to_pylist()
    accused = {each["origin"].partition("/")[2] for each in findings if each["verdict"] in ("fail", "warn")}
    traffic = json.loads((folder / f"out-{name}/report.json").read_text(encoding="utf-8"))["traffic"]
    charged = sum((Decimal(each["overcharge"] or 0) for each in traffic["groups"]), Decimal(0))
    judged = sum(each["exchanges"] for each in traffic["groups"])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return Audited(frozenset(accused), charged, judged, seconds, peak)


def compare(recordings: Path, exchanges: int, folder: Path, words: list[str]) -> None:
    """Plant the faults, audit with and without them, and print what was found. Raises AssertionError."""
    lines = recorded(recordings)
    suitable = [number for number, each in enumerate(lines) if can_be(each)]
    models = sorted({name_of(lines[number]) for number in suitable})
    prices = f"input = {INPUT}\nwrite_5m = {WRITE_5M}\nwrite_1h = {WRITE_1H}\noutput = 10\n"
    sheet = SHEET + "".join(f"\n[models.{json.dumps(each)}]\n{prices}" for each in models)
    (folder / "prices.toml").write_text(sheet, encoding="utf-8")
    (folder / "without").mkdir()
    list(files(folder / "without", lines, exchanges, {}))
    plain = audited(folder, "without", words)
    drawn = _places(lines, suitable, exchanges, plain.accused)
    made = {place: planted(varied(lines[place % len(lines)], place // len(lines)), n) for n, place in enumerate(drawn)}
    (folder / "with").mkdir()
    faults = {place: line for place, (line, _) in made.items()}
    where = {origin.partition("/")[2] for _, origin in files(folder / "with", lines, exchanges, faults)}
    faulty = audited(folder, "with", words)
    expected = sum((amount for _, amount in made.values()), Decimal(0))
    for each in (plain, faulty):
        print(
            f"{each.exchanges:,} exchanges, {len(each.accused):,} accused, overcharge {each.overcharge:f}: "
            f"{each.seconds:,.1f} s, {each.exchanges / each.seconds:,.0f} a second, {each.peak / MIB:,.0f} MiB at most"
        )
    found = faulty.overcharge - plain.overcharge
    print(
        f"planted {len(where)}, accused besides {len(faulty.accused - plain.accused)}; {found:f}, expected {expected:f}"
    )
    assert faulty.accused - plain.accused == where, sorted((faulty.accused - plain.accused) ^ where)[:10]
    assert plain.accused <= faulty.accused
    assert found == expected


def _places(lines: list[bytes], suitable: list[int], exchanges: int, accused: frozenset[str]) -> list[int]:
    """Where faults are planted: in exchanges that are accused of nothing, all over the traffic."""
    each, random = -(-exchanges // FILES), Random(37)
    known = set(suitable)
    drawn: list[int] = []
    while len(drawn) < FAULTS:
        place = random.randrange(exchanges)
        origin = f"{place // each}.jsonl:{place % each + 1}"
        if place % len(lines) in known and place not in drawn and origin not in accused:
            drawn.append(place)
    return sorted(drawn)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="recordings as lines of JSON")
    parser.add_argument("--exchanges", type=int, default=1_000_000)
    parser.add_argument("--select", default="", help="requirements to judge [default: all]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as held:
        compare(given.folder, given.exchanges, Path(held), ["--select", given.select] if given.select else [])
