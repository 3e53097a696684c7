"""The last look at what a run has written: whether a secret stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.archive import ArchiveError, read_exchange
from conformance.evidence.exchange_json import text_of
from conformance.text import write_whole

from .forms import ECHO
from .scrub import scrub, scrubbed

_CODED = re.compile(rb'"base64"|content-encoding', re.IGNORECASE)  #: in an exchange that is not all text
_OURS = UNKNOWN_TOKEN.encode()  #: the token that the suite itself sends, and whose echo is found and shown


def sweep(folder: Path, secrets: Iterable[str]) -> list[str]:
    """The files below the folder in which a secret stood, in any form. It is masked there; a file in which that is not
    possible is removed. A secret shorter than an echo may be a word, and is not looked for."""
    known = [each for each in secrets if len(each) >= ECHO]
    found = []
    for path in sorted(folder.rglob("*")) if known else ():
        if path.is_symlink() or not path.is_file() or (clean := without(path, known)) is None:
            continue
        found.append(path.relative_to(folder).as_posix())
        write_whole(path, clean)
        if without(path, known) is not None:
            path.unlink()
    return found


def without(path: Path, secrets: Iterable[str]) -> bytes | None:
    """What a file holds, without the secrets; None where it holds none."""
    known = list(secrets)
    data = path.read_bytes().replace(_OURS, b"*" * len(_OURS))
    if (masked := scrub(data, known)) != data:
        return masked
    return _decoded(path, known) if path.parent.name == "archive" and _CODED.search(data) else None


def _decoded(path: Path, secrets: list[str]) -> bytes | None:
    """A recorded exchange without the secrets that its content holds in another coding; None where it holds none."""
    try:
        exchange = read_exchange(path)
    except ArchiveError:  # it was searched as text
        return None
    clean = scrubbed(exchange, secrets)
    return None if clean == exchange else text_of(clean).encode()
