"""Who is told the news of a run: once, all that is new, and nothing that is secret. The receivers are real servers."""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apprise.plugins.slack import NotifySlack

from conformance.commands.notify import VARIABLE, notified
from conformance.history.news import news_of, past_of
from conformance.history.night import Night, night_of
from conformance.history.telling import FILE
from conformance.report.render.news import message, subject
from conformance.report.report import Report
from conformance.report.report_json import read_report, write_report
from conformance.settings.errors import SessionError
from tests.history.test_index import name, night, of
from tests.support.commands import cli, environment
from tests.support.receivers import HOST, Web, mailbox, web

SECRET = "hunter2thatnobodymaysee"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web() as receiver:
        monkeypatch.setenv(VARIABLE, f"json://ops:{SECRET}@{HOST}:{receiver.port}/nights")
        yield receiver


def history(folder: Path, letters: str) -> list[Path]:
    """Runs as in test_news, each with its news; the folders of those with a report."""
    nights: list[Night] = []
    made = []
    for day, letter in enumerate(letters, 1):
        report = of(letter, day)
        if report:
            report = replace(report, news=news_of(past_of(nights), report))
            nights.append(night_of(report, name(day)))
        place = night(folder / "nights", day, report)
        made += [place] if report else []
    return made


def report_in(run: Path) -> Report:
    return read_report(run / "report.json")


def failure(folder: Path) -> tuple[str, int]:
    """What is said where somebody was not told, and the exit code."""
    with pytest.raises(SessionError) as ended:
        notified(folder)
    assert SECRET not in str(ended.value)
    return str(ended.value), ended.value.exit_code


def test_the_webhook_gets_the_sentence_and_the_table_once(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".xx.")
    said = [notified(run) for run in (*runs, runs[1], runs[3], tmp_path / "nights")]
    assert said == ["nothing to tell", "1 message sent", "nothing to tell", "1 message sent", *["nothing to tell"] * 3]
    (path, first), (_, second) = hook.accepted
    assert path == "/nights"
    assert (first["title"], first["message"]) == (subject(report_in(runs[1])), message(report_in(runs[1])).strip())
    assert second["message"].count("newly fixed: 1") == 1
    assert (first["type"], second["type"]) == ("failure", "success")


def test_what_a_program_logs_by_itself_stays_as_it_is(tmp_path: Path, hook: Web) -> None:
    loggers = [logging.getLogger(name) for name in ("apprise", "requests", "urllib3")]
    before = [(each.propagate, list(each.handlers)) for each in loggers]
    assert notified(history(tmp_path, ".x")[-1]) == "1 message sent"
    assert [(each.propagate, each.handlers) for each in loggers] == before


