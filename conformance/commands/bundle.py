"""A run in one file, to be judged again elsewhere: its exchanges, its report, and what was judged."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from conformance import __version__
from conformance.evidence.archive import ArchiveError
from conformance.evidence.strict_json import loads
from conformance.evidence.zipped import ABOUT, digest, edited
from conformance.judgement.verdict import Finding
from conformance.language import gettext, say, tell
from conformance.report.compare import compare
from conformance.report.render.words import one_line
from conformance.report.report import Report
from conformance.report.report_json import read_report
from conformance.runs.folder import BASELINE, check_links, read_run
from conformance.runs.resume import noted_options
from conformance.runs.run import RunError
from conformance.sending.sweep import without
from conformance.settings.errors import SessionError
from conformance.settings.options import OPTIONS
from conformance.suite.catalogue import load
from conformance.text import TextError, read_regular, reason_of, write_whole

FORMAT = "bundle-1"
_BESIDE = (BASELINE, "report.json")  #: the other formats are made of it, and name folders of this machine
_MEMBER = re.compile(r"(bundle|run|report)\.json|baseline\.toml|archive/[0-9a-f]{16}\.json")
_LARGEST, _LARGEST_MEMBER, _MOST = 1 << 29, 1 << 27, 50_000  #: bytes of all members, of one, and members
_PIECE = 1 << 20  #: bytes that are unpacked at once
_LARGEST_MANIFEST = 1 << 23  #: bytes of bundle.json
_LONGEST = 1000  #: characters of what is said of one verdict
_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)  #: the first moment that a zip can tell


class BundleError(Exception):
    """No bundle can be made or read; the message is one sentence."""


def packed(folder: Path, out: Path) -> str:
    """Write the bundle of a run, and say how many exchanges are in it. Raises SessionError."""
    try:
        return tell("{file}: {number:,} exchanges", out, pack(folder, out))
    except (BundleError, RunError, ArchiveError) as error:
        raise SessionError(str(error)) from None
    except OSError as error:
        raise SessionError(say("--out: {out} cannot be written ({reason})", out, reason_of(error))) from None


def pack(folder: Path, out: Path) -> int:
    """Write the bundle of a run, the same bytes for the same run. How many exchanges are in it. Raises BundleError
    where a key is in it, or a file that no bundle has, RunError and ArchiveError where the folder holds no run that can
    be judged, or a link: what that points to is not the run's."""
    check_links(folder)
    read_run(folder)
    members = dict(_members(folder))
    if name := next((name for name in members if _shows_key(folder, folder / name)), ""):
        raise BundleError(say("{name} holds the API key: it is not packed", folder / name))
    digests = {name: digest(data) for name, data in members.items()}
    members[ABOUT] = _json({"format": FORMAT, "version": __version__, "digests": digests})
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for name in sorted(members):
            about = zipfile.ZipInfo(name, _BEGINNING_OF_TIME)
            about.compress_type, about.external_attr, about.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            bundle.writestr(about, members[name])
    write_whole(out, packed.getvalue())
    return sum(name.startswith("archive/") for name in members)


