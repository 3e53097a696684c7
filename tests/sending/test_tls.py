"""TLS, certificates of both sides and proxies, spoken to over real sockets: what works, and what is said where not."""

from __future__ import annotations

import base64
import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.profile import Model, Profile
from conformance.contract.requests import PLAIN
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.runs.run import Run
from conformance.sending.access import access
from conformance.sending.client import Access, Limits, Live
from conformance.sending.pacing import Pace, paced
from conformance.sending.preflight import diagnosis
from conformance.sending.proxy import proxy_for
from conformance.settings.errors import SessionError
from tests.support.commands import cli
from tests.support.sockets import Part, response, scripted
from tests.support.tls import Certificates, proxying, serving_tls

KEY = "sk-proj-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
MODEL = "reference-gpt"
LIMITS = Limits(connect=1, read=0.6, total=3)
SOON = 3.0  #: seconds in which it is said why nothing can be judged
ALERT = b"\x15\x03\x03\x00\x02\x02\x16"  #: what OpenSSL's servers answer to plain HTTP
PAGE, BAD = "Content-Type: text/html", "400 Bad Request"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def said(base_url: str, reached: Access = Access()) -> str:  # noqa: B008 (frozen)
    """Why nothing can be judged there; empty where a completion comes."""
    started, profile = time.monotonic(), Profile(base_url, (Model(MODEL, "gpt"),), "live")

    def elsewhere(url: str, request: Request) -> Exchange:
        with closing(Live(url, KEY, LIMITS, reached)) as send:
            return send(request)

    with closing(Live(base_url, KEY, LIMITS, reached)) as send:
        run = Run(profile, "abcdefghijkl", paced(send, Pace()))
        run.preflight(lambda exchange: diagnosis(exchange, base_url, elsewhere, proxy=proxy_for(base_url)))
    assert time.monotonic() - started < SOON
    assert run.unjudged.isprintable()
    return run.unjudged


# --- certificates ---------------------------------------------------------------------------------------------


def test_the_certificate_of_the_server(pem: Certificates) -> None:
    trusting = Access(authorities=pem.authorities)
    with serving_tls(pem.server) as url:
        assert said(url, trusting) == ""
        assert said(url).endswith("its certificate is not trusted: name its authority with --authorities FILE")
        plain = url.replace("https://", "http://")
        for reached in (trusting, Access()):
            assert said(plain, reached) == f"{plain} speaks TLS: use --base-url {url}"
    with serving_tls(pem.elsewhere) as url:
        assert "is not valid for '127.0.0.1'): its certificate is for another name" in said(url, trusting)
    with serving_tls(pem.expired) as url:
        assert "certificate has expired): its certificate has expired: renew it" in said(url, trusting)
    with serving(Endpoint().answer) as url:
        assert "the server does not speak TLS: check the port" in said(url.replace("http://", "https://"))


def test_a_certificate_of_the_caller(pem: Certificates) -> None:
    with serving_tls(pem.server, clients=pem.authorities) as url:
        assert said(url, Access(authorities=pem.authorities, certificate=pem.client)) == ""
        for certificate in (None, pem.stranger):
            assert "--certificate FILE" in said(url, Access(authorities=pem.authorities, certificate=certificate))


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (response(b"<title>400 No required SSL certificate was sent</title>", PAGE, status=BAD), "--certificate"),
        (response(b"<title>400 The plain HTTP request was sent to HTTPS port</title>", PAGE, status=BAD), "HTTPS port"),
        (b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", "HTTP 400"),
        (ALERT, "does not speak HTTP: check the port"),
    ],
    ids=["nginx-certificate", "nginx-plain", "go-plain", "openssl-plain"],
)  # fmt: skip
def test_what_other_servers_say(answer: bytes, remedy: str) -> None:
    with scripted([answer]) as server:
        assert remedy in said(server.url)


def test_files_that_cannot_be_used(tmp_path: Path, pem: Certificates) -> None:
    nothing, mixed = tmp_path / "nothing.pem", tmp_path / "mixed.pem"
    nothing.write_text("nothing")
    key, begin, _ = pem.client.read_bytes().partition(b"-----BEGIN CERT")
    mixed.write_bytes(key + begin + pem.stranger.read_bytes().partition(begin)[2])
    for authorities, certificate, wrong in (
        (nothing, None, "--authorities: "), (None, nothing, "--certificate: "),
        (None, pem.authorities, "--certificate: "), (None, mixed, "--certificate: "),
    ):  # fmt: skip
        with pytest.raises(SessionError, match=f"^{wrong}.* holds no certificate in PEM form") as raised:
            access((), authorities, certificate)
        assert raised.value.exit_code == 2


SELECTED = ("--select", "transport", "--model", MODEL, "--out", "out")


