"""The options as typer parses them; precedence is command line, environment, configuration file, default."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from itertools import pairwise
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, NoReturn

import typer

from conformance.language import LANGUAGES, gettext, tell
from conformance.text import printable

from .config import NAME, ConfigError, read_config
from .errors import USAGE_ERROR
from .key_variable import is_of_a_key
from .options import OPTIONS, VARIABLES, Option
from .shown import without_keys


def taking(
    options: Iterable[Option], configured: bool = True, endpoints: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds these options to a command as `given`, after its own parameters; where `configured`, also --config, and with
    `endpoints` also --endpoint."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [each for each in inspect.signature(command, eval_str=True).parameters.values() if each.name != "given"]
        of_file = ([_CONFIG] if configured else []) + ([_ENDPOINT] if endpoints else [])
        taken = [_parameter(option) for option in options] + of_file
        command.__signature__ = inspect.Signature([*own, *taken])  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in (*own, *taken)}
        return command

    return decorate


def in_languages(app: typer.Typer) -> None:
    """Adds --language to the commands of an application that do not have it."""
    for each in app.registered_commands:
        command = each.callback
        if command and "language" not in inspect.signature(command).parameters:
            each.callback = taking([OPTIONS["language"]], configured=False)(_without_language(command))


def _without_language(command: Callable[..., None]) -> Callable[..., None]:
    """The command where it is given a language, which was chosen before it began."""

    @wraps(command)
    def called(language: str | None = None, **given: Any) -> None:
        command(**given)

    return called


def language_of(words: Sequence[str]) -> str | None:
    """The language for which a command line asks, or the environment; None where neither does, or for one that there
    is not. It is known before anything is parsed: help is in it, too."""
    told = [after for word, after in pairwise(words) if word == "--language"]
    told += [word.partition("=")[2] for word in words if word.startswith("--language=")]
    language = (told or [os.environ.get(OPTIONS["language"].variable, "")])[-1]
    return language if language in LANGUAGES else None


def _parameter(option: Option) -> inspect.Parameter:
    """The option as typer has it. A flag has an opposite, which overrides the environment and the file."""
    names = [f"--{option.name}"]
    if option.kind is bool:
        plain = option.name.removeprefix("no-")
        names = [f"--{option.name}/--{plain if plain != option.name else 'no-' + plain}"]
    declared = typer.Option(
        *(["-n"] if option.name == "workers" else []), *names,
        help=option.help, metavar=option.metavar, min=option.least,
        show_default=option.kind is bool or option.default != 0,  # where 0 means unlimited, the help says so
        envvar=None if option.name == "header" else option.variable, show_envvar=False, rich_help_panel=option.panel,
        callback=_CALLBACKS.get(option.name),
    )  # fmt: skip
    kind = GenericAlias(list, (option.kind,)) if option.many else option.kind
    annotation: Any = kind if kind is bool else kind | None
    default = None if option.many else option.default
    return inspect.Parameter(
        option.key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[annotation, declared]
    )


def _configure(context: typer.Context, path: Path | None) -> Path | None:
    """Makes the values of the configuration file the defaults of this command."""
    found = path or Path(NAME)
    if path is None and not found.exists():
        return None
    try:
        configuration = read_config(found)
    except ConfigError as error:
        stop(tell("--config: {error}", error), USAGE_ERROR)
    typer.echo(tell("configuration: {file}", found), err=True)
    context.obj = configuration
    # the folder of runs is not where a run that is judged again is reported
    left_out = {"out"} if context.info_name in ("judge", "audit") else set()
    context.default_map = {name: value for name, value in configuration.values.items() if name not in left_out}
    return found


def _as_configured(context: typer.Context, models: list[str] | None) -> list[str] | None:
    """A model that the file describes is chosen by its name alone."""
    if models and not all(map(str.strip, models)):
        stop(gettext("--model is empty: give the name of a model"), USAGE_ERROR)
    known = context.obj.models if context.obj else {}
    return models and [known.get(each, each) for each in models]


def _each_line(context: typer.Context, headers: list[str] | None) -> list[str] | None:
    """The headers; in the environment one per line, since their values contain spaces."""
    source, lines = context.get_parameter_source("header"), os.environ.get(OPTIONS["header"].variable)
    return lines.splitlines() if lines and source and source.name != "COMMANDLINE" else headers


def _one_there_is(language: str | None) -> str | None:
    if language not in (None, *LANGUAGES):
        stop(
            tell("--language: there is no {language!r}, only {languages}", language, gettext(" and ").join(LANGUAGES)),
            USAGE_ERROR,
        )
    return language


def _confirmed(context: typer.Context, variable: str) -> str:
    """The name of the variable with the key. A file in the working directory may be the work of others: one that holds
    something else than an API key is named in the call."""
    source = context.get_parameter_source("api_key_variable")
    if source and source.name == "DEFAULT_MAP" and not is_of_a_key(variable):
        option = OPTIONS["api-key-variable"]
        stop(
            tell(
                "--config: api-key-variable is {variable}, and a file may name only what ends in _API_KEY: to send its"
                " value as the key, confirm it with --{option} {variable} or {setting}={variable}",
                variable,
                option.name,
                option.variable,
            ),
            USAGE_ERROR,
        )
    return variable


_CALLBACKS: Mapping[str, Callable[..., Any]] = {
    "model": _as_configured, "header": _each_line, "api-key-variable": _confirmed,
    "language": _one_there_is,
}  # fmt: skip

_CONFIG = inspect.Parameter(
    "config",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar=f"{VARIABLES}_CONFIG", show_envvar=False, is_eager=True, callback=_configure,
            help=f"Configuration file (TOML). Default: {NAME} in the working directory, if it exists.",
        ),
    ],
)  # fmt: skip


_ENDPOINT = inspect.Parameter(
    "endpoint",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            envvar=f"{VARIABLES}_ENDPOINT",
            show_envvar=False,
            help="Endpoint of the configuration file ([[endpoints]]) to run; repeatable. Default: all of them.",
        ),
    ],
)


def stop(message: str, code: int) -> NoReturn:
    """End with a sentence on standard error and an exit code. Control characters, which a name in a file of others may
    contain, are replaced, and keys struck out."""
    typer.echo(printable(without_keys(message)), err=True)
    raise typer.Exit(code)
