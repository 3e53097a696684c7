"""The last look at what a run has written: whether a secret stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.archive import ArchiveError, read_exchange
from conformance.evidence.exchange_json import dump_exchange
from conformance.text import write_whole

from .forms import ECHO
from .scrub import scrub, scrubbed

_OURS = UNKNOWN_TOKEN.encode()  #: the token that the suite itself sends, and whose echo is found and shown


def sweep(folder: Path, secrets: Iterable[str]) -> list[str]:
    """The files below the folder in which a secret stood, in any form. It is masked there; a file in which that is not
    possible is removed. A secret shorter than an echo may be a word, and is not looked for."""
    known = [each for each in secrets if len(each) >= ECHO]
    if not known:
        return []
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    return [path.relative_to(folder).as_posix() for path in files if not _clean(path, known)]


def _clean(path: Path, secrets: list[str]) -> bool:
    """Whether no secret stands in a file; masked or removed else."""
    data = path.read_bytes().replace(_OURS, b"*" * len(_OURS))
    masked = scrub(data, secrets)
    if masked == data:
        masked = _without(path, secrets) or data
    if masked == data:
        return True
    write_whole(path, masked)
    if scrub(masked, secrets) != masked or _without(path, secrets):
        path.unlink()
    return False


def _without(path: Path, secrets: list[str]) -> bytes:
    """A recorded exchange without the secrets that its content holds in another coding; empty where it holds none."""
    if path.parent.name != "archive" or path.suffix != ".json":
        return b""
    try:
        exchange = read_exchange(path)
    except ArchiveError:  # it is searched as text
        return b""
    clean = scrubbed(exchange, secrets)
    return (
        b"" if clean == exchange else (json.dumps(dump_exchange(clean), indent=1, ensure_ascii=False) + "\n").encode()
    )
