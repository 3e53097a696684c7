"""Every option, declared once: command line, pytest, environment, configuration file and documentation follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.contract.features import FEATURES

VARIABLES = "PHANEDGE_CONFORMANCE"  #: prefix of environment variables, such as PHANEDGE_CONFORMANCE_BASE_URL

MOST = 1_000_000_000  #: the maximum of every number

_ALL, _SENDING, _JUDGING, _PYTEST = ("run", "plan", "judge"), ("run", "plan"), ("run", "judge"), ()
_AUDITING = (*_ALL, "audit")


@dataclass(frozen=True)
class Option:
    """`kind` is the type of its value, bool for a flag; `many` makes it repeatable; `least` is the minimum of a number.
    `commands` take it, and so do the environment and the configuration file; without any it exists in pytest only.
    `in_pytest` is its name there if that differs, `foreign` that another pytest plugin declares it."""

    name: str
    help: str
    kind: type = str
    default: str | int | float | bool | None = None
    metavar: str | None = None
    many: bool = False
    least: float | None = None
    commands: tuple[str, ...] = _ALL
    panel: str = "Endpoint"
    in_pytest: str = ""
    foreign: bool = False

    @property
    def key(self) -> str:
        """Its name in Python, as in `Settings`."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{VARIABLES}_{self.key.upper()}"

    @property
    def pytest_name(self) -> str:
        return f"--{self.in_pytest or self.name}"

    @property
    def pytest_key(self) -> str:
        """Its name among the parsed options of pytest."""
        return (self.in_pytest or self.name).replace("-", "_")

    @property
    def initial(self) -> object:
        """The value of `Settings` where it is not given."""
        return () if self.many else self.default


_SELECTION, _REQUESTS, _BUDGET, _LIMITS = "Selection", "Requests", "Budget", "Concurrency and timeouts"
_VERDICT, _OUTPUT = "Verdict", "Output"

