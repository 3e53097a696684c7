"""Reports in Chinese, and what stays English for programs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.judgement.verdict import Verdict
from conformance.language import Said, say, speaking
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


@pytest.mark.parametrize("form", ["json", "junit", "sarif", "code-quality", "badge", "shield", "github"])
def test_what_programs_read_is_the_same_in_every_language(faulty: Report, form: str) -> None:
    english = RENDERERS[form](with_sentence(faulty))
    with speaking("zh"):
        assert RENDERERS[form](with_sentence(faulty)) == english


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
