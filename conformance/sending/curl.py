"""The command line that sends a request again."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.evidence.exchange import Request
from conformance.settings.key_variable import is_name
from conformance.text import quoted

from .clients import fields_of

_AUTHORIZATION = {
    "valid": "Bearer {key}", "lowercase": "bearer {key}", "uppercase": "BEARER {key}", "raw": "{key}",
    "basic": 'Basic $(printf %s "user:{key}" | base64)', "unknown": "Bearer sk-unknown", "empty": "Bearer",
}  # fmt: skip
#: The names under which the client puts the key into the query, where that is asked for.
_IN_QUERY = ("api_key", "key", "access_token")


LONGEST = 100_000  #: bytes of a body that stands in the command: no shell passes on a word of 128 KiB
BODIES = "bodies"  #: the folder in that of a run with longer ones, each named by the key of its request

_NAME = "[A-Za-z_][A-Za-z0-9_]*+"
_WORD = r"""(?:[\w@%+=:,./-]++|'[^']*+'|"'"|\$'(?:[^'\\]|\\.)*+')++"""
_TOKEN = rf"(?:(?:Bearer|bearer|BEARER) \${_NAME}|\${_NAME}|Bearer(?: sk-unknown)?"
_TOKEN += rf'|Basic \$\(printf %s "user:\${_NAME}" \| base64\))'
_KEYED = rf'"[?&]api_key=\${_NAME}&key=\${_NAME}&access_token=\${_NAME}"'
_OWN = r"\$HEADER_[A-Z0-9_]++"
_COMMAND = re.compile(
    rf"curl --include(?: --no-buffer)?(?: --request {_WORD})?(?: --globoff)? (?!\$?'?-){_WORD}(?:{_KEYED})?"
    rf"""(?: --header (?:"Authorization: {_TOKEN}"|"[\w-]++: {_OWN}"|(?!\$?'?@){_WORD}(?:"{_OWN}")?))*+"""
    rf"(?: --data-raw {_WORD}| --data-binary @{BODIES}/[0-9a-f]{{16}})?",
    re.ASCII | re.DOTALL,
)


def is_command(line: str) -> bool:
    """Whether this is a command line as `curl` writes it: a shell runs nothing else, and curl reads and writes no
    file."""
    return _COMMAND.fullmatch(line) is not None


def reads_file(line: str) -> bool:
    """Whether a command line of `curl` takes the body from the folder of the run."""
    return re.search(rf" --data-binary @{BODIES}/[0-9a-f]{{16}}$", line) is not None


def address(base_url: str, request: Request) -> str:
    """Where the request goes: its path after that of the base URL, and the queries of both."""
    base, _, query = base_url.partition("?")
    path, _, asked = request.path.partition("?")
    members = "&".join(each for each in (query, asked) if each)
    return base.rstrip("/") + path + (f"?{members}" if members else "")


def header_word(name: str) -> str:
    """A header field that is given with `--header`, as a word of a command: its value, which may be secret, comes from
    the variable HEADER_ and its name."""
    variable = "$HEADER_" + re.sub("[^A-Z0-9]", "_", name.upper())
    plain = re.fullmatch(r"[\w-]+", name, re.ASCII)
    return f'"{name}: {variable}"' if plain else f'{quoted(f"{name}: ")}"{variable}"'


def curl(
    request: Request, base_url: str, key_variable: str, client: str = "", headers: Iterable[str] = (),
    bodies: str = BODIES,
) -> str:  # fmt: skip
    """The command line that sends the request again, as the client that it was sent as. The key is taken from the
    environment, and so are the values of the fields with the names `headers`. A long body is taken from a file in the
    folder `bodies`, by default that of the run's folder. Raises ValueError where `key_variable` is no name."""
    if not is_name(key_variable):
        raise ValueError(f"{key_variable!r} is not the name of a variable")
    words = ["curl", "--include"]
    if request.streams:
        words.append("--no-buffer")
    if request.method != "POST" or not request.body:
        words += ["--request", quoted(request.method)]
    if any(each in address(base_url, request) for each in "[]{}"):
        words.append("--globoff")  # else curl asks for several addresses
    words.append(_url(request, base_url, key_variable))
    if form := _AUTHORIZATION.get(request.credentials):
        words += ["--header", f'"Authorization: {form.format(key="$" + key_variable)}"']
    for name in headers:
        words += ["--header", header_word(name)]
    for name, value in (*request.headers, *fields_of(client)):
        words += ["--header", quoted(f"{name}: {value}" if value else f"{name};")]
    if request.body:
        if not any(name.lower() == "content-type" for name, _ in request.headers):
            words += ["--header", "content-type:"]  # else curl names one
        words.append(_data(request, bodies))
    return " ".join(words)


def _data(request: Request, bodies: str) -> str:
    if len(request.body) > LONGEST:
        return f"--data-binary {quoted(f'@{bodies}/{request.key}')}"
    return f"--data-raw {quoted(request.body.decode('utf-8', 'replace'))}"


def _url(request: Request, base_url: str, key_variable: str) -> str:
    """The address as a word of the command, the key's variable in its query where the request has the key there."""
    whole = address(base_url, request)
    if request.credentials != "query":
        return quoted(whole)
    members = "&".join(f"{name}=${key_variable}" for name in _IN_QUERY)
    return quoted(whole) + f'"{"&" if "?" in whole else "?"}{members}"'
