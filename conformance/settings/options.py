"""What a run can be told: each option once, for pytest, the command line, the environment and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLES = "PHANEDGE_CONFORMANCE"  #: begins the names of environment variables, such as PHANEDGE_CONFORMANCE_BASE_URL


@dataclass(frozen=True)
class Option:
    """`kind` is what its value is read as, bool for a flag; with `many` it can be given several times. `least` bounds a
    number. `sending` options say something about what is sent, and have no meaning where recordings are judged."""

    name: str
    help: str
    kind: type = str
    default: str | int | float | bool | None = None
    metavar: str | None = None
    many: bool = False
    least: float | None = None
    sending: bool = True
    panel: str = "What is judged"
    in_pytest: str = ""

    @property
    def pytest_name(self) -> str:
        """Its name among pytest's options, where pytest does not have another of the same name."""
        return f"--{self.in_pytest or self.name}"

    @property
    def key(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that gives it."""
        return f"{VARIABLES}_{self.key.upper()}"


_SENT, _COST, _LIMITS, _WRITTEN = "What is sent", "What it may cost", "Manners and limits", "What is written"
_COUNTS = "What counts"

_ALL = (
    Option("base-url", "The endpoint, such as https://host/v1. Without it the reference endpoint is judged.",
           default=""),
    Option("model", "A model to judge; repeatable. The family (gpt, claude, gemini, deepseek, grok, other) follows "
           "from the name unless given; after it may stand features that this model does not claim, such as chat.n, "
           "and +reasoning for one that thinks.",
           metavar="NAME[=FAMILY[:FEATURE,…]]", many=True),
    Option("api-key-variable", "The environment variable that holds the API key.", default="PHANEDGE_API_KEY",
           metavar="NAME"),
    Option("header", "A header that goes with every request; repeatable.", metavar="NAME: VALUE", many=True),
    Option("authorities", "Certificates that are trusted beside the system's, in a PEM file.", Path, metavar="FILE"),
    Option("certificate", "The client's own certificate with its key, in a PEM file.", Path, metavar="FILE"),
    Option("select", "Only these groups (core, billing, streaming, tools, structured-output), areas or requirements; "
           "repeatable, or with commas.", metavar="NAME", many=True, sending=False),
    Option("deselect", "Not these; repeatable.", metavar="NAME", many=True, sending=False,
           in_pytest="deselect-requirement"),
    Option("without", "A feature that no model claims, such as chat.n; repeatable.", metavar="FEATURE", many=True,
           panel=_SENT),
    Option("intrusive", "Send what could hurt a production endpoint, too.", bool, False, panel=_SENT),
    Option("no-costly", "Leave out what costs thousands of tokens.", bool, False, panel=_SENT),
    Option("examples", "Generated requests that one requirement may send at most.", int, 10, metavar="NUMBER", least=1,
           panel=_SENT),
    Option("fault", "Plant a fault in the reference endpoint: a name in docs/faults.md, or a requirement's id; "
           "repeatable.", metavar="NAME", many=True, panel=_SENT),
    Option("max-requests", "Send no more requests than this.", int, metavar="NUMBER", least=1, panel=_COST),
    Option("max-tokens", "Send nothing that could take the tokens of the run beyond this.", int, metavar="NUMBER",
           least=1, panel=_COST),
    Option("max-cost", "Send nothing that could take the price of the run beyond this, in the currency of --prices.",
           metavar="AMOUNT", panel=_COST),
    Option("prices", "A price sheet (TOML): the report states what the run costs, and what is over- or undercharged.",
           Path, metavar="FILE", sending=False, panel=_COST),
    Option("concurrency", "Requests at once.", int, 8, metavar="NUMBER", least=1, panel=_LIMITS),
    Option("rate", "Requests a minute; 0 for no bound.", float, 0.0, metavar="NUMBER", least=0, panel=_LIMITS),
    Option("patience", "The longest that one request waits in all to be sent again where the endpoint is throttled.",
           float, 60.0, metavar="SECONDS", least=0, panel=_LIMITS),
    Option("deadline", "Send nothing any more after this time; 0 for no bound.", float, 0.0, metavar="SECONDS", least=0,
           panel=_LIMITS),
    Option("timeout-seconds", "The longest silence to wait for.", float, 60.0, metavar="SECONDS", least=0.1,
           panel=_LIMITS),
    Option("total-seconds", "The longest that one response may take.", float, 180.0, metavar="SECONDS", least=0.1,
           panel=_LIMITS),
    Option("largest-body", "The largest response that is read.", int, 8 * 1024 * 1024, metavar="BYTES", least=1,
           panel=_LIMITS),
    Option("baseline", "Violations that are known (TOML, written by the command baseline): they do not fail the gate; "
           "stale and expired entries do.", Path, metavar="FILE", sending=False, panel=_COUNTS),
    Option("revision", "Hold the endpoint to the requirements of a revision, such as 2026-11: later ones are judged "
           "and do not count.", metavar="NAME", sending=False, panel=_COUNTS),
    Option("out", "Where exchanges and report are written (reports/<endpoint> without it).", Path, metavar="FOLDER",
           sending=False, panel=_WRITTEN),
    Option("resume", "Go on with the run that was broken off in this folder: send only what is missing.", Path,
           metavar="FOLDER", panel=_WRITTEN),
    Option("snapshots", "Keep the shape of each reply there, and say in the report what changed.", Path,
           metavar="FOLDER", sending=False, panel=_WRITTEN),
)  # fmt: skip

#: By name.
OPTIONS: Mapping[str, Option] = {option.name: option for option in _ALL}

#: Of the commands run and judge, by name; pytest has its own for them.
JUDGING: Mapping[str, Option] = {
    "strict": Option("strict", "A violated SHOULD makes the exit code 1 too.", bool, False, in_pytest="gate-strict"),
    "workers": Option("workers", "Judge in this many processes; 0 for one.", int, metavar="NUMBER", least=0,
                      in_pytest="numprocesses"),
}  # fmt: skip
