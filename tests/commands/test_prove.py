"""Proving one requirement: what holds is said in three lines, and each thing that speaks against it is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.commands.prove import Proof, prove
from conformance.contract.faults import header
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Exchange
from conformance.lab.variations import VARIATIONS
from conformance.suite.catalogue import load
from tests.support.commands import cli

ID = "roles.system"


def harmless(exchange: Exchange) -> Exchange:
    """A fault that changes nothing."""
    return exchange


@pytest.fixture
def few_variations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the others would say nothing else, and take seconds."""
    few = {name: VARIATIONS[name] for name in ("no_rate_limit_headers", "gzipped", "ids_with_uuids")}
    monkeypatch.setattr("conformance.commands.prove.VARIATIONS", few)


def proof_of(requirement: Requirement) -> Proof:
    found = prove(requirement)
    assert str(found).startswith(str(requirement))
    return found


def holds(id: str) -> bool:
    found = proof_of(load()[id])
    return found.holds and "FAILED" not in str(found)


def test_what_holds_is_proved() -> None:
    assert holds(ID)


def test_what_an_earlier_attempt_violates_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variation declares that it deviates in the 429 that came before its answer."""
    name = "throttled_until_a_date"
    monkeypatch.setattr("conformance.commands.prove.VARIATIONS", {name: VARIATIONS[name]})
    assert holds("ratelimit.retry_after_in_seconds")


def test_an_earlier_attempt_is_no_answer_to_a_request_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variation answers 503 at first, which a run asks again."""
    name = "overloaded_at_first"
    monkeypatch.setattr("conformance.commands.prove.VARIATIONS", {name: VARIATIONS[name]})
    assert holds("choices.as_many_as_asked")


@pytest.mark.usefixtures("few_variations")
@pytest.mark.parametrize("id", ["usage.total_tokens.sum_of", "ids.unique", "isolation.answers_not_mixed_up"])
def test_every_kind_is_proved(id: str) -> None:
    assert holds(id)


@pytest.mark.usefixtures("few_variations")
def test_a_counterexample_that_is_accepted_is_named() -> None:
    toothless = replace(load()[ID], broken_by=(("nothing", harmless),))
    assert proof_of(toothless).accepted == ("the counterexample 'nothing' is accepted",)


@pytest.mark.usefixtures("few_variations")
def test_a_requirement_that_accuses_the_reference_endpoint_is_not_proved() -> None:
    def check(exchange: Exchange) -> None:
        assert exchange.header("x-request-id") is None, "there is an x-request-id"

    strict = replace(load()["usage.total_tokens.sum_of"], check=check)
    assert "there is an x-request-id" in proof_of(strict).violated[0]


@pytest.mark.usefixtures("few_variations")
def test_a_variation_that_is_accused_is_named() -> None:
    def check(exchange: Exchange) -> None:
        assert exchange.header("x-ratelimit-limit-requests") is not None, "no rate limits are stated"

    unstated = (("", header("x-ratelimit-limit-requests", None)),)
    strict = replace(load()["usage.total_tokens.sum_of"], check=check, broken_by=unstated)
    assert any(each.startswith("no_rate_limit_headers conforms and is accused") for each in proof_of(strict).accused)


@pytest.mark.usefixtures("few_variations")
def test_an_unknown_source_and_row_are_named() -> None:
    wrong = replace(load()[ID], source="rfc9110#15.5.3x", contract=("usage-99",))
    found = proof_of(wrong)
    source, row = found.unsourced
    assert not found.holds
    assert source.startswith("source: the source 'rfc9110#15.5.3x' leads nowhere: ")
    assert "did you mean" in source
    assert row.startswith("contract: the contract has no row 'usage-99'")
    assert str(found).count("  FAILED  ") == 2


def test_an_area_is_no_requirement(tmp_path: Path) -> None:
    ended = cli("prove", "cache", folder=tmp_path)
    said = "cache is an area: phanedge-conformance catalogue --area cache lists its requirements"
    assert (ended.exit_code, ended.output.strip()) == (2, said)
