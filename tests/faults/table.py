"""The table of faults and of what they violate, as docs/faults.md has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.contract.requirement import Impact
from conformance.lab.known_faults import BILLING, BILLING_SENTENCES, PLANTED, UNSEEN, Planted
from conformance.suite.catalogue import load

VIOLATED = "violated"  #: the property in which a test says what it found
Found = Mapping[str, Mapping[str, str]]  #: by fault: the verdict by requirement

_HEAD = """# Faults

Faults that real servers have had, and which requirements detect them. Written by `nox -s faults`. Each fault is
planted alone in the reference endpoint (`phanedge-conformance run --fault NAME`), and the whole catalogue is judged on
both of its models, at the prices of the contract's example. A fault is detected if a requirement is violated whose
sentence says what is wrong; these are named, and what else is violated is counted. **Bold**: the violation fails the
gate by default. *Exit* is the exit code that follows from all violations, *impact* the gravest
[impact](requirements.md#impacts) of the requirements named. *Gray* faults are legal or a matter of policy. The ids in
the last column refer to the list of known faults; an entry of the list is detected if one of its faults is.

"""


def caught(fault: Planted, found: Found) -> bool:
    """Whether a requirement that the fault is about is violated."""
    return not found.get(fault.name, {}).keys().isdisjoint(fault.about)


def impact(fault: Planted) -> Impact:
    """The gravest impact of the requirements that a fault is about; form where it is about none."""
    catalogue = load()
    return min((catalogue[each].impact for each in fault.about), key=list(Impact).index, default=Impact.FORM)


def weighty(fault: Planted) -> bool:
    """Whether the default gate ought to fail on a fault: it is detected, not gray, and more than a matter of form."""
    return not fault.gray and not fault.reason and impact(fault) is not Impact.FORM


def table(found: Found) -> str:
    """The document."""
    return _HEAD + _totals(found) + _caught(found) + _passing() + _not_caught(found) + billing() + _unseen()


def _entries(faults: Iterable[Planted]) -> set[str]:
    return {each for fault in faults for each in fault.known}


def _totals(found: Found) -> str:
    plain = [fault for fault in PLANTED.values() if not fault.gray]
    gray = [fault for fault in PLANTED.values() if fault.gray]
    seen = _entries(fault for fault in plain if caught(fault, found))
    shown = _entries(fault for fault in gray if caught(fault, found)) - seen
    missed = _entries(fault for fault in plain if not fault.reason) - seen
    excused = _entries(plain) - seen - missed
    rest = _entries(gray) - shown - seen
    grave = [fault for fault in plain if weighty(fault) and caught(fault, found)]
    failing = sum(exit_code(fault, found) for fault in grave)
    light = [fault for fault in plain if not weighty(fault) and caught(fault, found)]
    everything = len(_entries(PLANTED.values()) | set(UNSEEN))
    rows = (
        ("entries in the list", everything, ""),
        ("detected", len(seen), ""),
        ("gray, detected", len(shown), ""),
        ("not detected", len(missed), ", ".join(sorted(missed))),
        ("not detected, with a reason given below", len(excused), ", ".join(sorted(excused))),
        ("gray, not detected", len(rest), ", ".join(sorted(rest))),
        ("not observable on the wire", len(UNSEEN), ", ".join(sorted(UNSEEN))),
    )
    shares = (
        ("billing, clients, data or security", len(grave), f"{failing} ({failing / max(len(grave), 1):.1%})"),
        ("form", len(light), str(sum(exit_code(fault, found) for fault in light))),
    )
    lines = ["| known faults | number | which |", "|---|---|---|"]
    lines += [f"| {name} | {number} | {which} |" for name, number, which in rows]
    lines += ["", "| impact of detected faults that are not gray | faults | exit code 1 |", "|---|---|---|"]
    lines += [f"| {name} | {number} | {failed} |" for name, number, failed in shares]
    return "\n".join(lines) + "\n\n"


def _caught(found: Found) -> str:
    head = "| fault | what goes wrong | exit | impact | violates | known |"
    lines = ["## Detected", "", head, "|---|---|---|---|---|---|"]
    for fault in PLANTED.values():
        if caught(fault, found):
            what = f"{exit_code(fault, found)} | {impact(fault)} | {violated(fault, found)}"
            lines.append(_row(fault, what))
    return "\n".join(lines) + "\n\n"


def _row(fault: Planted, what: str) -> str:
    name = f"`{fault.name}`{' *gray*' if fault.gray else ''}"
    return f"| {name} | {_cell(fault.sentence)} | {what} | {' '.join(fault.known)} |"


def exit_code(fault: Planted, found: Found) -> int:
    """That of the default gate on an endpoint with the fault."""
    return int("fail" in found[fault.name].values())


def violated(fault: Planted, found: Found) -> str:
    """The requirements that a fault is about and violates, those that fail first, and how many others it violates."""
    verdicts = {name: verdict for name, verdict in found[fault.name].items() if name in fault.about}
    names = sorted(verdicts, key=lambda name: (verdicts[name] != "fail", fault.about.index(name)))
    more = len(found[fault.name]) - len(names)
    told = ", ".join(f"**{name}**" if verdicts[name] == "fail" else name for name in names)
    return f"{told} and {more} more" if more else told


def _passing() -> str:
    head = "Faults that are not gray and more than a matter of form, and why the default gate lets them pass:"
    lines = ["## Detected with exit code 0", "", head, ""]
    lines += [f"- `{fault.name}`: {fault.passes}." for fault in PLANTED.values() if fault.passes]
    return "\n".join(lines) + "\n\n"


def _not_caught(found: Found) -> str:
    lines = ["## Not detected", "", "| fault | what goes wrong | why | known |", "|---|---|---|---|"]
    for fault in PLANTED.values():
        if not caught(fault, found):
            lines.append(_row(fault, _cell(fault.reason) or "no requirement detects it yet"))
    return "\n".join(lines) + "\n\n"


def billing() -> str:
    """The section about the faults named `billing-…`."""
    head = "Faults in the billing detail of usage; tests/lab/test_billing.py checks what each of them violates."
    rows = [f"| `{name}` | {_cell(BILLING_SENTENCES[name])} |" for name in BILLING]
    return "\n".join(["## Billing faults", "", head, "", "| fault | what goes wrong |", "|---|---|", *rows]) + "\n\n"


def _unseen() -> str:
    lines = ["## Not observable on the wire", "", "| known | why |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {_cell(reason)} |" for name, reason in UNSEEN.items())]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
