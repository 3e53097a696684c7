"""How steady each requirement is under load: runs of the reference endpoint over HTTP while every core is busy.

`python -m benchmarks.stability --runs 10` writes fixtures/stability.json, which the matrix of vendors shows.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving

FILE = Path(__file__).parents[1] / "fixtures" / "stability.json"
MODELS = ("reference-gpt", "reference-claude")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 1, help="processes that only compute")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as held:
        out = Path(held, "run")
        with serving(Endpoint().answer) as url, busy(options.busy):
            models = [word for name in MODELS for word in ("--model", name)]
            words = ["run", "--base-url", url, *models, "--intrusive", "--repeat", str(options.runs), "--out", str(out)]
            environment = os.environ | {"PHANEDGE_API_KEY": "sk-reference-0123456789abcdefghijklmnopqrstuvwxyz"}
            ended = subprocess.run([sys.executable, "-m", "conformance", *words], env=environment, check=False)
        print(f"exit code {ended.returncode}")
        FILE.write_text(dumped([out, *sorted((out / "repeats").iterdir())]), encoding="utf-8")


@contextmanager
def busy(number: int) -> Iterator[None]:
    """So many processes that compute without a pause."""
    processes = [multiprocessing.Process(target=_compute, daemon=True) for _ in range(number)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def _compute() -> None:
    while True:
        sum(range(100_000))


def dumped(folders: list[Path]) -> str:
    """How many runs came to each verdict, a requirement a line."""
    verdicts: dict[str, Counter[str]] = {}
    for folder in folders:
        for entry in json.loads((folder / "report.json").read_text(encoding="utf-8"))["entries"]:
            verdicts.setdefault(entry["id"], Counter())[entry["verdict"]] += 1
    lines = (f"  {json.dumps(id)}: {json.dumps(dict(found.most_common()))}" for id, found in sorted(verdicts.items()))
    measured = datetime.now(UTC).date().isoformat()
    head = f'{{\n "measured": "{measured}",\n "runs": {len(folders)},\n "verdicts": {{\n'
    return head + ",\n".join(lines) + "\n }\n}\n"


if __name__ == "__main__":
    main()
