"""`run` with several endpoints of one configuration file: a report with a column each, one exit code, limits that are
those of all, and keys that stay apart."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.commands import member
from conformance.commands.endpoints import Member
from conformance.commands.together import _foreign
from conformance.contract.faults import put
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.report.together import Column, Together
from conformance.resources import mistake
from conformance.settings.settings import Settings
from tests.support.commands import Ended, cli, environment, report_in

ID = "usage.total_tokens.sum_of"
OURS, THEIRS = "sk-ours-7Qm2xR9vLw4TzKc8", "sk-theirs-Jd5Hn1PyB6gFsUe3"
KEYS = {"OURS_API_KEY": OURS, "THEIRS_API_KEY": THEIRS}
CLOSED = "http://127.0.0.1:9/v1"
OUT = Path("reports", "endpoints")


class Accepted(set[str]):
    """The keys of an endpoint, which remembers those it was shown."""

    def __init__(self, *keys: str) -> None:
        super().__init__(keys)
        self.seen: set[str] = set()

    def __contains__(self, token: object) -> bool:
        self.seen.add(str(token))
        return super().__contains__(token)


@dataclass
class Served:
    """The reference endpoint on loopback. It accepts one key; `change` is what it does to replies."""

    key: str
    change: Any = None
    url: str = ""
    times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = Accepted(self.key)
        self._answer = Endpoint().answer

    def answer(self, request: Request) -> Exchange:
        self.times.append(time.monotonic())
        exchange = self._answer(request)
        return self.change(exchange) if self.change and exchange.succeeded else exchange


@pytest.fixture
def two() -> Iterator[tuple[Served, Served]]:
    """One that conforms, and one that counts wrongly."""
    ours, theirs = Served(OURS), Served(THEIRS, put("usage.total_tokens", 7))
    with serving(ours.answer, keys=ours.keys) as one, serving(theirs.answer, keys=theirs.keys) as other:
        ours.url, theirs.url = one, other
        yield ours, theirs


def table(name: str, url: str, *more: str, variable: str = "") -> str:
    key = [f'api-key-variable = "{variable or name.upper() + "_API_KEY"}"']
    return "\n".join(
        ["[[endpoints]]", f'name = "{name}"', f'base-url = "{url}"', 'model = ["reference-gpt"]', *key, *more]
    )


def write(folder: Path, *tables: str, top: str = "") -> None:
    text = "\n\n".join([f'select = ["{ID}"]\n{top}', *tables])
    (folder / "phanedge-conformance.toml").write_text(text, encoding="utf-8")


def run(folder: Path, *words: str, command: str = "run", **more: str) -> Ended:
    return cli(command, *words, folder=folder, variables=environment() | KEYS | more)


# --- the report -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Ended, Served, Served]]:
    """A run on one endpoint that conforms, one with a fault, and a closed port."""
    folder = tmp_path_factory.mktemp("together")
    ours, theirs = Served(OURS), Served(THEIRS, put("usage.total_tokens", 7))
    with serving(ours.answer, keys=ours.keys) as one, serving(theirs.answer, keys=theirs.keys) as other:
        write(folder, table("ours", one), table("theirs", other), table("closed", CLOSED))
        yield folder, run(folder), ours, theirs


def test_one_report_and_one_exit_code(judged: tuple[Path, Ended, Served, Served]) -> None:
    folder, ended, *_ = judged
    assert ended.exit_code == 1, ended.output
    assert ended.output.splitlines()[-1] == "VIOLATES: theirs; could not judge: closed; conforms: ours"
    report = report_in(folder / OUT)
    assert not mistake(report, "endpoints")
    assert [each["exit_code"] for each in report["endpoints"]] == [0, 1, 3]
    (row,) = [each for each in report["requirements"] if each["id"] == ID]
    assert row["verdicts"] == {"ours": "pass", "theirs": "fail", "closed": None}
    for name, code in (("ours", 0), ("theirs", 1), ("closed", 3)):
        assert report_in(folder / OUT / name)["exit_code"] == code
    assert "Connection refused" in report["endpoints"][2]["conclusion"]


def test_every_form_has_a_column_each(judged: tuple[Path, Ended, Served, Served]) -> None:
    folder, ended, *_ = judged
    assert re.search(rf"^{re.escape(ID)} MUST +✓ pass +✗ fail +–$", ended.output, re.M), ended.output
    assert re.search(r"^verdict +conforms +violates +could not judge$", ended.output, re.M), ended.output
    text = (folder / OUT / "report.md").read_text(encoding="utf-8")
    assert f"| `{ID}` | MUST | ✓ pass | ✗ fail | – |" in text
    page = (folder / OUT / "report.html").read_text(encoding="utf-8")
    for name in ("ours", "theirs", "closed"):
        assert f'<a href="{name}/report.html">{name}</a>' in page
        assert (folder / OUT / name / "report.html").is_file()
    assert f'href="theirs/report.html#{ID}"' in page
    assert f'id="{ID}"' in (folder / OUT / "theirs" / "report.html").read_text(encoding="utf-8")
    suites = ElementTree.parse(folder / OUT / "junit.xml").getroot()
    bad = {each.get("name"): (each.get("failures"), each.get("errors")) for each in suites}
    assert bad["ours: reference-gpt"] == ("0", "0")
    assert bad["theirs: reference-gpt"] == ("1", "0")
    assert bad["closed: endpoint"] == ("0", "1")


def test_the_folder_of_all_is_not_that_of_a_run(judged: tuple[Path, Ended, Served, Served]) -> None:
    folder, *_ = judged
    ended = cli("judge", OUT, folder=folder)
    assert (ended.exit_code, "has the runs of several endpoints: name the folder of one" in ended.output) == (2, True)
    ended = cli("render", OUT, "--format", "markdown", folder=folder)
    assert "it is a report on several endpoints: name the folder of one of them" in ended.output


def test_a_key_goes_to_its_own_endpoint_only(judged: tuple[Path, Ended, Served, Served]) -> None:
    folder, _, ours, theirs = judged
    assert THEIRS not in ours.keys.seen
    assert OURS not in theirs.keys.seen
    assert (OURS in ours.keys.seen, THEIRS in theirs.keys.seen) == (True, True)
    for path in (each for each in folder.rglob("*") if each.is_file()):
        assert not re.search(f"{OURS}|{THEIRS}".encode(), path.read_bytes()), path


def test_the_process_of_an_endpoint_has_no_other_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setattr(member, "_BEGIN", "import os, sys; sys.stderr.write(repr(dict(os.environ)))")
    said = (tmp_path / "said").open("wb")
    with said, member.start(Settings.of({}), "en", ["THEIRS_API_KEY"], [], said) as process:
        assert process.wait(30) == 0
    assert OURS in (tmp_path / "said").read_text()
    assert THEIRS not in (tmp_path / "said").read_text()


def test_a_process_that_ends_before_it_knows_its_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def after_its_end(task: object) -> str:
        time.sleep(0.5)
        return str(task)

    monkeypatch.setattr(member, "_BEGIN", "import os; os._exit(9)")
    monkeypatch.setattr("json.dumps", after_its_end)
    with (tmp_path / "said").open("wb") as said, member.start(Settings.of({}), "en", [], [], said) as process:
        assert process.wait(30) == 9
        assert process.stdin
        process.stdin.close()  # as for every process that has ended


def test_what_is_a_key_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OURS_API_KEY", "THEIRS_API_KEY", "OPENAI_API_KEY", "OTHER"):
        monkeypatch.setenv(name, "x")
    ours, theirs = (
        Member(name, Settings.of({"api_key_variable": f"{name.upper()}_API_KEY"})) for name in ("ours", "theirs")
    )
    found = _foreign(ours, [ours, theirs])
    assert {"THEIRS_API_KEY", "OPENAI_API_KEY"} <= set(found)
    assert not {"OURS_API_KEY", "OTHER"} & set(found)


def test_a_key_that_another_endpoint_shows_is_removed(tmp_path: Path) -> None:
    ours = Served(OURS, put("usage.total_tokens", THEIRS))
    with serving(ours.answer, keys=ours.keys) as one:
        write(tmp_path, table("ours", one), table("theirs", CLOSED))
        ended = run(tmp_path)
    assert ended.exit_code in (1, 3)
    assert "a secret of this run stood in" in report_in(tmp_path / OUT / "ours")["unjudged"]
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        assert THEIRS.encode() not in path.read_bytes(), path
    assert THEIRS not in ended.output


# --- limits -----------------------------------------------------------------------------------------------------


def test_the_rate_is_that_of_all(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url), top="rate = 400")
    assert run(tmp_path).exit_code == 1
    times = sorted(ours.times + theirs.times)
    assert min(len(ours.times), len(theirs.times)) > 1
    lasted, apart = times[-1] - times[0], max(len(ours.times), len(theirs.times))
    assert lasted > 0.15 * (len(times) - 1) - 0.5, times  # less what the way to the server may differ
    assert 0.15 * (len(times) - 1) - 0.5 > 0.15 * (apart - 1), "which is what they would take each by itself"


def test_what_all_may_cost(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    theirs.change = lambda exchange: _after(ours, exchange)
    write(tmp_path, table("ours", ours.url, "max-requests = 1"), table("theirs", theirs.url), top="max-requests = 4")
    ended = run(tmp_path)
    assert ended.exit_code == 3, ended.output
    assert len(ours.times) == 1
    assert len(ours.times + theirs.times) <= 4
    conclusions = [each["conclusion"] for each in report_in(tmp_path / OUT)["endpoints"]]
    assert "--max-requests 1 is used up" in conclusions[0]
    assert "the limit of all endpoints together" not in conclusions[0]
    assert "--max-requests 4 is used up, which is the limit of all endpoints together" in conclusions[1]
    assert "COULD NOT JUDGE: ours, theirs" in ended.output
    assert json.loads((tmp_path / OUT / "spent.json").read_text())["requests"] == len(ours.times + theirs.times)


def _after(other: Served, exchange: Exchange) -> Exchange:
    """A reply that comes when the other endpoint was sent something, too."""
    until = time.monotonic() + 30
    while not other.times and time.monotonic() < until:
        time.sleep(0.01)
    return exchange


def test_money_is_counted_for_all(tmp_path: Path, two: tuple[Served, Served]) -> None:
    models = '[[endpoints.models]]\nname = "reference-gpt"\nprices = { input = 100000, output = 100000 }'
    tables = [table(name, each.url, models) for name, each in zip(("ours", "theirs"), two, strict=True)]
    tables = [each.replace('model = ["reference-gpt"]\n', "") for each in tables]
    write(tmp_path, *tables, top='max-cost = "20"\ncurrency = "USD"')
    ended = run(tmp_path)
    assert "--max-cost 20 could be exceeded, which is the limit of all endpoints together" in ended.output
    assert 0 < float(json.loads((tmp_path / OUT / "spent.json").read_text())["cost"]) <= 20
    write(
        tmp_path,
        tables[0],
        tables[1].replace("prices = { input = 100000, output = 100000 }", ""),
        top='max-cost = "20"\ncurrency = "USD"',
    )
    ended = run(tmp_path)
    assert ended.exit_code == 2
    assert "--max-cost is that of all endpoints, and endpoints.theirs has no price of reference-gpt" in ended.output


def test_a_deadline_ends_all(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    theirs.change = None
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url), top="rate = 6\ndeadline = 4")
    began = time.monotonic()
    ended = run(tmp_path)
    assert time.monotonic() - began < 36
    assert ended.exit_code == 3, ended.output
    assert "(--deadline)" in ended.output


# --- going on ---------------------------------------------------------------------------------------------------


def started(folder: Path, *endpoints: Served) -> subprocess.Popen[str]:
    """A run that has sent something to each endpoint."""
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "run"], cwd=folder, env=environment() | KEYS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not all(each.times for each in endpoints) and time.monotonic() < until:
        time.sleep(0.05)
    return process


def test_an_interrupted_run_is_resumed(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url), top="rate = 90")
    process = started(tmp_path, ours, theirs)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode in (1, 3), said
    assert "the run was broken off" in said
    before = len(ours.times + theirs.times)
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url))
    ended = run(tmp_path, "--resume", str(OUT))
    assert ended.exit_code == 1, ended.output
    assert ended.output.splitlines()[-1] == "VIOLATES: theirs; conforms: ours"
    sent = [len(ours.times), len(theirs.times)]
    assert sum(sent) > before
    assert run(tmp_path, "--resume", str(OUT)).exit_code == 1
    assert [len(ours.times), len(theirs.times)] == sent, "all was sent before"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the processes")
def test_a_run_that_is_killed_does_not_take_others_with_it(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url), top="rate = 200")
    process = started(tmp_path, ours, theirs)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(min(map(int, children)), signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 1, said
    assert "ours: could not be judged: its run ended with exit code -9: it wrote no report" in said
    assert said.splitlines()[-1] == "VIOLATES: theirs; could not judge: ours"
    suites = ElementTree.parse(tmp_path / OUT / "junit.xml").getroot()
    assert {each.get("name"): each.get("errors") for each in suites}["ours: endpoint"] == "1"


def test_no_process_goes_on_alone(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url), top="rate = 90")
    process = started(tmp_path, ours, theirs)
    process.kill()
    process.communicate(timeout=60)
    until = time.monotonic() + 60
    while not (tmp_path / OUT / "ours" / "report.json").exists() and time.monotonic() < until:
        time.sleep(0.05)
    sent = len(ours.times)
    time.sleep(1.0)
    assert len(ours.times) == sent


def test_an_earlier_report_is_none_of_this_run(judged: tuple[Path, Ended, Served, Served], tmp_path: Path) -> None:
    folder = shutil.copytree(judged[0], tmp_path / "again")
    ended = run(folder, PYTHONPATH=str(_breaking(folder)))
    assert ended.exit_code == 3, ended.output
    assert "its run ended with exit code" in ended.output
    suites = ElementTree.parse(folder / OUT / "junit.xml").getroot()
    assert suites.get("errors") == "3"


def _breaking(folder: Path) -> Path:
    """A folder of modules with which no new interpreter begins."""
    (folder / "broken").mkdir()
    (folder / "broken" / "sitecustomize.py").write_text("import os; os._exit(9)")
    return folder / "broken"


def test_each_endpoint_has_a_history(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    write(tmp_path, table("ours", ours.url), table("theirs", theirs.url), top='history = "nights"')
    for _ in range(2):
        assert run(tmp_path).exit_code == 1
    for name in ("ours", "theirs"):
        assert len([each for each in (tmp_path / "nights" / name).iterdir() if each.is_dir()]) == 2
    place = report_in(tmp_path / OUT)["endpoints"][0]["folder"]
    assert report_in(tmp_path / OUT / place)["news"]
    assert cli("history", "nights/ours", folder=tmp_path).output.startswith("2 runs in nights/ours")
    alone = run(tmp_path, "--endpoint", "ours")
    assert alone.exit_code == 0, alone.output
    assert "2" in cli("history", "nights/theirs", folder=tmp_path).output.splitlines()[0]


# --- one of them ------------------------------------------------------------------------------------------------


def test_an_endpoint_by_itself(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    write(
        tmp_path, table("ours", ours.url, "max-requests = 900"), table("theirs", theirs.url), top="max-requests = 800"
    )
    ended = run(tmp_path, "--endpoint", "ours", "--no-costly")
    assert ended.exit_code == 0, ended.output
    options = json.loads((tmp_path / OUT / "ours" / "run.json").read_text())["options"]
    assert (options["max-requests"], options["no-costly"]) == (800, True)
    assert not (tmp_path / OUT / "report.json").exists()
    assert not theirs.times
    unknown = run(tmp_path, PHANEDGE_CONFORMANCE_ENDPOINT="ours nobody")
    assert (unknown.exit_code, "there is no 'nobody' in the file" in unknown.output) == (2, True)
    ended = run(tmp_path, "--endpoint", "ours", "--base-url", theirs.url, "--api-key-variable", "THEIRS_API_KEY")
    assert ended.exit_code == 1, "the command line goes before the file"
    assert cli("judge", OUT / "ours", folder=tmp_path).exit_code == 1


def test_the_plan_of_all(tmp_path: Path) -> None:
    write(tmp_path, table("ours", CLOSED), table("theirs", CLOSED))
    ended = run(tmp_path, command="plan")
    assert ended.exit_code == 0, ended.output
    numbers = [int(each) for each in re.findall(r"with all of them at most (\d+) requests", ended.output)]
    assert len(numbers) == 3
    assert numbers[2] == numbers[0] + numbers[1]
    assert "all 2 endpoints together: about" in ended.output


# --- wrong usage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--endpoint", "our"], "--endpoint: there is no 'our' in the file: did you mean ours?"),
        (["--base-url", CLOSED], "--base-url (PHANEDGE_CONFORMANCE_BASE_URL) is an option of one endpoint"),
        (["--model", "m"], "is an option of one endpoint, and the file has 2: choose one with --endpoint, such as"),
        (
            ["--header", "authorization: Bearer x"],
            "--header (PHANEDGE_CONFORMANCE_HEADER) is an option of one endpoint",
        ),
        (["--repeat", "2"], "--repeat (PHANEDGE_CONFORMANCE_REPEAT) is an option of one endpoint"),
        (["--resume", "nowhere"], "nowhere holds no run of several endpoints"),
        (["--max-cost", "2"], "--max-cost is that of all endpoints, and endpoints.ours has no price of reference-gpt"),
        (["--select", "nothing"], "endpoints.ours: "),
    ],
)
def test_a_call_that_cannot_be_meant(tmp_path: Path, words: list[str], said: str) -> None:
    write(tmp_path, table("ours", CLOSED), table("theirs", CLOSED))
    ended = run(tmp_path, *words)
    assert ended.exit_code == 2, ended.output
    assert said in ended.output
    assert len(ended.output.strip().splitlines()) == 2, ended.output
    assert not (tmp_path / "reports").exists()


def test_a_variable_that_is_of_one_endpoint(tmp_path: Path) -> None:
    write(tmp_path, table("ours", CLOSED), table("theirs", CLOSED))
    for name, value in (
        ("BASE_URL", CLOSED),
        ("HEADER", "authorization: Bearer x"),
        ("API_KEY_VARIABLE", "OURS_API_KEY"),
    ):
        ended = run(tmp_path, **{f"PHANEDGE_CONFORMANCE_{name}": value})
        assert ended.exit_code == 2
        assert f"(PHANEDGE_CONFORMANCE_{name}) is an option of one endpoint" in ended.output


def test_one_key_does_not_go_to_several_hosts(tmp_path: Path) -> None:
    lines = [
        table(name, url).rpartition("\n")[0] for name, url in (("ours", CLOSED), ("theirs", "http://127.0.0.2:9/v1"))
    ]
    write(tmp_path, *lines)
    for name, words in (("ours", ()), ("theirs", ("--endpoint", "theirs"))):
        ended = run(tmp_path, *words, PHANEDGE_API_KEY=OURS)
        assert ended.exit_code == 2
        assert (
            f"endpoints.{name} names no api-key-variable, and the key in PHANEDGE_API_KEY would go to" in ended.output
        )


def test_an_endpoint_without_a_file(tmp_path: Path) -> None:
    ended = run(tmp_path, "--endpoint", "ours")
    assert ended.exit_code == 2
    assert "--endpoint: no configuration file with [[endpoints]] was read" in ended.output


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, table("ours", CLOSED), table("theirs", CLOSED), top='out = "out"')
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.md").write_text("mine")
    ended = run(tmp_path)
    assert ended.exit_code == 2
    assert "is the folder of another run: name one for all endpoints" in ended.output
    assert (tmp_path / "out" / "report.md").read_text() == "mine"
    write(tmp_path, table("ours", CLOSED, 'history = "n"'), table("theirs", CLOSED, 'history = "n/."'))
    ended = run(tmp_path)
    assert ended.exit_code == 2
    assert "endpoints.ours and endpoints.theirs have the same history: give each one of its own" in ended.output


def test_a_history_is_that_of_one_endpoint(tmp_path: Path, two: tuple[Served, Served]) -> None:
    ours, theirs = two
    asked = ("run", "--model", "reference-gpt", "--select", ID, "--history", "nights")
    assert cli(*asked, "--base-url", ours.url, folder=tmp_path, key=OURS).exit_code == 0
    ended = cli(*asked, "--base-url", theirs.url, folder=tmp_path, key=THEIRS)
    assert ended.exit_code == 2, ended.output
    assert f"nights holds runs of {ours.url}, and this one would be of {theirs.url}" in ended.output
    assert not theirs.times
    assert cli(*asked, "--base-url", f"{ours.url}/", folder=tmp_path, key=OURS).exit_code == 0


def test_what_was_not_judged_is_not_green() -> None:
    lost = Column("ours", CLOSED, "ours", None, "not started")
    assert Together("1", 0.0, 0.0, (lost,)).exit_code == 3
    assert Together("1", 0.0, 0.0, ()).exit_code == 3
    assert "not started" in lost.conclusion
