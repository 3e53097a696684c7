"""The schemas as requirements: each member one sentence, judged on documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from conformance.language import say
from conformance.resources import folder

from .mistakes import said
from .requirement import Impact
from .vocabulary import SHALLOW, pointed_at, relation_applies, relation_problem, validator

Schema = Mapping[str, Any]
BASE = "https://phanedge.cloud/conformance/schemas/"


@cache
def load(name: str) -> Schema:
    """A schema of schemas/, by the name of its file without the ending."""
    schema: Schema = json.loads((folder("schemas") / f"{name}.json").read_text(encoding="utf-8"))
    return schema


@dataclass(frozen=True)
class Clause:
    """One sentence of a schema: about the member at `path` within documents of the root, `*` for every entry.

    `shallow` is what its value must satisfy, members and entries aside; `required` whether it must be there.
    `on` is `completion` where only plain replies are judged, `reply` where folded streams are too.
    """

    id: str
    path: str
    sentence: str
    level: str
    source: str
    contract: tuple[str, ...]
    hint: str
    on: str
    impact: str
    warns: str
    after: tuple[str, ...]
    required: bool
    shallow: Schema = field(hash=False)
    relation: tuple[str, Schema] | None = field(default=None, hash=False)

    @property
    def forbidden(self) -> bool:
        """Whether the member must not be there at all."""
        return self.shallow.get("not") == {}

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The path, member by member; none where it is the document itself."""
        return tuple(self.path.split(".")) if self.path else ()

    @cached_property
    def validator(self) -> Any:
        """What judges a value by `shallow`."""
        return validator(self.shallow)


@cache
def clauses(root: str) -> tuple[Clause, ...]:
    """Every clause that a schema file and those it refers to state."""
    return tuple(_walk(load(root), root, "", "completion", False, root))


def _walk(schema: Schema, id: str, path: str, on: str, required: bool, file: str) -> Iterator[Clause]:
    """The clauses at one place and below it. `id` and `path` name the place, `file` the schema it stands in."""
    on = schema.get("x-on", on)
    merged, file, below = _resolve(schema, file)
    if "title" in schema and "x-source" in schema:
        yield _clause(schema, id, path, on, required, _shallow(merged, file), impact=_impact(file))
    for name, softer in schema.get("x-should", {}).items():
        yield _clause(softer, f"{id}.{name}", path, on, "present" in softer, _shallow(softer, file), "SHOULD")
    yield from _relations(merged, below or id, path, (below and merged.get("x-on", on)) or on, file)
    yield from _members(merged, below or id, path, merged.get("x-on", on) if below else on, file)


def _members(schema: Schema, id: str, path: str, on: str, file: str) -> Iterator[Clause]:
    for name, member in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield from _walk(member, f"{id}.{name}", _join(path, name), on, required, file)
    if isinstance(items := schema.get("items"), dict):
        yield from _walk(items, id, _join(path, "*"), on, False, file)


def _resolve(schema: Schema, file: str) -> tuple[Schema, str, str]:
    """The schema with what it refers to, the file that is in, and a new beginning for ids where that is a whole
    file: `completion.usage` refers to usage.json, whose members are `usage.prompt_tokens` and so on."""
    reference = schema.get("$ref")
    if reference is None:
        return schema, file, ""
    name, _, pointer = str(reference).partition("#")
    file = name.removesuffix(".json") or file
    target = pointed_at(load(file), pointer) if pointer else load(file)
    own = {key: value for key, value in schema.items() if key not in ("$ref", "x-on")}
    return {**target, **own}, file, "" if pointer else file


def _shallow(schema: Schema, file: str) -> Schema:
    """The schema without its members: what can be said of the value itself, and of what kind its entries are."""
    shallow = {key: _absolute(value, file) for key, value in schema.items() if key in SHALLOW}
    if isinstance(items := schema.get("items"), dict):
        entry, within, _ = _resolve(items, file)
        kept = {key: _absolute(entry[key], within) for key in SHALLOW & entry.keys()}
        shallow["items"] = kept or {"type": "object"}
    if not isinstance(schema.get("additionalProperties", True), bool):
        shallow["additionalProperties"] = schema["additionalProperties"]
    return shallow


def _absolute(value: Any, file: str) -> Any:
    """The value with its references made absolute, since it is taken out of its file."""
    if isinstance(value, list):
        return [_absolute(each, file) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{BASE}{file}.json{each}" if name == "$ref" and each.startswith("#") else _absolute(each, file)
        for name, each in value.items()
    }


