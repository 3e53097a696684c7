"""What is secret of how an endpoint is reached, and that it stands in no file and on no screen."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.client import Live
from conformance.sending.secrets import secrets_of
from conformance.settings.config import is_secret
from tests.support.commands import cli, pytest_run
from tests.support.sockets import response, scripted

SECRET = "q7Zk4fQ8wL2mN7xR"
KEY = "sk-proj-Hb6cQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
SELECTED = ("--model", "reference-gpt", "--select", "usage.prompt_tokens", "--out", "run")


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("authorization", "x", True), ("Proxy-Authorization", "x", True), ("cookie", "x", True), ("api-key", "x", True),
        ("X-API-Key", "x", True), ("x-goog-api-key", "x", True), ("x-auth-token", "x", True), ("x-password", "x", True),
        ("Ocp-Apim-Subscription-Key", "x", True), ("cf-access-client-secret", "x", True), ("apikey", "x", True),
        ("x-upstream", "Bearer x", True), ("x-upstream", "sk-x", True),
        ("x-portkey-provider", "anthropic", False), ("x-tenant", "acme-tenant", False), ("x-monkey", "x", False),
        ("x-token-budget", "100000000", False), ("x-tokens-left", "x", False), ("idempotency-keys", "x", False),
    ],
)  # fmt: skip
def test_which_fields_are_secret(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret


def test_what_is_secret_of_them() -> None:
    headers = (("Cookie", "a=1; session=0123456789"), ("x-tenant", "acme-tenant"), ("x-api-key", "chat.completion"))
    found = secrets_of(f"http://127.0.0.1/v1?api-key={SECRET}%2F", KEY, headers)
    assert {KEY, SECRET + "%2F", SECRET + "/", "0123456789"} <= set(found)
    assert not {"acme-tenant", "chat.completion"} & set(found), "no secret, and a word of the API"
    shown = (
        ("authorization", "Bearer sk-ant-api03-x"),
        ("cookie", "preferences=0123456789"),
        ("x-key", "YWJjZGVmZw=="),
    )
    assert secrets_of("http://127.0.0.1/v1", "", shown) == ("sk-ant-api03-x", "0123456789", "YWJjZGVmZw==")
    assert "acme-tenant" in secrets_of("http://127.0.0.1/v1", KEY, headers, ["X-Tenant"])


def test_a_secret_of_the_query_is_sent_and_its_echo_masked() -> None:
    with scripted([response(f'{{"asked": "/v1?api-key={SECRET}"}}'.encode())]) as server:
        exchange = Live(f"{server.url}?api-key={SECRET}", KEY)(Request(body=b"{}"))
    assert f"?api-key={SECRET}".encode() in server.requests[0]
    assert SECRET not in exchange.text


class Guarded:
    """The reference endpoint under an address with a secret in it; `send` is called where a request has it."""

    def __init__(self, send: Callable[[Request], Exchange]) -> None:
        self.send, self.refused = send, 0

    def __call__(self, request: Request) -> Exchange:
        if parse_qs(urlsplit(request.path).query).get("api-key") != [SECRET]:
            self.refused += 1
            return Exchange(request, 401, (("content-type", "application/json"),), ((0.0, b'{"error": {}}'),))
        return self.send(request)


def files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def test_a_secret_of_the_query_stands_nowhere(tmp_path: Path) -> None:
    endpoint = Guarded(Endpoint().answer)
    with serving(endpoint) as url:
        address = ("--base-url", f"{url}?api-version=1&api-key={SECRET}")
        ran = cli("run", *address, *SELECTED, "--max-requests", "3", folder=tmp_path, key=KEY)
        default = cli("run", *address, *SELECTED[:4], folder=tmp_path, key=KEY)
        lacking = cli("run", "--resume", "run", folder=tmp_path, key=KEY)
        resumed = cli("run", "--resume", "run", *address, "--max-requests", "50", folder=tmp_path, key=KEY)
        commands = cli("replay", "usage.prompt_tokens", "run", folder=tmp_path, key=KEY)
        packed = cli("bundle", "run", "--out", "run.zip", folder=tmp_path, key=KEY)
        refused = endpoint.refused  # what comes next asks at other addresses, too
        elsewhere = ("--base-url", f"{url}/x?api-key={SECRET}", *SELECTED[:4], "--out", "wrong")
        wrong = cli("run", *elsewhere, folder=tmp_path, key=KEY)
    assert refused == 0
    assert (lacking.exit_code, resumed.exit_code, default.exit_code) == (2, 0, 0), lacking.output + resumed.output
    assert "repeat --base-url" in lacking.output
    assert packed.exit_code == 0, packed.output
    for ended in (ran, default, lacking, resumed, commands, packed, wrong):
        assert SECRET not in ended.output
    assert [
        path for path in files(tmp_path) if SECRET in path.read_bytes().decode("latin-1") or SECRET in str(path)
    ] == []
    with zipfile.ZipFile(tmp_path / "run.zip") as bundle:
        assert not [name for name in bundle.namelist() if SECRET.encode() in bundle.read(name)]
    noted = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert noted["options"]["base-url"] == f"{url}?api-version=1&api-key=[scrubbed]"


UNMARKED = "Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"  #: a key that does not look like one


@pytest.mark.parametrize(
    "command", [("run",), ("plan",), ("init", "--out", "c.toml"), ()], ids=["run", "plan", "init", "pytest"]
)
@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("--base-url", "http://127.0.0.1:9/v1", "--model", KEY), ""),
        (("--base-url", "http://127.0.0.1:9/v1", "--model", f"acme/{UNMARKED}=gpt"), UNMARKED),
        (("--base-url", f"http://127.0.0.1:9/{KEY}/v1", "--model", "m"), ""),
        (("--base-url", f"http://127.0.0.1:9/{UNMARKED}/v1", "--model", "m"), UNMARKED),
        (("--base-url", f"http://127.0.0.1:9/v1?team={UNMARKED}", "--model", "m"), UNMARKED),
    ],
    ids=["model", "model-with-the-key", "path", "path-with-the-key", "query-with-the-key"],
)
def test_a_key_in_the_place_of_a_model_or_in_the_address_is_refused_and_not_repeated(
    command: tuple[str, ...], words: tuple[str, ...], key: str, tmp_path: Path
) -> None:
    ended = cli(*command, *words, folder=tmp_path, key=key) if command else pytest_run(*words, folder=tmp_path, key=key)
    assert ended.exit_code == 2, ended.output
    assert "contains a secret or what looks like an API key" in ended.output
    assert KEY not in ended.output
    assert UNMARKED not in ended.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", [KEY, UNMARKED])
@pytest.mark.parametrize(
    "words",
    [
        ("{}",), ("run", "{}"), ("run", "--select", "{}"), ("run", "--without", "{}"), ("run", "--concurrency", "{}"),
        ("run", "--model", "{}"), ("run", "--model", "m={}"), ("run", "--header", "{}"), ("run", "--header", "{}=: a"),
        ("run", "--language", "{}"), ("run", "--gate", "{}"), ("run", "--base-url", "{}", "--model", "m"),
        ("run", "--api-key-variable", "{}"), ("run", "--max-cost", "{}"), ("run", "--fault", "{}"), ("explain", "{}"),
        ("run", "--config", "{}"), ("judge", "{}"), ("replay", "{}"), ("render", "{}"), ("catalogue", "--area", "{}"),
        ("init", "--base-url", "{}"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_sentence_about_wrong_usage_repeats_a_key(words: tuple[str, ...], key: str, tmp_path: Path) -> None:
    ended = cli(*(each.format(key) for each in words), folder=tmp_path, key=key)
    assert ended.exit_code in (2, 3), ended.output
    shown = "".join(each for each in ended.output if each.isalnum())
    assert not [at for at in range(len(key) - 9) if key[at : at + 10] in shown], ended.output


@pytest.mark.parametrize("arguments", [("run",), ("plan",), ("init", "--out", "c.toml")])
@pytest.mark.parametrize("address", [f"user:{SECRET}@127.0.0.1/v1", f"http://user:{SECRET}@127.0.0.1/v1"])
def test_user_information_is_refused_and_not_repeated(arguments: tuple[str, ...], address: str, tmp_path: Path) -> None:
    ended = cli(*arguments, "--base-url", address, "--model", "m", folder=tmp_path)
    assert ended.exit_code == 2
    assert SECRET not in ended.output
    assert not [path for path in files(tmp_path) if SECRET in path.read_text(encoding="utf-8")]


def test_a_configuration_holds_no_secret_of_the_address(tmp_path: Path) -> None:
    with serving(Guarded(Endpoint().answer)) as url:
        asked = ("--base-url", f"{url}?api-key={SECRET}", "--model", "reference-gpt", "--out", "c.toml")
        ended = cli("init", *asked, folder=tmp_path, key=KEY)
    written = (tmp_path / "c.toml").read_text(encoding="utf-8")
    assert ended.exit_code == 0, ended.output
    assert SECRET not in written + ended.output
    assert "# base-url has a secret: set it with PHANEDGE_CONFORMANCE_BASE_URL" in written
    (tmp_path / "d.toml").write_text(f'base-url = "{url}?api-key={SECRET}"\n', encoding="utf-8")
    refused = cli("run", "--config", "d.toml", folder=tmp_path, key=KEY)
    assert (refused.exit_code, SECRET in refused.output) == (2, False)
    assert "base-url has a secret, which must not be in a file" in refused.output


def test_a_field_that_is_named_secret_must_be_given(tmp_path: Path) -> None:
    options = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--secret-header", "x-tenant")
    ended = cli("run", *options, folder=tmp_path, key=KEY)
    assert ended.exit_code == 2
    assert "--secret-header: no --header x-tenant is given" in ended.output
