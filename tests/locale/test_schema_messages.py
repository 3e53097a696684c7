"""What a clause of a schema finds is said in Chinese: each kind of violation, and the sums of billing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from conformance.contract.mutations import break_relation, example, mutations
from conformance.contract.schema import Clause, clauses, observe
from conformance.language import Said, speaking, told
from tests.contract.test_schema_clauses import CLAUSES, mutated

#: Two words of English; the names of members have none beside each other.
ENGLISH = re.compile(r"(?<![\w.\"'])[a-z]{2,} [a-z]{2,}(?![\w.\"'])")


def violations(root: str, clause: Clause) -> Iterator[str]:
    broken = [mutated(example(root), *each) for each in mutations(clause)]
    if clause.relation:
        broken.append(example(root))
        break_relation(clause, broken[-1])
    for document in broken:
        yield from observe(clause, [document]).violations


def test_everything_that_a_clause_says_is_chinese() -> None:
    for root, clause in CLAUSES:
        for said in violations(root, clause):
            assert isinstance(said, Said)
            with speaking("zh"):
                assert re.search("[\u4e00-\u9fff]", told(said)), said
                assert not ENGLISH.search(told(said)), said


@pytest.mark.parametrize(
    ("id", "usage", "told_in_chinese"),
    [
        (
            "usage.prompt_tokens.covers_cache",
            {"prompt_tokens": 465, "prompt_tokens_details": {"cached_tokens": 11944, "cached_write_tokens": 46109}},
            "usage 的 prompt_tokens 为 465，应至少为 58053（cached_tokens 11944 + cached_write_tokens 46109）",
        ),
        (
            "usage.total_tokens.sum_of",
            {"prompt_tokens": 9, "total_tokens": 10},
            "usage 的 total_tokens 为 10，应为 9（prompt_tokens 9 + completion_tokens 缺失）",
        ),
        ("usage.prompt_tokens", {"prompt_tokens": 12.0}, "usage.prompt_tokens 为 12.0：12.0 带有小数部分或指数"),
        ("usage.prompt_tokens", {}, "usage.prompt_tokens 缺失"),
        ("usage.prompt_tokens", {"prompt_tokens": -1}, "usage.prompt_tokens 为 -1：-1 小于最小值 1"),
        ("usage.prompt_tokens", {"prompt_tokens": None}, "usage.prompt_tokens 为 null：null 的类型不是 integer"),
    ],
)
def test_a_violation_of_billing(id: str, usage: dict[str, object], told_in_chinese: str) -> None:
    clause = next(each for each in clauses("completion") if each.id == id)
    observed = observe(clause, [{"usage": usage}])
    with speaking("zh"):
        assert [told(each) for each in observed.violations] == [told_in_chinese]