def test_slack_gets_text_that_mentions_nobody(tmp_path: Path, hook: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{HOST}:{hook.port}/services")
    monkeypatch.setenv(VARIABLE, "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#nights")
    runs = history(tmp_path, ".x")
    report = report_in(runs[-1])
    (new,) = report.news.new if report.news else ()
    shouted = replace(new, change=replace(new.change, message="<!channel> *is* <https://host|here>"))
    assert report.news
    loud = replace(report, news=replace(report.news, new=(shouted,)))
    monkeypatch.setattr("conformance.commands.notify.report_at", lambda _: loud)
    assert notified(runs[-1]) == "1 message sent"
    ((path, sent),) = hook.accepted
    assert path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert sent["channel"] == "#nights"
    (attached,) = sent["attachments"]
    assert "since the run on" in attached["title"]
    assert "newly violated: 1" in attached["text"]
    assert "channel&gt;" in attached["text"]
    assert "<" not in json.dumps(sent)


def test_mail_has_the_sentence_as_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = history(tmp_path, ".x")
    with mailbox(free_port()) as box:
        monkeypatch.setenv(VARIABLE, f"mailto://example.com:{box.port}?smtp={HOST}&from=a@example.com&to=b@example.com")
        assert notified(runs[-1]) == "1 message sent"
    (mail,) = box.got
    assert mail["subject"] == subject(report_in(runs[-1]))
    assert mail["to"] == "b@example.com"
    body = mail.get_body(("plain",))
    assert body
    for line in message(report_in(runs[-1])).splitlines():
        assert " ".join(line.split()) in " ".join(body.get_content().split())


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_what_was_not_delivered_is_told_again_to_whom_it_was_not(
    tmp_path: Path, hook: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = history(tmp_path, ".xx.")
    with web() as broken:
        both = f"json://{HOST}:{hook.port}/a json://ops:{SECRET}@{HOST}:{broken.port}/b"
        monkeypatch.setenv(VARIABLE, both)
        broken.status = 503
        said, code = failure(runs[1])
        assert said.startswith("not delivered (target 2 (JSON): HTTP 503): run notify again")
        assert code == 3
        assert failure(runs[2])[1] == 3  # the next night, with nothing new
        assert len(hook.accepted) == 1
        assert broken.refused == 2
        broken.status = 200
        assert notified(runs[3]) == "3 messages sent"  # one late, and the news of this night to both
        titles = [subject(report_in(run)) for run in (runs[1], runs[3])]
        assert [each["title"] for _, each in broken.accepted] == titles
        assert [each["title"] for _, each in hook.accepted] == titles


def test_a_night_in_which_nobody_was_told_is_told_with_the_next(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".xx")
    notified(runs[0])
    assert notified(runs[2]) == "1 message sent"
    assert hook.accepted[0][1]["title"] == subject(report_in(runs[1]))


def test_the_first_call_does_not_tell_old_news(tmp_path: Path, hook: Web) -> None:
    assert notified(history(tmp_path, ".x.?.")[-1]) == "nothing to tell"
    assert hook.accepted == []


def test_an_old_run_that_is_named_is_told_alone(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".x.x...")
    assert notified(runs[-1]) == "nothing to tell"
    assert notified(runs[1]) == "1 message sent"
    assert notified(tmp_path / "nights") == "nothing to tell"
    assert [each["title"] for _, each in hook.accepted] == [subject(report_in(runs[1]))]


def test_other_news_of_a_run_that_was_judged_again_is_told(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".x")
    assert notified(runs[1]) == "1 message sent"
    report = report_in(runs[1])
    assert report.news
    write_report(replace(report, news=replace(report.news, outdated=True)), runs[1] / "report.json")
    assert [notified(runs[1]), notified(runs[1])] == ["1 message sent", "nothing to tell"]


def test_what_others_wrote_is_not_taken_for_what_was_told(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".x")
    for text in (
        "{",
        "null",
        "[]",
        "[1]",
        '{"salt": 1}',
        '{"salt": "a", "runs": {"b": 1}}',
        '{"salt": "a", "runs": 3}',
    ):
        (runs[0].parent / FILE).write_text(text)
        assert failure(runs[1])[0].endswith("remove it, and only the last run is told again"), text


def test_nobody_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"json://ops:{SECRET}@{HOST}:{free_port()}/")
    said, code = failure(history(tmp_path, ".x")[-1])
    assert "target 1 (JSON): it could not be reached, or refused" in said
    assert code == 3


def test_no_address_is_kept_or_printed(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".x")
    address = f"json://ops:{SECRET}@{HOST}:{hook.port}/nights"
    variables = environment() | {VARIABLE: address}
    ended = cli("notify", "nights", folder=tmp_path, variables=variables)
    assert (ended.exit_code, ended.output) == (0, "1 message sent\n")
    hook.status = 500
    (runs[0].parent / FILE).unlink()
    ended = cli("notify", runs[-1], folder=tmp_path, variables=variables)
    assert (ended.exit_code, ended.output.count("\n")) == (3, 1)
    assert ended.output.startswith("not delivered (target 1 (JSON): HTTP 500)")
    for text in (ended.output, (runs[0].parent / FILE).read_text()):
        assert SECRET not in text
        assert str(hook.port) not in text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", f"{VARIABLE} is not set"),
        (" \n", f"{VARIABLE} is not set"),
        (f"json://127.0.0.1:9 nothing://ops:{SECRET}@host", f"{VARIABLE}: address 2 of 2 is none that apprise knows"),
        (SECRET, f"{VARIABLE}: address 1 of 1 is none that apprise knows"),
    ],
)
def test_wrong_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    text, code = failure(history(tmp_path, ".x")[-1])
    assert text.startswith(said)
    assert code == 2


def test_an_address_in_the_place_of_the_folder_is_not_repeated(hook: Web) -> None:
    assert failure(Path(f"json://ops:{SECRET}@host")) == (
        f"an address is not given on the command line: {VARIABLE} holds it", 2
    )  # fmt: skip


def test_without_the_extra(tmp_path: Path, hook: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert failure(history(tmp_path, ".x")[-1]) == (
        "to notify, apprise is needed: pip install 'phanedge-conformance[notify]'", 2
    )  # fmt: skip


def test_what_is_no_run_of_a_history(tmp_path: Path, hook: Web) -> None:
    runs = history(tmp_path, ".x?")
    killed = runs[0].parent / name(3)
    for folder in (tmp_path, killed, tmp_path / "absent", runs[0].parent / name(9)):
        said, code = failure(folder)
        assert str(folder) in said
        assert code in (2, 3)
    night(runs[0].parent, 4, of("x", 4))
    assert "has no news: it was not run with --history" in failure(runs[0].parent / name(4))[0]
    assert hook.accepted == []
