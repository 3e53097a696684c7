"""Files, folders, globs and object stores become shards, and shards records; what cannot be read is said in a row."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
import zstandard

from conformance.audit import sources
from conformance.audit.records import BYTES, RECORDS, ROWS
from conformance.audit.sources import Shard, SourceError, read, shards
from conformance.audit.stores import public
from conformance.evidence.adapters import adapters
from conformance.evidence.row import why
from conformance.evidence.zipped import digest
from tests.evidence.adapters.samples import REPLY, SAMPLES, exchange_1, har, line, vcr

LINE = json.dumps(line()).encode() + b"\n"


def records(*given: str | Path) -> list[tuple[str, str, bytes]]:
    """Every record of some sources, each shard pickled on its way."""
    found = []
    for shard in shards(map(str, given)):
        for batch in read(pickle.loads(pickle.dumps(shard))):
            assert batch.schema == RECORDS
            batch.validate(full=True)
            for origin, adapter, record in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                reason = "" if adapter else why(record).removeprefix(f"{shard.name} ")
                found.append((origin, adapter, record if adapter else reason.encode()))
    return found


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def parquet(rows: list[dict[str, Any]], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, **options)
    return out.getvalue()


def bundle(*exchanges: dict[str, Any]) -> bytes:
    members = {f"archive/{number:016x}.json": json.dumps(each) for number, each in enumerate(exchanges)}
    members |= {"run.json": "{}", "report.json": '{"format": "report-1"}'}
    digests = {name: digest(text.encode()) for name, text in members.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("bundle.json", json.dumps({"format": "bundle-1", "digests": digests}))
        for name, text in members.items():
            file.writestr(name, text)
    return out.getvalue()


# --- every kind of file ---------------------------------------------------------------------------------------

TWO = LINE * 2
FILES: dict[str, tuple[bytes, list[str]]] = {
    "a.jsonl": (TWO, ["a.jsonl:1", "a.jsonl:2"]),
    "traffic": (TWO, ["traffic:1", "traffic:2"]),
    "a.jsonl.gz": (gzip.compress(LINE) + gzip.compress(LINE), ["a.jsonl.gz:1", "a.jsonl.gz:2"]),
    "a.jsonl.zst": (zstd(LINE) + zstd(LINE), ["a.jsonl.zst:1", "a.jsonl.zst:2"]),
    "a.json": (json.dumps([line(), line()], indent=1).encode(), ["a.json entry 1", "a.json entry 2"]),
    "page.json": (json.dumps({"meta": {}, "data": [line()]}).encode(), ["page.json entry 1"]),
    "lines.json": (TWO, ["lines.json:1", "lines.json:2"]),
    "one.json": (json.dumps(exchange_1(), indent=1).encode(), ["one.json"]),
    "a.har": (json.dumps({"log": {"entries": [har(), har()]}}).encode(), ["a.har entry 1", "a.har entry 2"]),
    "a.har.gz": (gzip.compress(json.dumps({"log": {"entries": [har()]}}).encode()), ["a.har.gz entry 1"]),
    "a.yaml": (yaml.safe_dump({"interactions": [vcr()]}).encode(), ["a.yaml entry 1"]),
    "a.parquet": (parquet([line(), line()]), ["a.parquet row 1", "a.parquet row 2"]),
    "a.zip": (bundle(exchange_1()), ["a.zip/archive/0000000000000000.json"]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_told_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    data, origins = FILES[name]
    written(tmp_path / name, data)
    monkeypatch.chdir(tmp_path)
    found = records(name)
    assert [origin for origin, _, _ in found] == origins
    for origin, adapter, record in found:
        (recording,) = adapters()[adapter].recordings(json.loads(record), origin)
        assert recording.exchange.reply == REPLY


def test_lines_are_handed_on_untouched(tmp_path: Path) -> None:
    odd = b'{ "fidelity" :"wire","response_body":"\\u00e9 \xc3\xa9","request_json":null,"status":200}'
    found = records(written(tmp_path / "a.jsonl", LINE + odd + b"\n" + LINE))
    assert [record for _, _, record in found] == [LINE.rstrip(), odd, LINE.rstrip()]
    assert {adapter for _, adapter, _ in found} == {"jsonl"}


def test_a_file_may_hold_records_of_every_form(tmp_path: Path) -> None:
    mixed = [*SAMPLES, *reversed(SAMPLES)]
    data = b"".join(json.dumps(SAMPLES[name]).encode() + b"\n" for name in mixed)
    assert [adapter for _, adapter, _ in records(written(tmp_path / "a.jsonl", data))] == mixed


@pytest.mark.parametrize("kind", [json.dumps, lambda record: json.dumps(record).encode()])
def test_a_column_of_parquet_may_hold_the_record_as_text(tmp_path: Path, kind: Callable[[Any], Any]) -> None:
    rows = [{"id": 1, "log": kind(each)} for each in SAMPLES.values()]
    found = records(written(tmp_path / "a.parquet", parquet(rows)))
    assert [adapter for _, adapter, _ in found] == list(SAMPLES)


def test_a_column_of_parquet_may_hold_the_record_as_a_struct(tmp_path: Path) -> None:
    found = records(written(tmp_path / "a.parquet", parquet([{"id": 1, "log": line()}] * 9)))
    assert [adapter for _, adapter, _ in found] == ["jsonl"] * 9


def test_header_fields_may_be_a_map_in_parquet(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([line()]).drop_columns("response_headers")
    headers = pa.array([[("content-type", "application/json")]], pa.map_(pa.string(), pa.string()))
    pq.write_table(table.append_column("response_headers", headers), tmp_path / "a.parquet")
    ((origin, adapter, record),) = records(tmp_path / "a.parquet")
    (recording,) = adapters()[adapter].recordings(json.loads(record), origin)
    assert recording.exchange.media_type == "application/json"


# --- where they lie -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path / "b" / "two.jsonl", LINE)
    written(tmp_path / "a" / "one.json", json.dumps(exchange_1()).encode())
    written(tmp_path / "a" / "report.json", b'{"format": "report-1"}')
    written(tmp_path / "a" / "bundle.zip", bundle(exchange_1()))
    written(tmp_path / ".hidden" / "three.jsonl", LINE)
    written(tmp_path / ".four.jsonl", LINE)
    written(tmp_path / "README.md", b"no recording")
    written(tmp_path / "openapi.yaml", b"openapi: 3.1.0")
    return tmp_path


def test_a_folder_is_read_deeply(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    found = [Path(origin).relative_to(folder).as_posix() for origin, _, _ in records(folder)]
    assert found == ["a/bundle.zip/archive/0000000000000000.json", "a/one.json", "b/two.jsonl:1"]


def test_a_file_is_read_once(folder: Path) -> None:
    (folder / "b" / "link.jsonl").symlink_to(folder / "b" / "two.jsonl")
    assert len(records(folder / "b", folder / "b" / "two.jsonl", f"{folder}/*/two.jsonl", f"{folder}/b")) == 1


def test_globs(folder: Path) -> None:
    assert len(records(f"{folder}/*/*.jsonl")) == 1
    assert len(records(f"{folder}/**/*.json")) == 1
    assert len(records(f"{folder}/[ab]")) == 3


def test_a_store_with_a_url(folder: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe({"/logs/a/one.jsonl": LINE, "/logs/two.jsonl.gz": gzip.compress(TWO), "/logs/three.txt": LINE})
    try:
        every = [origin for origin, _, _ in records("memory://logs")]
        assert every == [
            "memory:///logs/a/one.jsonl:1", "memory:///logs/two.jsonl.gz:1", "memory:///logs/two.jsonl.gz:2",
        ]  # fmt: skip
        assert len(records("memory://logs/*.gz")) == 2
        assert len(records("memory://logs/three.txt")) == 1
        assert [origin for origin, _, _ in records(f"file://{folder}/b")] == [f"{folder}/b/two.jsonl:1"]
        assert len(records(f"file://{folder}/b/*.jsonl")) == 1
    finally:
        store.rm("/logs", recursive=True)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{folder}/none.jsonl", "/none.jsonl does not exist: name files, folders, globs, or URLs"),
        ("{folder}/*.none", r"/\*.none does not exist"),
        ("{folder}/empty", r"/empty holds no recordings \(.jsonl, "),
        ("{folder}/fifo", "/fifo is neither a file nor a folder"),
        ("memory://none", "^memory://none holds no recordings"),
        ("nowhere://key:secret@bucket/a.jsonl?sign=secret", "^nowhere://bucket/a.jsonl cannot be read [^?]*$"),
        ("s3://bucket/logs", r"^s3://bucket/logs cannot be read \(ImportError: Install s3fs"),
    ],
)
def test_a_source_that_is_none_is_one_sentence(folder: Path, source: str, said: str) -> None:
    (folder / "empty").mkdir()
    os.mkfifo(folder / "fifo")
    with pytest.raises(SourceError, match=said) as raised:
        records(source.format(folder=folder))
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_what_is_secret_in_a_url_is_not_in_the_name() -> None:
    assert public("s3://key:secret@bucket/a.jsonl") == "s3://bucket/a.jsonl"
    assert public("https://host/a.jsonl?X-Amz-Signature=secret") == "https://host/a.jsonl"


# --- pieces ---------------------------------------------------------------------------------------------------


def numbered(number: int) -> bytes:
    return b"".join(json.dumps(line() | {"number": each}).encode() + b"\n" for each in range(number))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are divided into small pieces."""
    monkeypatch.setattr(sources, "SPLIT", 4000)
    monkeypatch.setattr(sources, "BLOCK", 700)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("end", [b"", b"\n\n\n", LINE.rstrip()])
