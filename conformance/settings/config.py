"""The configuration file: every option by its name, the models with what they do not claim, and several endpoints."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.contract.profile import FAMILIES, THINKS, family_of
from conformance.language import say
from conformance.text import TextError, nearest, read_toml

from .address import SECRET_NAME, secret_parts
from .key_variable import is_of_a_key, is_variable
from .options import CONFIGURABLE, MOST, OPTIONS, Option
from .shown import looks_like_key

NAME = "phanedge-conformance.toml"  #: read where it lies in the working directory

_TABLES = ("models", "headers", "currency")  #: what a file has beside options
#: Options that are those of the whole, and not of one endpoint among several.
_OF_ALL = ("out", "language", "resume", "repeat", "workers", "fault")
_OF_ENDPOINT = ("name", *(name for name in CONFIGURABLE if name not in _OF_ALL), *_TABLES)
_FOLDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")  #: what can be a folder everywhere
_FILES = re.compile(r".*\.(?:json|html|md|xml|lock|txt)", re.IGNORECASE)  #: what the report on all may be named
_OF_MODEL = ("name", "family", "without", "claims", "reasoning", "prices")
_KINDS = {
    bool: say("true or false"), str: say("a string"), int: say("a whole number"), float: say("a number"),
    list: say("a list"), dict: say("a table"),
}  # fmt: skip
_SECRET_VALUE = re.compile(r"(?i:bearer|basic)\s|\bsk-")


class ConfigError(Exception):
    """The file cannot be used; the message is one sentence that names it, and the key."""


@dataclass(frozen=True)
class Configuration:
    """What a file says: the values of options by their names in Python, and of each model of its tables, by its name,
    the text that `--model` takes; and the same for each endpoint, by its name."""

    values: Mapping[str, Any]
    models: Mapping[str, str]
    endpoints: Mapping[str, Configuration] = field(default_factory=dict)


def read_config(path: Path) -> Configuration:
    """The configuration in a file. Paths in it start from its folder. Raises ConfigError."""
    try:
        document = read_toml(path)
    except TextError as error:
        raise ConfigError(str(error)) from None
    try:
        whole = _configuration({name: value for name, value in document.items() if name != "endpoints"}, path)
        return replace(whole, endpoints=_endpoints(document["endpoints"], path)) if "endpoints" in document else whole
    except ConfigError as error:
        raise ConfigError(say("{path}: {error}", path, error)) from None


def is_secret(name: str, value: str) -> bool:
    """Whether a header looks like one that carries a key."""
    return bool(SECRET_NAME.search(name) or _SECRET_VALUE.search(value))


def _configuration(document: Mapping[str, Any], path: Path) -> Configuration:
    _known("", document, (*CONFIGURABLE, *_TABLES, "endpoints"))
    for one, other in (("model", "models"), ("header", "headers")):
        if one in document and other in document:
            raise ConfigError(say("{one} and {other} are two forms of the same option: use one of them", one, other))
    options = {name: value for name, value in document.items() if name not in _TABLES}
    values = {
        CONFIGURABLE[name].key: value_of(CONFIGURABLE[name], value, path.parent) for name, value in options.items()
    }
    if (variable := values.get("api_key_variable")) and not is_variable(variable):
        raise ConfigError(say("api-key-variable names an environment variable: keep the key itself out of the file"))
    if secret_parts(values.get("base_url", "")):
        variable = OPTIONS["base-url"].variable
        raise ConfigError(say("base-url has a secret, which must not be in a file: put it into {variable}", variable))
    for header in values.get("header", ()):
        _public_header("header", *map(str.strip, header.partition(":")[::2]))
    if "headers" in document:
        values["header"] = _headers(document["headers"])
    models = _models(document.get("models", []))
    if models:
        values["model"] = list(models.values())
    if any("prices" in each for each in document.get("models", ())):
        if "prices" in document:
            raise ConfigError(say("prices are given in the models' tables, too: use one of the two"))
        values["prices"] = path  # which is a price sheet, too
    return Configuration(values, models)


def _endpoints(tables: Any, path: Path) -> dict[str, Configuration]:
    """Each by its name, with what its table says."""
    if type(tables) is not list or not tables or not all(type(each) is dict for each in tables):
        raise ConfigError(say("endpoints must be an array of tables: one [[endpoints]] for each"))
    found: dict[str, Configuration] = {}
    for number, table in enumerate(tables, start=1):
        name = _of_kind(f"endpoints.{number}.name", table.get("name", ""), str)
        if not _FOLDER.fullmatch(name) or _FILES.fullmatch(name):
            raise ConfigError(
                say(
                    "endpoints.{number}.name is {name!r}, and must be the name of a folder: letters, digits, - and _",
                    number,
                    name,
                )
            )
        if name.lower() in map(str.lower, found):
            raise ConfigError(say("endpoints.{name} is defined twice", name))
        try:
            found[name] = _endpoint(name, table, path)
        except ConfigError as error:
            raise ConfigError(say("endpoints.{name}: {error}", name, error)) from None
    return found


def _endpoint(name: str, table: Mapping[str, Any], path: Path) -> Configuration:
    if misplaced := [each for each in table if each in _OF_ALL]:
        raise ConfigError(say("{name} is an option of all endpoints together: put it above them", misplaced[0]))
    _known("", table, _OF_ENDPOINT)
    own = _configuration({key: value for key, value in table.items() if key != "name"}, path)
    if (variable := own.values.get("api_key_variable")) and not is_of_a_key(variable):
        raise ConfigError(
            say("api-key-variable is {variable}, and a file may name only what ends in _API_KEY: rename it", variable)
        )
    if own.values.get("prices") == path:
        return replace(own, values={**own.values, "prices": path.with_name(f"{path.name}#{name}")})
    return own


def _known(place: str, table: Mapping[str, Any], names: Collection[str]) -> None:
    """Refuse keys that mean nothing, with the nearest that does."""
    for name in table:
        if name not in names:
            remedy = nearest(name.replace("_", "-"), names) or say("there are {names}", ", ".join(names))
            raise ConfigError(say("{place}{name} is unknown: {remedy}", place, name, remedy))


def value_of(option: Option, value: Any, folder: Path) -> Any:
    """The value of an option, as the command line would have read it; a path starts from `folder`. Raises
    ConfigError."""
    if option.many:
        return _texts(option.name, value)
    text = option.kind is str or option.kind is Path
    read = _of_kind(option.name, value, str if text else option.kind)
    if isinstance(read, int | float) and not (option.least or 0) <= read <= MOST:
        raise ConfigError(
            say(
                "{name} is {read}, and must be between {least:g} and {most:,}",
                option.name,
                read,
                option.least or 0,
                MOST,
            )
        )
    return folder / read if option.kind is Path else read


def _of_kind(place: str, value: Any, kind: type) -> Any:
    """The value, a whole number as any number where one is wanted."""
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ConfigError(
            say(
                "{place} is {kinds}, and must be {kinds2}",
                place,
                _KINDS.get(type(value), say("a date or a time")),
                _KINDS[kind],
            )
        )
    if kind is str and looks_like_key(str(value)):
        raise ConfigError(
            say(
                "{place} contains what looks like an API key: put it into the variable that api-key-variable names",
                place,
            )
        )
    return value


def _texts(place: str, value: Any) -> list[str]:
    if type(value) is not list or not all(type(each) is str for each in value):
        raise ConfigError(
            say('{place} must be a list of strings, such as {place2} = ["…"]', place, place.rpartition(".")[2])
        )
    return [_of_kind(place, each, str) for each in value]


def _headers(table: Any) -> list[str]:
    """As `--header` takes them."""
    for name, value in _of_kind("headers", table, dict).items():
        _public_header(f"headers.{name}", name, _of_kind(f"headers.{name}", value, str))
    return [f"{name}: {value}" for name, value in table.items()]


def _public_header(place: str, name: str, value: str) -> None:
    if is_secret(name, value):
        variable = OPTIONS["header"].variable
        raise ConfigError(
            say(
                "{place}: {name} looks like a secret, which must not be in a file: put it into {variable}",
                place,
                name,
                variable,
            )
        )


def _models(tables: Any) -> dict[str, str]:
    """Each as `--model` takes it."""
    if type(tables) is not list or not all(type(each) is dict for each in tables):
        raise ConfigError(say("models must be an array of tables: one [[models]] for each"))
    found: dict[str, str] = {}
    for number, table in enumerate(tables, start=1):
        place = f"models.{table.get('name', number)}."
        _known(place, table, _OF_MODEL)
        name = _of_kind(f"{place}name", table.get("name", ""), str)
        if not name.strip():
            raise ConfigError(say("{place}name is missing: give the name of the model", place))
        if name in found:
            raise ConfigError(say("models.{name} is defined twice", name))
        _of_kind(f"{place}prices", table.get("prices", {}), dict)
        found[name] = _model(place, name, table)
    return found


def _features(place: str, value: Any) -> list[str]:
    names = _texts(place, value)
    if wrong := [each for each in names if not re.fullmatch(r"[\w.-]+", each)]:
        raise ConfigError(say("{place}: {wrong!r} is not the name of a feature, such as chat.n", place, wrong[0]))
    return names


def _model(place: str, name: str, table: Mapping[str, Any]) -> str:
    family = _of_kind(f"{place}family", table.get("family", family_of(name)), str)
    if family not in FAMILIES:
        raise ConfigError(
            say("{place}family is {family!r}, and must be one of {families}", place, family, ", ".join(FAMILIES))
        )
    without, claims = (_features(f"{place}{each}", table.get(each, [])) for each in ("without", "claims"))
    without += [f"+{each}" for each in claims]
    if "reasoning" in table:
        without = [THINKS if _of_kind(f"{place}reasoning", table["reasoning"], bool) else "reasoning", *without]
    return f"{name}={family}" + (f":{','.join(without)}" if without else "")
