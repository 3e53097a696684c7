"""Limits that several runs have together: one rate for all threads and processes, and a file that is checked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from conformance.billing.budget import Budget
from conformance.sending.shared import SHARED, SLOT, Shared, SharedError, read_shared, slots, write_shared


def test_no_two_runs_have_a_slot_together(tmp_path: Path) -> None:
    shared = Shared(tmp_path, per_minute=6_000)
    takers = [slots(shared) for _ in range(3)]
    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        taken = sorted(pool.map(lambda number: (takers[number % 3] or time.monotonic)(), range(30)))
    assert taken[0] >= began
    assert min(after - before for before, after in pairwise(taken)) >= 0.01 - 1e-6
    assert slots(Shared(tmp_path)) is None


def test_limits_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / SLOT).write_text("99999999999.0")  # of a machine that was started anew
    for budget in (
        Budget(shared=True),
        Budget(3, 4, Decimal("2.50"), shared=True),
        Budget(cost=Decimal("1E-7"), shared=True),
    ):
        shared = Shared(tmp_path, 6.5, budget)
        write_shared(shared)
        assert read_shared(tmp_path) == shared
    slot = slots(shared)
    assert slot is not None
    assert slot() <= time.monotonic()


@pytest.mark.parametrize("text", ["", "{}", "[", '{"format": "shared-1"}', None])
def test_a_file_that_says_no_limits_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / SHARED).write_text(text)
    with pytest.raises(SharedError, match="does not say which limits runs have together"):
        read_shared(tmp_path)
