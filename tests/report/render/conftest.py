"""A small report that has one of everything, and reports made hostile or large from it."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from conformance.billing.costs import NO_PRICE, Charge, Costs, ModelCosts, Sum
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Level
from conformance.judgement.asked_again import AskedAgain
from conformance.judgement.unanswered import Unanswered
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.gating import DEFAULT
from conformance.report.build import entries
from conformance.report.drift import Drift
from conformance.report.report import Entry, Evidence, Report, Spend
from conformance.suite.catalogue import load

CLAUDE, GPT = "claude-sonnet-4.5", "gpt-4o-mini"
URL = "https://gateway.example/v1"

BODY = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1760000000,
    "model": CLAUDE,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "你好，OK.", "refusal": None},
            "finish_reason": "stop",
            "logprobs": None,
        }
    ],
    "usage": {
        "prompt_tokens": 465,
        "completion_tokens": 4,
        "total_tokens": 469,
        "prompt_tokens_details": {
            "cached_tokens": 11944,
            "cached_write_5m_tokens": 29762,
            "cached_write_1h_tokens": 16347,
        },
    },
}


def chunk(**members: object) -> str:
    base = {"id": "chatcmpl-2", "object": "chat.completion.chunk", "created": 1760000001, "model": CLAUDE}
    return "data: " + json.dumps(base | members, separators=(",", ":"))


def delta(content: str, finish: str | None = None) -> str:
    return chunk(choices=[{"index": 0, "delta": {"content": content}, "finish_reason": finish}], usage=None)


STREAM = "\n\n".join(
    [
        *(delta(f"{number}\n") for number in range(1, 31)),
        delta("", "stop"),
        chunk(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 0, "total_tokens": 12}),
        "data: [DONE]\n\n",
    ]
)


def evidence(
    key: str, body: str, label: str, *, streamed: bool = False, model: str = CLAUDE, status: int = 200
) -> Evidence:
    request = json.dumps({"model": model, "messages": [{"role": "user", "content": "Say OK."}], "stream": streamed})
    media_type = "text/event-stream" if streamed else "application/json"
    return Evidence(
        key=key,
        label=label,
        model=model,
        method="POST",
        url=f"{URL}/chat/completions",
        request_headers=(("content-type", "application/json"),),
        request_body=request,
        status=status,
        headers=(
            ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
            ("content-type", media_type),
            ("x-request-id", "r-1"),
        ),
        body=body,
        truncated=False,
        streamed=streamed,
        failure="",
        curl=f'curl --include {URL}/chat/completions --header "Authorization: Bearer $PHANEDGE_API_KEY" '
        f"--header 'content-type: application/json' --data-binary '{request}'",
    )


def entry(
    name: str,
    level: Level,
    sentence: str,
    at: str,
    hint: str,
    *found: tuple[str, Verdict, str, tuple[str, ...]],
) -> Entry:
    return Entry(
        id=name,
        level=level,
        sentence=sentence,
        source="phanedge#usage.prompt_tokens_details",
        link="https://docs.phanedge.cloud/openai/chat-completions",
        at=at,
        hint=hint,
        contract=("cache-03", "cache-04"),
        impact=Impact.BILLING if name.startswith(("cache", "usage")) else Impact.FORM,
        findings=tuple(
            Finding(name, model, verdict, message, 3 if verdict is not Verdict.NOT_APPLICABLE else 0, keys)
            for model, verdict, message, keys in found
        ),
    )


SUM = (
    "cached_write_tokens is absent, yet cached_write_5m_tokens is 29762 and cached_write_1h_tokens is 16347: "
    "a client that reads the total bills no writes at all"
)
ENTRIES = (
    entry(
        "cache.write_total",
        Level.MUST,
        "report cached_write_tokens as the sum of the 5-minute and the 1-hour writes",
        "usage.prompt_tokens_details.cached_write_tokens",
        "Tag the field omitempty and send the sum of the 5-minute and 1-hour buckets.",
        (CLAUDE, Verdict.FAIL, SUM, ("a1", "a2")),
        (GPT, Verdict.NOT_APPLICABLE, "gpt-4o-mini does not claim cache.explicit", ()),
    ),
    entry(
        "usage.output_costs_tokens",
        Level.MUST,
        "count at least one completion token for text or a tool call that it returns",
        "usage.completion_tokens",
        "Pass the upstream's output count on; do not send usage before the output is counted.",
        (CLAUDE, Verdict.FAIL, "completion_tokens is 0, yet the reply has text or a tool call", ("a2",)),
        (GPT, Verdict.PASS, "", ()),
    ),
    entry(
        "transport.request_id",
        Level.SHOULD,
        "name each response in an x-request-id header",
        "header:x-request-id",
        "Generate one at the edge and log it.",
        (CLAUDE, Verdict.PASS, "", ()),
        (GPT, Verdict.WARN, "x-request-id is the same on 7 responses", ("a3",)),
    ),
    entry(
        "tools.arguments_are_json",
        Level.MUST,
        "return arguments that are JSON",
        "choices.*.message.tool_calls.*.function.arguments",
        "",
        (CLAUDE, Verdict.INCONCLUSIVE, "the model called no tool in 3 tries", ("a1",)),
        (GPT, Verdict.PASS, "", ()),
    ),
    entry(
        "errors.param_names_member",
        Level.SHOULD,
        "name the offending parameter in error.param",
        "error.param",
        "",
        (
            CLAUDE,
            Verdict.KNOWN,
            "error.param is null (baseline: upstream does not say, until 2026-12-01)",
            (),
        ),
        (GPT, Verdict.PASS, "", ()),
    ),
    entry(
        "streaming.ends_with_done",
        Level.MUST,
        "end each stream with [DONE]",
        "",
        "",
        (CLAUDE, Verdict.PASS, "", ()),
        (GPT, Verdict.PASS, "", ()),
    ),
    entry(
        "audio.transcript",
        Level.MAY,
        "give a transcript with audio",
        "",
        "",
        (CLAUDE, Verdict.NOT_APPLICABLE, "chat.audio is not claimed", ()),
        (GPT, Verdict.NOT_APPLICABLE, "chat.audio is not claimed", ()),
    ),
)


@pytest.fixture(autouse=True)
def no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the width of the terminal in which these tests run."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def report() -> Report:
    """Two models, one requirement of each verdict, evidence plain and streamed."""
    shown = (
        evidence("a1", json.dumps(BODY, ensure_ascii=False), "cache write, mixed lifetimes"),
        evidence("a2", STREAM, "count to thirty, streamed", streamed=True),
        evidence("a3", json.dumps(BODY), "say OK", model=GPT),
    )
    return Report(
        base_url=URL,
        source="live",
        models=(Model(CLAUDE, "claude"), Model(GPT, "gpt")),
        version="0.1.0",
        started=1767225600.0,
        seconds=83.25,
        spend=Spend(61, 240_512, 5_310),
        gate=DEFAULT.words,
        entries=ENTRIES,
        evidence={each.key: each for each in shown},
        drift=(
            Drift(CLAUDE, "usage.cost appeared: a number", ("plain", "long", "unicode")),
            Drift(GPT, "usage.cost appeared: a number", ("plain",)),
            Drift(GPT, "[].choices[].delta.refusal vanished: it was null", ("plain-stream-usage",)),
        ),
    )


@pytest.fixture
def faulty(report: Report) -> Report:
    """Judged with a planted fault."""
    return replace(report, fault="drop usage.prompt_tokens_details.cached_write_tokens")


@pytest.fixture
def priced(report: Report) -> Report:
    """With what it cost by a price sheet that lacks one of the models."""
    first, second = report.entries[0], report.entries[1]
    said = "(465 uncached × 3 + 29,762 written for 5 minutes × 3.75) / 1,000,000 = 0.1130025 USD"
    whole = Sum("0.1130025", "0.1116075", said)
    charges = (
        Charge(first.id, CLAUDE, "a1", "-0.0981", f"undercharges 0.0981 USD: told {said}; meant by its mapping {said}"),
        Charge(second.id, CLAUDE, "a2", "", "cannot be computed: the reply has no usage"),
    )
    models = (
        ModelCosts(CLAUDE, 40, whole, "0.075", {"the reply has no usage": 2}),
        ModelCosts(GPT, 0, Sum("", "", NO_PRICE), "", {NO_PRICE: 19}),
    )
    return replace(report, costs=Costs("USD", whole, models, {"a1": whole}, charges))


@pytest.fixture
def unjudged(report: Report) -> Report:
    """Nothing could be judged."""
    return replace(
        report, entries=(), evidence={}, spend=Spend(), drift=(), unjudged="the endpoint refused the connection"
    )


@pytest.fixture
def conforming(report: Report) -> Report:
    """Only what passed, and what does not apply."""
    wanted = (Verdict.PASS, Verdict.NOT_APPLICABLE)
    kept = tuple(each for each in report.entries if each.verdict in wanted)
    return replace(report, entries=kept, evidence={}, drift=())


@pytest.fixture
def vain(report: Report) -> Report:
    """With nothing violated, and valid requests that were never answered."""
    kept = tuple(each for each in report.entries if each.verdict not in (Verdict.FAIL, Verdict.WARN))
    asked = (
        Unanswered("a3", "tool-required", GPT, "HTTP 500", 3),
        Unanswered("b0", "plain-stream", CLAUDE, "timeout: no byte for 60 s", 1),
    )
    return replace(report, entries=kept, unanswered=asked, drift=())


@pytest.fixture
def cut(report: Report) -> Report:
    """Broken off after a MUST was seen violated."""
    return replace(report, unjudged="the run was broken off before everything was judged")


@pytest.fixture
def seventy(report: Report) -> Report:
    """The whole catalogue, of which 70 requirements are violated, 50 of them red; each with exchanges of its own."""
    return violating(report, 70, 50)


def violating(report: Report, number: int, red: int) -> Report:
    """The whole catalogue judged on both models, so many requirements violated."""
    shown: dict[str, Evidence] = {}
    findings: list[Finding] = []
    draw = Random(7)
    for place, requirement in enumerate(load().values()):
        verdict = [Verdict.FAIL, Verdict.WARN, Verdict.INCONCLUSIVE, Verdict.PASS][
            (place >= red) + (place >= number) + (place >= number + 40)
        ]
        for model in (CLAUDE, GPT):
            keys = tuple(f"{place:08x}{copy:07x}{model == GPT:d}" for copy in range(2 if verdict > Verdict.PASS else 0))
            for copy, key in enumerate(keys):
                shown[key] = _long(draw, key, f"{requirement.id}-{copy}", model)
            said = f"{requirement.id} is {draw.random()}, expected {draw.random()}: {draw.choice(WORDS)} (and 3 more)"
            why = f"the model did not {draw.choice(WORDS)}: {said}"
            told = {Verdict.PASS: "", Verdict.INCONCLUSIVE: why}.get(verdict, said)
            findings.append(Finding(requirement.id, model, verdict, told, 4, keys))
    return replace(report, entries=entries(load(), findings), evidence=shown)


def _long(draw: Random, key: str, label: str, model: str) -> Evidence:
    """An exchange of a long prompt, plain or streamed."""
    content = " ".join(draw.choices(WORDS, k=draw.choice([8, 8, 8, 8, 2_000])))
    streamed = draw.random() < 0.4
    words = draw.choices(WORDS, k=30)
    body = "\n\n".join(delta(each) for each in words) if streamed else json.dumps(BODY | {"id": str(draw.random())})
    shown = evidence(key, body, label, model=model, streamed=streamed)
    asked = shown.request_body.replace("Say OK.", content)
    return replace(shown, request_body=asked, curl=shown.curl.replace("Say OK.", content))


WORDS = [f"{first}{last}" for first in ("harb", "mead", "lant", "orch") for last in ("our", "ow", "ern", "ard", "ine")]


HOSTILE = (
    "</script></style></pre><script>alert(1)</script><img src=x onerror=alert(1)> "
    "[red]x[/red] `tick` ``` | pipe\n"
    "@octocat #12 GH-7 https://evil.example www.evil.example [a](javascript:1) ![i](//e) </details> <!-- \r\n"
    "\x1b[31mred\x1b]8;;http://evil\x07 \x9b31m \x00 \x08 "
    "\u202egnp.exe \ufffe \ud800 {{ 7*7 }} {% raw %} ]]> &lt;"
)


@pytest.fixture
def hostile(priced: Report) -> Report:
    """Everything that the endpoint can say is hostile, and long."""
    return spoil(priced, HOSTILE + "A" * 5_000)


def spoil(report: Report, text: str) -> Report:
    spoilt_entries = tuple(
        replace(each, findings=tuple(replace(finding, message=text) for finding in each.findings))
        for each in report.entries
    )
    spoilt = {
        key: replace(each, body=text, headers=(*each.headers, ("x-evil", text)), failure="", label=text, curl=text)
        for key, each in report.evidence.items()
    }
    drift = tuple(replace(each, sentence=text, requests=(text,)) for each in report.drift)
    costs = replace(report.costs, exchanges=dict.fromkeys(spoilt, Sum("", "", text))) if report.costs else None
    if costs:
        costs = replace(costs, charges=tuple(replace(each, said=text) for each in costs.charges))
    vain = tuple(Unanswered(key, "plain", CLAUDE, text[:100], 3) for key in spoilt)
    again = AskedAgain(9, 3, {text: 3})
    parts = {"entries": spoilt_entries, "evidence": spoilt, "drift": drift, "costs": costs, "unanswered": vain}
    return replace(report, **parts, asked_again=again)  # type: ignore[arg-type]


@pytest.fixture
def large(hostile: Report) -> Report:
    """Three hundred hostile violations on forty models."""
    return enlarge(hostile)


def enlarge(report: Report) -> Report:
    models = tuple(Model(f"model-{number}") for number in range(40))
    first = report.entries[0]
    findings = tuple(replace(first.findings[0], model=model.name) for model in models)
    many = tuple(replace(first, id=f"cache.requirement_{number:03}", findings=findings) for number in range(300))
    return replace(report, models=models, entries=many)


@pytest.fixture
def enlarged(report: Report) -> Report:
    return enlarge(report)
