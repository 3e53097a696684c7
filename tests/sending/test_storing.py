"""Content in a coding is searched where the coding can be undone, and not stored where it cannot."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from hashlib import sha256

import pytest
from jsonschema import Draft202012Validator

from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Requirement, Scope
from conformance.evidence import content_coding
from conformance.evidence.exchange import SCRUBBED_KEY, Exchange, Inconclusive
from conformance.evidence.exchange_json import dump_exchange, load_exchange
from conformance.judgement.judge import judge, judge_run
from conformance.judgement.verdict import Verdict
from conformance.report.build import evidence_of
from conformance.resources import folder
from conformance.sending.scrub import scrubbed
from conformance.suite.catalogue import load
from tests.support.builders_http import GPT, completion, said

KEY = "sk-proj-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
ECHO = json.dumps({"error": {"message": f"Incorrect API key: {KEY}", "filling": "no " * 300}}).encode()
CLEAN = json.dumps(completion()).encode()
ZSTD = b"\x28\xb5\x2f\xfd"


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def bare(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


def named(data: bytes) -> bytes:
    """gzip with the key as the name of the file (RFC 1952 2.3.1)."""
    whole = bytearray(packed(data))
    whole[3] |= 8
    return bytes(whole[:10]) + KEY.encode() + b"\0" + bytes(whole[10:])


def response(content: bytes, coding: str = "", size: int = 40, status: int = 401) -> Exchange:
    headers = (("content-length", str(len(content))), ("content-type", "application/json"))
    reads = tuple((at / 1000, content[at : at + size]) for at in range(0, len(content), size))
    return Exchange(PLAIN.to("m"), status, headers + ((("content-encoding", coding),) if coding else ()), reads)


def recoverable(data: bytes, depth: int = 0) -> bool:
    """Whether somebody who tries gzip, zlib and bare deflate at any place of the data comes upon the key."""
    if KEY.encode() in data or KEY.encode() in data[::-1]:
        return True
    for at in range(len(data) if depth < 3 else 0):
        for wbits in (47, -15):
            if wbits == 47 and data[at : at + 1] not in (b"\x1f", b"\x78"):
                continue
            try:
                inner = zlib.decompressobj(wbits=wbits).decompress(data[at:], 100_000)
            except zlib.error:
                continue
            if len(inner) > 60 and recoverable(inner, depth + 1):
                return True
    return False


CODED: dict[str, tuple[str, bytes]] = {
    "gzip": ("gzip", packed(ECHO)),
    "x-gzip": ("x-gzip", packed(ECHO)),
    "deflate": ("deflate", zlib.compress(ECHO)),
    "bare deflate": ("deflate", bare(ECHO)),
    "gzip twice": ("gzip", packed(packed(ECHO))),
    "gzip twice, declared": ("gzip, gzip", packed(packed(ECHO))),
    "undeclared gzip": ("", packed(ECHO)),
    "undeclared gzip twice": ("", packed(packed(ECHO))),
    "undeclared gzip, declared as identity": ("identity", packed(ECHO)),
    "undeclared zlib": ("", zlib.compress(ECHO)),
    "undeclared bare deflate": ("", bare(ECHO)),
    "gzip in gzip, five deep": ("", packed(packed(packed(packed(packed(packed(ECHO))))))),
    "gzip cut short": ("gzip", packed(ECHO)[:-9]),
    "undeclared gzip cut short": ("", packed(ECHO)[:-9]),
    "two members": ("gzip", packed(b"{}") + packed(ECHO)),
    "text after its end": ("gzip", packed(b"{}") + ECHO),
    "zlib after its end": ("gzip", packed(b"{}") + zlib.compress(ECHO)),
    "the name in the header of gzip": ("gzip", named(b"{}")),
    "a wrong checksum": ("gzip", packed(ECHO)[:-8] + b"\0" * 8),
    "declared brotli": ("br", bare(ECHO)),
    "declared zstd": ("zstd", ZSTD + ECHO),
    "an unknown coding": ("snappy", ECHO),
    "gzip within text": ("", b"text " * 200 + packed(ECHO)),
}


@pytest.mark.parametrize(("coding", "content"), CODED.values(), ids=CODED)
def test_no_key_can_be_recovered_from_what_is_stored(coding: str, content: bytes) -> None:
    assert coding in ("br", "zstd", "snappy") or recoverable(content), "the test is about a key that can be had"
    clean = scrubbed(response(content, coding), [KEY])
    stored = json.dumps(dump_exchange(clean))
    assert KEY not in stored
    assert not recoverable(clean.wire)
    assert load_exchange(json.loads(stored)) == clean
    assert [when for when, _ in clean.reads] == [when for when, _ in response(content, coding).reads]
    assert clean.header("content-length") == str(len(clean.wire))
    assert scrubbed(clean, [KEY]) == clean


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "deflate", "bare deflate", "gzip cut short", "two members"])
def test_an_echo_in_coded_content_is_seen(name: str) -> None:
    coding, content = CODED[name]
    clean = scrubbed(response(content, coding, size=7), [KEY])
    assert SCRUBBED_KEY in clean.text
    assert len(clean.content) == len(response(content, coding).content)
    assert said("security.token_not_echoed", clean) == "violated"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
def test_what_cannot_be_searched_is_digest_size_and_reason(coding: str) -> None:
    content = packed(packed(CLEAN))
    clean = scrubbed(response(content, coding), [KEY])
    assert clean.withheld is not None
    assert (clean.withheld.sha256, clean.withheld.size) == (sha256(content).hexdigest(), len(content))
    assert coding in clean.withheld.reason
    assert content[:20] not in clean.wire
    dumped = dump_exchange(clean)
    assert dumped["reads"][0] == [0.0, {"size": 40}]
    assert clean.withheld.sha256 in evidence_of(clean, "http://h/v1", "KEY").body


def test_what_decodes_to_too_much_is_withheld_and_stays_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_coding, "MOST", 500)
    clean = scrubbed(response(packed(ECHO), "gzip"), [KEY])
    assert clean.withheld is not None
    with pytest.raises(Inconclusive, match="holds more than 500 bytes"):
        clean.document  # noqa: B018
    again = load_exchange(json.loads(json.dumps(dump_exchange(clean))))
    assert again.undecodable == clean.undecodable
    coding = load()["transport.content_coding"]
    assert verdict(coding, clean) == verdict(coding, response(packed(ECHO), "gzip")) == Verdict.INCONCLUSIVE


def verdict(requirement: Requirement, exchange: Exchange) -> Verdict:
    judge_one = judge_run(requirement, [exchange], GPT) if requirement.whole_run else judge(requirement, exchange, GPT)
    return judge_one.verdict


JUDGED: dict[str, Callable[[], Exchange]] = {
    "text": lambda: response(CLEAN, status=200),
    "gzip": lambda: response(packed(CLEAN), "gzip", status=200),
    "undeclared gzip": lambda: response(packed(CLEAN), status=200),
    "gzip twice": lambda: response(packed(packed(CLEAN)), "gzip", status=200),
    "brotli": lambda: response(bare(CLEAN), "br", status=200),
    "undeclared brotli": lambda: response(bare(CLEAN), status=200),
    "no gzip": lambda: response(CLEAN, "gzip", status=200),
    "text in another encoding": lambda: response(CLEAN.replace(b"OK", b"caf\xe9"), status=200),
    "a character that was cut": lambda: response(CLEAN + "é".encode()[:1], status=200),
    "noise": lambda: response(bytes(range(256)) * 8, status=200),
}


@pytest.mark.parametrize("made", JUDGED.values(), ids=JUDGED)
def test_what_is_stored_is_judged_as_what_was_received(made: Callable[[], Exchange]) -> None:
    """No response here holds the key, so no requirement may be judged otherwise; only messages may differ."""
    received, clean = made(), scrubbed(made(), [KEY])
    judged = [each for each in load().values() if isinstance(each.on, Scope) and not each.composite]
    assert len(judged) > 40
    for requirement in judged:
        assert verdict(requirement, clean) == verdict(requirement, received), requirement.id
    if not clean.withheld:
        assert clean == received, "what holds no secret and can be searched is stored as it came"


def test_the_schema_knows_what_is_withheld() -> None:
    schema = json.loads((folder("schemas") / "exchange.json").read_text(encoding="utf-8"))
    dumped = json.loads(json.dumps(dump_exchange(scrubbed(response(bare(ECHO), "br"), [KEY]))))
    Draft202012Validator(schema).validate(dumped)


@pytest.mark.parametrize("size", [-1, 1 << 40, "5", None])
def test_a_read_of_no_size_is_no_exchange(size: object) -> None:
    dumped = dump_exchange(scrubbed(response(bare(ECHO), "br"), [KEY]))
    with pytest.raises((ValueError, TypeError)):
        load_exchange(dumped | {"reads": [[0.0, {"size": size}]]})


def test_many_small_members_are_undone_in_time() -> None:
    """An empty member is 20 bytes long: what follows each must not be copied whole."""
    members = packed(b"") * 20_000 + packed(ECHO)
    assert KEY not in scrubbed(response(members, "gzip", size=len(members)), [KEY]).text


def test_base64_of_reads_that_are_no_text_holds_no_key() -> None:
    clean = scrubbed(response(b"\xff" + KEY.encode() + b"\xe9 " + base64.b64encode(KEY.encode()), size=30), [KEY])
    stored = json.dumps(dump_exchange(clean))
    kept = [each["base64"] for _, each in json.loads(stored)["reads"] if isinstance(each, dict) and "base64" in each]
    assert KEY.encode() not in b"".join(map(base64.b64decode, kept))
