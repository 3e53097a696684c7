"""A report to and from JSON (schemas/report.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.billing.costs import load_costs
from conformance.contract.profile import Profile
from conformance.contract.requirement import Level
from conformance.judgement.unanswered import Unanswered
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.baseline import load_audit

from .drift import Drift
from .gate import conclude
from .report import Entry, Evidence, Report, Spend

FORMAT = "report-1"


def dump_report(report: Report) -> dict[str, Any]:
    """As schemas/report.json has it, with the conclusion."""
    conclusion = conclude(report)
    value = asdict(report)
    for name in ("costs", "baseline"):
        if value[name] is None:
            del value[name]
    if not report.unanswered:
        del value["unanswered"]
    value["models"] = Profile(report.base_url, report.models).dump()["models"]
    for entry, stated in zip(value["entries"], report.entries, strict=True):
        entry["verdict"] = str(stated.verdict)
        if not stated.later:
            del entry["later"]
        for finding in entry["findings"]:
            finding["verdict"] = str(finding["verdict"])
    head = {"format": FORMAT, "exit_code": conclusion.exit_code, "conclusion": conclusion.sentence}
    dumped: dict[str, Any] = json.loads(json.dumps(head | value))  # lists for tuples, as JSON gives it back
    return dumped


def load_report(value: Mapping[str, Any]) -> Report:
    """Raises ValueError where it is not a report of this format."""
    if value.get("format") != FORMAT:
        raise ValueError(
            f"the format is {value.get('format')!r}, not {FORMAT!r}: it was not written by `run` or `judge`"
        )
    return Report(
        base_url=value["base_url"],
        source=value["source"],
        models=Profile.load({"base_url": "", "source": "", "models": value["models"]}).models,
        version=value["version"],
        started=value["started"],
        seconds=value["seconds"],
        spend=Spend(**value["spend"]),
        entries=tuple(_load_entry(entry) for entry in value["entries"]),
        evidence={key: _load_evidence(each) for key, each in value["evidence"].items()},
        unjudged=value["unjudged"],
        unanswered=tuple(Unanswered(**each) for each in value.get("unanswered", ())),
        fault=value["fault"],
        strict=value["strict"],
        drift=tuple(Drift(**{**each, "requests": tuple(each["requests"])}) for each in value.get("drift", ())),
        costs=load_costs(value["costs"]) if "costs" in value else None,
        baseline=load_audit(value["baseline"]) if "baseline" in value else None,
        revision=value.get("revision", ""),
        plan=value.get("plan", ""),
    )


def _load_entry(value: Mapping[str, Any]) -> Entry:
    findings = tuple(
        Finding(**{**finding, "verdict": Verdict.named(finding["verdict"]), "evidence": tuple(finding["evidence"])})
        for finding in value["findings"]
    )
    known = {name: value[name] for name in ("id", "sentence", "source", "link", "at", "hint")}
    return Entry(
        **known,
        level=Level(value["level"]),
        contract=tuple(value["contract"]),
        findings=findings,
        later=value.get("later", False),
    )


def _load_evidence(value: Mapping[str, Any]) -> Evidence:
    pairs = {name: tuple((each[0], each[1]) for each in value[name]) for name in ("headers", "request_headers")}
    return Evidence(**{**value, **pairs})


def write_report(report: Report, path: Path) -> None:
    """Write the report as JSON, making the folder where need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dump_report(report), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")  # a lone surrogate becomes its escape


def read_report(path: Path) -> Report:
    """Raises ValueError with a sentence where the file is not a report."""
    try:
        return load_report(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a whole report: {error!r} in it is missing or wrong") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a report: {error}") from None
