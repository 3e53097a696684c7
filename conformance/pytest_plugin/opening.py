"""From settings to a run: its folder is prepared, and its requests are sent to the endpoint or read from a record."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from math import ceil
from pathlib import Path

from filelock import FileLock, Timeout

from conformance.billing.budget import Budget, bounded
from conformance.billing.prices import Sheet
from conformance.contract.profile import Profile
from conformance.evidence.archive import Archive, ArchiveError, recorded
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.recordings import RecordingError, RecordingWarning, recordings
from conformance.evidence.send import Send, remembering
from conformance.judgement.judge import EXAMPLES
from conformance.lab.known_faults import plant
from conformance.lab.reference import Endpoint
from conformance.language import gettext, say
from conformance.runs.folder import (
    BASELINE,
    Identity,
    check_links,
    empty,
    new_identity,
    new_salt,
    read_run,
    read_value,
    write_run,
)
from conformance.runs.plan import Plan, planned
from conformance.runs.resume import kept_options, resalted
from conformance.runs.run import Run, RunError, held_run
from conformance.runs.seal import seal
from conformance.sending.access import access, key_in
from conformance.sending.client import Access, Deadline, Limits, Live
from conformance.sending.clients import client_of
from conformance.sending.in_process import InProcess
from conformance.sending.pacing import Pace
from conformance.sending.preflight import diagnosis
from conformance.sending.proxy import proxy_for
from conformance.sending.secrets import secrets_of
from conformance.sending.shared import Shared, SharedError, read_shared, slots
from conformance.sending.stack import SPENT, UNSENT, in_process, over_http, prober, warmed
from conformance.settings.address import private, public
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.settings.settings import Settings
from conformance.text import printable, write_whole

from .target import REFERENCE_URL, asked, profile_of, selected, sheet_of

REFERENCE_KEY = "sk-reference-0123456789abcdefghijklmnopqrstuvwxyz"  #: any token will do there but an unknown one


def budget_of(settings: Settings) -> Budget:
    """What the run may cost. Raises SessionError."""
    cost = settings.max_cost
    if cost is not None and settings.prices is None:
        raise SessionError(say("--max-cost needs a price sheet: name one with --prices"))
    try:
        amount = None if cost is None else Decimal(cost)
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount is not None and not (amount.is_finite() and amount >= 0):
        raise SessionError(say("--max-cost: {cost!r} is not an amount, such as 2.50", cost))
    return Budget(settings.max_requests, settings.max_tokens, amount)


def reference(faults: Iterable[str]) -> Send:
    """The reference endpoint with known faults. Raises SessionError where there is no such fault."""
    try:
        return plant(Endpoint().answer, faults)
    except KeyError as error:
        raise SessionError(str(error.args[0])) from None


def plan_of(settings: Settings) -> Plan:
    """What the run will send and cost. Raises SessionError."""
    run = Run(profile_of(settings), "", _plans_only, examples=settings.examples, asked=asked(settings))
    return planned(run, list(selected(settings).values()), sheet_of(settings)).times(settings.repeat or 1)


def _plans_only(request: Request) -> Exchange:
    raise Inconclusive(say("a plan sends nothing"))


# --- the folder, in the controlling process -----------------------------------------------------------------


def identity_of(settings: Settings) -> Identity:
    """The id of the run and its cache-busting prefix: of one that is resumed its own. Raises SessionError where that is
    another run."""
    if settings.resume is None:
        return new_identity()
    try:
        value = read_value(settings.resume)
    except RunError as error:
        raise SessionError(say("--resume: {error}", error)) from None
    before = Profile.load(value["profile"]), value["fault"], value.get("examples", EXAMPLES)
    if before != (profile_of(settings), ", ".join(settings.fault), settings.examples):
        raise SessionError(
            say("--resume: {resume} holds a run with other models or options: leave them out", settings.resume)
        )
    return Identity(value.get("id", ""), value["salt"])


def begin(settings: Settings, profile: Profile, identity: Identity, resources: ExitStack) -> str:
    """Prepare the folder. The address of the reference endpoint where several workers share it over HTTP, else an
    empty string. Raises SessionError where another run is using the folder, or it cannot be written."""
    try:
        _prepare(settings, profile, identity, resources)
    except Timeout:
        raise SessionError(
            say("--out: another run is using {folder}: wait for its end, or name another folder", settings.folder)
        ) from None
    except (RunError, ArchiveError) as error:
        raise SessionError(str(error), NOT_JUDGED) from None
    except FileExistsError:
        raise SessionError(
            say("--history: another run began in {folder} at the same time: start this one again", settings.folder),
            NOT_JUDGED,
        ) from None
    except OSError as error:
        raise SessionError(
            say("--out: {folder} cannot be written ({error})", settings.folder, error), NOT_JUDGED
        ) from None
    if settings.base_url or not settings.workers:
        return ""
    from conformance.lab.reference.server import serving

    return resources.enter_context(serving(reference(settings.fault)))


def _prepare(settings: Settings, profile: Profile, identity: Identity, resources: ExitStack) -> None:
    out = settings.folder
    new = settings.history is not None and settings.resume is None
    out.mkdir(parents=True, exist_ok=not new)  # no run of a history takes the folder of another
    check_links(out)
    resources.enter_context(FileLock(out / ".lock", timeout=0))
    salts: Mapping[str, str] = {}
    if settings.resume:
        salts = resalted(out, identity.id, new_salt())
        (out / UNSENT).unlink(missing_ok=True)
    else:
        empty(out)
    fault, kept = ", ".join(settings.fault), kept_options(settings)
    write_run(out, profile, identity, fault, settings.examples, options=kept, resalted=salts)
    if settings.base_url:
        seal(settings, identity.id, out)
    _keep_baseline(settings.baseline, out / BASELINE)


def _keep_baseline(given: Path | None, kept: Path) -> None:
    """The baseline goes with the run, so that whoever judges it again accepts the same."""
    if given is None:
        kept.unlink(missing_ok=True)
    elif given.absolute() != kept:
        write_whole(kept, given.read_bytes())


# --- the run, in each process -------------------------------------------------------------------------------


def open_recorded(settings: Settings) -> Run:
    """The run over what was recorded: nothing is sent. Raises SessionError."""
    try:
        if folder := settings.recordings:
            return _held(folder)
        assert settings.archive is not None
        return replace(read_run(settings.archive), asked=asked(settings))
    except (RunError, RecordingError, ArchiveError) as error:
        raise SessionError(str(error), NOT_JUDGED) from None


def _held(folder: Path) -> Run:
    """The run over recordings made elsewhere; what is left out of them is told on stderr."""
    with warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always", RecordingWarning)
        run = held_run(folder, ((each.model, each.exchange) for each in recordings(folder)))
    for each in left_out:
        print(f"{gettext('warning')}{gettext(': ')}{printable(str(each.message))}", file=sys.stderr)
    return run


def open_run(
    settings: Settings,
    profile: Profile,
    identity: Identity,
    sheet: Sheet | None,
    serving: str,
    ending: Deadline,
    resources: ExitStack,
    served: InProcess | None = None,
) -> Run:
    """The run that sends; `serving` is the address of the reference endpoint where it is served, `served` an
    application in the endpoint's place. Raises SessionError."""
    out = settings.folder
    if settings.mutants:
        return Run(profile, identity.salt, remembering(Endpoint().answer))
    sender = _sender(settings, identity, serving, sheet, ending, resources, served)
    archive = Archive(out / "archive", sender, identity.id)
    resources.callback(archive.close)
    return Run(
        profile, identity.salt, archive,
        fault=", ".join(settings.fault), examples=settings.examples, asked=asked(settings),
        resalted=read_value(out).get("resalted", {}) if settings.resume else {},
    )  # fmt: skip