_DECLARED = (
    # --- the endpoint
    Option("base-url", "Base URL of the endpoint, such as https://host/v1. Default: the built-in reference endpoint.",
           default="", metavar="URL", commands=_SENDING),
    Option("model", "Model to test; repeatable. FAMILY is gpt, claude, gemini, deepseek, grok or other (default: "
           "derived from the name). After it, list features that this model does not support, such as chat.n; "
           "+chat.n claims one that must be served, +reasoning marks a reasoning model.",
           metavar="NAME[=FAMILY[:FEATURE,…]]", many=True, commands=_SENDING),
    Option("api-key-variable", "Environment variable that holds the API key.", default="PHANEDGE_API_KEY",
           metavar="NAME", commands=_SENDING),
    Option("header", "Header field to add to every request; repeatable.", metavar="NAME: VALUE", many=True,
           commands=_SENDING),
    Option("secret-header", "Name of a header field given with --header whose value is secret; repeatable. Fields such "
           "as authorization, cookie and x-api-key always are.", metavar="NAME", many=True, commands=_SENDING),
    Option("authorities", "PEM file of CA certificates to trust in addition to the system's.", Path, metavar="FILE",
           commands=_SENDING),
    Option("certificate", "PEM file with the client certificate and its private key (mutual TLS).", Path,
           metavar="FILE", commands=_SENDING),
    # --- what is judged, and what is sent for that
    Option("select", "Judge only these groups (core, billing, streaming, tools, structured-output), areas or "
           "requirement ids; repeatable or comma-separated.", metavar="NAME", many=True, commands=_AUDITING,
           panel=_SELECTION),
    Option("deselect", "Skip these groups, areas or requirement ids; repeatable or comma-separated.", metavar="NAME",
           many=True, commands=_AUDITING, panel=_SELECTION, in_pytest="deselect-requirement"),
    Option("without", "Feature that the endpoint lacks, such as chat.n; repeatable. Requirements that need it are not "
           "applicable. The command `features` says what each is: " + ", ".join(FEATURES) + ".", metavar="FEATURE",
           many=True, commands=_SENDING, panel=_SELECTION),
    Option("stub", "The endpoint stands before a stub, which answers all requests alike: leave out what needs a real "
           "model.", bool, False, commands=_SENDING, panel=_SELECTION),
    Option("intrusive", "Also send requests that could disturb a production endpoint.", bool, False,
           commands=_SENDING, panel=_REQUESTS),
    Option("no-costly", "Skip requests that cost thousands of tokens, such as those that test caching.", bool, False,
           commands=_SENDING, panel=_REQUESTS),
    Option("examples", "Maximum number of generated requests per requirement.", int, 10, metavar="NUMBER", least=1,
           commands=_SENDING, panel=_REQUESTS),
    Option("repeat", "Number of runs, one after another. Verdicts that differ between them are listed with their "
           "rate; a violation in one of them counts. Limits are those of all runs together.", int,
           metavar="NUMBER", least=1, commands=_SENDING, panel=_REQUESTS),
    Option("fault", "Inject a known fault into the reference endpoint: a name from docs/faults.md or a requirement id; "
           "repeatable.", metavar="NAME", many=True, commands=_SENDING, panel=_REQUESTS),
    # --- what it may cost
    Option("max-requests", "Maximum number of requests; further ones are not sent.", int, metavar="NUMBER", least=1,
           commands=_SENDING, panel=_BUDGET),
    Option("max-tokens", "Maximum number of tokens of the run; a request that could exceed it is not sent.", int,
           metavar="NUMBER", least=1, commands=_SENDING, panel=_BUDGET),
    Option("max-cost", "Maximum cost of the run, in the currency of --prices; a request that could exceed it is not "
           "sent.", metavar="AMOUNT", commands=_SENDING, panel=_BUDGET),
    Option("prices", "Price sheet (TOML). The report then states the cost of the run and each over- or undercharge.",
           Path, metavar="FILE", commands=_AUDITING, panel=_BUDGET),
    # --- how it is sent
    Option("concurrency", "Maximum number of concurrent requests.", int, 8, metavar="NUMBER", least=1,
           commands=_SENDING, panel=_LIMITS),
    Option("rate", "Maximum number of requests per minute; 0 for unlimited.", float, 0.0, metavar="NUMBER", least=0,
           commands=_SENDING, panel=_LIMITS),
    Option("patience", "Maximum total retry wait per request.", float, 60.0, metavar="SECONDS", least=0,
           commands=_SENDING, panel=_LIMITS),
    Option("deadline", "Maximum duration of the run, report included; 0 for unlimited.", float, 0.0,
           metavar="SECONDS", least=0, commands=_SENDING, panel=_LIMITS),
    Option("timeout-seconds", "Read timeout: maximum time without receiving a byte.", float, 60.0, metavar="SECONDS",
           least=0.1, commands=_SENDING, panel=_LIMITS),
    Option("total-seconds", "Maximum total time of one response.", float, 180.0, metavar="SECONDS", least=0.1,
           commands=_SENDING, panel=_LIMITS),
    Option("largest-body", "Maximum size of a response's content.", int, 8 * 1024 * 1024, metavar="BYTES", least=1,
           commands=_SENDING, panel=_LIMITS),
    # --- what counts
    Option("baseline", "Violations accepted for now (TOML, written by the command `baseline`): they do not fail the "
           "run. Expired entries do, and stale ones after --stale-after.", Path, metavar="FILE", panel=_VERDICT),
    Option("stale-after", "Days after which a stale entry of the baseline fails the run; 0 for at once. Since when it "
           "is stale is known in a --history only.", int, 30, metavar="DAYS", least=0, panel=_VERDICT),
    Option("revision", "Revision of the requirements to apply, such as 2026-11. Later requirements are judged but do "
           "not count.", metavar="NAME", panel=_VERDICT),
    Option("gate", "What fails the run: levels (must, should) and impacts (billing, clients, data, security, form), "
           "comma-separated. An impact stands for every MUST and SHOULD that has it, except those that only warn. "
           "Default: must,billing,clients,data,security.", metavar="LIST", commands=_AUDITING, panel=_VERDICT),
    Option("client", "Also let this client read the run's replies; where it raises or loses something, the run fails. "
           "A name from docs/clients.md; repeatable.", metavar="NAME", many=True, commands=("run",), panel=_VERDICT),
    Option("strict", "Exit with 1 also when any SHOULD is violated: adds must and should to --gate.", bool, False,
           commands=_AUDITING, panel=_VERDICT, in_pytest="gate-strict"),
    # --- what is written
    Option("out", "Folder for the exchanges and the report. Default: reports/<endpoint>.", Path, metavar="FOLDER",
           commands=_AUDITING, panel=_OUTPUT),
    Option("history", "Folder of runs: this one goes into a new folder in it, named by its time, and its report says "
           "what is new since the last run that could be judged. Instead of --out.", Path, metavar="FOLDER",
           commands=("run",), panel=_OUTPUT),
    Option("keep", "Number of runs to keep in --history. The last judged and the last conforming run are always kept. "
           "Default: all.", int, metavar="NUMBER", least=1, commands=("run",), panel=_OUTPUT),
    Option("language", "Language of reports and of what is printed: en or zh. Default: that of the environment's "
           "locale, if it is one of these, else en.", metavar="en|zh", commands=_AUDITING, panel=_OUTPUT),
    Option("resume", "Resume the interrupted run in this folder: send only what is missing.", Path, metavar="FOLDER",
           commands=_SENDING, panel=_OUTPUT),
    Option("snapshots", "Folder of reply shapes (names and types of members). The report lists changes since they were "
           "stored.", Path, metavar="FOLDER", panel=_OUTPUT),
    Option("workers", "Number of worker processes; 0 for none.", int, metavar="NUMBER", least=0,
           commands=(*_JUDGING, "audit"), panel=_LIMITS, in_pytest="numprocesses", foreign=True),
    # --- in pytest only, where the commands are options
    Option("archive", "Judge the run recorded in this folder; send nothing.", Path, metavar="FOLDER",
           commands=_PYTEST),
    Option("recordings", "Judge recordings made elsewhere (JSONL, HAR, logs); send nothing.", Path, metavar="FOLDER",
           commands=_PYTEST),
    Option("shared", "Folder with the limits that the runs of several [[endpoints]] have together; `run` makes it.",
           Path, metavar="FOLDER", commands=_PYTEST),
    Option("plan", "Print what a run would send and cost at most; send nothing.", bool, False, commands=_PYTEST),
    Option("mutants", "Judge counterexamples: every requirement must reject its own.", bool, False, commands=_PYTEST),
)  # fmt: skip

#: By name.
OPTIONS: Mapping[str, Option] = {option.name: option for option in _DECLARED}

#: Those that the environment and the configuration file may set.
CONFIGURABLE: Mapping[str, Option] = {name: option for name, option in OPTIONS.items() if option.commands}


def options_of(command: str) -> list[Option]:
    """The options that a command takes."""
    return [option for option in OPTIONS.values() if command in option.commands]
