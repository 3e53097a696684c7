"""What is shown while an audit goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.commands.audit_progress import said, watching
from conformance.report.render.detail import Detail


@pytest.mark.parametrize(
    ("records", "share", "seconds", "expected"),
    [
        (0, 0.0, 0.0, "0 records judged; 0% of the shards done"),
        (1200, 0.25, 60.0, "1,200 records judged, 20 a second; 25% of the shards done, 3 min 00 s left"),
        (10, 0.5, 7.0, "10 records judged, 1 a second; 50% of the shards done, 7 s left"),
        (9, 0.001, 9.0, "9 records judged, 1 a second; 0% of the shards done, 2 h 29 min left"),
        (10, 1.0, 5.0, "10 records judged, 2 a second; 100% of the shards done"),
    ],
)
def test_rate_and_time_left_are_told(records: int, share: float, seconds: float, expected: str) -> None:
    assert said(records, share, seconds) == expected


def clock(*times: float) -> Iterator[float]:
    yield from times


def test_a_log_has_a_line_a_minute(capfd: pytest.CaptureFixture[str]) -> None:
    times = clock(100, 130, 161, 161, 200, 222, 222)
    with watching(Detail.USUAL, lambda: next(times)) as watch:
        for records in (10, 61, 80, 244):
            watch.tick(records, 0.5)
    written = capfd.readouterr()
    assert [line.split(";")[0] for line in written.err.splitlines()] == [
        "61 records judged, 1 a second", "244 records judged, 2 a second",
    ]  # fmt: skip
    assert written.out == ""


def test_quietly_nothing_is_told_of_progress(capfd: pytest.CaptureFixture[str]) -> None:
    with watching(Detail.QUIET) as watch:
        watch.tick(10, 0.5)
        watch.told("a shard was lost")
    assert capfd.readouterr().err == "a shard was lost\n"
