"""Sentences with their parts, the language of the environment, and commands in Chinese."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence.exchange import Inconclusive
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import Said, hearing, joined, of_environment, of_parts, parts_of, say, speaking, told
from conformance.pytest_plugin.outcomes import pack, unpack
from tests.support.commands import cli, environment


def test_a_sentence_is_its_english_text() -> None:
    sentence = say("{number:,} of {word!r:.3}{_s}", 1234, "words", "s")
    assert sentence == "1,234 of 'wos"
    assert json.dumps(sentence) == json.dumps(str(sentence))
    assert sentence.values == {"number": "1,234", "word": "'wo", "_s": "s"}


@pytest.mark.parametrize("values", [(), ("a", "b")])
def test_values_too_many_or_too_few_are_refused(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="argument"):
        say("{one}", *values)


def test_braces_in_values_are_no_placeholders() -> None:
    assert say("{text}", "{0.__class__}{") == "{0.__class__}{"


def test_sentences_nest_and_are_translated_within() -> None:
    inner = say("the stream broke off")
    outer = joined("; ", ("{plain}", say("{request}: {reason}", "“one”", inner)))
    assert outer == "{plain}; “one”: the stream broke off"
    with speaking("zh"):
        assert told(outer) == "{plain}；“one”：流中断"
        assert told("the stream broke off") == "the stream broke off", "no sentence, but what an endpoint said"


def test_an_error_keeps_its_sentence() -> None:
    assert isinstance(str(Inconclusive(say("the stream broke off"))), Said)


def test_parts_are_json_and_back() -> None:
    sentence = say("{request}: {reason}", "one", say("the stream broke off"))
    again = of_parts(json.loads(json.dumps(parts_of(sentence))))
    assert (again, again.template, again.values) == (sentence, sentence.template, sentence.values)
    assert pickle.loads(pickle.dumps(sentence)).values == sentence.values


@pytest.mark.parametrize(
    "value", [{}, {"template": "{a}", "values": {}}, {"template": "{", "values": {}}, {"template": 1}]
)
def test_what_is_no_sentence_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        of_parts(value)


def test_a_sentence_is_heard_where_its_kind_is_lost() -> None:
    with hearing() as heard:
        text = f"{say('the stream broke off')}"
        assert isinstance(heard[text], Said)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LANGUAGE": "fr:zh_CN:en", "LC_ALL": "en_US.UTF-8"}, "zh"),
        ({"LANGUAGE": "", "LANG": "zh-Hans"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_environment_asks_for_a_language(environment: dict[str, str], language: str) -> None:
    assert of_environment(environment) == language


def finding(message: str) -> Finding:
    return Finding("usage.total_tokens", "gpt-4o", Verdict.FAIL, message, 1, ("key",))


def test_a_worker_hands_sentences_over() -> None:
    found = finding(say("{name} absent", "usage"))
    assert pack(unpack(json.loads(json.dumps(pack(found))))) == pack(found)
    assert isinstance(unpack(pack(found)).message, Said)


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("--language", "zh"), {}),
        (("--language=zh",), {}),
        ((), {"PHANEDGE_CONFORMANCE_LANGUAGE": "zh"}),
        ((), {"LANGUAGE": "", "LC_ALL": "zh_CN.UTF-8"}),
    ],
)
def test_a_command_speaks_the_language_that_is_asked_for(
    words: tuple[str, ...], variables: dict[str, str], tmp_path: Path
) -> None:
    explained = cli("explain", "usage.total_tokens", *words, folder=tmp_path, variables=environment() | variables)
    assert "端点必须" in explained.output
    assert "按 PhanEdge 的契约" in cli("--help", folder=tmp_path, variables=environment() | {"LANGUAGE": "zh"}).output


def test_a_language_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    ended = cli("explain", "usage.total_tokens", "--language", "fr", folder=tmp_path)
    assert (ended.exit_code, "only en and zh" in ended.output) == (2, True)


def test_a_run_in_chinese_has_the_same_json(tmp_path: Path) -> None:
    judged = ("run", "--select", "usage", "--fault", "billing-prompt-without-cache", "--workers", "0", "-v")
    english = cli(*judged, "--out", "english", folder=tmp_path)
    chinese = cli(*judged, "--out", "chinese", "--language", "zh", folder=tmp_path)
    assert english.exit_code == chinese.exit_code == 1
    assert "端点必须" in chinese.output
    assert "端点" not in english.output
    told = [
        json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8")) for name in ("english", "chinese")
    ]
    assert told[0]["conclusion"] == told[1]["conclusion"]
    said = [[(each["message"], each.get("said", {}).get("template")) for each in findings_of(one)] for one in told]
    assert said[0] == said[1]
    assert any(template and template != message for message, template in said[0])
    page = (tmp_path / "chinese" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    assert "提示词" in page


def findings_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for entry in report["entries"] for each in entry["findings"] if each["verdict"] == "fail"]
