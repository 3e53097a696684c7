"""Requests sent ahead of their tests: each once, and what follows another soon after it."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from conformance.contract.profile import Model, Profile
from conformance.contract.requests import CACHE_COLD, CACHE_WARM
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send
from conformance.judgement.verdict import Verdict
from conformance.lab.reference import Endpoint
from conformance.runs.prefetch import Prefetch
from conformance.runs.run import Run
from conformance.suite.catalogue import load

CLAUDE = Model("reference-claude", "claude")
SOON = 40  #: requests that may be sent between a prompt and its repetition


def remembering_in_threads(sent: list[Request]) -> Send:
    """The reference endpoint, asked each request once, after the one that it follows, by any thread."""
    endpoint, known, turns = Endpoint(), dict[str, Exchange](), dict[str, threading.Lock]()

    def send(request: Request) -> Exchange:
        if request.after is not None:
            send(request.after)
        with turns.setdefault(request.key, threading.Lock()):
            if request.key not in known:
                sent.append(request)
                known[request.key] = endpoint.answer(request)
        return known[request.key]

    return send


@pytest.mark.parametrize("concurrency", [1, 8])
def test_everything_is_sent_once_and_repetitions_soon(concurrency: int) -> None:
    sent: list[Request] = []
    run = Run(Profile("reference", (CLAUDE,), "reference"), "abcdefghijkl", remembering_in_threads(sent))
    judged = [(requirement, CLAUDE) for requirement in load().values()]
    with closing(Prefetch(run, judged, concurrency)) as prefetch:
        findings = [prefetch.find(*each) for each in judged]
    assert {each.requirement: each.message for each in findings if each.verdict >= Verdict.INCONCLUSIVE} == {}
    keys = [each.key for each in sent]
    assert len(keys) == len(set(keys))
    cold, warm = (keys.index(run.filled(each, CLAUDE).key) for each in (CACHE_COLD, CACHE_WARM))
    assert cold < warm <= cold + SOON
