"""Several endpoints of one configuration file: what each run is told, checked before anything is sent."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import typer

from conformance.billing.budget import Budget
from conformance.language import say, speaking, tell
from conformance.pytest_plugin.checks import check, check_terms
from conformance.pytest_plugin.opening import budget_of, plan_of
from conformance.pytest_plugin.target import profile_of, sheet_of, terms_of
from conformance.report.render.plan import table
from conformance.runs.dated import in_history, runs_of
from conformance.runs.folder import is_run
from conformance.runs.plan import together
from conformance.runs.resume import completed
from conformance.settings.endpoints import FOLDER, Chosen
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

_BELOW = ("history", "snapshots")  #: folders that no two endpoints have together


@dataclass(frozen=True)
class Member:
    """One endpoint among several, and the settings of its run."""

    name: str
    settings: Settings


def folder_of(chosen: Chosen) -> Path:
    """Where the report on all is written."""
    return Path(chosen.whole.get("resume") or chosen.whole.get("out") or FOLDER).absolute()


def members_of(chosen: Chosen, now: float, update: bool = False) -> list[Member]:
    """The runs of all endpoints, begun at this Unix time; with `update` the shapes of replies are accepted. Raises
    SessionError where one of them is told something that cannot be used, before anything is sent to any."""
    found = [_member(chosen, name, own, now, update) for name, own in chosen.each.items()]
    for option in _BELOW:
        _check_apart(found, option)
    _check_budget(chosen, found)
    return found


def _member(chosen: Chosen, name: str, own: Mapping[str, Any], now: float, update: bool) -> Member:
    given = Settings.of({**own, "snapshot_update": update and own.get("snapshots") is not None})
    try:
        settings = _placed(chosen, name, given, now)
        check(replace(settings, repeat=None))
        if (settings.repeat or 1) > 1:
            raise SessionError(say("--repeat works with one endpoint: choose it with --endpoint"))
        check_terms(settings, terms_of(settings, datetime.fromtimestamp(now, UTC).date()), None)
    except SessionError as error:
        raise SessionError(say("endpoints.{name}: {error}", name, error), error.exit_code) from None
    return Member(name, settings)


def _placed(chosen: Chosen, name: str, given: Settings, now: float) -> Settings:
    """The settings with the folder of the run: a new one, or that of the run that is resumed."""
    if not chosen.whole.get("resume"):
        return in_history(replace(given, resume=None), now)
    history = given.history
    places = runs_of(history)[-1:] if history and history.is_dir() else [folder_of(chosen) / name]
    if places and is_run(places[0]):
        return completed(replace(given, resume=places[0], out=None))
    fresh = replace(given, resume=None, out=None if history else folder_of(chosen) / name)
    return in_history(fresh, now)


def _check_apart(members: Sequence[Member], option: str) -> None:
    """Raise SessionError where two endpoints have a folder together that only one can use."""
    seen: dict[str, str] = {}
    for each in members:
        path = getattr(each.settings, option)
        place = path and os.path.realpath(path)
        if place in seen:
            raise SessionError(
                say("endpoints.{one} and endpoints.{other} have the same {option}: give each one of its own",
                    seen[place], each.name, option)
            )  # fmt: skip
        seen.update({place: each.name} if place else {})


def budget_of_all(chosen: Chosen) -> Budget:
    """What all runs may cost together. Raises SessionError."""
    whole = Settings.of({key: chosen.whole.get(key) for key in ("max_requests", "max_tokens", "max_cost")})
    return replace(budget_of(replace(whole, prices=Path())), shared=True)  # whose prices are those of each endpoint


def _check_budget(chosen: Chosen, members: Sequence[Member]) -> None:
    """Raise SessionError where an amount of money cannot be counted for all."""
    if budget_of_all(chosen).cost is None:
        return
    currencies = {}
    for each in members:
        sheet = sheet_of(each.settings)
        unpriced = [
            model.name for model in profile_of(each.settings).models if not sheet or model.name not in sheet.models
        ]
        if unpriced or sheet is None:
            raise SessionError(
                say("--max-cost is that of all endpoints, and endpoints.{name} has no price of {model}: add it",
                    each.name, unpriced[0])
            )  # fmt: skip
        currencies[sheet.currency] = each.name
    if len(currencies) > 1:
        raise SessionError(
            say("--max-cost is that of all endpoints, whose prices are in {currencies}: use one currency",
                ", ".join(sorted(currencies)))
        )  # fmt: skip


def plan_together(chosen: Chosen) -> NoReturn:
    """Print the plan of each endpoint, and that of all, and leave. Raises SessionError."""
    members = members_of(chosen, time.time())
    with speaking(members[0].settings.language):
        plans = [plan_of(each.settings) for each in members]
        for each, plan in zip(members, plans, strict=True):
            print(f"{each.name}  {profile_of(each.settings).base_url}\n{table(plan)}\n")
        print(tell("all {number} endpoints together: {plan}", len(plans), str(together(plans))))
    raise typer.Exit(0)
