"""A worker of a run that is resumed has every option of that run, as its controller has."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.contract.profile import Model, Profile
from conformance.pytest_plugin.hooks import _settings
from conformance.runs.folder import new_identity, write_run
from conformance.runs.resume import completed, kept_options
from conformance.settings.options import Option, options_of
from conformance.settings.settings import Settings

URL = "https://models.example/v1"
#: What a live run cannot be without, what is not kept, and what is for the reference endpoint.
_LEFT_OUT = {"base-url", "model", "api-key-variable", "header", "out", "resume", "fault"}
KEPT = [option for option in options_of("plan") if option.name not in _LEFT_OUT]
PAIRS = [*combinations(KEPT, 1), *combinations(KEPT, 2)]


def value(option: Option) -> Any:
    if option.many:
        return ["usage", "cache"]
    return {bool: True, int: 7, float: 7.5, str: "2.50", Path: Path("/tmp/file")}[option.kind]


def in_worker(controller: Settings) -> Settings:
    """The settings of a worker, which has what its controller shares."""
    shared = {"settings": json.loads(json.dumps(controller.dump()))}
    config: Any = SimpleNamespace(workerinput={"conformance": shared, "workercount": 2})
    return _settings(config)[0]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHANEDGE_API_KEY", raising=False)


def test_every_option_reaches_the_workers(tmp_path: Path) -> None:
    wrong = []
    for number, options in enumerate(PAIRS):
        told = Settings.of({"base_url": URL, "model": ["m", "n"], **{each.key: value(each) for each in options}})
        folder = tmp_path / str(number)
        profile = Profile(URL, (Model("m", "gpt"), Model("n", "gpt")))
        write_run(folder, profile, new_identity(), "", told.examples, options=kept_options(told))
        resumed = completed(Settings.of({"resume": folder, "base_url": URL, "workers": 2}))
        if resumed != replace(told, resume=folder, workers=2) or in_worker(resumed) != replace(resumed, workers=2):
            wrong.append([each.name for each in options])
    assert len(PAIRS) > 200
    assert not wrong


@pytest.mark.parametrize("option", KEPT, ids=lambda each: each.name)
def test_what_is_given_with_resume_reaches_them_too(tmp_path: Path, option: Option) -> None:
    told = Settings.of({"base_url": URL, "model": ["m"], option.key: value(option)})
    write_run(tmp_path, Profile(URL, (Model("m", "gpt"),)), new_identity(), "", options=kept_options(told))
    resumed = completed(Settings.of({"resume": tmp_path, "base_url": URL, "workers": 2, option.key: value(option)}))
    assert in_worker(resumed) == replace(resumed, workers=2) == replace(told, resume=tmp_path, workers=2)
