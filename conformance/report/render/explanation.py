"""The text of `explain`: everything the catalogue says about one requirement."""

from __future__ import annotations

import inspect

from conformance.contract.requirement import Level, Requirement, Scope
from conformance.contract.sources import link, title
from conformance.policy.gating import DEFAULT


def explanation(requirement: Requirement) -> str:
    """Everything the catalogue says about a requirement, as text."""
    family = requirement.on
    judged_on = str(family) if isinstance(family, Scope) else ", ".join(map(str, family))
    rows = {
        "source": f"{title(requirement.source)}, {requirement.source.partition('#')[2] or 'as a whole'}",
        "link": link(requirement.source),
        "impact": f"{requirement.impact}: {requirement.impact.meaning}",
        "gate": _gate(requirement),
        "contract": ", ".join(requirement.contract) or "no row",
        "judged on": judged_on,
        "member": requirement.at or "the whole exchange",
        "violated by": "; ".join(name for name, _ in requirement.broken_by if name) or "its counterexample",
        "remedy": requirement.hint or "do what the sentence requires",
        "see it fail": f"phanedge-conformance run --select {requirement.id} --fault {requirement.id}",
    }
    why = inspect.cleandoc(requirement.check.__doc__ or "")
    lines = [
        f"{requirement.id}",
        f"The endpoint {requirement.level} {requirement.sentence}.",
        *([why] if why else []),
        "",
    ]
    return "\n".join(lines + [f"{name + ':':<13}{value}" for name, value in rows.items()])


def _gate(requirement: Requirement) -> str:
    """What the default gate makes of a violation."""
    if DEFAULT.fails(requirement):
        return "a violation fails the run by default"
    if requirement.level is Level.MAY:
        return "a violation is information and never fails the run"
    return f"a violation only warns by default{f': {requirement.warns}' if requirement.warns else ''}"