def _impact(file: str) -> str:
    """The impact of the clauses of a file that name none. A typed client raises where a member has another type."""
    return str(load(file).get("x-impact", Impact.CLIENTS))


def _relations(schema: Schema, id: str, path: str, on: str, file: str) -> Iterator[Clause]:
    for keyword, words in (("sumOf", "sum_of"), ("atLeastSumOf", "at_least_sum_of")):
        for relation in schema.get(keyword, ()):
            total = relation["total"].removeprefix("/").replace("/", ".")
            name = f"{id}.{total}.{relation.get('name', words)}"
            yield _clause(relation, name, path, on, False, {}, impact=_impact(file), relation=(keyword, relation))


def _clause(
    said: Schema, id: str, path: str, on: str, required: bool, shallow: Schema, level: str = "MUST",
    impact: str = Impact.FORM, relation: tuple[str, Schema] | None = None,
) -> Clause:  # fmt: skip
    return Clause(
        id=id,
        path=path,
        sentence=said["title"],
        level=said.get("x-level", level),
        source=said["x-source"],
        contract=tuple(said.get("x-contract", ())),
        hint=said.get("x-hint", ""),
        on=said.get("x-on", on),
        impact=said.get("x-impact", impact),
        warns=said.get("x-warns", ""),
        after=tuple(said.get("x-after", ())),
        required=required,
        shallow=shallow,
        relation=relation,
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# --- judging ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observed:
    """What a clause met in some documents: how many values it could be judged on, and what was wrong."""

    judged: int
    violations: tuple[str, ...]


def observe(clause: Clause, documents: Sequence[Any]) -> Observed:
    """Judge a clause on documents of its root."""
    judged, violations, known = 0, list[str](), set[tuple[str, type, Any]]()
    for document in documents:
        if not _is_spoken_of(document, clause):
            continue
        for where, value in values_at(document, clause):
            if clause.relation and not relation_applies(*clause.relation, value):
                continue
            judged += 1
            if type(value) in _SCALAR or not value:
                seen = where, type(value), value if type(value) in _SCALAR else None
                if seen in known:
                    continue  # as in the chunk before
                known.add(seen)
            if problem := _problem(clause, value):
                member = say("{where} {problem}", where, problem)
                violations.append(say("{object} {problem}", where, problem) if clause.relation else member)
    return Observed(judged, tuple(dict.fromkeys(violations)))


def _is_spoken_of(document: Any, clause: Clause) -> bool:
    """Whether `values_at` may find something there: most clauses are about a member that most documents lack, which is
    told without making paths. The last member may be missed; of entries, any that leads on will do."""
    found = [document]
    for name in clause.steps[:-1]:
        if name == "*":
            found = [entry for value in found if isinstance(value, list) for entry in value]
        else:
            found = [value[name] for value in found if isinstance(value, dict) and name in value]
        if not found:
            return False
    if not clause.steps or clause.required or clause.forbidden:
        return True
    last = clause.steps[-1]
    return any(isinstance(value, list) if last == "*" else isinstance(value, dict) and last in value for value in found)


_ABSENT = object()
_SCALAR = frozenset({str, int, float, bool, type(None), type(_ABSENT)})
_ITSELF = say("it")


def values_at(document: Any, clause: Clause) -> Iterator[tuple[str, Any]]:
    """Each value at the clause's path with its own path; `_ABSENT` where a member whose absence matters is missing."""
    if not clause.path:
        yield _ITSELF, document
        return
    found: list[tuple[str, Any]] = [("", document)]
    *parents, last = clause.steps
    for name in parents:
        found = [each for where, value in found for each in _step(where, value, name)]
    for where, value in found:
        inside = list(_step(where, value, last))
        if not inside and last != "*" and (clause.required or clause.forbidden) and isinstance(value, dict):
            yield _join(where, last), _ABSENT
        yield from inside


def _step(where: str, value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if name == "*":
        if isinstance(value, list):
            yield from ((_join(where, str(position)), entry) for position, entry in enumerate(value))
    elif isinstance(value, dict) and name in value:
        yield _join(where, name), value[name]


def _problem(clause: Clause, value: Any) -> str:
    """What is wrong with a value, as the end of a sentence; empty where nothing is."""
    if value is _ABSENT:
        return "" if clause.forbidden else say("is absent")
    if clause.relation:
        return relation_problem(*clause.relation, value)
    error = next(clause.validator.iter_errors(value), None)
    if error is None:
        return ""
    shown = json.dumps(value, ensure_ascii=False)
    return say("is {value}: {mistake}", shown if len(shown) <= 120 else shown[:117] + "…", said(error))
