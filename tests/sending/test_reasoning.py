"""That a model thinks is learnt from its first answers, whatever its name, and is known when it is judged again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from conformance.commands.replay import replayed
from conformance.contract.faults import chain, put, respond
from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.reasoning import learnt
from conformance.settings.config import read_config
from tests.support.commands import cli

NAME = "our-model"
MODEL = Model(NAME)
KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
TEXT, FINISH = "choices.*.message.content", "choices.*.finish_reason"
THOUGHTS = "choices.*.message.reasoning_content"


def error(message: str, param: str | None = None) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}})


CUT_IN_THOUGHT = chain(put(TEXT, ""), put(FINISH, "length"))
CUT_IN_TAGS = chain(put(TEXT, "<think>\nThe user"), put(FINISH, "length"))
COUNTED = put("usage.completion_tokens_details.reasoning_tokens", 12)
ALOUD = put("choices.*.message", lambda message: message | {"reasoning_content": "The user wants OK."})
ALOUD_TOO = put("choices.*.message", lambda message: message | {"reasoning": "The user wants OK."})
NO_LIMIT = error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens")
NO_TEMPERATURE = error("'temperature' does not support 0 with this model.")


def thinker(of_little_room: Fault, is_little: Callable[[dict[str, Any]], bool]) -> Callable[[Request], Exchange]:
    """The reference endpoint under another name, which answers so where it has little room to think."""
    endpoint = Endpoint()

    def answer(request: Request) -> Exchange:
        body = request.body.replace(NAME.encode(), b"reference-gpt")
        exchange = replace(endpoint.answer(replace(request, body=body)), request=request)
        return of_little_room(exchange) if exchange.succeeded and is_little(request.asked) else exchange

    return answer


def little(asked: dict[str, Any]) -> bool:
    return (asked.get("max_tokens") or asked.get("max_completion_tokens") or 4096) < 4096


def of_openai(asked: dict[str, Any]) -> bool:
    return "max_tokens" in asked or "temperature" in asked


def always(asked: dict[str, Any]) -> bool:
    return True


@pytest.mark.parametrize(
    ("change", "when", "thinking"),
    [
        (chain(), always, ""),
        (CUT_IN_THOUGHT, little, "room"),
        (CUT_IN_TAGS, little, "room"),
        (COUNTED, always, "room"),
        (ALOUD, always, "room"),
        (ALOUD_TOO, always, "room"),
        (NO_LIMIT, of_openai, "openai"),
        (NO_TEMPERATURE, of_openai, "openai"),
        (CUT_IN_THOUGHT, always, ""),  # it says nothing with more room either: that is another fault
        (NO_LIMIT, always, ""),
        (error("no such model"), always, ""),
        (put(FINISH, "length"), always, ""),  # cut off in its text
        (put("usage.completion_tokens_details", "many"), always, ""),
        (respond(200, {"choices": None}), always, ""),
        (respond(400, {}), always, ""),
    ],
)
def test_learnt(change: Fault, when: Callable[[dict[str, Any]], bool], thinking: Literal["", "room", "openai"]) -> None:
    send = thinker(change, when)
    known, exchange = learnt(send, MODEL, "")
    assert known == replace(MODEL, thinking=thinking)
    assert exchange.request == for_model(PLAIN, known, "")


def test_one_that_is_said_to_think_may_be_as_openais_are() -> None:
    assert learnt(thinker(NO_LIMIT, of_openai), replace(MODEL, thinking="room"), "")[0].thinking == "openai"


def models_of(folder: Path) -> list[dict[str, Any]]:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = report["profile"]["models"] if "profile" in report else report["models"]
    return found


def test_what_was_learnt_is_known_when_it_is_judged_again_and_gone_on_with(tmp_path: Path) -> None:
    sent: list[Request] = []
    answer = thinker(NO_LIMIT, of_openai)

    def noting(request: Request) -> Exchange:
        sent.append(request)
        return answer(request)

    options = ("--model", f"{NAME}=gpt", "--select", "usage,sampling.minimal", "--out", "run")
    with serving(noting) as url:
        ended = cli("run", "--base-url", url, *options, folder=tmp_path, key=KEY)
        assert ended.exit_code == 0, ended.output
        assert [each["thinking"] for each in models_of(tmp_path / "run")] == ["openai"]
        refused = [each for each in sent if each.path == PLAIN.path and of_openai(each.asked)]
        assert len(refused) == 1, "only the first is asked in the usual way"
        before = len(sent)
        ended = cli("run", "--resume", "run", folder=tmp_path, key=KEY)
        assert (ended.exit_code, len(sent)) == (0, before), ended.output
    ended = cli("judge", "run", "--out", "again", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert models_of(tmp_path / "again") == models_of(tmp_path / "run")
    said, _ = replayed("usage.prompt_tokens", tmp_path / "run", "", False, ())
    assert "max_completion_tokens" in said


def test_init_writes_what_was_learnt(tmp_path: Path) -> None:
    with serving(thinker(CUT_IN_THOUGHT, little)) as url:
        ended = cli("init", "--base-url", url, "--model", NAME, folder=tmp_path, key=KEY)
    assert ended.exit_code == 0, ended.output
    written = tmp_path / "phanedge-conformance.toml"
    assert "reasoning = true  # a reasoning model" in written.read_text(encoding="utf-8")
    assert Model.parse(read_config(written).models[NAME]).thinking == "room"


@pytest.mark.parametrize(
    ("said", "text"), [("true", "m=other:+reasoning,chat.n"), ("false", "m=other:reasoning,chat.n")]
)
def test_the_file_says_whether_a_model_thinks(tmp_path: Path, said: str, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'[[models]]\nname = "m"\nreasoning = {said}\nwithout = ["chat.n"]\n')
    assert read_config(path).models == {"m": text}
