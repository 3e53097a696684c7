"""One requirement of each member in schemas/: what a reply, a chunk, an error and a list of models are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import DROP, chunk, content, edit, events, put
from conformance.contract.mutations import break_relation, example, mutations
from conformance.contract.requirement import Fault, Impact, Level, Requirement, Scope, enter, test_of
from conformance.contract.schema import Clause, clauses, observe
from conformance.contract.scopes import (
    EVERY_CHUNKED,
    EVERY_COMPLETION,
    EVERY_ERROR,
    EVERY_MODEL_LIST,
    EVERY_REPLY,
    EVERY_USAGE,
)
from conformance.contract.shapes import Shapes
from conformance.evidence.exchange import Exchange, Fact, NotApplicable
from conformance.evidence.kept import derived
from conformance.language import joined, say, several

Documents = Callable[[Exchange], list[Any]]


#: What clauses of each root are judged on.
DOCUMENTS: dict[str, Documents] = {
    "completion": lambda each: [each.reply],
    "chunk": lambda each: each.chunks,
    "error": lambda each: [each.document],
    "models": lambda each: [each.document],
}


@dataclass(frozen=True)
class Shape:
    """What a requirement of this module is about: a clause, on documents of this root; whether it is judged `whatever`
    there is, or not on replies without choices."""

    root: str
    clause: Clause
    whatever: bool


SHAPES: dict[str, Shape] = {}  #: by the id of the requirement


def _shown(root: str) -> Fault:
    """The schema's own example on the wire, so that a member which the run did not show can be broken too."""
    if root == "chunk":
        return events(lambda before: [(*before[0][:1], chunk(example(root))), *before[1:]])
    return content(json.dumps(example(root)).encode())


def _broken(clause: Clause) -> Iterable[tuple[str, Fault]]:
    if clause.relation:
        yield say("does not add up"), edit(lambda document: break_relation(clause, document))
    for name, path, value in mutations(clause):
        yield name, put(path, DROP if name == "dropped" else value)


def _after(root: str, clause: Clause) -> tuple[str, ...]:
    """What a clause presupposes; of a chunk's the clause about the same member of a plain completion, too."""
    plain = clause.id.replace("chunk.", "completion.", 1) if root == "chunk" else ""
    same = [each.id for each in clauses("completion") if each.id == plain and each.shallow == clause.shallow]
    return (*clause.after, *same)


def _requirement(root: str, clause: Clause, on: Scope, documents: Documents) -> Requirement:
    bit = 1 << clauses(root).index(clause)
    lacking = say("it has no {path}", clause.path.replace(".*", ""))

    def check(exchange: Exchange) -> None:
        judged = documents(exchange)
        present, doubtful = _at_once(root, exchange)
        if not present & bit:
            raise NotApplicable(lacking)
        if doubtful & bit:
            violations = observe(clause, judged).violations
            assert not violations, joined("", (several(violations), _mapped(clause, exchange)))

    SHAPES[clause.id] = Shape(root, clause, root != "completion" or _whatever(clause))
    return enter(
        Requirement(
            id=clause.id,
            level=Level(clause.level),
            sentence=clause.sentence,
            source=clause.source,
            on=on,
            check=check,
            broken_by=tuple(_broken(clause)),
            shown_by=_shown(root),
            at=_at(clause),
            hint=clause.hint,
            contract=clause.contract,
            needs=_needs(clause),
            impact=Impact(clause.impact),
            warns=clause.warns,
            after=_after(root, clause),
        )
    )


@cache
def _compiled(root: str) -> Shapes:
    return Shapes(clauses(root))


def _at_once(root: str, exchange: Exchange) -> tuple[int, int]:
    """Of the clauses of a root, as bits, those that the exchange gives something to be judged on, and those that it may
    violate: found for all of them when the first is judged."""
    known = derived(exchange)
    if root not in known:
        shapes = _compiled(root)
        known[root] = shapes.judged(DOCUMENTS[root](exchange), (1 << shapes.number) - 1)
    found: tuple[int, int] = known[root]
    return found


def _needs(clause: Clause) -> frozenset[Fact]:
    """A relation between counts needs these alone: a log may have kept them, of a reply that it wrote anew."""
    if clause.relation and clause.id.startswith("usage."):
        return frozenset({"counts"})
    facts: dict[str, Fact] = {"created": "created", "id": "ids"}
    last = clause.path.rpartition(".")[2]
    return frozenset({"reply", facts[last]} if last in facts else {"reply"})


def _mapped(clause: Clause, exchange: Exchange) -> str:
    """What to add to a violation about the prompt's counts: the dialect that they are in, with its mapping."""
    about_prompt = clause.id.startswith(("usage.prompt_tokens", "usage.total_tokens"))
    return mapped(exchange.usage) if about_prompt else ""


def _at(clause: Clause) -> str:
    """The members to mark in evidence: a relation's total and parts, else the member itself."""
    if not clause.relation:
        return clause.path
    _, relation = clause.relation
    base = f"{clause.path}." if clause.path else ""
    return " ".join(base + pointer.strip("/").replace("/", ".") for pointer in (relation["total"], *relation["parts"]))


def _family(clause: Clause) -> Scope:
    """What a clause of completion.json is judged on: usage wherever it came, the rest as the schema says."""
    if clause.id.startswith("usage."):
        return EVERY_USAGE
    return EVERY_REPLY if clause.on == "reply" else EVERY_COMPLETION


def _replies(clause: Clause) -> Documents:
    """What a clause of completion.json is judged on: where no answer came at all, that alone is said."""
    return DOCUMENTS["completion"] if _whatever(clause) else _with_choices


def _whatever(clause: Clause) -> bool:
    """Whether a clause of completion.json is judged on replies without choices."""
    return clause.id == "completion.choices" or clause.id.startswith("usage.")


def _with_choices(exchange: Exchange) -> list[Any]:
    if not exchange.reply.get("choices"):
        raise NotApplicable(say("the reply has no choices (covered by completion.choices)"))
    return [exchange.reply]


REQUIREMENTS = (
    *(_requirement("completion", clause, _family(clause), _replies(clause)) for clause in clauses("completion")),
    *(_requirement("chunk", clause, EVERY_CHUNKED, DOCUMENTS["chunk"]) for clause in clauses("chunk")),
    *(_requirement("error", clause, EVERY_ERROR, DOCUMENTS["error"]) for clause in clauses("error")),
    *(_requirement("models", clause, EVERY_MODEL_LIST, DOCUMENTS["models"]) for clause in clauses("models")),
)


def _member() -> None:
    """A member of the schemas."""


_member.__name__ = "test_member"
test_member = test_of(REQUIREMENTS, _member)