def test_a_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem: Certificates) -> None:
    with serving_tls(pem.server, clients=pem.authorities) as url:
        refused = cli("run", "--base-url", url, *SELECTED, folder=tmp_path, key=KEY)
        assert refused.exit_code == 3
        assert "name its authority with --authorities FILE" in " ".join(refused.output.split())
        files = ("--authorities", pem.authorities, "--certificate", pem.client)
        named = cli("run", "--base-url", url, *files, *SELECTED, folder=tmp_path, key=KEY)
        assert named.exit_code == 0, named.output
        written = cli("init", "--base-url", url, "--model", MODEL, *files, folder=tmp_path, key=KEY)
        assert written.exit_code == 0, written.output
        by_file = cli("run", *SELECTED, folder=tmp_path, key=KEY)
        assert by_file.exit_code == 0, by_file.output
        again = cli("replay", "transport.served", "out", "--send", folder=tmp_path, key=KEY)
        assert (again.exit_code, "now:  pass" in again.output) == (0, True), again.output
        (tmp_path / "phanedge-conformance.toml").unlink()
        monkeypatch.setenv("PHANEDGE_CONFORMANCE_BASE_URL", url)
        monkeypatch.setenv("PHANEDGE_CONFORMANCE_AUTHORITIES", str(pem.authorities))
        monkeypatch.setenv("PHANEDGE_CONFORMANCE_CERTIFICATE", str(pem.client))
        by_environment = cli("run", *SELECTED, "-n", "2", folder=tmp_path, key=KEY)
        assert by_environment.exit_code == 0, by_environment.output


# --- proxies --------------------------------------------------------------------------------------------------


def test_a_tunnel(monkeypatch: pytest.MonkeyPatch, pem: Certificates) -> None:
    """The proxy learns the host and its own credentials, and nothing of what is in the tunnel."""
    with serving_tls(pem.server) as url, proxying() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%40ssword-0123@{proxy.host}")
        with closing(Live(url, KEY, LIMITS, Access(authorities=pem.authorities))) as send:
            assert send(PLAIN.to(MODEL)).status == 200
        line, *fields = proxy.heads[0].split("\r\n")
        assert line == f"CONNECT {url.removeprefix('https://').removesuffix('/v1')} HTTP/1.1"
        credentials = base64.b64encode(b"ann:p@ssword-0123").decode()
        assert f"Proxy-Authorization: Basic {credentials}" in fields
        assert not [each for each in fields if each.lower().startswith("authorization")]
        assert KEY.encode() not in proxy.seen
        assert b"messages" not in proxy.seen


def test_plain_requests_are_forwarded(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Endpoint().answer) as url, proxying(url.removeprefix("http://").removesuffix("/v1")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.host)
        with closing(Live("http://models.example/v1", KEY, LIMITS)) as send:
            assert send(PLAIN.to(MODEL)).status == 200
        assert proxy.heads[0].startswith("POST http://models.example/v1/chat/completions HTTP/1.1")


@pytest.mark.parametrize("excepted", ["127.0.0.1", "{}", "*", "localhost,.example, 127.0.0.1"])
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, pem: Certificates, excepted: str) -> None:
    with serving_tls(pem.server) as url, proxying() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://{proxy.host}")
        monkeypatch.setenv("NO_PROXY", excepted.format(url.removeprefix("https://").removesuffix("/v1")))
        assert said(url, Access(authorities=pem.authorities)) == ""
    assert proxy.heads == []


BLOCKED = response(b"<html><title>Access denied by policy</title></html>", PAGE, status="403 Forbidden")
LOGIN = response(b"<html><title>Who are you?</title></html>", PAGE, status="407 Proxy Authentication Required")


@pytest.mark.parametrize("base_url", ["https://models.example/v1", "http://models.example/v1"])
@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (LOGIN, "407: the proxy wants credentials: put them into HTTPS_PROXY or HTTP_PROXY, as http://user:password@"),
        (BLOCKED, "403: NO_PROXY"),
    ],
    ids=["407", "403"],
)
def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch, base_url: str, refusal: bytes, words: str) -> None:
    with proxying(refusal=refusal) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://ann:password-0123@{proxy.host}")
        ended = said(base_url)
    for word in words.split(": "):
        assert word in ended
    assert f"http://{proxy.host}" in ended
    assert "password-0123" not in ended


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1 cannot be reached"),
        ("socks5://127.0.0.1:1", "socks5://127.0.0.1:1 is no address of a proxy that speaks HTTP"),
        ("http://host:port", "http://host:port is no address"),
    ],
)
@pytest.mark.parametrize("base_url", ["https://models.example/v1", "http://models.example/v1"])
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, base_url: str, proxy: str, words: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    ended = said(base_url)
    assert words in ended
    assert ended.endswith("check HTTPS_PROXY and HTTP_PROXY, or list the host in NO_PROXY")


@pytest.mark.parametrize("script", [[], [b"SSH-2.0-OpenSSH_9.6\r\n\r\n"]], ids=["closes", "speaks-no-HTTP"])
def test_a_proxy_that_breaks(monkeypatch: pytest.MonkeyPatch, script: list[Part]) -> None:
    with scripted(script) as server:
        proxy = server.url.removesuffix("/v1")
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert f"through the proxy {proxy}" in said("https://models.example/v1")


def test_credentials_of_a_proxy_are_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    page = response(b"You are ann, password-0123!", PAGE, status="403 Forbidden")
    with proxying(refusal=page) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://ann:password-0123@{proxy.host}")
        exchange = Live("http://models.example/v1", KEY, LIMITS)(PLAIN.to(MODEL))
    assert exchange.status == 403
    assert "password-0123" not in exchange.text


def test_the_proxy_is_named_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxying(refusal=LOGIN) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        for words in (("run", *SELECTED), ("init", "--model", MODEL)):
            ended = cli(*words, "--base-url", "http://models.example/v1", folder=tmp_path, key=KEY)
            assert ended.exit_code == 3, ended.output
            assert f"through the proxy http://{proxy.host}" in " ".join(ended.output.split())
    report: dict[str, Any] = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert f"through the proxy http://{proxy.host}" in report["conclusion"]
