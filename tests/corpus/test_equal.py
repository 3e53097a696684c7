"""The compiled judge of the audit says of every recording what the plain judge says."""

from __future__ import annotations

import gzip
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

import pytest

from conformance.audit.decoding import decoded
from conformance.evidence.strict_json import loads
from tests.support.equality import share


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    found = pytestconfig.getoption("--recordings", default=None)
    if found is None:
        pytest.skip("needs recordings, which are not part of the project: nox -s corpus -- FOLDER")
    return Path(found)


def test_the_judges_agree(folder: Path) -> None:
    shares = cpu_count() or 1
    with ProcessPoolExecutor(shares, get_context("spawn")) as pool:  # whose assertions pytest has not rewritten
        found = list(pool.map(share, [folder] * shares, range(shares), [shares] * shares))
    assert sum(number for number, _ in found), "no exchange was read"
    differing = [each for _, listed in found for each in listed]
    assert not differing, f"{len(differing)} differences:\n" + "\n".join(differing[:20])


def test_lines_are_decoded_as_they_are_strictly(folder: Path) -> None:
    for path in sorted(folder.rglob("*.jsonl*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            for number, line in enumerate(opened, start=1):
                assert repr(decoded(line)) == repr(loads(line)), f"{path.name}:{number}"
