"""All that is known of one requirement, for a person."""

from __future__ import annotations

import inspect

from conformance.contract.requirement import Requirement, Scope
from conformance.contract.sources import link, title


def explanation(requirement: Requirement) -> str:
    """All that is known of a requirement, for a person."""
    family = requirement.on
    judged_on = str(family) if isinstance(family, Scope) else ", ".join(map(str, family))
    rows = {
        "source": f"{title(requirement.source)}, {requirement.source.partition('#')[2] or 'as a whole'}",
        "link": link(requirement.source),
        "contract": ", ".join(requirement.contract) or "none of its rows",
        "judged on": judged_on,
        "member": requirement.at or "the exchange as a whole",
        "violated by": "; ".join(name for name, _ in requirement.broken_by if name) or "its counterexample",
        "what to do": requirement.hint or "send what the sentence says",
        "see it fail": f"phanedge-conformance run --fault {requirement.id}",
    }
    why = inspect.cleandoc(requirement.check.__doc__ or "")
    lines = [
        f"{requirement.id}",
        f"The endpoint {requirement.level} {requirement.sentence}.",
        *([why] if why else []),
        "",
    ]
    return "\n".join(lines + [f"{name + ':':<13}{value}" for name, value in rows.items()])
