"""A search for an example that a check rejects, which sends no more requests than it may."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from typing import TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send

Example = TypeVar("Example", bound=Hashable)


class Spent(BaseException):
    """As many requests were sent as may be. It is no Exception, which hypothesis would take for a failed example."""


def search(
    strategy: st.SearchStrategy[Example],
    check: Callable[[Example, Send], None],
    send: Send,
    most: int,
    start: str = "",
    first: Iterable[Example] = (),
) -> None:
    """Judge examples, those given `first`, until `most` different requests were sent. Which they are follows from
    `start`, the name of a model, so that the models of an endpoint are asked different ones. The first that `check`
    rejects by assertion is made smaller, with at most as many requests again, and its assertion raised. An example that
    is inconclusive is left out; raises Inconclusive where no other is left."""
    known: dict[str, Exchange] = {}
    budget, judged, failing = most, 0, False
    shown: AssertionError | None = None
    reasons = [f"{most} generated requests were too few to judge one example: allow more (--examples)"]

    def sending(request: Request) -> Exchange:
        if request.key not in known:
            if len(known) >= budget:
                if not failing:
                    raise Spent
                reject()
            known[request.key] = send(request)
        else:
            send(request)  # it is remembered, and is the evidence once more
        return known[request.key]

    @seed(start)
    @settings(
        max_examples=most, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(strategy)
    def examine(value: Example) -> None:
        nonlocal budget, judged, failing
        try:
            check(value, sending)
            judged += 1
        except (Inconclusive, NotApplicable) as reason:
            reasons.append(str(reason))
        except AssertionError:
            budget, failing = 2 * most, True
            raise

    try:
        with suppress(Spent):
            for value in first:
                try:
                    check(value, sending)
                    judged += 1
                except (Inconclusive, NotApplicable) as reason:
                    reasons.append(str(reason))
                except AssertionError as violation:  # a generated one that shows the same is smaller
                    shown = shown or violation
            examine()
    except Unsatisfiable:
        reasons.append("nothing that is claimed can be generated")
    if shown:
        raise shown
    if not judged:
        raise Inconclusive(reasons[-1])
