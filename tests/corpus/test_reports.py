"""Reports of faults and their benign twins: each is caught by a requirement about it, and no twin is accused.

pytest tests/corpus --reports FOLDER, with a file of each report in FOLDER/in, and of its twin in FOLDER/twin
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance.contract.profile import Model, family_of
from conformance.evidence.recordings import Recording, recordings
from tests.support.exchanges import violated

#: The requirements about each report.
ABOUT: Mapping[str, tuple[str, ...]] = {
    "H01": ("usage.short_prompt", "cache.hits_of_a_prefix"),
    "H04": ("usage.completion_tokens.covers_reasoning", "usage.unasked_details"),
    "H04b": ("usage.unasked_details",),
    "H07": ("ratelimit.retry_after",),
    "H09": ("tools.finish_has_call", "tools.required_is_required"),
    "H09a": ("tools.finish_has_call",),
    "H12": ("tools.call_not_in_text",),
    "H12b": ("tools.no_residue",),
    "H15": ("tools.arguments_once",),
    "H15s": ("tools.arguments_once",),
    "H16": ("tools.strict_arguments",),
    "H22": ("message.content",),
    "H22s": ("chunk.choices.delta.content",),
    "H23": ("reasoning.reasoning_apart",),
    "H23b": ("reasoning.reasoning_apart",),
    "H24": ("structured_output.follows_schema",),
    "H28": ("streaming.early_failure_has_status", "streaming.error_typed"),
    "H29": ("completion.choices",),
    "H32": ("transport.unique_names",),
    "H32s": ("transport.unique_names",),
    "H36": ("tools.finish_has_call",),
    "H36n": ("tools.finish_has_call",),
    "H36s": ("tools.finish_has_call",),
    "H37": ("tools.arguments_are_json",),
    "H38": ("tools.pieces_add_up",),
    "H41": ("streaming.finish_once", "streaming.done_after_finish", "streaming.usage_once"),
    "H42": ("errors.no_error_in_success",),
}
#: Reports that no requirement is about, with the reason.
NOT_ACCUSED = {
    "H10": "white space after calls is legal, and templates of models that are right send it",
    "H18": "it is benign",
    "H31": "it is benign",
}


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    found = pytestconfig.getoption("--reports", default=None)
    if found is None:
        pytest.skip("needs reports of faults, which are not part of the project: nox -s reports -- FOLDER")
    return Path(found)


def found_in(recording: Recording) -> dict[str, str]:
    return violated(recording.exchange, Model(recording.model, family_of(recording.model)))


@pytest.mark.parametrize("report", ABOUT)
def test_a_report_is_caught_by_what_is_about_it(folder: Path, report: str) -> None:
    for recording in recordings(folder / "in" / f"{report}.jsonl"):
        found = found_in(recording)
        missed = [name for name in ABOUT[report] if name not in found]
        assert not missed, f"not violated: {', '.join(missed)}; violated: {', '.join(found) or 'nothing'}"


@pytest.mark.parametrize("report", NOT_ACCUSED)
def test_what_is_legal_is_not_accused(folder: Path, report: str) -> None:
    for recording in recordings(folder / "in" / f"{report}.jsonl"):
        assert found_in(recording) == {}


def files(folder: Path) -> Iterator[str]:
    yield from (path.stem for path in sorted(folder.glob("*.jsonl")))


def test_every_report_is_judged(folder: Path) -> None:
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {*files(folder / "in")} == ABOUT.keys() | NOT_ACCUSED.keys()
    assert {row["id"] for row in log if row["expected"] == "caught"} <= ABOUT.keys()


def test_no_twin_is_accused(folder: Path) -> None:
    accused = {
        name: found
        for name in files(folder / "twin")
        for recording in recordings(folder / "twin" / f"{name}.jsonl")
        if (found := found_in(recording))
    }
    assert accused == {}