def diagnosing(settings: Settings, served: InProcess | None = None) -> Callable[[Exchange], str]:
    """What is said of an endpoint that does not answer a plain request; it may be asked more to find that out."""
    if not settings.base_url:
        return lambda exchange: diagnosis(exchange, REFERENCE_URL)
    key, reached = _reached(settings, served)
    no_key, proxy = "" if key else settings.api_key_variable, "" if served else proxy_for(settings.base_url)
    probe = prober(key, reached)

    def ask(shown: str, request: Request) -> Exchange:
        return probe(private(shown, settings.base_url), request)

    return lambda exchange: diagnosis(exchange, public(settings.base_url), ask, no_key, proxy)


def _sender(
    settings: Settings, identity: Identity, serving: str, sheet: Sheet | None, ending: Deadline, resources: ExitStack,
    served: InProcess | None,
) -> Send:  # fmt: skip
    """To the endpoint over HTTP; to the reference endpoint in this process, or over HTTP where workers share it."""
    out, within_budget = settings.folder, _within_budget(settings, sheet)
    earlier = recorded(out / "archive", identity.id) if settings.resume else ()
    if not (settings.base_url or serving):
        return in_process(warmed(reference(settings.fault), earlier), within_budget, out, ending)
    workers = settings.workers or 1
    limits = Limits(read=settings.timeout_seconds, total=settings.total_seconds, content=settings.largest_body)
    pace = Pace(
        concurrency=ceil(settings.concurrency / workers), per_minute=settings.rate / workers,
        patience=settings.patience, deadline=ending, slot=slots(shared_by(settings)),
    )  # fmt: skip
    key, reached = _reached(settings, served)
    live = Live(settings.base_url or serving, key, limits, reached, lambda request: client_of(request, identity.salt))
    if serving and not settings.base_url:
        warmed(live, earlier)
    return over_http(live, pace, within_budget, out, resources)


def _reached(settings: Settings, served: InProcess | None = None) -> tuple[str, Access]:
    """The key, and what else is sent with every request. Raises SessionError."""
    key = key_in(settings.api_key_variable) if settings.base_url else REFERENCE_KEY
    reached = access(settings.header, settings.authorities, settings.certificate, settings.secret_header)
    return key, replace(reached, served=served)


def secrets_of_run(settings: Settings) -> tuple[str, ...]:
    """What must not be in the folder of a run; nothing where only the reference endpoint was asked."""
    if not (settings.sends and settings.base_url):
        return ()
    key, reached = _reached(settings)
    return secrets_of(settings.base_url, key, reached.headers, reached.secret)


def _within_budget(settings: Settings, sheet: Sheet | None) -> Callable[[Send], Send]:
    """Bounds what is sent by the budget of this run, and by that which it has together with others, if there are
    such."""
    budget, shared = budget_of(settings), shared_by(settings)

    def within(send: Send) -> Send:
        if shared.budget:
            send = bounded(send, shared.budget, sheet, shared.folder / SPENT)
        return bounded(send, budget, sheet, settings.folder / SPENT) if budget else send

    return within


def shared_by(settings: Settings) -> Shared:
    """The limits that this run has together with others: none where it is by itself. Raises SessionError."""
    try:
        return read_shared(settings.shared) if settings.shared else Shared(settings.folder)
    except SharedError as error:
        raise SessionError(say("--shared: {error}", error)) from None
