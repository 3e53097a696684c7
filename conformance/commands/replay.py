"""A finding seen again: the command that sends its request, and what is found when it is sent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement
from conformance.evidence.archive import Archive, ArchiveError
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send
from conformance.judgement.judge import judge, judge_run, speaks_of
from conformance.judgement.verdict import Finding, Verdict, gather
from conformance.lab.known_faults import plant
from conformance.lab.reference import Endpoint
from conformance.language import gettext, joined, say, tell, told
from conformance.policy.gating import Gate
from conformance.report.render.words import one_line
from conformance.report.report import Report
from conformance.report.report_json import read_report
from conformance.runs.filling import own_salt
from conformance.runs.folder import check_links, exchanges_in, identity_in, keep_bodies, new_salt, read_run
from conformance.runs.resume import noted_options
from conformance.runs.run import Run, RunError
from conformance.runs.seal import check_destination
from conformance.sending.access import origin
from conformance.sending.client import Access, Limits, Live
from conformance.sending.curl import BODIES, curl
from conformance.sending.pacing import Pace, paced
from conformance.settings.key_variable import is_variable
from conformance.settings.options import OPTIONS
from conformance.settings.settings import Settings
from conformance.suite.catalogue import load
from conformance.text import harmless, nearest_few

_SHOWN = 2  #: exchanges of a finding that are shown and sent again
_LONGEST = 1000  #: characters of a message that are shown
_EXIT_CODES = {Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}


class ReplayError(Exception):
    """It cannot be seen again; the message is one sentence."""


@dataclass(frozen=True)
class Kept:
    """A run as its folder has it."""

    folder: Path
    run: Run
    report: Report
    options: dict[str, Any]
    exchanges: dict[str, Exchange]

    def option(self, name: str) -> Any:
        """What the run was told, or the default."""
        return self.options.get(name, OPTIONS[name].default)


def replayed(
    id: str, folder: Path | None, model: str, send: bool, headers: Sequence[str], base_url: str = "", variable: str = ""
) -> tuple[str, int]:
    """The commands that send again what a requirement was judged on, or an exchange; sent, what was found then and
    now. With the exit code: 1 where a violation fails the gate of the run, 3 where nothing can be told. `base_url` and
    `variable` confirm where the key may go, and which. Raises ReplayError, and SessionError where that must be
    confirmed."""
    kept = _kept(folder or _latest())
    found = _found(kept, id, model)
    exchanges = _exchanges(kept, id, found)
    variable_shown = variable or kept.option("api-key-variable")
    if not is_variable(variable_shown):
        raise ReplayError(say("{folder} names no variable for the key: name it with --api-key-variable", kept.folder))
    names = kept.options.get("header", ())
    base, bodies = kept.run.profile.base_url, str((kept.folder / BODIES).absolute())
    commands = [curl(each.request, base, variable_shown, each.client, names, bodies) for each in exchanges]
    if not send:
        _keep_bodies(kept.folder, exchanges)
        return "\n".join(commands or [gettext("the run has no exchange of it")]), 0
    if not found:
        raise ReplayError(say("no finding of the report rests on {id}: send it with its command (without --send)", id))
    if variable:
        kept = replace(kept, options={**kept.options, "api-key-variable": variable})
    if kept.run.profile.source == "live":
        _check_destination(kept, headers, base_url, variable)
    with _sending(kept, headers) as live:
        pairs = [(each, _graded(kept, _found_anew(kept, each, exchanges, live))) for each in found]
    lines = [
        line
        for then, now in pairs
        for line in (
            one_line(tell("{requirement} on {model}", then.requirement, then.model)),
            tell("  then: {finding}", _said(then)),
            tell("  now:  {finding}", _said(now)),
        )
    ]
    return harmless("\n".join(lines)), max((_EXIT_CODES.get(now.verdict, 0) for _, now in pairs), default=0)


def _keep_bodies(folder: Path, exchanges: Sequence[Exchange]) -> None:
    """Where a command takes a body from a file, the file is there, also where no finding rests on its exchange."""
    try:
        check_links(folder)
        keep_bodies(folder, exchanges)
    except (RunError, OSError) as error:
        raise ReplayError(say("the body of a request cannot be written: {error}", error)) from None


def _latest() -> Path:
    """The folder of the run that was begun last."""
    runs = sorted(Path("reports").glob("*/run.json"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise ReplayError(say("there is no run in reports/: name the folder of one"))
    return runs[-1].parent


def _kept(folder: Path) -> Kept:
    try:
        run, options = read_run(folder), noted_options(folder)
        report = read_report(folder / "report.json")
        run.profile = replace(run.profile, models=report.models)  # with what was learnt of them
        exchanges = {each.request.key: each for each in exchanges_in(folder)}
    except (RunError, ArchiveError, ValueError) as error:
        raise ReplayError(str(error)) from None
    return Kept(folder, run, report, options, exchanges)


def _found(kept: Kept, id: str, model: str) -> list[Finding]:
    """The findings that are meant: of a requirement the worst, of an exchange all that rest on it."""
    findings = [each for entry in kept.report.entries for each in entry.findings]
    if id in kept.exchanges:
        telling = [each for each in findings if each.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
        return [each for each in telling if id in each.evidence and model in ("", each.model)]
    names = [each.name for each in kept.report.models]
    if model and model not in names:
        raise ReplayError(say("--model: the run has no {model!r}, only {names}", model, ", ".join(names)))
    of_it = [each for each in findings if each.requirement == id and model in ("", each.model)]
    if not of_it:
        if id in load():
            raise ReplayError(say("{folder} has no finding of {id}: it was not judged in this run", kept.folder, id))
        judged = {each.requirement for each in findings} | kept.exchanges.keys()
        hint = nearest_few(id, judged) or nearest_few(id, load())
        raise ReplayError(say("{folder} has no requirement or exchange {id!r}{hint}", kept.folder, id, hint))
    return [max(of_it, key=lambda each: each.verdict)]


def _exchanges(kept: Kept, id: str, found: Sequence[Finding]) -> list[Exchange]:
    """What is to be sent again: the evidence, or where it holds what it was judged on."""
    if id in kept.exchanges:
        return [kept.exchanges[id]]
    finding = found[0]
    keys = finding.evidence or _judged_on(kept, finding)
    return [kept.exchanges[key] for key in keys if key in kept.exchanges][:_SHOWN]


def _judged_on(kept: Kept, finding: Finding) -> list[str]:
    model = kept.run.profile.model(finding.model)
    asked = kept.run.requests(_requirement(finding), model)
    return [each.key for each in asked if each.key in kept.exchanges and _shows(kept, finding, each.key)]


def _shows(kept: Kept, finding: Finding, key: str) -> bool:
    requirement = _requirement(finding)
    return requirement.composite or speaks_of(requirement, kept.exchanges[key])


def _requirement(finding: Finding) -> Requirement:
    try:
        return load()[finding.requirement]
    except KeyError:
        raise ReplayError(
            say("{requirement} was withdrawn since: it cannot be judged any more", finding.requirement)
        ) from None


# --- sending ------------------------------------------------------------------------------------------------


def _check_destination(kept: Kept, headers: Sequence[str], base_url: str, variable: str) -> None:
    """Raise where the key would go where nothing but the folder says, or a header field is lacking."""
    address = kept.run.profile.base_url
    if base_url and origin(base_url) != origin(address):
        raise ReplayError(
            say("--base-url: the run in {folder} was sent to {address}, which is another address", kept.folder, address)
        )
    _access(kept, headers)
    noted = Settings.of({}).updated({**kept.options, "base-url": address, "header": headers})
    check_destination(noted, identity_in(kept.folder).id, kept.folder, base_url, variable)


@contextmanager
def _sending(kept: Kept, headers: Sequence[str]) -> Iterator[Send]:
    """What the run sent with: the same limits and pace, the key from the environment. Nothing is kept."""
    if kept.run.profile.source == "reference":
        faults = [each for each in kept.run.fault.split(", ") if each]
        yield plant(Endpoint().answer, faults)
        return
    limits = Limits(
        read=kept.option("timeout-seconds"), total=kept.option("total-seconds"), content=kept.option("largest-body")
    )
    pace = Pace(kept.option("concurrency"), kept.option("rate"), kept.option("patience"))
    key = os.environ.get(kept.option("api-key-variable"), "").strip()
    try:
        live = Live(kept.run.profile.base_url, key, limits, _access(kept, headers), _as_then(kept))
    except OSError as error:
        raise ReplayError(say("what the run was reached with cannot be used any more: {error}", error)) from None
    with closing(live):
        yield paced(live, pace)


def _as_then(kept: Kept) -> Callable[[Request], str]:
    """As which client a request of this label was sent."""
    clients = {each.request.label: each.client for each in kept.exchanges.values()}
    return lambda request: clients.get(request.label, "")


def _access(kept: Kept, headers: Sequence[str]) -> Access:
    pairs = [(name.strip(), value.strip()) for name, _, value in (each.partition(":") for each in headers)]
    if lacking := set(kept.options.get("header", ())) - {name.lower() for name, _ in pairs}:
        raise ReplayError(say("repeat --header {lacking}, whose value was not stored", min(lacking)))
    files = {name: Path(kept.options[name]) for name in ("authorities", "certificate") if name in kept.options}
    return Access(
        tuple(pairs), files.get("authorities"), files.get("certificate"), tuple(kept.options.get("secret-header", ()))
    )


def _found_anew(kept: Kept, then: Finding, exchanges: Sequence[Exchange], send: Send) -> Finding:
    """What is found when it is sent again, under a salt of its own lest it meets what the run left in caches."""
    requirement, model = _requirement(then), kept.run.profile.model(then.model)
    salt = new_salt()
    if requirement.composite:
        with tempfile.TemporaryDirectory() as folder:
            anew = Archive(Path(folder), send)
            run = replace(kept.run, salt=salt, send=anew, unjudged="", broken_off="", resalted={})
            return run.find(requirement, model)
    again = [send(_salted(each.request, kept.run, salt)) for each in exchanges]
    return _judged(requirement, again, model)


def _graded(kept: Kept, finding: Finding) -> Finding:
    """As the gate of the run grades it."""
    return Gate(kept.report.gate).graded(_requirement(finding), finding)


def _judged(requirement: Requirement, exchanges: Sequence[Exchange], model: Model) -> Finding:
    if requirement.whole_run:
        return judge_run(requirement, exchanges, model)
    meant = [each for each in exchanges if speaks_of(requirement, each)]
    if not meant:
        outcomes = joined(", ", (each.outcome for each in exchanges)) or say("nothing could be sent again")
        reason = say("the requirement does not apply to {outcomes}", outcomes)
        return Finding(requirement.id, model.name, Verdict.INCONCLUSIVE, reason)
    return gather(judge(requirement, each, model) for each in meant)


def _salted(request: Request, run: Run, salt: str) -> Request:
    body, salts = request.body, {run.salt, *run.resalted.values()} - {""}
    for known in salts | {own_salt(each, model) for each in salts for model in run.profile.models}:
        body = body.replace(known.encode(), salt.encode())
    return replace(request, body=body)


def _said(finding: Finding) -> str:
    observed = one_line(told(finding.message), _LONGEST)
    return gettext(": ").join(filter(None, (gettext(str(finding.verdict)), observed)))
