"""One run: what stops it before it begins, what is judged, and whether a requirement can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import faults
from conformance.contract.faults import put
from conformance.contract.for_model import for_model
from conformance.contract.marks import NO_FAMILY
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import CACHE_COLD, NO_CREDENTIALS, PLAIN, TOOL_SINGLE, TWO
from conformance.contract.requirement import Fault, Level, Requirement, Scope
from conformance.contract.scopes import EVERY_401, EVERY_405, EVERY_ERROR, EVERY_REPLY, EVERY_RESPONSE, EVERY_TOOL_CALL
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.evidence.send import Send, remembering
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.reference import Endpoint
from conformance.report.build import entries
from conformance.report.gate import conclude
from conformance.report.report import Report, Spend
from conformance.runs.folder import Identity, read_run, write_run
from conformance.runs.proof import survivors
from conformance.runs.run import Run, RunError, held_run
from conformance.suite.catalogue import declared, load
from conformance.suite.isolation.concurrent import NONCES
from tests.support.exchanges import completion, plain, streamed

GPT, CLAUDE = Model("reference-gpt", "gpt"), Model("reference-claude", "claude")
URL = "https://host/v1"
HTML = (("content-type", "text/html; charset=utf-8"),)
ERROR = {"error": {"message": "It\nis\u202e so.", "type": "x", "param": None, "code": None}}


def unchanged(exchange: Exchange) -> Exchange:
    return exchange


def refusal(exchange: Exchange, status: int) -> Exchange:
    """The same request, refused."""
    return replace(plain(ERROR, status=status), request=exchange.request)


def run_on(fault: Fault = unchanged, models: tuple[Model, ...] = (GPT, CLAUDE)) -> Run:
    """A run on the reference endpoint, which remembers, with a fault in every answer."""
    endpoint, known = Endpoint(), dict[str, Exchange]()

    def send(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                send(request.after)
            known[request.key] = fault(endpoint.answer(request))
        return known[request.key]

    return Run(Profile(URL, models, "live"), "abcdefghijkl", send)


def report_of(run: Run, findings: Iterable[Finding]) -> Report:
    made = entries(load(), findings)
    return Report(URL, "live", run.profile.models, "0", 0.0, 0.0, Spend(), made, unjudged=run.unjudged)


# --- preflight ------------------------------------------------------------------------------------------------


def answered(exchange: Exchange) -> tuple[str, int]:
    """What a preflight says of an endpoint that answers everything so, and how many requests it took."""
    sent: list[Request] = []

    def send(request: Request) -> Exchange:
        sent.append(request)
        return replace(exchange, request=request)

    run = Run(Profile(URL, (GPT, CLAUDE)), "salt", send)
    run.preflight()
    before = len(sent)
    findings = {run.find(each, GPT).verdict for each in load().values()}
    assert len(sent) == before, "nothing more is sent"
    assert findings <= {Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE}
    assert conclude(report_of(run, ())).exit_code == 3
    return run.unjudged, before


@pytest.mark.parametrize(
    ("exchange", "said", "remedy"),
    [
        (Exchange(PLAIN, 0, failure=Failure("refused", "closed")), "refused: closed", "check the host and the port"),
        (Exchange(PLAIN, 0, failure=Failure("unresolved", "no such host")), "no such host", "check the host name"),
        (Exchange(PLAIN, 0, failure=Failure("timeout", "no answer")), "no answer", "overloaded"),
        (plain(ERROR, status=401), "HTTP 401 (It is so.)", "the key is wrong"),
        (plain(ERROR, status=403), "HTTP 403", "may use this model"),
        (plain(ERROR, status=404), "HTTP 404", "/v1"),
        (plain(ERROR, status=429), "HTTP 429", "try again later"),
        (plain(ERROR, status=500), "HTTP 500", "the endpoint itself fails"),
        (Exchange(PLAIN, 502, HTML, ((0.1, b"<html>"),)), "HTTP 502 with a body that is text/html", "itself fails"),
        (Exchange(PLAIN, 200, HTML, ((0.1, b"<html>"),)), "HTTP 200 with text/html that is no completion", "/v1"),
        (Exchange(PLAIN, 301, (("location", "/v1"),)), "a redirect to /v1", "as the base URL"),
        (plain({"ok": True}), "HTTP 200 with application/json that is no completion", "/v1"),
        (plain([]), "HTTP 200 with application/json that is no completion", "/v1"),
        (plain(ERROR), "HTTP 200 with application/json that is no completion", "/v1"),
    ],
    ids=lambda each: str(each) if isinstance(each, Exchange) else "",
)  # fmt: skip
def test_preflight_says_why_nothing_can_be_judged(exchange: Exchange, said: str, remedy: str) -> None:
    sentence, requests = answered(exchange)
    assert sentence.startswith(URL)
    assert said in sentence
    assert remedy in sentence
    assert sentence.isprintable()
    assert requests == 2


def test_preflight_needs_one_model_that_answers() -> None:
    run = run_on(lambda each: refusal(each, 404) if b"gpt" in each.request.body else each)
    run.preflight()
    assert run.unjudged == ""


def test_preflight_takes_a_stream_for_an_answer() -> None:
    chunk = {"id": "c", "choices": [{"index": 0, "delta": {"content": "OK"}, "finish_reason": "stop"}]}
    run = run_on(lambda each: replace(streamed([chunk]), request=each.request))
    run.preflight()
    assert run.unjudged == ""


def test_a_model_that_fails_while_another_answers_is_not_passed_over() -> None:
    run = run_on(lambda each: refusal(each, 404) if each.succeeded and b"gpt" in each.request.body else each)
    run.preflight()
    findings = [run.find(each, model) for each in load().values() for model in (GPT, CLAUDE)]
    found = {each.verdict for each in findings if each.model == GPT.name}
    assert found <= {Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE}, "a name that is misspelt is no violation"
    conclusion = conclude(report_of(run, findings))
    assert conclusion.exit_code == 3
    assert "apply to reference-gpt could be judged" in conclusion.sentence


# --- what is judged -------------------------------------------------------------------------------------------


def passing(exchange: Exchange) -> None:
    """Finds nothing wrong."""


def failing(exchange: Exchange) -> None:
    raise AssertionError("so it is")


def crashing(exchange: Exchange) -> None:
    raise KeyError("x")


def requirement(check: Callable[..., None] = failing, **changes: Any) -> Requirement:
    own: dict[str, Any] = {"level": Level.MUST, "on": EVERY_REPLY, "broken_by": (("", put("id", "")),)} | changes
    return Requirement(id="x.y", sentence="be so", source="rfc9110", check=check, **own)


def test_a_model_of_no_known_family_is_told_what_that_leaves_out() -> None:
    """Not that something is not claimed: who claims nothing learns that a name decides; the conclusion says so, too."""
    model, caching = Model("gpt-vendor", "other"), requirement(on=(CACHE_COLD,))
    run = run_on(models=(model,))
    finding = run.find(caching, model)
    assert (finding.verdict, finding.message) == (Verdict.NOT_APPLICABLE, NO_FAMILY)
    without = replace(model, without=frozenset({"cache.explicit"}))
    assert run.find(caching, without).message == "not claimed: cache.explicit"
    assert run.find(caching, replace(model, family="gemini")).message == "not claimed: cache.explicit"
    passing = replace(finding, requirement="x.z", verdict=Verdict.PASS, message="", judged=1)
    sourced = replace(caching, source="rfc9110#11.1")
    catalogue = {"x.y": sourced, "x.z": replace(sourced, id="x.z")}
    report = Report(URL, "live", (model,), "0", 0.0, 0.0, Spend(), entries(catalogue, [finding, passing]))
    assert "caching was not judged where a model's name tells no family" in conclude(report).sentence


def test_a_feature_that_is_not_claimed_is_not_asked_for() -> None:
    asked: list[Request] = []
    without = replace(GPT, without=frozenset({"chat.n"}))
    run = run_on(models=(without,))
    run.send = lambda request: asked.append(request) or plain({})  # type: ignore[func-returns-value]
    finding = run.find(requirement(on=(TWO,)), without)
    assert (finding.verdict, finding.message) == (Verdict.NOT_APPLICABLE, "not claimed: chat.n")
    assert asked == []


def test_a_feature_that_is_refused_is_inconclusive_and_says_the_way_out() -> None:
    run = run_on(lambda each: refusal(each, 400) if each.request.asked.get("tools") else each)
    finding = run.find(requirement(on=EVERY_TOOL_CALL), GPT)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "--without chat.tools" in finding.message


def test_each_exchange_is_judged_once_where_requests_become_equal() -> None:
    run = run_on(models=(Model("gpt-5", "gpt"),))
    run.send = lambda request: replace(plain(completion({})), request=request)
    exchanges = run.exchanges(run.profile.models[0])
    assert len({each.request.key for each in exchanges}) == len(exchanges) < len(declared())


# --- how much is sent -----------------------------------------------------------------------------------------

MOST = 0.4  #: requests for each requirement and model


def test_a_run_sends_few_requests() -> None:
    sent: dict[str, Request] = {}
    run = run_on()
    answer = run.send

    def counting(request: Request) -> Exchange:
        sent[request.key] = request
        return answer(request)

    run.send = counting
    findings = [run.find(each, model) for model in (GPT, CLAUDE) for each in load().values()]
    assert len(sent) <= MOST * len(findings), f"{len(sent)} requests for {len(findings)} findings"


def asked(run: Run, requirement_: Requirement, model: Model) -> list[Request]:
    """What is sent to judge a requirement on a model."""
    sent: list[Request] = []
    answer = run.send
    run.send = lambda request: sent.append(request) or answer(request)  # type: ignore[func-returns-value]
    run.find(requirement_, model)
    run.send = answer
    return sent


def test_what_the_endpoint_answers_for_all_its_models_is_asked_once() -> None:
    run, named = run_on(), requirement(on=(NO_CREDENTIALS,))
    assert asked(run, named, GPT) == asked(run, named, CLAUDE) == [run.filled(NO_CREDENTIALS, GPT)]
    assert run.find(named, CLAUDE).verdict is Verdict.FAIL, "it is judged in every column"


def test_a_model_that_answers_is_asked_for_all() -> None:
    run = run_on(lambda each: refusal(each, 404) if b"gpt" in each.request.body else each)
    run.preflight()
    assert asked(run, requirement(on=(NO_CREDENTIALS,)), CLAUDE) == [run.filled(NO_CREDENTIALS, CLAUDE)]


def test_two_names_of_one_model_do_not_warm_each_others_cache() -> None:
    endpoint, alias = Endpoint(), Model("claude-alias", "claude")

    def answer(request: Request) -> Exchange:
        body = request.body.replace(alias.name.encode(), CLAUDE.name.encode())
        return replace(endpoint.answer(replace(request, body=body)), request=request)

    models = (CLAUDE, alias)
    run = Run(Profile(URL, models, "live"), "abcdefghijkl", remembering(answer))
    found = [run.find(load()["caching.cold_is_cold"], model) for model in models]
    assert [each.verdict for each in found] == [Verdict.PASS, Verdict.PASS], found
    sizes = {len(run.filled(CACHE_COLD, model).body) - len(model.name) for model in models}
    assert len(sizes) == 1, "salts of one length, so that prompts count the same"
    (both,) = {run.filled(NONCES[0], model).key for model in models}
    assert both == NONCES[0].to(CLAUDE.name, "abcdefghijkl").key, "what is asked once has the run's own"


@pytest.mark.parametrize("family", [EVERY_REPLY, EVERY_ERROR, EVERY_RESPONSE], ids=str)
def test_a_family_is_judged_on_what_the_model_itself_was_asked(family: Scope) -> None:
    assert not [each for each in asked(run_on(), requirement(on=family), CLAUDE) if GPT.name.encode() in each.body]


@pytest.mark.parametrize("family", [EVERY_401, EVERY_405], ids=str)
def test_a_family_that_no_model_of_its_own_shows_is_judged_on_what_was_asked_once(family: Scope) -> None:
    found = [run_on().find(requirement(on=family), model) for model in (GPT, CLAUDE)]
    assert {each.verdict for each in found} == {Verdict.FAIL}
    assert found[0].judged == found[1].judged > 0


@pytest.mark.parametrize(("examples", "share"), [(10, 5), (11, 6), (1, 1)])
def test_the_models_share_the_generated_requests(examples: int, share: int) -> None:
    told: list[int] = []

    def noting(send: Send, examples: int) -> None:
        told.append(examples)

    run = replace(run_on(), examples=examples)
    run.find(requirement(noting, on=(PLAIN,)), GPT)
    assert told == [share]


def test_tools_that_are_refused_show_nothing_of_what_is_asked_with_them() -> None:
    run = run_on(lambda each: refusal(each, 400) if each.request.asked.get("tools") else each)
    finding = run.find(requirement(failing, on=(TOOL_SINGLE,)), GPT)
    assert (finding.verdict, finding.refused) == (Verdict.INCONCLUSIVE, True)
    assert "--without chat.tools" in finding.message
    run = run_on(lambda each: refusal(each, 400) if "parallel_tool_calls" in each.request.asked else each)
    assert run.find(requirement(failing, on=(TOOL_SINGLE,)), GPT).verdict is Verdict.FAIL, "other tools are taken"


# --- proving that requirements can fail -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement_", "survives"),
    [
        (requirement(passing), ["its counterexample is accepted"]),
        (requirement(failing), ["its counterexample is accepted"]),
        (requirement(crashing), ["its counterexample is accepted"]),
        (requirement(passing, broken_by=()), ["it has no counterexample"]),
        (requirement(passing, broken_by=(("one", put("id", "")), ("two", put("id", 1)))),
         ["the counterexample 'one' is accepted", "the counterexample 'two' is accepted"]),
    ],
    ids=["cannot fail", "cannot pass", "crashes", "no counterexample", "two"],
)  # fmt: skip
def test_survivors(requirement_: Requirement, survives: list[str]) -> None:
    assert list(survivors(requirement_, run_on(models=(GPT,)))) == survives


def has_id(exchange: Exchange) -> None:
    assert exchange.reply.get("id")


def test_a_requirement_that_can_fail_leaves_no_survivor() -> None:
    assert list(survivors(requirement(has_id), run_on(models=(GPT,)))) == []
    leaves_the_family = requirement(has_id, broken_by=(("", faults.status(500)),))
    assert list(survivors(leaves_the_family, run_on(models=(GPT,)))) == ["its counterexample is accepted"]


# --- from folders ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"profile": {}, "salt": "", "fault": ""}'])
def test_a_folder_that_is_no_run(text: str | None, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    if text is not None:
        (folder / "run.json").write_text(text)
    with pytest.raises(RunError, match="not a run that can be judged again"):
        read_run(folder)


def test_a_run_without_an_exchange(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, Profile(URL, (GPT,)), Identity("", "salt"), "")
    with pytest.raises(RunError, match="holds no exchange: nothing can be judged"):
        read_run(folder)


def test_recordings_of_one_model() -> None:
    requests = [for_model(request, GPT, "abcdefghijkl") for request in (PLAIN, TWO)]
    run = held_run(Path("somewhere"), (("gpt-4o", Endpoint().answer(each)) for each in requests))
    run.preflight()
    (model,) = run.profile.models
    assert (run.unjudged, model.name, model.family) == ("", "gpt-4o", "gpt")
    assert run.find(requirement(failing), model).judged == 2
    assert run.find(requirement(failing, on=(TWO,)), model).judged == 1, "named requests are found by their label"
    assert run.find(requirement(failing, on=EVERY_TOOL_CALL), model).verdict is Verdict.NOT_APPLICABLE
