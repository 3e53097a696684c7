"""The exchanges in a bundle of a run, which is a zip file."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from conformance.language import say

from .recording import RecordingError
from .strict_json import loads

ABOUT = "bundle.json"  #: the manifest
MAGIC = b"PK\x03\x04"
_EXCHANGE = re.compile(r"archive/[0-9a-f]{16}\.json")
_MOST, _LARGEST = 50_000, 1 << 27  #: exchanges, and bytes of one


def digest(data: bytes) -> str:
    """The SHA-256 of a file, as the manifest has it."""
    return hashlib.sha256(data).hexdigest()


def edited(manifest: Any, digests: Mapping[str, str]) -> str:
    """The name of a file in a bundle whose digest is not that of the manifest, or that one of the two lacks; empty
    where there is none. `digests` are those of the files as they are."""
    stated = manifest.get("digests") if isinstance(manifest, dict) else None
    if not isinstance(stated, dict):
        return ABOUT
    found = {name: each for name, each in digests.items() if name != ABOUT}
    return min((name for name in stated.keys() | found.keys() if stated.get(name) != found.get(name)), default="")


def exchanges_of(opened: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    """Each exchange of a bundle: where it stands, and its JSON. Raises RecordingError where it is none."""
    try:
        with zipfile.ZipFile(opened) as bundle:
            members = bundle.namelist()
            if ABOUT not in members or len(members) > _MOST:
                raise RecordingError(say("{name} is a zip file, but no bundle of this suite: unpack it", name))
            stated = _digests(bundle, name)
            for member in sorted(filter(_EXCHANGE.fullmatch, set(members))):
                with bundle.open(member) as file:
                    data = file.read(_LARGEST + 1)
                if len(data) > _LARGEST:
                    raise RecordingError(
                        say("{name} {member} is larger than {largest:,} bytes: it is not read", name, member, _LARGEST)
                    )
                if digest(data) != stated.get(member):
                    raise RecordingError(
                        say("{name} was edited: {member} is not what its {about} says", name, member, ABOUT)
                    )
                yield f"{name}/{member}", data
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise RecordingError(say("{name} is not a whole bundle ({error}): copy it again", name, error)) from None


def _digests(bundle: zipfile.ZipFile, name: str) -> Mapping[str, Any]:
    with bundle.open(ABOUT) as file:
        data = file.read(_LARGEST + 1)
    try:
        return dict(loads(data)["digests"])
    except (ValueError, LookupError, TypeError):
        raise RecordingError(say("{name}: its {about} cannot be read", name, ABOUT)) from None
