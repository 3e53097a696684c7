"""The matrix of vendors: bundles are read, judged with the suite of today, and become a site."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from conformance import __version__
from conformance.evidence.zipped import digest
from conformance.language import LANGUAGES, say, speaking, tell
from conformance.matrix.site import Site, pages
from conformance.matrix.stability import stability
from conformance.matrix.vendors import Submission, Vendor
from conformance.resources import mistake
from conformance.runs.folder import read_value
from conformance.runs.run import RunError
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings
from conformance.text import TextError, read_regular, read_toml, reason_of, write_whole

from .bundle import BundleError, changes, unpack
from .direct import judged, unfiled
from .signature import SignatureError, signer_of

_MARK = "matrix.json"  #: the file that tells a site of ours from other folders
_ABOUT = "vendor.toml"
_LARGEST = 1 << 29  #: bytes of a bundle
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")  #: of a vendor's folder and a bundle, which are parts of addresses


def built(reports: Sequence[Path], out: Path) -> str:
    """Write the site of these bundles, or of those in these folders, and say what is in it. Raises SessionError."""
    _check_out(out)
    bundles = sorted(
        {each.absolute() for path in reports for each in _bundles(path)}, key=lambda each: (each.parent, each.name)
    )
    vendors = [_vendor(folder, own) for folder, own in groupby(bundles, key=lambda bundle: bundle.parent)]
    if twice := _first_twice(each.slug for each in vendors):
        raise SessionError(say("there are two folders of a vendor {name}: rename one", twice))
    try:
        number = _write(out, pages(Site(vendors, stability())))
    except OSError as error:
        raise SessionError(say("--out: {out} cannot be written ({reason})", out, reason_of(error))) from None
    file, many = out / "index.html", len(vendors)
    return tell("{file}: {vendors} vendors, {bundles} bundles, {pages:,} files", file, many, len(bundles), number)


def _first_twice(names: Iterable[str]) -> str:
    return next((name for name, number in Counter(names).items() if number > 1), "")


def _bundles(path: Path) -> list[Path]:
    """The bundle, or every bundle in a folder and its folders."""
    found = sorted(path.rglob("*.zip")) if path.is_dir() else [path]
    if not found:
        raise SessionError(say("{path} holds no bundle: pack a run with `phanedge-conformance bundle`", path))
    return found


def _check_out(out: Path) -> None:
    """A site of ours is replaced; a folder that holds anything else is left alone."""
    if out.exists() and not (out / _MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise SessionError(say("--out: {out} is not a site of this command: name another folder", out))


def _write(out: Path, files: Iterable[tuple[str, str]]) -> int:
    """Write the files in place of an earlier site; how many there are."""
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=f".{out.name}.") as held:
        new, number = Path(held, "new"), 0
        for path, text in files:
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_text(text, encoding="utf-8", errors="replace")
            number += 1
        write_whole(new / _MARK, f'{{"format": "matrix-1", "version": "{__version__}"}}\n')
        if out.exists():
            out.replace(Path(held, "old"))
        new.replace(out)
    return number


# --- one vendor ---------------------------------------------------------------------------------------------


def _vendor(folder: Path, bundles: Iterable[Path]) -> Vendor:
    _check_name(folder, folder.name)
    about = _about(folder / _ABOUT)
    return Vendor(folder.name, tuple(_submission(bundle) for bundle in bundles), **about)


def _about(path: Path) -> Mapping[str, str]:
    if not path.exists():
        return {}
    try:
        value = read_toml(path)
    except TextError as error:
        raise SessionError(str(error)) from None
    if wrong := mistake(value, "vendor"):
        raise SessionError(say("{path}: {mistake}; it may have name, version, link and note", path, wrong))
    return value


def _check_name(path: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SessionError(say("{path}: the name is part of addresses, so that it may have a-z, 0-9, . _ - only", path))


def _submission(bundle: Path) -> Submission:
    """The bundle, judged again with the default gate and without a baseline: all vendors are held to the same. Raises
    SessionError where it was edited, or its signature is not one of it."""
    _check_name(bundle, bundle.stem)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as held:
        run, now = Path(held, "run"), Path(held, "now")
        run.mkdir()
        try:
            signer, data = signer_of(bundle), read_regular(bundle, _LARGEST)
            unpack(bundle, run)
            noted = read_value(run)
        except (SignatureError, TextError, BundleError, RunError) as error:
            raise SessionError(str(error)) from None
        if noted["fault"]:
            raise SessionError(say("{bundle} is of a run with a planted fault: it says nothing of a vendor", bundle))
        report = unfiled(judged(Settings.of({"archive": run, "out": now})))
        changed = {language: _changed(run, now, language) for language in LANGUAGES}
        return Submission(bundle.stem, digest(data), noted["version"], report, changed, signer)


def _changed(before: Path, after: Path, language: str) -> tuple[str, ...]:
    with speaking(language):
        try:
            return tuple(changes(before, after))
        except ValueError as error:
            return (tell("the verdicts are not compared: {error}", error),)
