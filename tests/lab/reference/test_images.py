"""Seeing images, and what they cost."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest

from conformance.contract.requests import chat
from conformance.evidence.exchange import Exchange
from conformance.lab.reference import Endpoint


def ask(content: Any) -> Exchange:
    exchange = Endpoint().answer(chat(content).to("reference-gpt"))
    assert exchange.status == 200, exchange.text
    return exchange


def png(colour: tuple[int, ...], side: int = 8, filtered: int = 0) -> str:
    """A picture of one colour as a data URL; `filtered` is the filter of each line."""
    line = bytes(colour) * side
    if filtered == 1:
        line = bytes(colour) + bytes(len(line) - len(colour))
    kind = {1: 0, 3: 2, 4: 6}[len(colour)]
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress((bytes([filtered]) + line) * side)),
        (b"IEND", b""),
    ]
    data = b"\x89PNG\r\n\x1a\n"
    for name, content in parts:
        data += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return "data:image/png;base64," + base64.b64encode(data).decode()


def picture(url: str, **image: Any) -> list[dict[str, Any]]:
    question = {"type": "text", "text": "Which colour? One word."}
    return [question, {"type": "image_url", "image_url": {"url": url, **image}}]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (png((255, 0, 0)), "red"),
        (png((10, 20, 240), filtered=1), "blue"),
        (png((250, 250, 10, 255)), "yellow"),
        (png((0,)), "black"),
    ],
)
def test_the_colour_of_an_image_is_seen(url: str, name: str) -> None:
    assert name in ask(picture(url)).messages[0]["content"]


def test_images_cost_tokens_by_detail() -> None:
    costs = {
        detail: ask(picture(png((255, 0, 0)), detail=detail)).usage["prompt_tokens"]
        for detail in ("low", "auto", "high")
    }
    assert 20 < costs["low"] < costs["auto"] == costs["high"]


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,AAAA",
        "data:image/png;base64,!!!",
        "data:text/plain,hello",
        "https://nowhere.invalid/x.png",
        "http://127.0.0.1:1/x.png",
    ],
)
def test_what_is_no_image_is_refused(url: str) -> None:
    exchange = Endpoint().answer(chat(picture(url)).to("reference-gpt"))
    assert exchange.status == 400
    assert exchange.error["code"] == "invalid_image_url"
