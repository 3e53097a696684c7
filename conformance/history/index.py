"""The index of a history: what its reports say, in SQLite, so that not all of them are read again. It holds nothing
that the folders do not, and is made anew from them where it is lost, broken or of another version."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.judgement.verdict import Verdict
from conformance.report.report_json import converter, read_report
from conformance.runs.dated import began, runs_of

from .night import Night, night_of

FILE = "history.sqlite"
_VERSION = 1  #: of the tables, and of what is in them
_OURS = 0x70686E68  #: the application_id of a database of this kind
_PATIENCE = 60  #: seconds for which another process is waited for, which is writing
_TABLES = """
CREATE TABLE run (name TEXT PRIMARY KEY, stamp TEXT NOT NULL, at REAL NOT NULL, judged INTEGER NOT NULL,
                  night TEXT NOT NULL, problem TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE verdict (run TEXT NOT NULL, requirement TEXT NOT NULL, model TEXT NOT NULL, verdict INTEGER NOT NULL,
                      PRIMARY KEY (run, requirement, model)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Kept:
    """The runs of a history that have a report, the earliest first, and why others cannot be read, by name."""

    nights: tuple[Night, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)


def kept(history: Path, most: int | None = None, before: Path | None = None) -> Kept:
    """The last `most` runs of a history, all of them where it is None; with `before`, of those that began before this
    one. Raises OSError where the folder cannot be read."""
    folders = runs_of(history)
    names = [each.name for each in folders]
    if before is not None and before.name in names:
        names = names[: names.index(before.name)]
    wanted = names if most is None else names[-most:]
    path = history / FILE
    for place in () if path.is_symlink() else (path, path):
        try:
            return _read(place, folders, wanted)
        except sqlite3.OperationalError:  # it cannot be written, another process writes it all the time, …
            break
        except (sqlite3.DatabaseError, *_UNFIT):
            _discard(path)
    return _read(":memory:", folders, wanted)


_UNFIT = (ValueError, LookupError, TypeError, ExceptionGroup)  #: what a row of another version raises


def _read(place: Path | str, folders: Sequence[Path], wanted: Sequence[str]) -> Kept:
    """The wanted runs, after what changed in the folders was taken over. Raises sqlite3.OperationalError where this
    database cannot be used, and another error where it is to be made anew."""
    with closing(sqlite3.connect(place, timeout=_PATIENCE, isolation_level=None)) as database:
        _prepare(database)
        _refresh(database, folders)
        nights = tuple(night for name in wanted if (night := _night(database, name)))
        return Kept(nights, dict(database.execute("SELECT name, problem FROM run WHERE problem != ''").fetchall()))


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables in an empty database."""
    database.execute("BEGIN IMMEDIATE")
    kind, version = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    empty = not database.execute("SELECT 1 FROM sqlite_master").fetchone()
    if kind != _OURS and not empty:
        raise sqlite3.OperationalError("the database is not an index of this suite")
    if version != _VERSION and not empty:
        raise sqlite3.DatabaseError("the index is of another version")
    for statement in _TABLES.split(";") if empty else ():
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {_OURS}")
    database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")


def _discard(path: Path) -> None:
    """Remove an index that is to be made anew, where that can be."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _refresh(database: sqlite3.Connection, folders: Sequence[Path]) -> None:
    """Take over what changed in the folders."""
    stamps = {each.name: stamp for each in folders if (stamp := _stamp(each / "report.json"))}
    known = dict(database.execute("SELECT name, stamp FROM run").fetchall())
    changed = [each for each in folders if each.name in stamps and known.get(each.name) != stamps[each.name]]
    if not changed and not known.keys() - stamps.keys():
        return
    database.execute("BEGIN IMMEDIATE")
    for name in {*(known.keys() - stamps.keys()), *(each.name for each in changed)}:
        database.execute("DELETE FROM run WHERE name = ?", (name,))
        database.execute("DELETE FROM verdict WHERE run = ?", (name,))
    for folder in changed:
        _enter(database, folder, stamps[folder.name])
    database.execute("COMMIT")


def _stamp(report: Path) -> str:
    """What tells one report in a folder from the next; empty where there is none."""
    try:
        found = report.lstat()
    except OSError:
        return ""
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"


def _enter(database: sqlite3.Connection, folder: Path, stamp: str) -> None:
    at = began(folder) or 0.0
    try:
        night = night_of(read_report(folder / "report.json"), folder.name, at)
    except (OSError, ValueError) as error:
        row = (folder.name, stamp, at, False, "", str(error))
        database.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", row)
        return
    written = json.dumps(converter().unstructure(replace(night, verdicts={})))
    database.execute(
        "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", (night.name, stamp, night.at, night.judged, written, "")
    )
    rows = [(night.name, id, model, int(verdict)) for (id, model), verdict in night.verdicts.items()]
    database.executemany("INSERT INTO verdict VALUES (?, ?, ?, ?)", rows)


def _night(database: sqlite3.Connection, name: str) -> Night | None:
    row = database.execute("SELECT night FROM run WHERE name = ? AND problem = ''", (name,)).fetchone()
    if row is None:
        return None
    value: dict[str, Any] = json.loads(row[0]) | {"verdicts": {}}
    rows = database.execute("SELECT requirement, model, verdict FROM verdict WHERE run = ?", (name,))
    verdicts = {(id, model): Verdict(verdict) for id, model, verdict in rows}
    return replace(converter().structure(value, Night), verdicts=verdicts)
