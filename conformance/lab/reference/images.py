"""Images in a prompt: whether they are any, what they cost, and what colour they have.

Only images that the request carries itself are taken: fetching what an URL names would let a client reach
addresses that only the endpoint can reach (contract, security-05).
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from typing import Any

from .refusal import Refusal, missing, unsupported, wrong_type

_DATA = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,(.*)", re.DOTALL)
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  #: by PNG colour type; palettes are not read
LARGEST = 64 * 2**20  #: bytes of pixels
DETAILS = {"low": 85, "high": 765, "auto": 765}  #: tokens an image costs
_COLOURS = {
    "red": (255, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0),
    "white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128), "orange": (255, 140, 0),
    "purple": (128, 0, 128), "pink": (255, 105, 180), "cyan": (0, 255, 255), "brown": (130, 70, 20),
}  # fmt: skip


def check_image(value: Any, where: str) -> None:
    """Refuse what is not an image inside a data URL. Raises Refusal with code invalid_image_url."""
    if not isinstance(value, dict):
        raise wrong_type(where, "an object", value) if value is not None else missing(where)
    url, detail = value.get("url"), value.get("detail") or "auto"
    if not isinstance(url, str):
        raise missing(f"{where}.url")
    if detail not in DETAILS:
        raise unsupported(f"{where}.detail", detail, sorted(DETAILS))
    if not url.startswith("data:"):
        raise Refusal("Images are taken as data URLs only; nothing is downloaded.", f"{where}.url", "invalid_image_url")
    if not image_bytes(url).startswith(_MAGIC):
        raise Refusal("The data URL holds no PNG, JPEG, GIF or WebP image.", f"{where}.url", "invalid_image_url")


def image_bytes(url: str) -> bytes:
    """The image in a data URL; empty where there is none."""
    found = _DATA.fullmatch(url)
    try:
        return base64.b64decode(found[2], validate=True) if found else b""
    except (binascii.Error, ValueError):
        return b""


def colour(url: str) -> str | None:
    """The name of an image's average colour; None for what is not a plain PNG."""
    pixels = _average(image_bytes(url))
    if pixels is None:
        return None
    return min(_COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(_COLOURS[name], pixels, strict=True)))


def _average(data: bytes) -> tuple[float, ...] | None:
    """The average red, green and blue of an 8-bit PNG that is neither interlaced nor of a palette."""
    if not data.startswith(_MAGIC[0]) or len(data) < 33:
        return None
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    channels = _CHANNELS.get(kind)
    if channels is None or depth != 8 or interlaced or width * height * channels > LARGEST:
        return None
    try:
        rows = _rows(zlib.decompressobj().decompress(_image_data(data), LARGEST), width * channels, channels)
    except (zlib.error, IndexError, struct.error):
        return None
    colours = (0, 1, 2) if channels > 2 else (0, 0, 0)
    pixels = max(width * len(rows), 1)
    return tuple(sum(sum(row[each::channels]) for row in rows) / pixels for each in colours)


def _image_data(data: bytes) -> bytes:
    parts, position = [], 8
    while position + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        if kind == b"IDAT":
            parts.append(data[position + 8 : position + 8 + length])
        position += 12 + length
    return b"".join(parts)


def _rows(data: bytes, width: int, step: int) -> list[bytes]:
    """The scan lines with their filters undone (PNG specification, section 9)."""
    rows: list[bytes] = []
    above = bytes(width)
    for start in range(0, len(data) - width, width + 1):
        above = _unfilter(data[start], data[start + 1 : start + 1 + width], above, step)
        rows.append(above)
    return rows


def _unfilter(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return line
    row = bytearray(line)
    for index in range(len(row)):
        left = row[index - step] if index >= step else 0
        corner = above[index - step] if index >= step else 0
        up = above[index]
        row[index] = (row[index] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) & 255
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
