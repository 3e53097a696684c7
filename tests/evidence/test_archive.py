"""The archive: each request is sent once, whoever asks, and what was written is whole."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.requests import PLAIN, again, chat
from conformance.evidence.archive import Archive, ArchiveError, read_exchange, recorded, reopen
from conformance.evidence.exchange import Exchange, Inconclusive, NothingMore, Request
from conformance.evidence.exchange_json import dump_exchange
from tests.support.exchanges import completion, plain

REQUESTS = [chat(f"Request {number}.").to("m") for number in range(4)]
SPAWN = multiprocessing.get_context("spawn")


class Counting:
    """A `Send` that takes a moment, and notes in a file of each process what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.log.mkdir(exist_ok=True)

    def __call__(self, request: Request) -> Exchange:
        with (self.log / str(os.getpid())).open("a") as file:
            file.write(request.key + "\n")
        time.sleep(0.02)
        return replace(plain(completion(None)), request=request, started=time.time())

    def sent(self) -> list[str]:
        return [key for file in self.log.iterdir() for key in file.read_text().split()]


def ask_all(folder: Path) -> list[str]:
    archive = Archive(folder / "archive", Counting(folder))
    return [archive(request).request.key for request in REQUESTS]


def test_sent_once(tmp_path: Path) -> None:
    send = Counting(tmp_path)
    archive = Archive(tmp_path / "archive", send)
    assert archive(PLAIN) == archive(PLAIN) == Archive(tmp_path / "archive", send)(PLAIN)
    assert send.sent() == [PLAIN.key]


def test_what_is_under_way_at_the_end_is_neither_written_nor_counted(tmp_path: Path) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Exchange:
        begun.set()
        goes_on.wait(10)
        return replace(plain(completion(None)), request=request)

    archive = Archive(tmp_path / "archive", slow)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(archive, PLAIN)
        begun.wait(10)
        archive.close()
        goes_on.set()
    with pytest.raises(NothingMore, match="the run has ended"):
        late.result()
    assert archive.sent == len(list(recorded(tmp_path / "archive"))) == 0
    assert reopen(tmp_path / "archive", "") == {PLAIN.key}
    with pytest.raises(Inconclusive, match="the run has ended"):
        archive(REQUESTS[0])


def test_sent_once_by_several_threads(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask_all, [tmp_path] * 8))
    assert answers == [[request.key for request in REQUESTS]] * 8
    assert sorted(Counting(tmp_path).sent()) == sorted(request.key for request in REQUESTS)


def test_sent_once_by_several_processes(tmp_path: Path) -> None:
    with SPAWN.Pool(3) as pool:
        answers = pool.map(ask_all, [tmp_path] * 6, chunksize=1)
    assert answers == [[request.key for request in REQUESTS]] * 6
    assert sorted(Counting(tmp_path).sent()) == sorted(request.key for request in REQUESTS)


def test_what_must_come_first_is_sent_first(tmp_path: Path) -> None:
    send = Counting(tmp_path)
    second = again(PLAIN.to("m"))
    third = again(second, 3)
    archive = Archive(tmp_path / "archive", send)
    archive(third)
    archive(second)
    assert send.sent() == [PLAIN.to("m").key, second.key, third.key]


def test_offline_nothing_is_sent(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", Counting(tmp_path))(PLAIN)
    offline = Archive(tmp_path / "archive")
    assert offline(PLAIN).status == 200
    with pytest.raises(Inconclusive, match="“chat-n=3” is not in archive/"):
        offline(chat(n=3))
    with pytest.raises(Inconclusive):
        Archive(tmp_path / "nowhere")(PLAIN)
    assert not (tmp_path / "nowhere").exists()


def test_a_send_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing(request: Request) -> Exchange:
        raise Inconclusive("nothing came")

    with pytest.raises(Inconclusive):
        Archive(tmp_path, failing)(PLAIN)
    assert Archive(tmp_path, Counting(tmp_path / ".."))(PLAIN).status == 200


# --- whole files ----------------------------------------------------------------------------------------------


def write_for_ever(folder: Path) -> None:
    """Send one large request after another, until killed."""

    def large(request: Request) -> Exchange:
        return replace(plain({}), request=request, reads=((0.1, os.urandom(300_000)),))

    archive = Archive(folder, large)
    for number in range(10_000):
        archive(chat(f"Request {number}."))


def test_a_killed_writer_leaves_whole_files_only(tmp_path: Path) -> None:
    writer = SPAWN.Process(target=write_for_ever, args=(tmp_path,))
    writer.start()
    try:
        end = time.monotonic() + 20
        while len(list(tmp_path.glob("*.json"))) < 3 and time.monotonic() < end:
            time.sleep(0.01)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
    finally:
        writer.kill()
        writer.join(10)
        writer.close()
    assert len(list(recorded(tmp_path))) >= 3
    archive = Archive(tmp_path, lambda request: replace(plain({}), request=request))
    assert [archive(chat(f"Request {number}.")).status for number in range(20)] == [200] * 20


def test_a_part_of_a_file_is_not_read(tmp_path: Path) -> None:
    archive = Archive(tmp_path, Counting(tmp_path))
    (tmp_path / f"{PLAIN.key}.123.part").write_text('{"format": "exch')
    assert archive(PLAIN).status == 200
    assert [each.request.key for each in recorded(tmp_path)] == [PLAIN.key]


WHOLE = json.dumps(dump_exchange(plain(completion(None))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        WHOLE[:-1],
        WHOLE[: len(WHOLE) // 2],
        "[]",
        "null",
        "{}",
        '"text"',
        WHOLE.replace('"reads"', '"red"'),
        "[" * 99_999,
    ],
    ids=["empty", "last-byte", "half", "array", "null", "object", "string", "member", "deep"],
)
def test_a_broken_file_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / f"{PLAIN.key}.json"
    path.write_text(text)
    for read in (lambda: Archive(tmp_path)(PLAIN), lambda: list(recorded(tmp_path)), lambda: read_exchange(path)):
        with pytest.raises(ArchiveError) as caught:
            read()
        assert str(path) in str(caught.value)
        assert "delete it to have its request sent again" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_recorded_in_the_order_they_were_started(tmp_path: Path) -> None:
    def send(request: Request) -> Exchange:
        return replace(plain({}), request=request, started=float(100 - REQUESTS.index(request)))

    archive = Archive(tmp_path, send)
    for request in REQUESTS:
        archive(request)
    assert [each.request for each in recorded(tmp_path)] == REQUESTS[::-1]
