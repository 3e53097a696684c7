"""What the commands print and write in Chinese about an endpoint that fails has no sentence in English."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from tests.audit.traffic import WRONG, line
from tests.support.commands import cli, environment

FAULTS = ("prompt-minus-one", "id-missing", "stream-as-text", "finish-reason-invented", "billing-prompt-without-cache")
BROKEN = tuple(word for fault in FAULTS for word in ("--fault", fault))
SELECTED = "usage,framing,completion,errors,caching.hits_are_reported"
SHEET = 'currency = "USD"\n[models."reference-claude"]\ninput = 3\noutput = 15\n'
JSON = ("sarif", "code-quality")  #: formats of reports
SERVERLESS = "http://127.0.0.1:9/v1"  #: the port of discard, where nothing listens

#: What is the same in every language: commands, addresses, quotations, code, and what Markdown and shells set apart.
_SAME = re.compile(
    r"phanedge-conformance .*|curl .*|https?:\S*|\S*/\S*|`[^`]*`|\"[^\"]*\"|'[^']*'|“[^”]*”"
    r"|\S*[_\\.=]\S*|[<{][^<>{}]*[>}]"
)
#: Two words of English after each other.
_ENGLISH = re.compile(r"(?<![\w-])[A-Za-z]?[a-z]+ [a-z]{2,}(?![\w-])")
_CODE = re.compile(r"^```.*?^```$|<(style|script|pre|template)\b.*?</\1>|<code>.*?</code>", re.DOTALL | re.MULTILINE)


def english(text: str) -> list[str]:
    """The lines of a text in Chinese that have a sentence in English."""
    lines = unescape(re.sub(r"<[^<>]+>", "\n", _CODE.sub("", text))).splitlines()
    return [line for line in lines if _ENGLISH.search(_SAME.sub("", line))]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("门禁：通过", False),
        ("usage.total_tokens 为 3", False),
        ("? inconclusive: the reply has no usage", True),
        ("费用: undercharges 0.000048 USD", False),
        ("费用：undercharges by far", True),
        ("用法见 phanedge-conformance run --help and so on", False),
    ],
)
def test_english_is_found(line: str, found: bool) -> None:
    assert bool(english(line)) == found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of a broken endpoint, one of a conforming one, a baseline and a price sheet."""
    made = tmp_path_factory.mktemp("chinese")
    (made / "prices.toml").write_text(SHEET, encoding="utf-8")
    for out, more in (("broken", BROKEN), ("whole", ())):
        words = ("run", "--select", SELECTED, "--workers", "0", "--prices", "prices.toml", "--out", out, *more)
        assert chinese(made, *words, "-v") == []
    assert chinese(made, "baseline", "--from", "broken", "--owner", "billing") == []
    return made


def chinese(folder: Path, *words: str) -> list[str]:
    """The lines in English of what a command prints in Chinese."""
    ended = cli(*words, folder=folder, variables=environment() | {"LANGUAGE": "zh"})
    assert "Traceback" not in ended.output, ended.output
    form = words[-1] if words[0] == "render" else ""
    text = json.dumps(json.loads(ended.output), ensure_ascii=False, indent=1) if form in JSON else ended.output
    return english(text)


@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "junit", "github", "sarif", "code-quality"])
@pytest.mark.parametrize("run", ["broken", "whole"])
def test_a_report(folder: Path, run: str, form: str) -> None:
    assert chinese(folder, "render", run, "--format", form) == []


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "whole", "broken"),
        ("diff", "broken", "whole", "--format", "markdown"),
        ("run", "--select", SELECTED, "--workers", "0", "--baseline", "baseline.toml", "--out", "held", "-v"),
        ("run", "--base-url", SERVERLESS, "--model", "gpt-4o", "--workers", "0", "--out", "refused"),
        ("plan", "--base-url", SERVERLESS, "--model", "gpt-4o", "--prices", "prices.toml"),
        ("replay", "completion.id", "broken", "--send"),
        ("bundle", "broken"),
        ("explain", "usage.prompt_tokens.covers_cache"),
        ("catalogue", "--area", "usage"),
        ("features",),
        ("prove", "choices.as_many_as_asked"),
    ],
    ids=lambda words: words[0],
)
def test_a_command(folder: Path, words: tuple[str, ...]) -> None:
    assert chinese(folder, *words) == []


