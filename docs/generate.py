"""Generates the pages of docs/ that follow from the code: `python docs/generate.py`; a test compares them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from generate_pairs import pairs_page
from generate_writing import NOTICE, writing_page

from conformance.contract.requirement import Impact, Level, Requirement, Scope
from conformance.contract.sources import SourceError, link, sources
from conformance.resources import fixture
from conformance.settings.options import OPTIONS, Option
from conformance.suite.catalogue import load

DOCS = Path(__file__).parent
#: Rows about the suite itself, and the tests that hold it to them.
SELF_TESTED = {"cache-07": "tests/suite/test_golden.py"}


def contract_page(catalogue: Mapping[str, Requirement]) -> str:
    """Every row of the contract, with the requirements that cover it."""
    covering: dict[str, list[str]] = {}
    for requirement in catalogue.values():
        for row in requirement.contract:
            covering.setdefault(row, []).append(requirement.id)
    rows = fixture("contract.json")
    covered = sum(row["id"] in covering for row in rows)
    passive = [row for row in rows if row["passive"]]
    passive_covered = sum(row["id"] in covering for row in passive)
    lines = [
        NOTICE,
        "# The contract, row by row\n",
        f"{covered} of {len(rows)} rows are covered, among them {passive_covered} of the {len(passive)} passive ones. "
        "A passive row can be judged on any recorded exchange. A row marked “not yet” is not judged.\n",
        "| row | level | passive | about | requirements |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        passive_mark = "yes" if row["passive"] else ""
        covered_by = _covered_by(row["id"], covering)
        lines.append(f"| {row['id']} | {row['level']} | {passive_mark} | {row['title']} | {covered_by} |")
    return "\n".join(lines) + "\n"


def _covered_by(row: str, covering: Mapping[str, list[str]]) -> str:
    """The requirements that cover a row, or why none does."""
    if row in covering:
        return ", ".join(f"`{id}`" for id in covering[row])
    if row in SELF_TESTED:
        return f"about the suite itself: `{SELF_TESTED[row]}`"
    untestable = fixture("untestable.json")
    return f"untestable: {untestable[row]}" if row in untestable else "not yet"


def requirements_page(catalogue: Mapping[str, Requirement]) -> str:
    """Every requirement of the catalogue, by area."""
    levels = Counter(requirement.level for requirement in catalogue.values())
    counted = ", ".join(f"{levels[level]} {level}" for level in Level)
    lines = [
        NOTICE,
        "# Requirements\n",
        f"{len(catalogue)} requirements: {counted}. Each sentence completes “The endpoint …”.\n",
        *_impacts(catalogue),
    ]
    area = ""
    for requirement in catalogue.values():
        if requirement.area != area:
            area = requirement.area
            head = ["| id | level | impact | sentence | judged on | source |", "|---|---|---|---|---|---|"]
            lines += [f"\n## {area}\n", *head]
        lines.append(_row(requirement))
    return "\n".join(lines + _documents()) + "\n"


def _impacts(catalogue: Mapping[str, Requirement]) -> list[str]:
    """What each impact means, how many requirements have it, and which of them only warn in spite of it."""
    found = Counter(requirement.impact for requirement in catalogue.values())
    rows = [f"| {impact} | {impact.meaning} | {found[impact]} |" for impact in Impact]
    warning = [f"| `{each.id}` | {each.impact} | {each.warns} |" for each in catalogue.values() if each.warns]
    return [
        "## Impacts\n",
        "What a violation does. Where several apply, the first one counts. What follows for the exit code is said in",
        "[impact and gate](reading-a-report.md#impact-and-gate).\n",
        *["| impact | meaning | requirements |", "|---|---|---|", *rows, "\n## Warnings only\n"],
        "Each SHOULD whose impact is not form and whose violation does not fail the gate by default.\n",
        *["| id | impact | reason |", "|---|---|---|", *warning],
    ]


def _documents() -> list[str]:
    """The revision of each document that the requirements cite."""
    rows = [f"| `{name}` | {each.title} | {each.revision} | {each.date} |" for name, each in sources().items()]
    return ["\n## Sources\n", "| source | document | revision | date |", "|---|---|---|---|", *rows]


def _row(requirement: Requirement) -> str:
    family = requirement.on
    judged_on = str(family) if isinstance(family, Scope) else ", ".join(map(str, family))
    source = f"[{requirement.source}]({link(requirement.source)})"
    sentence = requirement.sentence.replace("|", "\\|")
    return f"| `{requirement.id}` | {requirement.level} | {requirement.impact} | {sentence} | {judged_on} | {source} |"


#: What follows this line in docs/configuration.md is generated; what goes before is written by hand.
TABLE = "<!-- The table is written by docs/generate.py; change conformance/settings/options.py instead. -->\n"


def configuration_page(catalogue: Mapping[str, Requirement]) -> str:
    """The page about configuration, with a table of every option."""
    written = (DOCS / "configuration.md").read_text(encoding="utf-8").partition(TABLE)[0]
    head = ["| option | meaning | variable | in the file | commands | in pytest |", "|---|---|---|---|---|---|"]
    return written + TABLE + "\n".join(["", *head, *map(_option_row, OPTIONS.values())]) + "\n"


def _option_row(option: Option) -> str:
    names, help = f"`--{option.name}`", option.help
    if option.default not in (None, "", False):
        help += f" Default: {_plain(option.default)}."
    if option.commands:
        names = f"`-n`, {names}" if option.name == "workers" else names
        in_pytest = f"`{option.pytest_name}`" if option.in_pytest else ""
        cells = [names, help, f"`{option.variable}`", f"`{_sample(option)}`", ", ".join(option.commands), in_pytest]
    else:
        cells = [names, help, "", "", "only in pytest", ""]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


def _sample(option: Option) -> str:
    """A line of the configuration file that sets the option, to its default where it has one."""
    value = {bool: "true", int: "8", float: "8.5"}.get(option.kind, '"…"')
    if option.default not in (None, "", False) or option.kind is float:
        value = json.dumps(option.default).removesuffix(".0")
    return f"{option.name} = [{value}]" if option.many else f"{option.name} = {value}"


def _plain(default: object) -> str:
    return f"{default:,}".removesuffix(".0") if isinstance(default, int | float) else f"`{default}`"


PAGES = {
    "contract.md": contract_page,
    "requirements.md": requirements_page,
    "configuration.md": configuration_page,
    "writing-a-requirement.md": writing_page,
    "pairs.md": pairs_page,
}


def main() -> None:
    """Write the pages. Ends with a sentence where a source is unknown."""
    try:
        for name, page in PAGES.items():
            (DOCS / name).write_text(page(load()), encoding="utf-8")
    except SourceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
