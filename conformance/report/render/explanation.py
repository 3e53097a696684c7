"""The text of `explain`: everything the catalogue says about one requirement."""

from __future__ import annotations

import inspect

from rich.cells import cell_len

from conformance.contract.requirement import Level, Requirement, Scope
from conformance.contract.sources import link, title
from conformance.language import gettext, told
from conformance.policy.gating import DEFAULT


def explanation(requirement: Requirement) -> str:
    """Everything the catalogue says about a requirement, as text."""
    family = requirement.on
    judged_on = gettext(str(family)) if isinstance(family, Scope) else ", ".join(map(str, family))
    place = requirement.source.partition("#")[2] or gettext("as a whole")
    rows = {
        gettext("source"): f"{title(requirement.source)}, {place}",
        gettext("link"): link(requirement.source),
        gettext("impact"): f"{gettext(requirement.impact)}{gettext(': ')}{gettext(requirement.impact.meaning)}",
        gettext("gate"): _gate(requirement),
        gettext("contract"): ", ".join(requirement.contract) or gettext("no row"),
        gettext("judged on"): judged_on,
        gettext("member"): requirement.at or gettext("the whole exchange"),
        gettext("violated by"): gettext("; ").join(told(name) for name, _ in requirement.broken_by if name)
        or gettext("its counterexample"),
        gettext("remedy"): gettext(requirement.hint or "do what the sentence requires"),
        gettext("see it fail"): f"phanedge-conformance run --select {requirement.id} --fault {requirement.id}",
    }
    why = inspect.cleandoc(requirement.check.__doc__ or "")
    lines = [
        f"{requirement.id}",
        gettext("The endpoint {level} {sentence}.").format(
            level=gettext(requirement.level), sentence=gettext(requirement.sentence)
        ),
        *([why] if why else []),
        "",
    ]
    return "\n".join(lines + [f"{padded(name)}{value}" for name, value in rows.items()])


def _gate(requirement: Requirement) -> str:
    """What the default gate makes of a violation."""
    if DEFAULT.fails(requirement):
        return gettext("a violation fails the run by default")
    if requirement.level is Level.MAY:
        return gettext("a violation is information and never fails the run")
    warns = gettext("a violation only warns by default")
    return f"{warns}{gettext(': ')}{gettext(requirement.warns)}" if requirement.warns else warns


def padded(name: str) -> str:
    """The name of a row with its colon, as wide as the widest in English; a Chinese character is two columns wide."""
    titled = f"{name}{gettext(': ').rstrip()}"
    return titled + " " * (13 - cell_len(titled))
