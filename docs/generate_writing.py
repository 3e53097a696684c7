"""Generates docs/writing-a-requirement.md: the views, scopes, requests and fault helpers that requirements use."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from conformance.contract import faults, given, requests, scopes
from conformance.contract.requirement import Requirement, Scope
from conformance.contract.views import VIEWS
from conformance.evidence.exchange import Exchange, Request
from conformance.suite import support

NOTICE = "<!-- Written by docs/generate.py; change the code instead. -->\n"
#: What a check may ask for by name and no attribute of an exchange describes.
ARGUMENTS = {
    "exchange": "The whole exchange: status, header fields, bytes with their times.",
    "model": "The model that is judged, with its family and features.",
    "details": "`usage.prompt_tokens_details`; where it is absent, the requirement is not applicable.",
    "beside": "All exchanges of the run in the scope, also the one that is judged: what they show of the model.",
    "exchanges": "All exchanges of the run in the scope, for a requirement that compares them with each other.",
    "send": "Sends a generated request. Raises Inconclusive if its response is transient or missing.",
    "examples": "How many generated requests the check may send.",
    "counts": "A function: does the given requirement count in this run?",
}

#: The fields of an exchange; its properties and methods have docstrings.
FIELDS = {
    "request": "What was sent; `.request.asked` has the members of its body, `.request.label` its name.",
    "status": "The status code.",
    "headers": "The header fields, as pairs of name and value in the order of the response.",
    "reads": "The bytes of the content as they arrived, each with the seconds since the request was sent.",
    "failure": "Why no whole response arrived; None where one did.",
    "started": "When the request was sent, in Unix time.",
    "seconds": "How long the exchange took.",
    "unrecorded": "What a recording did not keep; see `needs`.",
    "earlier": "The earlier attempts at the same request.",
    "surplus": "The bytes that came after the end of the response, on the same connection.",
    "withheld": "What of the content was not stored, since it could not be searched for the key; None where all was.",
    "recurs": "Whether an invalid request got 502, 503 or 504 each time, while valid ones were answered.",
    "client": "The SDK whose header fields the request was sent with; empty for the suite's own.",
}

VIEWS_SAID = "A check names what it needs as parameters."
SCOPES_SAID = "`on=` with one of `conformance.contract.scopes`: each exchange in it is judged by itself."
GIVEN_SAID = """`on={"name": …}` gives the check exchanges as the parameters of the same names. Each is a
request, a tuple of requests, or one of `conformance.contract.given`."""
REQUESTS_SAID = """`conformance.contract.requests` declares the requests that many requirements share, such as
`PLAIN`, and builds others."""
EXCHANGE_SAID = """A named exchange, like the view `exchange`, offers these. What a response
does not have, such as `.usage` of an error, raises `Inconclusive`."""
HELPERS_SAID = """What several areas share, in the modules of `conformance.suite.support`."""
FAULTS_SAID = """`broken_by` and `shown_by` take a function from exchange to exchange. `conformance.contract.faults` has
these."""


def writing_page(_: Mapping[str, Requirement]) -> str:
    """What a requirement is written with: views, scopes, requests, fault helpers."""
    views = {name: ARGUMENTS.get(name) or _about(Exchange, name) for name in VIEWS} | ARGUMENTS
    constants = {name: f"{each}" for name, each in vars(scopes).items() if isinstance(each, Scope)}
    slots = {"AsReceived(request)": _about(given, "AsReceived")} | _functions(given, "OnDemand", "AtOnce")
    breaking = _functions(faults, "Fault") | {"late": _about(faults, "late")}
    lines = [
        NOTICE,
        "# Writing a requirement\n",
        "What a check may ask for, and what `on` and `broken_by` are made of.",
        "[CONTRIBUTING](../CONTRIBUTING.md) has an example.",
        *_table("Views", VIEWS_SAID, "parameter", views),
        *_table("Exchanges", EXCHANGE_SAID, "attribute", dict(_attributes())),
        *_table("Scopes", SCOPES_SAID, "scope", constants | _functions(scopes, "Scope")),
        *_table("Named exchanges", GIVEN_SAID, "slot", slots),
        *_table("Requests", REQUESTS_SAID, "builder", _functions(requests, "Request", "tuple[Request, ...]")),
        *_table("Faults", FAULTS_SAID, "fault", breaking),
        *_table("Helpers", HELPERS_SAID, "helper", _helpers()),
    ]
    return "\n".join(lines) + "\n"


def _table(title: str, sentence: str, of: str, rows: Mapping[str, str]) -> list[str]:
    cells = [f"| `{name}` | {said.replace('|', chr(92) + '|')} |" for name, said in rows.items()]
    return [f"\n## {title}\n", f"{sentence}\n", f"| {of} | meaning |", "|---|---|", *cells]


def _attributes() -> Iterator[tuple[str, str]]:
    """What an exchange offers: its fields, then its public properties and methods as the class has them."""
    for each in fields(Exchange):
        yield f".{each.name}", FIELDS[each.name]
    for name, member in vars(Exchange).items():
        if isinstance(member, property | cached_property) and not name.startswith("_"):
            yield f".{name}", _about(Exchange, name)
        elif inspect.isfunction(member) and not name.startswith("_"):
            yield f".{name}({_parameters(member).removeprefix('self, ')})", _about(Exchange, name)


def _helpers() -> dict[str, str]:
    """The public functions of each module that areas share."""
    modules = {each.name: import_module(f"{support.__name__}.{each.name}") for each in iter_modules(support.__path__)}
    return {f"{name}.{helper}": said for name, module in modules.items() for helper, said in _functions(module).items()}


def _about(owner: Any, name: str) -> str:
    """The first sentence of a docstring; that of the request where an exchange has no such attribute."""
    attribute = getattr(owner, name, None) or getattr(Request, name)
    return f"{' '.join(inspect.cleandoc(attribute.__doc__).split()).partition('. ')[0].rstrip('.')}."


def _functions(module: ModuleType, *returned: str) -> dict[str, str]:
    """The public functions of a module, with their parameters, and what they do: those that return one of these types,
    or all if none is given."""
    own = {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    chosen = {
        name: each
        for name, each in own.items()
        if not returned or inspect.signature(each).return_annotation in returned
    }
    return {f"{name}({_parameters(each)})": _about(module, name) for name, each in chosen.items()}


def _parameters(function: Any) -> str:
    parameters = inspect.signature(function).parameters.values()
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return ", ".join(f"{marks.get(each.kind, '')}{each.name}" for each in parameters)
