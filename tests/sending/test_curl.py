"""The command line that sends a request again: a shell runs nothing else, and curl reads no file."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from conformance.evidence.exchange import Request
from conformance.sending.curl import curl, is_command
from conformance.text import harmless, harmless_json, quoted

EVIL = (
    "$(touch ran)",
    "`touch ran`",
    "'; touch ran; '",
    '"; touch ran; "',
    "a\n touch ran\n",
    "##vso[task]",
    "\x1b[2J",
)
CREDENTIALS = ("valid", "lowercase", "uppercase", "raw", "basic", "unknown", "empty", "query", "none")


@pytest.mark.parametrize("credentials", CREDENTIALS)
@pytest.mark.parametrize("evil", EVIL, ids=ascii)
def test_everything_is_quoted(tmp_path: Path, credentials: str, evil: str) -> None:
    request = Request(evil, f"/x{evil}", evil.encode(), (("x-a", evil), (evil, "")), credentials)  # type: ignore[arg-type]
    line = curl(request, f"https://host/{evil}", "PHANEDGE_API_KEY")
    assert is_command(line)
    assert line == harmless(line)
    assert "\x1b" not in line
    said = subprocess.run(
        ["bash", "-c", f'curl() {{ printf "%s\\0" "$@"; }}; {line}'], cwd=tmp_path, capture_output=True, check=True
    ).stdout.split(b"\0")
    assert said[said.index(b"--request") + 1] == evil.encode()
    assert said[said.index(b"--data-raw") + 1] == evil.encode()
    assert f"x-a: {evil}".encode() in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["X$(touch ran)", "X Y", "", "X;Y", "X\n", "\u0410"])
def test_a_variable_that_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a variable"):
        curl(Request(), "https://host/v1", name)


@pytest.mark.parametrize(
    "line",
    [
        "curl --include http://host; id", "curl --include $(id)", "curl --include http://host\nid", "id",
        "curl --include http://host --header @/etc/passwd", "curl --include http://host --header '@/etc/passwd'",
        "curl --include http://host --data @/etc/passwd", "curl --include -K/tmp/x http://host",
        "curl --include http://host --output /tmp/x", 'curl --include http://host --header "Authorization: $(id)"',
        "curl --include http://host --data-binary @/etc/passwd",
        "curl --include http://host --data-binary @bodies/../x",
        'curl --include http://host --data-raw "$(id)"', "curl --include http://host --request `id`",
        "curl --include http://host | sh", "curl --include '-K/tmp/x'", "curl --include http://host --header $'@x'",
    ],
)  # fmt: skip
def test_what_is_no_command_of_ours(line: str) -> None:
    assert not is_command(line)


def test_no_line_takes_long_to_check() -> None:
    started = time.process_time()
    for tail in ("'a'" * 100_000 + ";", "a" * 1_000_000 + '"', "$'" + "\\\\" * 300_000, " --header a" * 50_000 + " x"):
        assert not is_command(f"curl --include http://{tail}")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text", ["", "a b", "it's", "a\\b", "##vso[x]", "a::b", "\u200b1", "\x001"[1:], "\x1b[0m7", "é\n"]
)
def test_a_word_for_a_shell(text: str) -> None:
    said = subprocess.run(["bash", "-c", f"printf %s {quoted(text)}"], capture_output=True, check=True).stdout
    assert said == text.encode()


def test_addresses_are_left_alone() -> None:
    for address in ("http://[::1]:8080/v1", "http://[fe80::1]/v1", "[::]:80"):
        assert harmless(address) == address
    assert curl(Request(), "http://[::1]:1/v1", "K").startswith(
        "curl --include --request POST --globoff 'http://[::1]:1/v1/"
    )
    assert harmless_json('{"a": "x::y ##vso["}') == '{"a": "x\\u003a:y \\u0023#vso["}'


@pytest.mark.parametrize("name", ["x-tenant", "X_Region", "odd!$(id)`id`'\"", "authorization", "[a]"])
def test_fields_that_were_added_come_from_variables(name: str) -> None:
    line = curl(Request(), "https://host/v1", "K", headers=[name])
    variable = "HEADER_" + re.sub("[^A-Z0-9]", "_", name.upper())
    assert is_command(line)
    said = subprocess.run(
        ["bash", "-c", f'{variable}="a  b"; curl() {{ printf "%s\\0" "$@"; }}; {line}'], capture_output=True, check=True
    ).stdout.split(b"\0")
    assert f"{name}: a  b".encode() in said