def test_a_large_file_of_lines_is_divided_at_their_ends(tmp_path: Path, end: bytes) -> None:
    data = b"\n" + numbered(40) + end
    path = written(tmp_path / "a.jsonl", data)
    pieces = list(shards([str(path)]))
    assert len(pieces) > 4
    assert [piece.end for piece in pieces[:-1]] == [piece.start for piece in pieces[1:]]
    found = records(path)
    lines = data.splitlines()
    places = [int(origin.rpartition(":")[2]) for origin, _, _ in found]
    assert [record for _, _, record in found] == [lines[place - 1] for place in places] == list(filter(None, lines))


@pytest.mark.usefixtures("small")
def test_a_large_file_elsewhere_is_divided_without_reading_it() -> None:
    store = fsspec.filesystem("memory")
    store.pipe({"/large/a.jsonl": numbered(60)})
    try:
        pieces = list(shards(["memory://large/a.jsonl"]))
        assert len(pieces) > 4
        found = records("memory://large/a.jsonl")
        assert [json.loads(record)["number"] for _, _, record in found] == list(range(60))
        assert found[0][0] == "memory://large/a.jsonl:1"
        assert found[-1][0].startswith("memory://large/a.jsonl from byte ")
    finally:
        store.rm("/large", recursive=True)


