"""Annotations of GitHub: each line is one command, whatever the endpoint said."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.language import speaking
from conformance.report.render import RENDERERS
from conformance.report.report import Report

_LINE = re.compile(r"::(error|warning) title=[^:,\n]+::[^\n]+")


def lines_of(report: Report) -> list[str]:
    return RENDERERS["github"](report).splitlines()


def test_red_comes_first(report: Report) -> None:
    lines = lines_of(report)
    assert lines[0].startswith("::error title=Conformance::violates: 2 of")
    assert lines[1].startswith("::error title=MUST cache.write_total (billing)::claude-sonnet-4.5: cached_write_tokens")
    assert "%0ARemedy: Tag the field omitempty" in lines[1]
    kinds = [line.split()[0] for line in lines]
    assert kinds == sorted(kinds)
    assert {"::error", "::warning"} == set(kinds)


@pytest.mark.parametrize("name", ["report", "hostile", "unjudged", "faulty", "vain", "cut"])
def test_each_line_is_one_command(name: str, request: pytest.FixtureRequest) -> None:
    lines = lines_of(request.getfixturevalue(name))
    assert 0 < len(lines) <= 10
    assert all(_LINE.fullmatch(line) for line in lines)
    assert not [line for line in lines if re.search(r"##\w*\[|::\w", line.split("::", 2)[2])]


def test_in_chinese_there_are_as_many_of_each_kind(report: Report) -> None:
    red = report.failing[0]
    many = replace(report, entries=tuple(replace(red, id=f"cache.number_{number}") for number in range(68)))
    for each in (report, many):
        with speaking("zh"):
            chinese = lines_of(each)
        assert all(_LINE.fullmatch(line) for line in chinese)
        assert [line.split()[0] for line in chinese] == [line.split()[0] for line in lines_of(each)]
    assert chinese[-1] == "::error title=一致性::报告中还有 60 项检查结果"


def test_what_conforms_has_no_error(conforming: Report) -> None:
    assert lines_of(conforming)[0].startswith("::notice title=Conformance::conforms")
    assert not [line for line in lines_of(conforming) if line.startswith("::error")]


def test_what_could_not_be_judged_is_an_error(unjudged: Report) -> None:
    assert lines_of(unjudged)[0].startswith("::error title=Conformance::could not judge: ")


def test_ten_at_most(report: Report) -> None:
    """The last one counts the others, and is an error where one of them is."""
    red = report.failing[0]
    many = replace(report, entries=tuple(replace(red, id=f"cache.number_{number}") for number in range(68)))
    lines = lines_of(many)
    assert len(lines) == 10
    assert lines[-1] == "::error title=Conformance::60 more findings are in the report"
