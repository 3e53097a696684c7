"""An address is shown without what in it is secret."""

from __future__ import annotations

import pytest

from conformance.settings.address import private, public, secret_parts


@pytest.mark.parametrize(
    ("address", "shown", "secret"),
    [
        ("https://host/v1", "https://host/v1", []),
        ("https://host/v1?api-version=2026-11-01&x=", "https://host/v1?api-version=2026-11-01&x=", []),
        ("https://host/v1?api-key=abc", "https://host/v1?api-key=[scrubbed]", ["abc"]),
        ("https://host/v1?a=1&key=a%2Fb&b=2", "https://host/v1?a=1&key=[scrubbed]&b=2", ["a%2Fb"]),
        ("https://host?code=1&sig=2", "https://host?code=[scrubbed]&sig=[scrubbed]", ["1", "2"]),
        ("https://h?subscription-key=1", "https://h?subscription-key=[scrubbed]", ["1"]),
        ("https://h?access_token=1", "https://h?access_token=[scrubbed]", ["1"]),
        ("https://h?monkey=1&keys=2&tokens=3", "https://h?monkey=1&keys=2&tokens=3", []),
        ("https://user:pass@host/v1", "https://[scrubbed]@host/v1", ["user:pass"]),
        ("https://token@host?key=1", "https://[scrubbed]@host?key=[scrubbed]", ["token", "1"]),
        ("user:pass@host/v1", "[scrubbed]@host/v1", ["user:pass"]),
        ("https://host/a@b?c=d@e", "https://host/a@b?c=d@e", []),
        ("", "", []),
    ],
)
def test_what_is_shown(address: str, shown: str, secret: list[str]) -> None:
    assert (public(address), secret_parts(address)) == (shown, secret)
    assert private(shown, address) == address