#: Records that no adapter reads.
UNREAD: tuple[object, ...] = (
    7, "text", [1], {}, {"a": 1}, {"format": "exchange-9"}, {"custom_id": "1", "body": {}},
    {"object": "chat.completion"},
    {"object": "response"}, {"resourceMetrics": []}, {"traceId": "1", "startTime": "2"}, {"messages": []},
)  # fmt: skip
BILL = b"group,tokens,amount\nreference-claude,3,1.5\n"


def test_an_audit(folder: Path) -> None:
    """What is told of traffic: violations, records that cannot be read, an invoice, and files that are damaged."""
    records = [json.dumps(each).encode() for each in UNREAD] + [b"{", b"not JSON"]
    for name, data in (
        ("it.jsonl", b"\n".join([*records, line(WRONG), line(WRONG, status=[1])]) + b"\n"),
        ("half.jsonl.gz", b"\x1f\x8b\x08"),
        ("bill.csv", BILL), ("bad.csv", b"group,tokens\nx,many\n"), ("no.csv", b"a,b\n1,2\n"),
        ("none.csv", b"group\n1\n"),
    ):  # fmt: skip
        (folder / name).write_bytes(data)
    words = ("audit", "it.jsonl", "half.jsonl.gz", "--workers", "0", "--out", "audited", "--prices", "prices.toml")
    assert chinese(folder, *words, "--select", "usage", "--invoice", "bill.csv", "--max-unreadable", "1", "-v") == []
    for form in ("terminal", "markdown", "html", "junit", "github", "sarif", "code-quality"):
        assert chinese(folder, "render", "audited", "--format", form) == [], form
    assert chinese(folder, *words, "--select", "usage") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--invoice", "bad.csv"), ("--invoice", "no.csv"), ("--invoice", "none.csv"), ("--invoice", "nowhere.csv"),
        ("--invoice", "half.jsonl.gz"), ("--resume", "--out", "nowhere"), ("--out", "broken"), ("--engine", "spark"),
        ("--max-rate", "usage"), ("--sample", "3"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_of_an_audit(folder: Path, words: tuple[str, ...]) -> None:
    (folder / "broken/shards").mkdir(exist_ok=True)
    (folder / "broken/shards/mine.txt").touch()
    assert chinese(folder, "audit", "it.jsonl", "--workers", "0", *words) == []


def test_a_first_configuration(tmp_path: Path) -> None:
    assert chinese(tmp_path, "init") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--help",), ("run", "--help"), ("replay", "--help"), ("run", "--nosuch"), ("nosuch",), ("explain",),
        ("run", "--max-requests", "many"), ("run", "--select", "nope"), ("run", "--without", "chatn"),
        ("run", "--fault", "zzz"), ("run", "--model", "x"), ("run", "--base-url", "ftp://x", "--model", "x"),
        ("run", "--base-url", "https://x"), ("run", "--gate", "zz"), ("run", "--max-cost", "3"), ("run", "-q", "-v"),
        ("explain", "nope.nope"), ("diff", "broken", "nowhere"), ("judge", "nowhere"), ("run", "--resume", "nowhere"),
        ("run", "--prices", "baseline.toml"), ("run", "--baseline", "prices.toml"), ("run", "--config", "nowhere"),
        ("judge", "prices.toml"), ("baseline",), ("replay", "completion.idd", "broken"), ("run", "--revision", "1999"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_and_help(folder: Path, words: tuple[str, ...]) -> None:
    assert chinese(folder, *words) == []
