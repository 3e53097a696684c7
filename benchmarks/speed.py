"""How long a run takes against an endpoint that needs a second for every answer, beside the least that it could take
and beside two other suites: `nox -s benchmarks` writes the table of docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.evidence.archive import recorded
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
KEY = "sk-benchmark-0123456789abcdefghijklmnop"
MODEL = "reference-gpt"


@dataclass(frozen=True)
class Measured:
    """One suite's run: how many checks it made with how many requests, in how many seconds."""

    name: str
    checks: int
    requests: int
    seconds: float


class Slow:
    """The reference endpoint, which takes so many seconds for every answer, and counts what it is asked."""

    def __init__(self, seconds: float) -> None:
        self._endpoint, self._seconds, self.asked = Endpoint(), seconds, 0

    def __call__(self, request: Request) -> Exchange:
        self.asked += 1
        exchange = self._endpoint.answer(request)
        last = exchange.reads[-1][0] if exchange.reads else 0.0
        later = tuple((self._seconds * (when / last if last else 1.0), data) for when, data in exchange.reads)
        return replace(exchange, reads=later)


def ours(endpoint: Slow, url: str, concurrency: int, folder: Path) -> tuple[Measured, float]:
    """A run of this suite, and the least that it could take: its longest chain of requests that wait for each other,
    or all of them by so many at once."""
    out = folder / f"run-{concurrency}"
    seconds, asked = _timed(
        endpoint,
        [
            sys.executable, "-m", "conformance", "run", "--base-url", url, "--model", MODEL,
            "--concurrency", str(concurrency), "--intrusive", "--out", str(out),
        ],
    )  # fmt: skip
    report = json.loads((out / "report.json").read_text())
    checks = sum(finding["verdict"] != "not applicable" for entry in report["entries"] for finding in entry["findings"])
    exchanges = list(recorded(out / "archive"))
    floor = max(_chain(exchanges), sum(each.seconds for each in exchanges) / concurrency)
    return Measured(f"phanedge-conformance, {concurrency} at once", checks, asked, seconds), floor


def _chain(exchanges: Sequence[Exchange]) -> float:
    """The longest time that requests took of which each began after the one before had ended, on one conversation."""
    longest = 0.0
    by_label: dict[str, float] = {}
    for each in exchanges:
        name = re.sub(r"(-again|-stream|-warm|-\d+)+$", "", each.request.label)
        by_label[name] = by_label.get(name, 0.0) + each.seconds
        longest = max(longest, by_label[name])
    return longest


def trustedrouter(endpoint: Slow, url: str, command: Path, folder: Path) -> Measured:
    """trustedrouter-provider-check, from the Python Package Index."""
    found = folder / "trustedrouter.json"
    arguments = ["--base-url", url, "--model", MODEL, "--tier", "5", "--json", str(found)]
    seconds, asked = _timed(endpoint, [str(command), *arguments], TR_PROVIDER_API_KEY=KEY)
    report = json.loads(found.read_text())
    checks = next(value for value in report.values() if isinstance(value, list) and len(value) > 5)
    return Measured("trustedrouter-provider-check, tier 5", len(checks), asked, seconds)


def compatcanary(endpoint: Slow, url: str, command: Path, folder: Path) -> Measured:
    """CompatCanary, from npm."""
    found = folder / "compatcanary.json"
    with found.open("w") as file:
        arguments = ["--base-url", url, "--model", MODEL, "--format", "json"]
        seconds, asked = _timed(endpoint, [str(command), *arguments], into=file.fileno(), OPENAI_API_KEY=KEY)
    report = json.loads(found.read_text())
    checks = next(value for value in report.values() if isinstance(value, list) and len(value) > 3)
    return Measured("compatcanary", len(checks), asked, seconds)


def _timed(endpoint: Slow, command: Sequence[str], into: int | None = None, **variables: str) -> tuple[float, int]:
    """The seconds that a command took, and the requests it sent."""
    before, started = endpoint.asked, time.monotonic()
    environment = os.environ | {"PHANEDGE_API_KEY": KEY} | variables
    ended = subprocess.run(
        command, env=environment, stdout=into or subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if ended.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr[-500:]}")
    return time.monotonic() - started, endpoint.asked - before


def page(delay: float, floor: float, found: Sequence[Measured], started: Sequence[tuple[str, float]]) -> str:
    """docs/performance.md."""
    ratio = found[0].seconds / floor
    lines = [
        "# Performance",
        "",
        f"Written by `python -m benchmarks.speed --write` (`nox -s benchmarks`), on {platform.machine()} with "
        f"{os.cpu_count()} processors and Python "
        f"{platform.python_version()}. Every suite judged the same endpoint on loopback: the reference endpoint, "
        f"with a delay of {delay:g} s per response. A check is anything that a suite reports a verdict on.",
        "",
        "| suite | checks | requests | seconds | seconds per check |",
        "|---|---|---|---|---|",
        *(
            f"| {each.name} | {each.checks} | {each.requests} | {each.seconds:.1f} | {each.seconds / each.checks:.3f} |"
            for each in found
        ),
        "",
        f"The lower bound for the first row is {floor:.1f} s: its longest chain of dependent requests, or the total "
        f"delay divided by the concurrency. It took **{ratio:.2f}** times that (the goal is 1.25).",
        "",
        "| command | seconds |",
        "|---|---|",
        *(f"| `phanedge-conformance {name}` | {seconds:.2f} |" for name, seconds in started),
        "",
    ]
    return "\n".join(lines)


def with_section(page: str, heading: str, section: str) -> str:
    """The page with this text in place of the section that begins with the heading, or at its end."""
    before, _, rest = page.partition(heading)
    after = rest.partition("\n## ")
    return (
        before.rstrip()
        + "\n\n"
        + section.rstrip()
        + "\n"
        + ("\n" + after[1].strip("\n") + after[2] if after[1] else "")
    )


def _start_up() -> list[tuple[str, float]]:
    """How long commands take that send nothing; the best of three, so that a cold disk does not count."""
    found = []
    for name in ("--help", "catalogue"):
        seconds = []
        for _ in range(3):
            started = time.monotonic()
            subprocess.run([sys.executable, "-m", "conformance", name], check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.monotonic() - started)
        found.append((name, min(seconds)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=1.0, help="seconds that every answer takes")
    parser.add_argument("--trustedrouter", type=Path, help="the command trustedrouter-provider-check")
    parser.add_argument("--compatcanary", type=Path, help="the command compatcanary")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    endpoint = Slow(options.delay)
    with tempfile.TemporaryDirectory() as name, serving(endpoint) as url:
        folder = Path(name)
        first, floor = ours(endpoint, url, 8, folder)
        found = [first, ours(endpoint, url, 1, folder)[0]]
        if options.trustedrouter:
            found.append(trustedrouter(endpoint, url, options.trustedrouter, folder))
        if options.compatcanary:
            found.append(compatcanary(endpoint, url, options.compatcanary, folder))
    text = page(options.delay, floor, found, _start_up())
    print(text)
    if options.write:
        _, found_heading, others = PAGE.read_text(encoding="utf-8").partition("\n## ")  # other benchmarks write those
        PAGE.write_text(text + found_heading + others, encoding="utf-8")


if __name__ == "__main__":
    main()
