"""The report: what it comes to, that it survives being written down, and commands that can be pasted."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.billing.costs import Charge, Costs, ModelCosts, Sum
from conformance.contract.marks import COSTLY
from conformance.contract.profile import FAMILIES, Model
from conformance.contract.requests import PLAIN, STREAM_USAGE, bad
from conformance.contract.requirement import Impact, Level
from conformance.contract.vocabulary import validator
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.judgement.asked_again import AskedAgain
from conformance.judgement.unanswered import Unanswered
from conformance.judgement.unserved import Unserved
from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.gating import WORDS
from conformance.report.build import EVIDENCE_CHARACTERS, evidence_of, spend_of
from conformance.report.gate import conclude, tally
from conformance.report.report import Entry, Evidence, Report, Spend
from conformance.report.report_json import dump_report, load_report, read_report, write_report
from conformance.sending.curl import curl
from tests.support.exchanges import completion, plain, stream_of

ONE, OTHER = Model("one", "grok"), Model("other", "gemini")  #: of which no caching is asked
PASS, FAIL, WARN, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.INCONCLUSIVE
NOT_APPLICABLE, KNOWN = Verdict.NOT_APPLICABLE, Verdict.KNOWN
MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
KEY = "sk-proj-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
VAIN = Unanswered("k1", "tool-required", "one", "HTTP 500", 3)
USAGE = {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}


def entry(number: int, level: Level, *verdicts: Verdict) -> Entry:
    """A requirement with a verdict for each model."""
    id = f"area.number_{number}"
    findings = tuple(Finding(id, model.name, each) for model, each in zip((ONE, OTHER), verdicts, strict=False))
    return Entry(id, level, "be so", "rfc9110", "https://host", "usage", "", ("usage-01",), findings)


def report_of(*rows: tuple[Level, *tuple[Verdict, ...]], **changes: Any) -> Report:
    models = (ONE, OTHER)[: max((len(row) - 1 for row in rows), default=1)]
    entries = tuple(entry(number, *row) for number, row in enumerate(rows))
    return replace(Report("https://host/v1", "live", models, "1.0", 0.0, 1.0, Spend(), entries), **changes)


# --- the gate -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "exit_code"),
    [
        (report_of((MUST, PASS)), 0),
        (report_of((MUST, PASS), (MUST, NOT_APPLICABLE)), 0),
        (report_of((MUST, FAIL)), 1),
        (report_of((MUST, PASS, FAIL)), 1),
        (report_of((MUST, FAIL, INCONCLUSIVE), (MUST, PASS, INCONCLUSIVE)), 1),
        (report_of((MUST, PASS), (SHOULD, WARN), (MAY, WARN)), 0),
        (report_of((MUST, PASS), (SHOULD, FAIL)), 1),
        (report_of((MUST, WARN)), 0),
        (report_of((MUST, KNOWN)), 0),
        (report_of((MUST, PASS), (MUST, INCONCLUSIVE)), 0),
        (report_of((MUST, PASS), (MUST, INCONCLUSIVE), (MUST, INCONCLUSIVE)), 3),
        (report_of((MUST, INCONCLUSIVE)), 3),
        (report_of((MUST, PASS, INCONCLUSIVE)), 3),
        (report_of((MUST, NOT_APPLICABLE)), 3),
        (report_of((SHOULD, PASS)), 0),
        (report_of((SHOULD, WARN)), 0),
        (report_of((SHOULD, FAIL)), 1),
        (report_of((SHOULD, KNOWN), (MAY, INCONCLUSIVE)), 0),
        (report_of((SHOULD, PASS), (MAY, INCONCLUSIVE), (MAY, INCONCLUSIVE)), 3),
        (report_of((SHOULD, INCONCLUSIVE)), 3),
        (report_of((SHOULD, NOT_APPLICABLE)), 3),
        (report_of((SHOULD, PASS, NOT_APPLICABLE)), 3),
        (report_of((SHOULD, PASS), unanswered=(VAIN,)), 3),
        (report_of((MUST, NOT_APPLICABLE), (SHOULD, PASS)), 3),
        (report_of((MUST, INCONCLUSIVE), (SHOULD, PASS)), 3),
        (report_of(), 3),
        (report_of((MUST, PASS), unjudged="it is down"), 3),
        (report_of((MUST, FAIL), unjudged="it was broken off"), 1),
        (report_of((MUST, PASS), unanswered=(VAIN,)), 3),
        (report_of((MUST, PASS), (SHOULD, WARN), unanswered=(VAIN,)), 3),
        (report_of((MUST, INCONCLUSIVE), (SHOULD, FAIL), unanswered=(VAIN,)), 1),
        (report_of((MUST, FAIL), unanswered=(VAIN,)), 1),
    ],
)
def test_conclude(report: Report, exit_code: int) -> None:
    assert conclude(report).exit_code == exit_code


def test_the_reason_is_said() -> None:
    assert conclude(report_of((MUST, PASS), unjudged="it is down")).sentence == "could not be judged: it is down"
    assert conclude(report_of((MUST, PASS, INCONCLUSIVE))).sentence == (
        "could not be judged: only 0 of the 1 MUST that apply to other could be judged; "
        "violates nothing that was judged; 1 inconclusive"
    )


def test_a_run_that_was_cut_short_says_what_it_saw_violated() -> None:
    assert conclude(report_of((MUST, FAIL), unjudged="the run was broken off")).sentence == (
        "violates 1 of 1 MUST; it fails the gate: area.number_0 (form); "
        "not everything could be judged: the run was broken off"
    )


def test_valid_requests_that_were_never_answered_are_named() -> None:
    report = report_of((MUST, PASS), unanswered=(VAIN,))
    assert conclude(report).sentence == (
        "could not be judged: 1 valid request was never answered: tool-required on one (HTTP 500, asked 3 times); "
        "violates 0 of 1 MUST"
    )
    many = tuple(replace(VAIN, key=f"k{number}", label="", tries=1) for number in range(5))
    assert "5 valid requests were never answered: k0 on one (HTTP 500, asked once), k1" in (
        conclude(report_of((MUST, FAIL), unanswered=many)).sentence
    )
    assert conclude(report_of((MUST, FAIL), unanswered=many)).sentence.endswith(" and 2 more")


LOST_N = Unserved("one", "chat.n", "HTTP 400", 4)
LOST_TOOLS = Unserved("one", "chat.tools", "HTTP 400", 90, needed=True)


def test_a_common_feature_that_was_never_served_is_not_green() -> None:
    concluded = conclude(report_of((MUST, PASS), unserved=(LOST_TOOLS, LOST_N)))
    assert (concluded.exit_code, concluded.sentence) == (
        3,
        "could not be judged: never served: chat.tools on one (HTTP 400); if the endpoint does not offer this, use "
        "--without chat.tools; violates 0 of 1 MUST; optional and never served: chat.n on one (HTTP 400); "
        "to exclude this, use --without chat.n",
    )
    assert conclude(report_of((MUST, FAIL), unserved=(LOST_TOOLS,))).sentence.endswith("--without chat.tools")


def test_an_optional_feature_that_was_never_served_is_named() -> None:
    concluded = conclude(report_of((MUST, PASS), unserved=(LOST_N,)))
    assert concluded.exit_code == 0
    assert "optional and never served: chat.n on one (HTTP 400)" in concluded.sentence
    assert "--without chat.n" in conclude(report_of((MUST, FAIL), unserved=(LOST_N,))).sentence


CACHING = {"gpt": "cache.automatic", "claude": "cache.explicit"}


@pytest.mark.parametrize("family", CACHING)
@pytest.mark.parametrize(
    ("without", "verdict", "said"),
    [
        (lambda family: {COSTLY}, NOT_APPLICABLE, "caching was not judged: --no-costly leaves it out"),
        (lambda family: {CACHING[family]}, NOT_APPLICABLE, "caching was not judged: --without cache."),
        (lambda family: set(), None, "caching was not judged: it was not selected"),
        (lambda family: set(), INCONCLUSIVE, "caching was judged in part: caching.hits is inconclusive on one, since "),
        (lambda family: set(), PASS, ""),
    ],
)
def test_caching_that_was_not_judged_is_told(family: str, without: Any, verdict: Verdict | None, said: str) -> None:
    model = Model("one", family, frozenset(without(family)))
    report = report_of((MUST, PASS), models=(model,))
    if verdict is not None:
        found = Finding("caching.hits", "one", verdict, "no repetition hit: cached_tokens 0")
        report = replace(
            report, entries=(*report.entries, replace(entry(1, SHOULD), id="caching.hits", findings=(found,)))
        )
    concluded = conclude(report)
    assert concluded.exit_code == 0
    assert ("caching was" in concluded.sentence) is bool(said)
    assert said in concluded.sentence
    assert conclude(replace(report, source="recording")).sentence.count("caching was") == 0


def test_caching_is_told_of_the_models_that_lack_it() -> None:
    models = (Model("one", "gpt", frozenset({"cache.automatic"})), Model("other", "gemini"))
    sentence = conclude(report_of((MUST, PASS, PASS), models=models)).sentence
    assert "caching was not judged on one: --without cache.automatic" in sentence


def test_warnings_about_billing_are_counted_apart() -> None:
    named = {"caching.grown": Impact.BILLING, "usage.more": Impact.BILLING, "transport.id": Impact.FORM}
    entries = tuple(replace(entry(0, SHOULD, WARN), id=id, impact=impact) for id, impact in named.items())
    report = replace(report_of((MUST, PASS)), entries=(entry(9, MUST, PASS), *entries))
    assert conclude(report).sentence == (
        "violates 0 of 1 MUST, 3 of 3 SHOULD; none of these fails the gate; "
        "2 warnings are about billing: caching.grown, usage.more"
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(MUST, PASS)], "violates 0 of 1 MUST"),
        ([(SHOULD, WARN)], "violates 1 of 1 SHOULD; it does not fail the gate"),
        ([(SHOULD, WARN), (MAY, WARN)], "violates 1 of 1 SHOULD, 1 of 1 MAY; none of these fails the gate"),
        ([(SHOULD, FAIL)], "violates 1 of 1 SHOULD; it fails the gate: area.number_0 (form)"),
        (
            [(SHOULD, FAIL), (MUST, FAIL)],
            "violates 1 of 1 MUST, 1 of 1 SHOULD; all of these fail the gate: area.number_1 (form), "
            "area.number_0 (form)",
        ),
        (
            [(SHOULD, FAIL), (SHOULD, WARN), (MUST, PASS)],
            "violates 0 of 1 MUST, 2 of 2 SHOULD; 1 of these fails the gate: area.number_0 (form)",
        ),
        (
            [*[(SHOULD, FAIL)] * 5, (MAY, WARN)],
            "violates 5 of 5 SHOULD, 1 of 1 MAY; 5 of these fail the gate: area.number_0 (form), area.number_1 (form), "
            "area.number_2 (form) and 2 more",
        ),
    ],
)
def test_what_fails_the_gate_is_named(rows: Any, said: str) -> None:
    assert tally(report_of(*rows)) == said


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(SHOULD, PASS)], "violates 0 of 1 SHOULD"),
        (
            [(SHOULD, NOT_APPLICABLE)],
            "could not be judged: no SHOULD was judged on one: none that was selected applies",
        ),
        (
            [(SHOULD, PASS), (MAY, INCONCLUSIVE), (MAY, INCONCLUSIVE)],
            "could not be judged: only 1 of the 3 SHOULD or MAY that apply to one could be judged",
        ),
        (
            [(MUST, NOT_APPLICABLE), (SHOULD, PASS)],
            "could not be judged: no MUST was judged on one: none that was selected applies",
        ),
        ([], "could not be judged: no requirement was judged on one: none that was selected applies"),
    ],
)
def test_where_no_must_is_selected_the_verdict_rests_on_what_is(rows: Any, sentence: str) -> None:
    assert conclude(report_of(*rows)).sentence.startswith(sentence)


def test_a_must_that_is_later_than_the_revision_is_not_what_was_selected() -> None:
    later = replace(entry(1, MUST, PASS), later=True)
    report = replace(report_of((SHOULD, PASS)), revision="2026-11")
    assert conclude(replace(report, entries=(*report.entries, later))).exit_code == 0
    assert conclude(replace(report, entries=(later,))).exit_code == 3


@pytest.mark.parametrize(("requests", "said"), [(1, "1 recorded exchange"), (1200, "1,200 recorded exchanges")])
def test_recordings_conform_on_what_they_hold(requests: int, said: str) -> None:
    report = report_of((MUST, PASS), source="recording", spend=Spend(requests))
    assert conclude(report).sentence == f"violates 0 of 1 MUST; judged on no more than {said}"
    assert conclude(report_of((MUST, PASS), spend=Spend(requests))).sentence == "violates 0 of 1 MUST"


def test_tally() -> None:
    report = report_of(
        (MUST, PASS, FAIL), (MUST, PASS, PASS), (MUST, NOT_APPLICABLE, NOT_APPLICABLE), (SHOULD, WARN, PASS),
        (MAY, PASS, PASS), (MUST, INCONCLUSIVE, PASS), (MUST, KNOWN, PASS),
    )  # fmt: skip
    assert tally(report) == (
        "violates 1 of 3 MUST, 1 of 1 SHOULD, 0 of 1 MAY; 1 of these fails the gate: area.number_0 (form); 1 known; "
        "1 not applicable; 1 inconclusive"
    )


def test_worst_first() -> None:
    report = report_of((MAY, WARN), (MUST, PASS), (SHOULD, WARN), (MUST, FAIL))
    assert [each.id[-1] for each in report.worst_first] == ["3", "2", "0", "1"]


def test_what_is_billed_comes_first() -> None:
    rows = [(MUST, "form"), (MAY, "billing"), (SHOULD, "security"), (SHOULD, "billing"), (MUST, "billing")]
    entries = tuple(
        replace(entry(number, level, WARN), impact=Impact(impact)) for number, (level, impact) in enumerate(rows)
    )
    report = replace(report_of(), entries=entries)
    assert [each.id[-1] for each in report.worst_first] == ["4", "3", "2", "0", "1"]


rows = st.tuples(st.sampled_from(list(Level)), st.sampled_from(list(Verdict)), st.sampled_from(list(Verdict)))


@given(st.lists(rows, max_size=6), rows)
def test_nothing_good_undoes_a_violation(made: list[Any], more: Any) -> None:
    before, after = (conclude(report_of(*each)).exit_code for each in (made, [*made, more]))
    if any(FAIL in row for row in made):
        assert before == after == 1
    if after == 0:
        assert not any(FAIL in row for row in (*made, more))
        musts = [row for row in (*made, more) if row[0] is MUST]
        assert any(row[1] in (PASS, KNOWN, WARN, FAIL) for row in musts or (*made, more))


# --- to and from JSON -----------------------------------------------------------------------------------------

text = st.text(st.characters(codec="utf-8"), max_size=20)
pairs = st.lists(st.tuples(text, text), max_size=2).map(tuple)
ids = st.from_regex(r"[a-z0-9_]+(\.[a-z0-9_]+)+", fullmatch=True)
findings = st.builds(
    Finding, ids, text, st.sampled_from(list(Verdict)), text, st.integers(0, 99), st.lists(text, max_size=2).map(tuple)
)
entries = st.builds(
    Entry, ids, st.sampled_from(list(Level)), text, text, text, text, text,
    st.lists(text, max_size=2).map(tuple), st.lists(findings, max_size=2).map(tuple),
    impact=st.sampled_from(list(Impact)), warns=text,
)  # fmt: skip
evidence = st.builds(
    Evidence, key=text, label=text, model=text, method=text, url=text, request_headers=pairs, request_body=text,
    status=st.integers(0, 599), headers=pairs, body=text, truncated=st.booleans(), streamed=st.booleans(),
    failure=text, curl=text,
)  # fmt: skip
sums = st.builds(Sum, text, text, text)
costs = st.builds(
    Costs,
    currency=text,
    input=sums,
    models=st.lists(
        st.builds(ModelCosts, text, st.integers(0, 9), sums, text, st.dictionaries(text, st.integers(1, 9))), max_size=2
    ).map(tuple),
    exchanges=st.dictionaries(text, sums, max_size=2),
    charges=st.lists(st.builds(Charge, text, text, text, text, text), max_size=2).map(tuple),
)
reports = st.builds(
    Report,
    base_url=text,
    source=st.sampled_from(["live", "reference", "recording"]),
    models=st.lists(st.builds(Model, text, st.sampled_from(FAMILIES), st.frozensets(text)), max_size=2).map(tuple),
    version=text,
    started=st.floats(0, 1e10),
    seconds=st.floats(0, 1e5),
    spend=st.builds(Spend, *[st.integers(0, 10**9)] * 3),
    entries=st.lists(entries, max_size=3).map(tuple),
    evidence=st.dictionaries(text, evidence, max_size=2),
    unjudged=text,
    unanswered=st.lists(st.builds(Unanswered, text, text, text, text, st.integers(1, 9)), max_size=2).map(tuple),
    fault=text,
    gate=st.lists(st.sampled_from(WORDS), unique=True).map(tuple),
    costs=st.none() | costs,
    asked_again=st.none()
    | st.builds(AskedAgain, st.integers(0, 99), st.integers(0, 99), st.dictionaries(text, st.integers(1, 9))),
)


@given(reports)
def test_round_trip(report: Report) -> None:
    loaded = load_report(json.loads(json.dumps(dump_report(report))))
    assert loaded == report
    assert conclude(loaded) == conclude(report)


def test_valid_under_its_schema(tmp_path: Path) -> None:
    exchanges = [plain(completion(USAGE)), stream_of(USAGE), Exchange(PLAIN, 0, failure=Failure("reset", "gone"))]
    shown = {each.request.key: evidence_of(each, "https://host/v1", "K") for each in exchanges}
    report = report_of((MUST, FAIL, PASS), (SHOULD, WARN, KNOWN), (MAY, NOT_APPLICABLE, INCONCLUSIVE), evidence=shown)
    report = replace(report, unanswered=(VAIN,), asked_again=AskedAgain(3, 1, {"429": 2}))
    write_report(report, tmp_path / "in" / "report.json")
    validator("report").validate(json.loads((tmp_path / "in" / "report.json").read_text()))
    assert read_report(tmp_path / "in" / "report.json") == report


def test_a_report_from_before_attempts_were_counted_is_read() -> None:
    value = dump_report(report_of((MUST, PASS), asked_again=AskedAgain(3, 1, {"429": 2})))
    del value["asked_again"]
    assert load_report(value).asked_again is None


def test_half_a_surrogate_can_be_written(tmp_path: Path) -> None:
    write_report(report_of((MUST, PASS), fault="\ud800"), tmp_path / "report.json")
    assert read_report(tmp_path / "report.json").fault == "\ud800"


WHOLE = json.dumps(dump_report(report_of((MUST, PASS))))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        ("", "is not JSON"),
        (WHOLE[:-1], "is not JSON"),
        (b"\xff", "is not JSON"),
        ("[]", "is not a report: it is not a JSON object"),
        ("{}", "the format is None, not 'report-1'"),
        (WHOLE.replace("report-1", "report-9"), "the format is 'report-9', not 'report-1'"),
        (WHOLE.replace('"entries"', '"entrees"'), r"required field missing @ \$\.entries$"),
        (WHOLE.replace('"gate"', '"fence"'), r"required field missing @ \$\.gate$"),
        (WHOLE.replace('"pass"', '"passed"'), r"expected Verdict @ \$\.entries\[0\]\.findings\[0\]\.verdict$"),
        (WHOLE.replace('"MUST"', '"OUGHT"'), r"expected Level @ \$\.entries\[0\]\.level$"),
        (WHOLE.replace('"spend": {', '"spend": {"more": 1, '), r"extra fields found \(more\) @ \$\.spend$"),
        (WHOLE.replace('"requests": 0', '"requests": "0"'), r"expected int @ \$\.spend\.requests$"),
        ("[" * 99_999, "nested|recursion"),
    ],
)
def test_what_is_no_report(tmp_path: Path, content: str | bytes | None, said: str) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ValueError, match=said) as caught:
        read_report(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


# --- evidence -------------------------------------------------------------------------------------------------


def test_evidence_is_cut_and_says_so() -> None:
    shown = evidence_of(plain({"a": "x" * EVIDENCE_CHARACTERS}), "https://host/v1/", "K")
    assert (len(shown.body), shown.truncated) == (EVIDENCE_CHARACTERS, True)
    assert shown.url == "https://host/v1/chat/completions"


def test_evidence_of_coded_content_can_be_read() -> None:
    import gzip

    coded = (("content-type", "application/json"), ("content-encoding", "gzip"))
    for data, body in ((gzip.compress(b'{"a": 1}'), '{"a": 1}'), (b"not gzip", "not gzip")):
        assert evidence_of(Exchange(PLAIN, 200, coded, ((0.1, data),)), "https://host/v1", "K").body == body


def test_spend() -> None:
    documents: list[Any] = [{"usage": None}, {"usage": {"prompt_tokens": "9"}}, {"usage": {"prompt_tokens": -9}}, []]
    odd = [plain(document) for document in documents]
    broken = [
        Exchange(PLAIN, 200, (("content-encoding", "br"),), ((0.1, b"{}"),)),
        Exchange(PLAIN, 200, (), ((0.1, b'{"usage"'),)),
        Exchange(
            STREAM_USAGE, 200, (("content-type", "text/event-stream"), ("content-encoding", "br")), ((0.1, b"x"),)
        ),
        Exchange(PLAIN, 0, failure=Failure("reset", "gone")),
    ]
    assert spend_of([plain(completion(USAGE)), stream_of(USAGE), *odd, *broken]) == Spend(10, 4, 2)


# --- commands -------------------------------------------------------------------------------------------------


def words_of(command: str) -> list[str]:
    """The words that bash makes of it; the variable of the key stays."""
    said = subprocess.run(
        ["bash", "-c", f"curl() {{ printf '%s\\0' \"$@\"; }}\n{command}"],
        env={"PHANEDGE_API_KEY": "$PHANEDGE_API_KEY"}, capture_output=True, check=True, timeout=30,
    ).stdout  # fmt: skip
    return said.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "m"}', b"it's", b"'; rm -rf / #", b"$(id) `id` $HOME \\ !", b"two\nlines\r\n\ttab", b"'" * 9,
        b"@/etc/passwd", "你好 👩‍👧".encode(), b"-d x",
    ],
)  # fmt: skip
def test_curl_sends_the_same_body(body: bytes) -> None:
    words = words_of(curl(Request(body=body), "https://host/v1", "PHANEDGE_API_KEY"))
    assert words[words.index("--data-raw") + 1] == body.decode()
    assert "https://host/v1/chat/completions" in words
    assert "Authorization: Bearer $PHANEDGE_API_KEY" in words
    assert "content-type: application/json" in words


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1))
def test_curl_quotes_any_body(body: str) -> None:
    words = words_of(curl(Request(body=body.encode()), "https://host/v1", "K"))
    assert words[-1] == body


@pytest.mark.parametrize(
    ("request_", "said", "unsaid"),
    [
        (Request("GET", "/models", headers=()), ["--request GET"], ["--data", "content-type"]),
        (bad("x", {}, method="PUT"), ["--request PUT"], []),
        (PLAIN, [], ["--request", "--no-buffer"]),
        (STREAM_USAGE, ["--no-buffer"], []),
        (bad("x", {}, credentials="none"), [], ["Authorization"]),
        (bad("x", {}, credentials="unknown"), ["Bearer sk-unknown"], ["$K"]),
        (bad("x", {}, credentials="lowercase"), ["bearer $K"], []),
        (bad("x", {}, credentials="basic"), ["Basic $("], []),
        (
            bad("x", {}, credentials="query"),
            ['https://host/v1/chat/completions"?api_key=$K&key=$K&access_token=$K"'],
            ["Authorization"],
        ),
        (Request("GET", "/models?limit=1", credentials="query"), ["'https://host/v1/models?limit=1'\"&api_key=$K"], []),
        (bad("x", {}, headers=()), ["--header content-type:"], []),
        (bad("x", {}, headers=(("x-empty", ""),)), ["'x-empty;'"], []),
    ],
)
def test_curl_asks_in_the_same_way(request_: Request, said: list[str], unsaid: list[str]) -> None:
    command = curl(request_, "https://host/v1", "K")
    words_of(command)
    assert [each for each in said if each not in command] == []
    assert [each for each in unsaid if each in command] == []


def test_the_query_of_the_base_url_is_kept() -> None:
    assert "https://host/v1/chat/completions?version=2" in words_of(curl(PLAIN, "https://host/v1?version=2", "K"))
    shown = evidence_of(plain(completion(USAGE)), "https://host/v1?version=2", "K")
    assert shown.url == "https://host/v1/chat/completions?version=2"


def test_the_key_is_never_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)
    shown = evidence_of(plain(completion(USAGE)), "https://host/v1", "PHANEDGE_API_KEY")
    assert KEY not in json.dumps(dump_report(report_of((MUST, PASS), evidence={"k": shown})))
