"""Independent requests sent at once, before a test asks for their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from math import inf

from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Inconclusive, Request
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import say
from conformance.sending.limits import Deadline

from .run import Run

NOT_JUDGED = "not judged: "  #: begins the reason why a requirement was not judged in time
Judged = tuple[Requirement, Model]


class Prefetch:
    """Sends everything that judging needs, many requests at once, while the tests judge what has arrived.

    A request that follows another is sent when that is answered. Requirements on several exchanges are judged here,
    too: what they request next depends on the answers.
    """

    def __init__(self, run: Run, judged: Sequence[Judged], concurrency: int, ending: Deadline | None = None) -> None:
        self._run, self._ending = run, ending or Deadline()
        self._after: dict[str, list[Request]] = {}
        # twice as many threads: what one sends others may wait for; how many requests are sent at once is for pacing
        self._threads = ThreadPoolExecutor(2 * concurrency, "prefetch")
        # these first: what follows another request, such as the repetition of a cached prompt, must not wait for all
        self.findings: Mapping[tuple[str, str], Future[Finding]] = {
            (requirement.id, model.name): self._threads.submit(run.find, requirement, model)
            for requirement, model in judged
            if requirement.composite
        }
        requests = (request for requirement, model in judged for request in run.requests(requirement, model))
        for request in self._first(requests):
            self._threads.submit(self._ask, request)

    def _first(self, requests: Iterable[Request]) -> list[Request]:
        """The requests that come after no other; the beginnings of the longest chains are first."""
        known: dict[str, Request] = {}
        length: dict[str, int] = {}
        for request in requests:
            depth = 1
            each: Request | None = request
            while each is not None:
                if each.key not in known:
                    known[each.key] = each
                    if each.after is not None:
                        self._after.setdefault(each.after.key, []).append(each)
                length[each.key] = max(length.get(each.key, 0), depth)
                depth, each = depth + 1, each.after
        roots = [each for each in known.values() if each.after is None]
        return sorted(roots, key=lambda each: -length[each.key])

    def _ask(self, request: Request) -> None:
        with suppress(Inconclusive):  # the requirement that needs it will say so
            self._run.send(request)
        for each in self._after.get(request.key, ()):
            with suppress(RuntimeError):  # the session ended meanwhile
                self._threads.submit(self._ask, each)

    def find(self, requirement: Requirement, model: Model) -> Finding:
        """What the run finds, from what was judged ahead where it was, and is by the deadline."""
        judged = self.findings.get((requirement.id, model.name))
        if judged is None:
            return self._run.find(requirement, model)
        try:
            return judged.result(None if self._ending.left == inf else max(0.0, self._ending.left))
        except TimeoutError:
            return late(requirement, model.name, self._ending)

    def close(self) -> None:
        """Asks for nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def late(requirement: Requirement, model: str, ending: Deadline) -> Finding:
    """The finding of what was not judged before the deadline."""
    return Finding(requirement.id, model, Verdict.INCONCLUSIVE, say("not judged: {reason}", ending.reason))


def found(find: Callable[[Requirement, Model], Finding], requirement: Requirement, model: Model) -> Finding:
    """What is found, with a crash of ours as its reason: a requirement that is not in the report cannot be missed."""
    try:
        return find(requirement, model)
    except Exception as crash:
        said = say("judging it crashed: {kind}: {crash}", type(crash).__name__, crash)
        return Finding(requirement.id, model.name, Verdict.INCONCLUSIVE, said)