@pytest.mark.usefixtures("small")
def test_large_parquet_is_divided_by_its_row_groups(tmp_path: Path) -> None:
    rows = [line() | {"number": each} for each in range(40)]
    path = written(tmp_path / "a.parquet", parquet(rows, row_group_size=3, use_dictionary=False, compression="none"))
    assert len(list(shards([str(path)]))) > 4
    found = records(path)
    assert [json.loads(record)["number"] for _, _, record in found] == list(range(40))
    assert [origin for origin, _, _ in found] == [f"{path} row {each}" for each in range(1, 41)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json", "a.har"])
def test_other_large_files_are_one_piece(tmp_path: Path, name: str) -> None:
    entries = [har() | {"comment": os.urandom(100).hex()} for _ in range(99)]
    data = json.dumps({"log": {"entries": entries}}).encode()
    path = written(tmp_path / name, gzip.compress(data) if name.endswith(".gz") else data)
    assert [(piece.start, piece.end) for piece in shards([str(path)])] == [(0, None)]


def test_batches_are_bounded(tmp_path: Path) -> None:
    large = json.dumps(line() | {"more": "x" * (BYTES // 3)}).encode() + b"\n"
    path = written(tmp_path / "a.jsonl", LINE * (ROWS + 1) + large * 4)
    sizes = [batch.num_rows for shard in shards([str(path)]) for batch in read(shard)]
    assert sizes == [ROWS, 4, 1]


# --- hostile --------------------------------------------------------------------------------------------------


def bomb(piece: bytes, times: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(piece) for _ in range(times)), packer.flush()])


HALF = parquet([line() | {"number": each} for each in range(100)])
HOSTILE: dict[str, tuple[str, Callable[[], bytes], list[str]]] = {
    "truncated gzip": (
        "a.jsonl.gz", lambda: gzip.compress(LINE + os.urandom(9000).hex().encode())[:-2000], ["is damaged after line"],
    ),
    "truncated zstd": ("a.jsonl.zst", lambda: zstd(LINE * 9)[:-3], ["is damaged after line"]),
    "no zstd": ("a.jsonl.zst", lambda: zstd(LINE)[:4] + b"x" * 99, ["is damaged after line 0"]),
    "Parquet cut in half": ("a.parquet", lambda: HALF[: len(HALF) // 2], ["is damaged (Parquet magic bytes not found"]),
    "Parquet with a hole": (
        "a.parquet", lambda: HALF[:200] + b"\0" * 400 + HALF[600:], ["is damaged ("],
    ),
    "zip cut in half": ("a.zip", lambda: bundle(exchange_1())[:-30], ["is not a whole bundle ("]),
    "another zip": ("a.zip", lambda: _zip("a.txt"), ["is a zip file, but no bundle of this suite"]),
    "not JSON": ("a.jsonl", lambda: LINE + b"{oops\n" + LINE, ["is not JSON"]),
    "cut off": ("a.jsonl", lambda: LINE + LINE[:50], ["is a line that was not written to its end"]),
    "another format": ("a.jsonl", lambda: b'{"a": 1}\n' + LINE, ["has the members a, and none of "]),
    "binary": ("a.jsonl", lambda: b"\0\xff\xfe" * 99, ["is not JSON"]),
    "a pointer": (
        "a.jsonl",
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        ["is a pointer of Git LFS, not the file: run git lfs pull"],
    ),
    "empty": ("a.jsonl", lambda: b"", []),
    "deep": ("a.jsonl", lambda: b"[" * 99999 + b"\n", ["is not JSON (nested too deeply"]),
    "text": ("notes.txt", lambda: b"secret words\n", ["is not JSON"]),
}  # fmt: skip


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, "a")
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_a_row_with_one_sentence(tmp_path: Path, name: str) -> None:
    file, make, said = HOSTILE[name]
    path = written(tmp_path / file, make())
    wrong = [(origin, record.decode()) for origin, adapter, record in records(path) if not adapter]
    assert len(wrong) == len(said)
    for (origin, reason), expected in zip(wrong, said, strict=True):
        assert reason.startswith(expected)
        assert origin.startswith(str(path))
        assert "\n" not in reason
        assert str(path) not in reason
        assert "secret" not in reason


@pytest.mark.parametrize("piece", [b"x", b"\n", b" \n"])
def test_a_gzip_bomb_is_left_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    """Of a line without end no more is read than is needed to tell, and nothing is held."""
    monkeypatch.setattr("conformance.evidence.lines.ENDLESS", 64 << 20)
    path = written(tmp_path / "a.jsonl.gz", bomb(piece * (1 << 20), 200 // len(piece)))
    assert path.stat().st_size < 1 << 20
    ((_, adapter, reason),) = records(path)
    assert not adapter
    assert b"has more than 67,108,864 bytes" in reason


@pytest.mark.parametrize("name", ["a.json", "a.har.gz", "a.yaml"])
def test_a_document_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("conformance.evidence.rows.LARGEST", 4000)
    data = b"interactions:\n" + b"- a\n" * 2000 if name == "a.yaml" else b"[" + b"1,\n" * 2000
    path = written(tmp_path / name, gzip.compress(data) if name.endswith(".gz") else data)
    ((_, adapter, reason),) = records(path)
    assert (adapter, reason) == ("", b"is larger than 4,000 bytes: split it, or record less in one file")


def test_a_long_line_is_left_out_and_the_next_one_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", LINE + b'{"a": "' + b"x" * (33 << 20) + b'"}\n' + LINE)
    assert [adapter for _, adapter, _ in records(path)] == ["jsonl", "", "jsonl"]


def test_a_file_that_is_gone_is_a_row(tmp_path: Path) -> None:
    shard = Shard(str(tmp_path / "gone.jsonl"), "gone.jsonl")
    ((origin, adapter, reason),) = zip(*(each.to_pylist() for each in next(read(shard)).columns), strict=True)
    assert (origin, adapter) == ("gone.jsonl", "")
    assert why(reason) == "cannot be read (No such file or directory): check the file"


@pytest.mark.parametrize(
    ("name", "module", "kind"),
    [
        ("a.jsonl.zst", "zstandard", "compressed with zstd"),
        ("a.yaml", "yaml", "a cassette in YAML"),
        ("a.parquet", "pyarrow.parquet", "a Parquet file"),
    ],
)
def test_without_the_extra_a_file_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, kind: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    ((_, _, reason),) = records(written(tmp_path / name, FILES[name][0]))
    assert reason.decode() == f"is {kind}: to read it, pip install 'phanedge-conformance[audit]'"
