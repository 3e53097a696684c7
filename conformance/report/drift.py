"""The shape of replies: which members there are and of what types, kept so that a change is seen although no
requirement is violated."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.judgement.handing_over import had
from conformance.language import say
from conformance.runs.run import Run
from conformance.suite.catalogue import declared
from conformance.text import write_whole

from .shape import Shape, diff, shape

FORMAT = "shapes-1"


class ShapeError(Exception):
    """What was kept cannot be read; the message is one sentence with the remedy."""


# --- the replies of one model -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """The shape of one reply: its status, and the members of its document, or of its events as an array."""

    status: int
    members: Shape


#: By the label of the request.
Shapes = dict[str, Seen]


def seen(exchange: Exchange) -> Seen | None:
    """The shape of what came back; None where that says nothing, as of a connection that broke or a 503."""
    try:
        had(exchange)
    except Inconclusive:
        return None
    try:
        document = exchange.stream.documents if exchange.streamed else exchange.document
    except Inconclusive:
        return Seen(exchange.status, {})
    return Seen(exchange.status, shape(document))


def shapes(run: Run, model: Model, exchanges: Mapping[str, Exchange]) -> Shapes:
    """The shapes of the replies to all declared requests that were sent, from the exchanges of the run by key."""
    found = {}
    for request in declared():
        if all(map(model.claims, request.features)):
            exchange = exchanges.get(run.filled(request, model).key)
            if exchange is not None and (one := seen(exchange)):
                found[request.label] = one
    return found


@dataclass(frozen=True)
class Drift:
    """One change of shape, with the requests in whose replies it was seen."""

    model: str
    sentence: str
    requests: tuple[str, ...]


def drift(model: str, old: Shapes, new: Shapes) -> tuple[Drift, ...]:
    """What changed in the replies to the requests that both know, what many replies show first."""
    changed: dict[str, list[str]] = {}
    for label in sorted(old.keys() & new.keys()):
        for sentence in _changes(old[label], new[label]):
            changed.setdefault(sentence, []).append(label)
    found = (Drift(model, sentence, tuple(labels)) for sentence, labels in changed.items())
    return tuple(sorted(found, key=lambda each: (-len(each.requests), each.sentence)))


def _changes(old: Seen, new: Seen) -> list[str]:
    if old.status != new.status:  # another status is another kind of reply: its members are not compared
        return [say("the status was {before}, is {after}", old.status, new.status)]
    return diff(old.members, new.members)


# --- what is kept -------------------------------------------------------------------------------------------


def watch(folder: Path, run: Run, exchanges: Iterable[Exchange], update: bool) -> tuple[Drift, ...]:
    """What changed since the shapes in this folder were kept. A reply that none was kept of is kept; with `update`
    every change is accepted. Raises ShapeError."""
    by_key = {each.request.key: each for each in exchanges}
    found: list[Drift] = []
    for model in run.profile.models:
        path = folder / file_of(model.name)
        old, new = read(path), shapes(run, model, by_key)
        if not update:
            found += drift(model.name, old, new)
        kept = old | new if update else new | old
        if kept != old:
            write(path, model.name, kept)
    return tuple(found)


def since(earlier: Path | None, folder: Path, run: Run, exchanges: Iterable[Exchange]) -> tuple[Drift, ...]:
    """Keep the shapes of a run in a folder. What changed since those of an `earlier` run were kept; nothing where there
    are none, or they cannot be read: no verdict depends on them."""
    by_key = {each.request.key: each for each in exchanges}
    found: list[Drift] = []
    for model in run.profile.models:
        new = shapes(run, model, by_key)
        write(folder / file_of(model.name), model.name, new)
        with suppress(ShapeError):
            found += drift(model.name, read(earlier / file_of(model.name)) if earlier else {}, new)
    return tuple(found)


def file_of(model: str) -> str:
    """The name of the file for a model, whatever characters its name has."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", model)
    known = name if name == model.lower() else f"{name}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
    return f"{known}.json"


def read(path: Path) -> Shapes:
    """The shapes kept in a file; none where there is no file. Raises ShapeError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            raise ValueError(value["format"])
        return {label: _load(each) for label, each in value["shapes"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ShapeError(
            say("{path} holds no stored shapes ({error!r}): delete it to have them stored again", path, error)
        ) from None


def _load(value: Mapping[str, Any]) -> Seen:
    return Seen(int(value["status"]), {path: tuple(types.split(" ")) for path, types in value["members"].items()})


def write(path: Path, model: str, kept: Shapes) -> None:
    """Keep the shapes, a line each member."""
    listed = {
        label: {"status": each.status, "members": {name: " ".join(types) for name, types in each.members.items()}}
        for label, each in sorted(kept.items())
    }
    text = json.dumps({"format": FORMAT, "model": model, "shapes": listed}, indent=1, ensure_ascii=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text + "\n")
