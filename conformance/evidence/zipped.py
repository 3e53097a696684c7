"""The exchanges in a bundle of a run, which is a zip file."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from conformance.language import say

from .recording import RecordingError

MAGIC = b"PK\x03\x04"
_EXCHANGE = re.compile(r"archive/[0-9a-f]{16}\.json")
_MOST, _LARGEST = 50_000, 1 << 27  #: exchanges, and bytes of one


def exchanges_of(opened: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    """Each exchange of a bundle: where it stands, and its JSON. Raises RecordingError where it is none."""
    try:
        with zipfile.ZipFile(opened) as bundle:
            members = bundle.namelist()
            if "bundle.json" not in members or len(members) > _MOST:
                raise RecordingError(say("{name} is a zip file, but no bundle of this suite: unpack it", name))
            for member in sorted(filter(_EXCHANGE.fullmatch, set(members))):
                with bundle.open(member) as file:
                    data = file.read(_LARGEST + 1)
                if len(data) > _LARGEST:
                    raise RecordingError(
                        say("{name} {member} is larger than {largest:,} bytes: it is not read", name, member, _LARGEST)
                    )
                yield f"{name}/{member}", data
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise RecordingError(say("{name} is not a whole bundle ({error}): copy it again", name, error)) from None
