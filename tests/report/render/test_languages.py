"""Reports in Chinese, and what stays English for programs."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from conformance.evidence.failure import Failure
from conformance.judgement.unanswered import Unanswered
from conformance.judgement.verdict import Verdict
from conformance.language import Said, say, speaking, told
from conformance.report.render import RENDERERS
from conformance.report.render.words import reason
from conformance.report.report import Report
from conformance.report.report_json import dump_report, load_report


def with_sentence(report: Report) -> Report:
    first = report.failing[0]
    said = replace(first.findings[0], message=say("{name} absent", "usage <b>"), verdict=Verdict.FAIL)
    entries = [replace(each, findings=(said, *each.findings[1:])) if each is first else each for each in report.entries]
    return replace(report, entries=tuple(entries))


def test_a_report_keeps_sentences(faulty: Report) -> None:
    report = with_sentence(faulty)
    again = load_report(json.loads(json.dumps(dump_report(report))))
    assert again.failing[0].findings[0].message == "usage <b> absent"
    assert isinstance(again.failing[0].findings[0].message, Said)


def test_a_template_that_does_not_give_the_message_is_left_out(faulty: Report) -> None:
    value = json.loads(json.dumps(dump_report(with_sentence(faulty))))
    said = [each for entry in value["entries"] for each in entry["findings"] if each["message"] == "usage <b> absent"]
    said[0]["said"]["values"]["name"] = "another"
    message = load_report(value).failing[0].findings[0].message
    assert (message, type(message)) == ("usage <b> absent", str)


def test_a_report_in_chinese(faulty: Report) -> None:
    with speaking("zh"):
        page, comment, terminal = (RENDERERS[name](with_sentence(faulty)) for name in ("html", "markdown", "terminal"))
    assert '<html lang="zh">' in page
    assert "usage &lt;b&gt; 缺失" in page
    for text in (page, comment, terminal):
        assert "缺失" in text
        assert "修复建议" in text


@pytest.mark.parametrize("form", ["json", "badge", "shield"])
def test_what_programs_read_is_the_same_in_every_language(faulty: Report, form: str) -> None:
    english = RENDERERS[form](with_sentence(faulty))
    with speaking("zh"):
        assert RENDERERS[form](with_sentence(faulty)) == english


@pytest.mark.parametrize("form", ["sarif", "code-quality", "github"])
def test_what_servers_show_to_people_is_translated_and_keeps_its_names(faulty: Report, form: str) -> None:
    report = with_sentence(faulty)
    english = RENDERERS[form](report)
    with speaking("zh"):
        chinese = RENDERERS[form](report)
    if form != "github":
        english, chinese = (json.dumps(json.loads(each), ensure_ascii=False) for each in (english, chinese))
    assert "缺失" in chinese
    names = r"[a-z_0-9]+\.[a-z_0-9.]+[a-z]|[0-9a-f]{64}|::(?:error|warning)|%0A"
    assert Counter(re.findall(names, chinese)) == Counter(re.findall(names, english))


def test_junit_has_the_same_names_in_every_language_and_text_for_people(faulty: Report) -> None:
    english = fromstring(RENDERERS["junit"](with_sentence(faulty)))
    with speaking("zh"):
        chinese = fromstring(RENDERERS["junit"](with_sentence(faulty)))
    named = [
        [(each.tag, each.get("name"), each.get("classname"), each.get("type")) for each in tree.iter()]
        for tree in (english, chinese)
    ]
    assert named[0] == named[1]
    failure = next(chinese.iter("failure"))
    assert failure.get("message") == "usage <b> 缺失"
    assert "修复建议：" in (failure.text or "")


def test_sentences_beside_findings_are_kept_in_json_and_told(faulty: Report) -> None:
    silent = Unanswered("key", "plain", "gpt-4o", str(Failure("timeout", "no answer in time (60 s of silence)")), 2)
    cut = say("the run was broken off before everything was judged")
    report = replace(faulty, unanswered=(silent,), unjudged=cut)
    value = json.loads(json.dumps(dump_report(report)))
    assert value["unjudged"] == cut
    assert value["unanswered"][0]["outcome"] == "timeout: no answer in time (60 s of silence)"
    again = load_report(value)
    assert again == report
    with speaking("zh"):
        assert told(again.unjudged) == "运行在全部判定之前中断"
        assert told(str(again.unanswered[0])) == "gpt-4o 上的 plain（超时：未按时响应（静默 60 s），请求了 2 次）"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("the run has no error response; seen instead: 200, 404", "the run has no error response"),
        ("本次运行没有错误响应；见到的是：200", "本次运行没有错误响应"),
        ("connection refused: a; b: c", "connection refused"),
        ("a; b; c: d (and 5 more exchanges)", "a; b"),
        ("not sent", "not sent"),
    ],
)
def test_a_reason_is_told_without_what_differs(message: str, told: str) -> None:
    assert reason(message) == told
