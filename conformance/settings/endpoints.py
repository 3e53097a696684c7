"""Several endpoints of one configuration file: which of them a command is to run, and with what options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from conformance.language import say
from conformance.text import nearest

from .config import Configuration
from .errors import SessionError
from .options import OPTIONS

FOLDER = Path("reports", "endpoints")  #: of the report on all, where `out` names none
#: Options that are limits of all endpoints together where the command line, the environment or the top of the file
#: gives them, and of one endpoint where its table does.
LIMITS = ("max_requests", "max_tokens", "max_cost", "rate", "concurrency", "deadline")
#: Options that are of one endpoint by their meaning, and would send something to all of them if given once.
_OF_ONE = ("base_url", "model", "api_key_variable", "header", "secret_header", "certificate", "baseline", "fault")


@dataclass(frozen=True)
class Chosen:
    """The endpoints that a command is to run together: `whole` are the options of all, `each` those of each endpoint,
    by its name; its limits are its own."""

    whole: Mapping[str, Any]
    each: Mapping[str, Mapping[str, Any]]


def chosen(context: typer.Context, given: dict[str, Any]) -> tuple[dict[str, Any], Chosen | None]:
    """The options of the one endpoint that a command with these options is to run, which are these where the file has
    no endpoints; or those that it is to run together. Raises SessionError."""
    configuration: Configuration = context.obj or Configuration({}, {})
    names = given.get("endpoint") or ()
    if not configuration.endpoints:
        if names:
            raise SessionError(
                say("--endpoint: no configuration file with [[endpoints]] was read: name it by --config")
            )
        return given, None
    for name in names:
        if name not in configuration.endpoints:
            known = list(configuration.endpoints)
            remedy = nearest(name, known) or say("there are {names}", ", ".join(known))
            raise SessionError(say("--endpoint: there is no {name!r} in the file: {remedy}", name, remedy))
    called = frozenset(key for key in given if _is_called(context, key))
    selected = {name: each for name, each in configuration.endpoints.items() if name in names or not names}
    if "api_key_variable" not in called:
        _check_keys(configuration, selected, given)
    if len(selected) > 1:
        _check_called(called, selected)
    replacing = called if len(selected) == 1 else called.difference(LIMITS)
    each = {name: _options(name, own, given, replacing) for name, own in selected.items()}
    if len(set(names)) != 1:
        return given, Chosen(given, each)
    (own,) = each.values()
    return {**own, **{key: _tighter(own.get(key), given.get(key)) for key in LIMITS}}, None


def _is_called(context: typer.Context, key: str) -> bool:
    """Whether the command line or the environment gives an option, which goes before every file."""
    source = context.get_parameter_source(key)
    of_call = source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")
    return of_call or (key == "header" and bool(os.environ.get(OPTIONS["header"].variable)))


def _check_called(called: Iterable[str], selected: Mapping[str, Configuration]) -> None:
    """Raise SessionError where this call says of all endpoints what is of one."""
    for key in (*_OF_ONE, "repeat"):
        if key in called:
            option = next(each for each in OPTIONS.values() if each.key == key)
            raise SessionError(
                say(
                    "--{option} ({variable}) is an option of one endpoint, and the file has {number}: choose one with"
                    " --endpoint, such as --endpoint {name}",
                    option.name, option.variable, len(selected), next(iter(selected)),
                )
            )  # fmt: skip


def _check_keys(configuration: Configuration, selected: Mapping[str, Configuration], given: Mapping[str, Any]) -> None:
    """Raise SessionError where a key would go to several hosts because an endpoint does not name its own."""
    hosts = {_host(each.values.get("base_url", given.get("base_url"))) for each in configuration.endpoints.values()}
    variable = given.get("api_key_variable") or ""
    for name, each in selected.items():
        if "api_key_variable" not in each.values and len(hosts) > 1 and os.environ.get(variable):
            raise SessionError(
                say(
                    "--config: endpoints.{name} names no api-key-variable, and the key in {variable} would go to"
                    " several hosts: name the variable in each [[endpoints]]",
                    name, variable,
                )
            )  # fmt: skip


def _host(base_url: str | None) -> str:
    parts = urlsplit(base_url or "")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _options(name: str, own: Configuration, given: Mapping[str, Any], called: frozenset[str]) -> dict[str, Any]:
    """The options of one endpoint: what this call gives, what its table says, and what the file says of all."""
    ours = {key: value for key, value in own.values.items() if key not in called}
    whole = given.get("out") or FOLDER
    folders = {key: given[key] / name for key in ("history", "snapshots") if given.get(key)}
    if not given.get("history") and "history" not in ours and not given.get("resume"):
        folders["out"] = whole / name
    limits = {key: own.values.get(key) if key not in called else None for key in LIMITS}
    options = {**given, "out": None, **folders, **ours, **limits}
    if own.models and "model" in called:
        options["model"] = [own.models.get(each, each) for each in given["model"]]
    if not options.get("base_url"):
        raise SessionError(say("--config: endpoints.{name} has no base-url: name the address of the endpoint", name))
    if not options.get("model"):
        raise SessionError(say("--config: endpoints.{name} has no models: add [[endpoints.models]] or model", name))
    return options


def _tighter(own: Any, whole: Any) -> Any:
    """The lower of two limits; none and 0 are no limit."""
    found = [each for each in (own, whole) if each]
    try:
        return min(found, key=Decimal) if found else whole
    except InvalidOperation:  # which is told where it is used
        return whole
