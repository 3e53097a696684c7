"""The table of faults and of what they violate, as docs/faults.md has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.lab.known_faults import BILLING, BILLING_SENTENCES, PLANTED, UNSEEN, Planted

VIOLATED = "violated"  #: the property in which a test says what it found
Found = Mapping[str, Mapping[str, str]]  #: by fault: the verdict by requirement

_HEAD = """# Faults

Faults that real servers have had, and which requirements detect them. Written by `nox -s faults`. Each fault is
planted alone in the reference endpoint (`phanedge-conformance run --fault NAME`), and the whole catalogue is judged on
both of its models. **Bold**: the violation fails the gate by default; *exit* is the exit code that follows. *Gray*
faults are legal or a matter of policy. The ids in the last column refer to the list of known faults; an entry of the
list is detected if one of its faults is.

"""


def caught(fault: Planted, found: Found) -> bool:
    """Whether something that the fault is about is violated."""
    return any(fault.concerns(requirement) for requirement in found.get(fault.name, {}))


def table(found: Found) -> str:
    """The document."""
    return _HEAD + _totals(found) + _caught(found) + _not_caught(found) + billing() + _unseen()


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
    passing = [fault.name for fault in plain if caught(fault, found) and not exit_code(fault, found)]
    everything = len(_entries(PLANTED.values()) | set(UNSEEN))
    rows = (
        ("entries in the list", everything, ""),
        ("detected", len(seen), ""),
        ("gray, detected", len(shown), ""),
        (
            "faults that are not gray, detected with exit code 0",
            len(passing),
            ", ".join(f"`{each}`" for each in passing),
        ),
        ("not detected", len(missed), ", ".join(sorted(missed))),
        ("not detected, with a reason given below", len(excused), ", ".join(sorted(excused))),
        ("gray, not detected", len(rest), ", ".join(sorted(rest))),
        ("not observable on the wire", len(UNSEEN), ", ".join(sorted(UNSEEN))),
    )
    lines = ["| known faults | number | which |", "|---|---|---|"]
    lines += [f"| {name} | {number} | {which} |" for name, number, which in rows]
    return "\n".join(lines) + "\n\n"


def _caught(found: Found) -> str:
    lines = ["## Detected", "", "| fault | what goes wrong | exit | violates | known |", "|---|---|---|---|---|"]
    for fault in PLANTED.values():
        if caught(fault, found):
            lines.append(_row(fault, f"{exit_code(fault, found)} | {_violated(fault, found)}"))
    return "\n".join(lines) + "\n\n"


def _row(fault: Planted, what: str) -> str:
    name = f"`{fault.name}`{' *gray*' if fault.gray else ''}"
    return f"| {name} | {_cell(fault.sentence)} | {what} | {' '.join(fault.known)} |"


def exit_code(fault: Planted, found: Found) -> int:
    """That of the default gate on an endpoint with the fault."""
    return int("fail" in found[fault.name].values())


def _violated(fault: Planted, found: Found) -> str:
    names = sorted(found[fault.name].items(), key=lambda each: (each[1] != "fail", each[0]))
    return ", ".join(f"**{name}**" if verdict == "fail" else name for name, verdict in names)


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
