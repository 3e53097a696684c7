"""Lets every client read the bundles in reports/ and a sample of recordings, and writes the table of docs/clients.md:
`python docs/clients_table.py RECORDINGS`. Reports are in reports/clients, a folder for each source. Takes minutes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.clients.listed import CLIENTS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "clients.md"
BEGIN, END = "<!-- results: begin -->\n", "<!-- results: end -->\n"
SAMPLE = 500  #: recordings, drawn by the seed 0

#: What is read, by the name of its column.
BUNDLES = {
    "the reference endpoint": "reference-endpoint/reference.zip",
    "Portkey, Claude": "portkey/claude.zip",
    "Portkey, GPT": "portkey/gpt.zip",
    "LiteLLM, Claude": "litellm/claude.zip",
    "LiteLLM, GPT": "litellm/gpt.zip",
}
RECORDINGS = "recordings"

#: The content of a clients.json, by source.
Read = Mapping[str, Mapping[str, Any]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("recordings", type=Path)
    options.add_argument("--cache", type=Path, help="where clients are installed")
    given = options.parse_args()
    cache = ("--cache", given.cache) if given.cache else ()
    read = {name: _read(ROOT / "reports" / path, *cache) for name, path in BUNDLES.items()}
    read[RECORDINGS] = _read(given.recordings, "--sample", SAMPLE, *cache)
    for name, found in read.items():
        for each in found["clients"]:
            if "skipped" in each:
                print(f"{each['name']} did not read {name}: {each['skipped']}", file=sys.stderr)
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table(read)), encoding="utf-8")


def _read(source: Path, *words: object) -> Mapping[str, Any]:
    """What every client makes of a source, by the command."""
    known = source.is_relative_to(ROOT / "reports")
    name = "-".join(source.relative_to(ROOT / "reports").with_suffix("").parts) if known else RECORDINGS
    out = ROOT / "reports" / "clients" / name
    command = (sys.executable, "-m", "conformance", "clients", source, "--out", out, *words)
    ended = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode not in (0, 1):
        raise SystemExit(f"{source} could not be read (exit code {ended.returncode})")
    print(f"{name}: {ended.stdout.splitlines()[-1]}", file=sys.stderr)
    found: Mapping[str, Any] = json.loads((out / "clients.json").read_text(encoding="utf-8"))
    return found


def table(read: Read) -> list[str]:
    """A line for each client, a column for each source."""
    head = (f"{name} ({found['exchanges']})" for name, found in read.items())
    results = [{each["name"]: _cell(each) for each in found["clients"]} for found in read.values()]
    rows = ((name, client.versions, *(each[name] for each in results)) for name, client in CLIENTS.items())
    return [_line("client", "versions", *head), f"|{'---|' * (len(read) + 2)}", *(_line(*row) for row in rows)]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(found: Mapping[str, Any]) -> str:
    return "not run" if "skipped" in found else f"{found['right']} / {found['lost']} / {found['raised']}"


def with_table(page: str, lines: Sequence[str]) -> str:
    """The page with this table between the two marks."""
    before, rest = page.split(BEGIN)
    return "\n".join([f"{before}{BEGIN.rstrip()}", *lines, f"{END}{rest.split(END)[1]}"])


if __name__ == "__main__":
    main()
