"""A report to and from JSON (schemas/report.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Level
from conformance.evidence.strict_json import JSONError, loads
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import Said, of_parts, parts_of, say, speaking
from conformance.policy.baseline import State
from conformance.resources import mistake
from conformance.sending.curl import is_command
from conformance.text import TextError, harmless_json, read_regular, write_whole

from .gate import conclude
from .news import Origin
from .report import Entry, Evidence, Report

if TYPE_CHECKING:
    from cattrs import Converter

FORMAT = "report-1"
OF_SEVERAL = "endpoints-1"  #: the format of a report on several endpoints
_LARGEST = 1 << 29  #: bytes of a file
#: Members that are left out where they say nothing; the others are always there.
_LEFT_OUT = {
    Model: ("thinking", "claimed"),
    Entry: ("later", "warns"),
    Evidence: ("shared",),
    Report: (
        "costs",
        "baseline",
        "unanswered",
        "unserved",
        "unseen",
        "asked_again",
        "headers",
        "traffic",
        "news",
        "latency",
        "repeated",
    ),
}
#: Members that every report has, although a Report has defaults for them: the gate depends on them.
_REQUIRED = ("evidence", "unjudged", "fault", "gate")


def dump_report(report: Report) -> dict[str, Any]:
    """As schemas/report.json has it, with the conclusion."""
    with speaking("en"):
        conclusion = conclude(report)
    head = {"format": FORMAT, "exit_code": conclusion.exit_code, "conclusion": conclusion.sentence}
    value: dict[str, Any] = head | converter().unstructure(report)
    if found := {str(each): parts_of(each) for field in _OTHERS for each in _said_in(getattr(report, field))}:
        value["sentences"] = dict(sorted(found.items()))
    for entry, stated in zip(value["entries"], report.entries, strict=True):
        entry["verdict"] = str(stated.verdict)
    return value


def load_report(value: dict[str, Any]) -> Report:
    """Raises ValueError with a sentence where it is not a report of this format."""
    from cattrs import BaseValidationError, transform_error

    if not isinstance(value, dict):
        raise ValueError(say("it is not a JSON object"))
    if value.get("format") == OF_SEVERAL:
        raise ValueError(say("it is a report on several endpoints: name the folder of one of them"))
    if value.get("format") != FORMAT:
        raise ValueError(
            say(
                "the format is {format!r}, not {format2!r}: it was not written by `run` or `judge`",
                value.get("format"),
                FORMAT,
            )
        )
    if lacking := [name for name in _REQUIRED if name not in value]:
        raise ValueError(say("required field missing @ $.{lacking}", lacking[0]))
    known = {text: of_parts(parts) for text, parts in value.get("sentences", {}).items()}
    others = {name: _restored(each, known) if name in _OTHERS else each for name, each in value.items()}
    try:
        return converter().structure({name: each for name, each in others.items() if name != "sentences"}, Report)
    except BaseValidationError as error:
        raise ValueError(transform_error(error)[0]) from None


#: Fields in which there may be sentences beside the messages of findings, which have their parts beside them.
_OTHERS = (
    "unjudged", "traffic", "unanswered", "unserved", "drift", "costs", "baseline", "plan", "unseen", "evidence", "news",
    "repeated",
)  # fmt: skip


def _said_in(value: object) -> Iterator[Said]:
    """Every sentence in a part of a report."""
    if isinstance(value, Said):
        yield value
    elif isinstance(value, Mapping):
        yield from (said for pair in value.items() for each in pair for said in _said_in(each))
    elif isinstance(value, tuple):
        yield from (said for each in value for said in _said_in(each))
    elif is_dataclass(value):
        yield from (said for field in fields(value) for said in _said_in(getattr(value, field.name)))


def _restored(value: Any, known: Mapping[str, Said]) -> Any:
    """A part of a report in JSON with its sentences in the place of their texts."""
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, list):
        return [_restored(each, known) for each in value]
    if isinstance(value, dict):
        return {known.get(name, name): _restored(each, known) for name, each in value.items()}
    return value


@cache
def converter() -> Converter:
    """What reports, and values like them, are to and from JSON; made when it is needed: to import cattrs takes long."""
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

    made = Converter(unstruct_collection_overrides={tuple: list, frozenset: sorted}, forbid_extra_keys=True)
    for primitive in (str, int, float, bool):
        made.register_structure_hook(primitive, _exactly)
    for name in (Impact, Level, Origin, State):  # which are texts, too
        made.register_structure_hook(name, lambda value, kind: kind(value))
    made.register_structure_hook(Verdict, _verdict)
    made.register_unstructure_hook(Verdict, str)
    _keep_sentences(made)  # before what holds them
    unkept: dict[type, dict[str, Any]] = {
        Model: {"prices": override(omit=True)}, Report: {"folder": override(omit=True)}, Entry: {},
    }  # fmt: skip
    for wider, omitted in unkept.items():  # in JSON they have more
        structure: Any = make_dict_structure_fn(wider, made, _cattrs_forbid_extra_keys=False, **omitted)
        made.register_structure_hook(wider, structure)
    for kind, names in _LEFT_OUT.items():
        left_out: Any = {name: override(omit_if_default=True) for name in names} | unkept.get(kind, {})
        made.register_unstructure_hook(kind, make_dict_unstructure_fn(kind, made, **left_out))
    return made


def _keep_sentences(made: Converter) -> None:
    """A message that is a sentence has its template and values beside it, as `said`."""
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

    left_out: Any = {name: override(omit_if_default=True) for name in ("of", "follows")}
    as_dict = make_dict_unstructure_fn(Finding, made, **left_out)
    of_dict = make_dict_structure_fn(Finding, made, _cattrs_forbid_extra_keys=True)

    def unstructured(finding: Finding) -> dict[str, Any]:
        message = finding.message
        return {**as_dict(finding), **({"said": parts_of(message)} if isinstance(message, Said) else {})}

    def structured(value: Any, kind: type[Finding]) -> Finding:
        if not isinstance(value, dict) or "said" not in value:
            return of_dict(value, kind)
        finding = of_dict({name: each for name, each in value.items() if name != "said"}, kind)
        said = of_parts(value["said"])
        return replace(finding, message=said) if said == finding.message else finding

    made.register_unstructure_hook(Finding, unstructured)
    made.register_structure_hook(Finding, structured)


def _exactly(value: Any, kind: type) -> Any:
    """The value where it is of this type; cattrs would convert it."""
    if type(value) is not kind and not (kind is float and type(value) is int) and not isinstance(value, Said):
        raise TypeError(say("it is not {kind}", kind.__name__))
    return value


def _verdict(name: Any, _: type) -> Verdict:
    try:
        return Verdict.named(name)
    except (LookupError, AttributeError):
        raise ValueError(say("there is no verdict {name!r}", name)) from None


def write_report(report: Report, path: Path) -> None:
    """Write the report as JSON, making the folder where need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = harmless_json(json.dumps(dump_report(report), indent=1, ensure_ascii=False))
    write_whole(path, f"{text}\n".encode("utf-8", "backslashreplace"))  # a lone surrogate becomes its escape


def read_report(path: Path) -> Report:
    """The report in a file, which may have been written by others: as schemas/report.json has it, and with no command
    but those that `curl` writes. Raises ValueError with a sentence where it is none."""
    try:
        value = loads(read_regular(path, _LARGEST))
        report = load_report(value)
        if wrong := mistake(value, "report"):
            raise ValueError(wrong)
        for key, evidence in report.evidence.items():
            if not is_command(evidence.curl):
                raise ValueError(say("the command of the exchange {key!r} is none that this suite writes", key[:40]))
        return report
    except TextError as error:
        raise ValueError(str(error)) from None
    except JSONError as error:
        raise ValueError(say("{path} is not JSON: {error}", path, error)) from None
    except (ValueError, RecursionError) as error:
        raise ValueError(say("{path} is not a report: {error}", path, error)) from None
