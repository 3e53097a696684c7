"""Schemas become clauses, one sentence each, and every counterexample is rejected by its own clause."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.faults import places
from conformance.contract.mutations import break_relation, example, mutations
from conformance.contract.schema import Clause, clauses, observe
from conformance.contract.sources import link
from conformance.contract.vocabulary import validator

ROOTS = ("completion", "chunk", "error", "models")
CLAUSES = [(root, clause) for root in ROOTS for clause in clauses(root)]
MUTATIONS = [(root, clause, name, path, value) for root, clause in CLAUSES for name, path, value in mutations(clause)]


def mutated(document: Any, name: str, path: str, value: Any) -> Any:
    """The document with every member at the path changed as a mutation says."""
    changed = deepcopy(document)
    for container, key in list(places(changed, path)):
        if name == "dropped":
            container.pop(key, None)
        else:
            container[key] = value
    return changed


def violated(root: str, document: Any) -> set[str]:
    return {clause.id for clause in clauses(root) if observe(clause, [document]).violations}


def test_ids_are_unique() -> None:
    assert [id for id, count in Counter(clause.id for _, clause in CLAUSES).items() if count > 1] == []


@pytest.mark.parametrize(
    "id",
    [
        "completion.id", "completion.choices.message", "usage.prompt_tokens", "usage.total_tokens.sum_of",
        "usage.prompt_tokens_details.cached_write_tokens.sum_of", "chunk.choices.delta", "error.error.message",
        "models.data.id",
    ],
)  # fmt: skip
def test_ids_follow_from_the_path(id: str) -> None:
    known = {clause.id for _, clause in CLAUSES}
    assert id in known, [each for each in sorted(known) if each.startswith(id.partition(".")[0])]


def test_every_clause_is_a_sentence_with_a_source() -> None:
    for _, clause in CLAUSES:
        assert clause.sentence
        assert not clause.sentence.endswith(".")
        assert link(clause.source).startswith("http")
        assert clause.level in ("MUST", "SHOULD", "MAY")


@pytest.mark.parametrize("root", ROOTS)
def test_the_example_satisfies_and_shows_every_clause(root: str) -> None:
    assert violated(root, example(root)) == set()
    unseen = {clause.id for clause in clauses(root) if not observe(clause, [example(root)]).judged}
    assert unseen == set()
    assert list(validator(root).iter_errors(example(root))) == []


def test_every_clause_has_a_counterexample() -> None:
    assert [clause.id for _, clause in CLAUSES if not (clause.relation or list(mutations(clause)))] == []


@pytest.mark.parametrize("root", ROOTS)
def test_counterexamples_are_rejected_by_their_clauses(root: str) -> None:
    accepted, tried = [], [rest for each, *rest in MUTATIONS if each == root]
    assert tried
    for clause, name, path, value in tried:
        broken = mutated(example(root), name, path, value)
        if (broken == example(root) and not isinstance(value, float)) or clause.id not in violated(root, broken):
            accepted.append(f"{clause.id}: {name}")
    assert accepted == []


RELATIONS = [(root, clause) for root, clause in CLAUSES if clause.relation]


@pytest.mark.parametrize(("root", "clause"), RELATIONS, ids=lambda each: each.id if isinstance(each, Clause) else each)
def test_a_broken_sum_is_rejected(root: str, clause: Clause) -> None:
    broken = example(root)
    break_relation(clause, broken)
    assert clause.id in violated(root, broken)


members = st.dictionaries(st.text(min_size=1).map("x_".__add__), st.none() | st.integers() | st.text(), max_size=3)


@given(st.sampled_from(ROOTS), members)
def test_members_that_nobody_named_are_welcome(root: str, more: dict[str, Any]) -> None:
    assert violated(root, example(root) | more) == set()


@given(st.sampled_from(CLAUSES), st.integers(0, 50))
def test_a_document_is_judged_the_same_alone_and_among_others(pair: tuple[str, Clause], number: int) -> None:
    root, clause = pair
    made = list(mutations(clause))
    if not made:
        return
    broken = mutated(example(root), *made[number % len(made)])
    alone, among = observe(clause, [broken]), observe(clause, [example(root), broken, example(root)])
    assert alone.violations == among.violations
    assert among.judged == alone.judged + 2 * observe(clause, [example(root)]).judged


def test_an_absent_member_is_judged_where_its_container_is_there() -> None:
    clause = next(clause for _, clause in CLAUSES if clause.id == "completion.choices.index")
    assert observe(clause, [{}]).judged == 0
    assert observe(clause, [{"choices": []}]).judged == 0
    assert observe(clause, [{"choices": [{}, {"index": 0}]}]).violations == ("choices.0.index is absent",)
