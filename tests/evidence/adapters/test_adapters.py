"""What holds of each adapter: it recognises its own form alone, and says what is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement
from conformance.evidence.adapters import Adapter, adapter_of, adapters
from conformance.evidence.adapters.rewritten import EVERYTHING
from conformance.evidence.exchange import Exchange, Fact
from conformance.evidence.recording import Recording, RecordingError
from conformance.judgement.judge import judge, speaks_of
from conformance.judgement.verdict import Verdict
from conformance.suite.catalogue import load
from tests.docs.pages import page

from .samples import SAMPLES, Record

REPLIES = [name for name in SAMPLES if "reply" not in adapters()[name].loses]
COUNTS = [name for name in SAMPLES if name not in REPLIES]


def read(record: Record, origin: str = "here:1") -> list[Recording]:
    """The recordings in a record, of whatever form it is."""
    adapter = adapter_of(json.loads(json.dumps(record)))
    assert adapter
    return list(adapter.recordings(record, origin))


def one(record: Record) -> Exchange:
    (recording,) = read(record)
    return recording.exchange


def judged(requirement: Requirement, exchange: Exchange) -> Verdict:
    if not speaks_of(requirement, exchange):
        return Verdict.NOT_APPLICABLE
    return judge(requirement, exchange, Model("gpt-x", "gpt")).verdict


def test_there_is_a_sample_of_each_form() -> None:
    assert SAMPLES.keys() == adapters().keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_form_is_recognised_by_its_own_adapter_alone(name: str) -> None:
    assert [each.name for each in adapters().values() if each.recognises(SAMPLES[name])] == [name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_form_has_its_marks_and_others_lack_one(name: str) -> None:
    marked = adapters()[name].marked
    lines = {form: json.dumps(record).encode() for form, record in SAMPLES.items()}
    having = [form for form, line in lines.items() if marked and all(mark in line for mark in marked)]
    assert having == ([name] if marked else [])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_a_recording_that_lost_what_its_form_loses(name: str) -> None:
    (recording,) = read(SAMPLES[name])
    assert adapters()[name].loses <= recording.exchange.unrecorded
    assert recording.exchange.reply["usage"]["prompt_tokens"] == 20
    assert recording.exchange.reply["usage"]["total_tokens"] == 24
    assert recording.exchange.status == 200
    assert recording.model == ("gpt-x-2026" if name == "openai-batch" else "gpt-x")
    assert not recording.official


@pytest.mark.parametrize("name", SAMPLES)
def test_no_requirement_accuses_a_sample(name: str) -> None:
    exchange = one(SAMPLES[name])
    found = {id: judged(each, exchange) for id, each in load().items() if not each.composite and not each.whole_run}
    wrong = {id: verdict for id, verdict in found.items() if verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)}
    assert wrong == {}
    passed = [id for id, verdict in found.items() if verdict is Verdict.PASS]
    assert len(passed) > 30 if name in REPLIES else set(passed) <= RELATIONS


#: What is judged where no more than counts were kept.
RELATIONS = {id for id, each in load().items() if each.needs == {"counts"}}


def test_relations_between_counts_alone_need_no_reply() -> None:
    assert "usage.total_tokens.sum_of" in RELATIONS
    assert "usage.prompt_tokens.covers_cached" in RELATIONS
    assert all(id.startswith("usage.") and "reply" not in load()[id].needs for id in RELATIONS)
    assert all("reply" in each.needs for id, each in load().items() if id not in RELATIONS)


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_left_of_a_form_that_lost_the_reply(name: str) -> None:
    passed = {id for id in RELATIONS if judged(load()[id], one(SAMPLES[name])) is Verdict.PASS}
    assert bool(passed) is ("counts" not in adapters()[name].loses)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("wrong", [None, "", "no", 3, [], {}, [3], True])
def test_what_a_record_stumbles_over_is_one_sentence(name: str, wrong: Any) -> None:
    """Whatever stands in the place of a member, or within it: a recording, none, or a RecordingError."""
    for member in SAMPLES[name]:
        record = SAMPLES[name] | {member: wrong}
        adapter = adapter_of(record)
        for each in filter(None, (adapter, adapters()[name])):
            said = _said(each, record)
            assert said is None or (said.startswith("here:1 ") and "\n" not in said)


def _said(adapter: Adapter, record: Record) -> str | None:
    """What an adapter says of a record that it cannot read."""
    try:
        models = [recording.model for recording in adapter.recordings(record, "here:1")]
    except RecordingError as error:
        return str(error)
    assert all(isinstance(each, str) for each in models)
    return None


def test_the_table_of_forms_is_that_of_the_adapters() -> None:
    rows = [
        f"| `{each.name}` | {each.form} | {each.told_by} | {_facts(each.loses)} | {each.lost} |"
        for each in adapters().values()
    ]
    written = page("docs/recordings.md").partition("<!-- adapters: begin -->\n")[2].partition("<!-- adapters: end -->")
    assert written[0].strip().splitlines()[2:] == rows, "\n".join(rows)


def _facts(lost: frozenset[Fact]) -> str:
    if "reply" in lost:
        return " but ".join(["all", *(f"`{each}`" for each in sorted(EVERYTHING - lost))])
    return ", ".join(f"`{each}`" for each in sorted(lost))
