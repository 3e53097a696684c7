"""The shape of replies, and what is said when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conformance.cli import app
from conformance.contract.faults import drop, failing, put, respond
from conformance.contract.for_model import for_model
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import PLAIN, STREAM_USAGE
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure
from conformance.lab.reference import Endpoint
from conformance.report.drift import Drift, ShapeError, drift, file_of, read, seen, watch
from conformance.report.shape import diff, shape
from conformance.runs.run import Run
from tests.support.commands import pytest_run, report_in
from tests.support.exchanges import completion, plain, stream_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}


def test_a_shape_is_types_by_path() -> None:
    assert shape({"a": [{"b": 1}, {"b": None, "c": 0.5}], "d": True, "e": {}}) == {
        "": ("object",),
        "a": ("array",),
        "a[]": ("object",),
        "a[].b": ("integer", "null"),
        "a[].c": ("number",),
        "d": ("boolean",),
        "e": ("object",),
    }


def test_values_do_not_count() -> None:
    assert shape(completion(USAGE)) == shape(completion(USAGE | {"prompt_tokens": 7}, id="other", created=1, model="x"))


def test_members_named_by_a_value_are_one() -> None:
    assert shape({"by_model": {"gpt-4o-2024-08-06": 1}}) == shape({"by_model": {"gpt-4o-2024-11-20": 2}})


@given(JSON)
def test_every_document_has_a_shape_that_equals_itself(document: object) -> None:
    assert diff(shape(document), shape(document)) == []


@given(JSON, JSON)
def test_two_shapes_are_equal_or_something_is_said(one: object, two: object) -> None:
    assert bool(diff(shape(one), shape(two))) == (shape(one) != shape(two))


def test_a_document_of_any_depth_has_a_shape() -> None:
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    assert len(shape(deep)) == 41


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ({"a": {"b": 1}, "c": "x", "cost": {"usd": 0.5}}, "cost appeared: an object"),
        ({"c": "x"}, "a vanished: it was an object"),
        ({"a": {"b": None}, "c": "x"}, "a.b was an integer, is null"),
        ({"a": {"b": 1}, "c": ["x"]}, "c was a string, is an array"),
        ({"a": {"b": 1.5}, "c": "x"}, "a.b was an integer, is a number"),
    ],
)
def test_a_change_is_a_sentence(new: object, sentence: str) -> None:
    assert diff(shape({"a": {"b": 1}, "c": "x"}), shape(new))[0] == sentence


def test_what_a_new_member_holds_is_not_listed() -> None:
    assert diff(shape({}), shape({"cost": {"usd": [{"n": 1}]}})) == ["cost appeared: an object"]


def test_a_stream_has_the_shape_of_its_chunks() -> None:
    found = seen(stream_of(USAGE))
    assert found
    assert found.members["[].choices[].delta.content"] == ("string",)
    assert found.members["[].usage"] == ("null", "object")


def test_another_status_is_said_alone() -> None:
    one, two = seen(plain(completion(USAGE))), seen(plain({"error": {"message": "no"}}, status=400))
    assert one
    assert two
    assert drift("m", {"plain": one}, {"plain": two}) == (Drift("m", "the status was 200, is 400", ("plain",)),)


@pytest.mark.parametrize("fault", [respond(503, {}), respond(429, {}), failing(Failure("reset", "gone"))])
def test_what_may_pass_says_nothing(fault: Fault) -> None:
    assert seen(fault(plain(completion(USAGE)))) is None


def test_the_same_change_in_many_replies_is_said_once() -> None:
    exchange = plain(completion(USAGE))
    old = {label: seen(exchange) for label in "abc"}
    new = {label: seen(drop("usage.total_tokens")(exchange)) for label in "bcd"}
    found = drift("m", {k: v for k, v in old.items() if v}, {k: v for k, v in new.items() if v})
    assert found == (Drift("m", "usage.total_tokens vanished: it was an integer", ("b", "c")),)


# --- what is kept -------------------------------------------------------------------------------------------

MODEL = Model("reference-gpt", "gpt")
RUN = Run(Profile("reference", (MODEL,), "reference"), "abcdefghijkl", Endpoint().answer)


def night(*faults: Fault) -> list[Exchange]:
    """The exchanges of a short run."""
    answers = [Endpoint().answer(for_model(each, MODEL, RUN.salt)) for each in (PLAIN, STREAM_USAGE)]
    for fault in faults:
        answers = [fault(each) for each in answers]
    return answers


def test_a_night_like_the_last_one_shows_nothing(tmp_path: Path) -> None:
    assert watch(tmp_path, RUN, night(), update=False) == ()
    kept = (tmp_path / "reference-gpt.json").read_bytes()
    assert watch(tmp_path, RUN, night(), update=False) == ()
    assert (tmp_path / "reference-gpt.json").read_bytes() == kept


def test_a_change_is_shown_every_night_until_it_is_accepted(tmp_path: Path) -> None:
    changed = night(put("service_tier", None))
    watch(tmp_path, RUN, night(), update=False)
    for _ in range(2):
        found = watch(tmp_path, RUN, changed, update=False)
        assert [(each.sentence, each.requests) for each in found] == [
            ("[].service_tier was a string, is null", ("plain-stream-usage",)),
            ("service_tier was a string, is null", ("plain",)),
        ]
    assert watch(tmp_path, RUN, changed, update=True) == ()
    assert watch(tmp_path, RUN, changed, update=False) == ()


def test_what_was_not_sent_tonight_stays_kept(tmp_path: Path) -> None:
    watch(tmp_path, RUN, night(), update=False)
    watch(tmp_path, RUN, night()[:1], update=True)
    assert read(tmp_path / "reference-gpt.json").keys() == {"plain", "plain-stream-usage"}


def test_what_is_new_is_kept_and_not_called_a_change(tmp_path: Path) -> None:
    watch(tmp_path, RUN, night()[:1], update=False)
    assert watch(tmp_path, RUN, night(), update=False) == ()
    assert "plain-stream-usage" in read(tmp_path / "reference-gpt.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "shapes-9"}', '{"format": "shapes-1", "shapes": 3}'])
def test_a_broken_file_is_said_to_be_one(text: str, tmp_path: Path) -> None:
    (tmp_path / "reference-gpt.json").write_text(text)
    with pytest.raises(ShapeError, match="delete it"):
        watch(tmp_path, RUN, night(), update=False)


def test_every_name_of_a_model_has_a_file_of_its_own() -> None:
    names = ["gpt-4o", "GPT-4o", "vendor/gpt-4o", "vendor-gpt-4o", "../x", "模型"]
    files = [file_of(name) for name in names]
    assert files[0] == "gpt-4o.json"
    assert len({each.lower() for each in files}) == len(names)
    assert not any("/" in each for each in files)


# --- a session ----------------------------------------------------------------------------------------------


def test_a_session_says_what_changed_until_it_is_accepted(tmp_path: Path) -> None:
    chosen = ("-k", "transport.status_200", "--model", "reference-gpt", "--no-costly", "--snapshots", "shapes")
    changed = ("--fault", "completion.service_tier")
    pytest_run(*chosen, "--out", "first", folder=tmp_path)
    ended = pytest_run(*chosen, *changed, "--out", "second", folder=tmp_path)
    said = "service_tier appeared: a string"
    assert "the shape of replies changed" in ended.output
    assert said in {each["sentence"] for each in report_in(tmp_path / "second")["drift"]}
    assert said in (tmp_path / "second" / "report.html").read_text(encoding="utf-8")

    accepted = pytest_run(*chosen, *changed, "--snapshot-update", "--out", "third", folder=tmp_path)
    assert accepted.exit_code == ended.exit_code
    assert report_in(tmp_path / "third")["drift"] == []
    pytest_run(*chosen, *changed, "--out", "fourth", folder=tmp_path)
    assert report_in(tmp_path / "fourth")["drift"] == []


def test_what_was_kept_is_read_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "reference-gpt.json").write_text("{}")
    ended = pytest_run("--snapshots", "shapes", "--out", "out", folder=tmp_path)
    assert ended.exit_code == 2
    assert "holds no stored shapes" in ended.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["run"], ["judge", "."]])
def test_accepting_needs_a_folder(arguments: list[str]) -> None:
    ended = CliRunner().invoke(app, [*arguments, "--snapshot-update"])
    assert ended.exit_code == 2
    assert "--snapshots" in ended.output
