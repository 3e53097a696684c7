"""Compiled clauses judge as each clause does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from conformance.contract.faults import places
from conformance.contract.mutations import break_relation, example, mutations
from conformance.contract.schema import Clause, clauses, observe
from conformance.contract.shapes import Shapes

ROOTS = ("completion", "chunk", "error", "models")
NEVER_SURE = {"additionalProperties", "pattern"}
ODD: tuple[Any, ...] = (None, True, 0, -1, 1.0, 2.5, 2**70, "", "x", [], {}, [None], {"x": 1})


def changed(root: str, clause: Clause) -> Iterator[Any]:
    """The example of a schema, with other values where the clause looks."""
    if clause.relation:
        document = deepcopy(example(root))
        break_relation(clause, document)
        yield document
    for value in (*ODD, *(value for _, _, value in mutations(clause) if not clause.relation)):
        document = deepcopy(example(root))
        for container, name in places(document, clause.path):
            container[name] = value
        yield document
    document = deepcopy(example(root))
    for container, name in places(document, clause.path):
        if isinstance(container, dict):
            container.pop(name, None)
    yield document


@pytest.mark.parametrize("root", ROOTS)
def test_the_clauses_of_a_document_are_judged_as_one_by_one(root: str) -> None:
    known = clauses(root)
    shapes, wanted = Shapes(known), (1 << len(known)) - 1
    for clause in known:
        for document in changed(root, clause):
            present, doubtful = shapes.judged([document], wanted)
            for bit, each in enumerate(known):
                observed = observe(each, [document])
                assert bool(present >> bit & 1) is bool(observed.judged), each.id
                assert doubtful >> bit & 1 or not observed.violations, (each.id, document)
                if not NEVER_SURE & each.shallow.keys():
                    assert observed.violations or not doubtful >> bit & 1, (each.id, document)


def test_of_many_documents_any_may_violate() -> None:
    known = clauses("chunk")
    shapes, good = Shapes(known), example("chunk")
    documents = [good, good | {"object": "x"}, good | {"created": 1.0}, good]
    _, doubtful = shapes.judged(documents, (1 << len(known)) - 1)
    assert {each.id for bit, each in enumerate(known) if doubtful >> bit & 1} == {
        each.id for each in known if observe(each, documents).violations
    }
