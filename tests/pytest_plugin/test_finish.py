"""What a report counts as the exchanges of its run."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.profile import Model, Profile
from conformance.contract.requests import PLAIN, TWO
from conformance.evidence.exchange import Exchange, Failure
from conformance.lab.reference import Endpoint
from conformance.pytest_plugin.finish import _own
from conformance.runs.run import Run
from conformance.suite.multimodal.images import RED

MODEL = Model("reference-gpt", "gpt")


def test_what_a_selection_does_not_ask_for_is_left_out_with_its_earlier_attempts() -> None:
    """A run that was broken off and resumed knows of them."""
    endpoint = Endpoint()
    run = Run(Profile("reference", (MODEL,)), "abcdefghijkl", endpoint.answer, asked=frozenset({PLAIN}))
    plain, two = (endpoint.answer(run.filled(each, MODEL)) for each in (PLAIN, TWO))
    unheard = Exchange(two.request, 0, failure=Failure("reset", "the run was broken off before an answer came"))
    exchanges = [each for one in (plain, replace(two, earlier=(unheard,))) for each in one.all]
    assert len(exchanges) == 3
    assert _own(run, exchanges) == [plain]


def test_what_a_model_does_not_claim_is_left_out() -> None:
    """An image is shown to each model, so that one without vision can show how it rejects it."""
    blind = replace(MODEL, without=frozenset({"vision"}))
    run = Run(Profile("reference", (blind,)), "abcdefghijkl", Endpoint().answer)
    plain, red = (Exchange(run.filled(each, blind), 500) for each in (PLAIN, RED))
    assert _own(run, [plain, red]) == [plain]