def _members(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in (folder / "run.json", *(folder / name for name in _BESIDE), *(folder / "archive").glob("*.json")):
        if path.exists():
            name = path.relative_to(folder).as_posix()
            if not _MEMBER.fullmatch(name):
                raise BundleError(say("{path} is not an exchange of the run: remove it", path))
            try:
                yield name, read_regular(path, _LARGEST_MEMBER)
            except TextError as error:
                raise BundleError(str(error)) from None


def _shows_key(folder: Path, path: Path) -> bool:
    """Whether the key of the run is in a file, in any form, where this environment has it."""
    variable = str(noted_options(folder).get("api-key-variable", OPTIONS["api-key-variable"].default))
    key = os.environ.get(variable, "").strip()
    return without(path, [key]) is not None


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


# --- reading ------------------------------------------------------------------------------------------------


def unpack(bundle: Path, folder: Path) -> None:
    """Write what is in a bundle to an empty folder. Raises BundleError where it is none, could do harm, or was edited
    after it was packed: a file is not the one of which its manifest has the digest."""
    digests: dict[str, str] = {}
    try:
        with zipfile.ZipFile(bundle) as opened:
            members = _checked(opened, bundle)
            left = _LARGEST
            for member in members:
                path = folder / member.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as stream, path.open("xb") as file:
                    left -= _copied(stream, file, min(left, _LARGEST_MEMBER), made := hashlib.sha256())
                digests[member.filename] = made.hexdigest()
                if left < 0:
                    raise BundleError(say("{bundle} is too large: {limits}", bundle, _limits()))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BundleError(say("{bundle} is not a whole bundle ({error})", bundle, error)) from None
    except OSError as error:
        raise BundleError(say("{bundle} cannot be read ({reason})", bundle, reason_of(error))) from None
    _check_manifest(bundle, folder / ABOUT, digests)


def _copied(stream: IO[bytes], file: IO[bytes], most: int, digested: hashlib._Hash) -> int:
    """Copy until the end, or beyond so many bytes, whatever the bundle says of their number. Gives the number, and more
    than all members may have where it is too large."""
    copied = 0
    while piece := stream.read(_PIECE):
        copied += len(piece)
        if copied > most:
            return _LARGEST + 1
        file.write(piece)
        digested.update(piece)
    return copied


def _limits() -> str:
    return say(
        "it may hold {most:,} files, {largest_member:,} bytes in one and {largest:,} in all; it is not unpacked",
        _MOST,
        _LARGEST_MEMBER,
        _LARGEST,
    )


def _checked(opened: zipfile.ZipFile, bundle: Path) -> list[zipfile.ZipInfo]:
    """The members, each of which a bundle may have."""
    members = opened.infolist()
    sizes = [each.file_size for each in members]
    if len(members) > _MOST or sum(sizes) > _LARGEST or max(sizes, default=0) > _LARGEST_MEMBER:
        raise BundleError(say("{bundle} is too large: {limits}", bundle, _limits()))
    names = [each.filename for each in members]
    for member in members:
        link = stat.S_ISLNK(member.external_attr >> 16)
        if link or not _MEMBER.fullmatch(member.filename):
            raise BundleError(
                say("{bundle} is not a bundle of this suite: it holds {filename!r}", bundle, member.filename[:80])
            )
    if len(set(names)) < len(names) or not {ABOUT, "run.json"} <= set(names):
        raise BundleError(
            say(
                "{bundle} is not a bundle of this suite: {about} or run.json is missing, or a name is twice",
                bundle,
                ABOUT,
            )
        )
    return members


def _check_manifest(bundle: Path, about: Path, digests: dict[str, str]) -> None:
    """Raise BundleError where the manifest is of another format, or does not have these digests."""
    try:
        value = loads(read_regular(about, _LARGEST_MANIFEST))
        format = value["format"]
    except (TextError, ValueError, LookupError, TypeError):
        raise BundleError(
            say("{bundle} is not a bundle of this suite: its {about} cannot be read", bundle, ABOUT)
        ) from None
    if format != FORMAT:
        raise BundleError(
            say(
                "{bundle} is of the format {format!r}, not {format2!r}: another version reads it",
                bundle,
                format,
                FORMAT,
            )
        )
    if name := edited(value, digests):
        raise BundleError(
            say("{bundle} was edited: {name} is not what its {about} says; pack the run again", bundle, name, ABOUT)
        )


def changes(before: Path, after: Path) -> list[str]:
    """A line for each verdict that is another one than in the bundled report, and why. Raises ValueError where one of
    the reports cannot be read."""
    if not (before / "report.json").exists():
        return [gettext("the bundle holds no report to compare with")]
    old, new = read_report(before / "report.json"), read_report(after / "report.json")
    found = compare(old, new, load())
    known = {each.id for each in old.entries}
    lines = [
        *(
            [tell("judged by version {version} then, {version2} now", old.version, new.version)]
            if old.version != new.version
            else []
        ),
        *([tell("the report then: {unjudged}", old.unjudged)] if old.unjudged else []),
        *([tell("the report now: {unjudged}", new.unjudged)] if new.unjudged else []),
        *(tell("added: {id}", id) for id in sorted({each.id for each in new.entries} - known)),
        *(tell("withdrawn: {id}", id) for id in found.withdrawn),
        *(tell("another level: {each}", each) for each in found.relevelled),
        *_other_verdicts(old, new),
    ]
    return [one_line(each, _LONGEST) for each in lines]


def _other_verdicts(old: Report, new: Report) -> Iterator[str]:
    later = {each.id: each for each in new.entries}
    for entry in old.entries:
        for then in entry.findings:
            now = later[entry.id].finding(then.model) if entry.id in later else None
            if now and now.verdict is not then.verdict:
                about = tell("{requirement} on {model}", entry.id, then.model)
                yield tell("{about}: {before} then, {after} now", about, _said(then), _said(now))


def _said(finding: Finding) -> str:
    verdict = gettext(str(finding.verdict))
    return tell("{verdict} ({message})", verdict, finding.message) if finding.message else verdict
