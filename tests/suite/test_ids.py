"""What the requirements of ids accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.evidence.exchange import Exchange
from tests.support.builders_http import NOW, Said, asking, chunk, completion, response, said, stream


def dated(number: int, created: Any, at: float) -> Exchange:
    return response(completion(created=created), request=asking(seed=number), at=NOW + at)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["chatcmpl-1", "gen-2", "0f3c"], "accepted"),
        (["chatcmpl-1", "chatcmpl-1"], "violated"),
        (["msg_1", "chatcmpl-2", "msg_1"], "violated"),
        (["", ""], "not applicable"),
        ([None, 7], "not applicable"),
    ],
)
def test_unique(ids: list[Any], expected: Said) -> None:
    run = [response(completion(id=each), request=asking(seed=number)) for number, each in enumerate(ids)]
    assert said("ids.unique", *run) == expected


def test_unique_in_streams() -> None:
    assert said("ids.unique", response(completion()), stream(chunk({"content": "OK"}))) == "violated"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ([dated(1, NOW, 0), dated(2, NOW, 1), dated(3, NOW + 2, 2)], "accepted"),
        ([dated(1, NOW + 2, 0), dated(2, NOW, 1)], "accepted"),
        ([dated(1, NOW + 9, 0), dated(2, NOW, 0.1)], "not applicable"),
        ([dated(2, NOW, 60), dated(1, NOW + 60, 0)], "violated"),
        ([dated(1, "soon", 0), dated(2, True, 9)], "not applicable"),
    ],
)
def test_created_in_order(run: list[Exchange], expected: Said) -> None:
    assert said("ids.created_in_order", *run) == expected
