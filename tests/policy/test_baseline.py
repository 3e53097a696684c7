"""The baseline: what is accepted and until when, what is stale, and a file in which what people wrote stays."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judgement.verdict import Finding, Verdict
from conformance.policy.baseline import Baseline, BaselineError, Before, Known, State, accept, audit, check
from conformance.policy.baseline_file import dump, extended, parse, read_baseline, without
from conformance.policy.course import Course

PASS, FAIL, WARN, KNOWN = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN
INCONCLUSIVE, NOT_APPLICABLE = Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE
SUM, TOTAL = "usage.total_tokens.sum_of", "usage.total_tokens"
TODAY, TOMORROW, YESTERDAY = date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 21)
CATALOGUE = {SUM, TOTAL}

ENTRY = f"""\
[[known]]
requirement = "{SUM}"
model = "gpt-*"
reason = "the upstream counts so"
owner = "ann"
expires = 2026-12-31
"""


def entry(requirement: str = SUM, model: str = "*", expires: date = TOMORROW, line: int = 3) -> Known:
    return Known(requirement, model, "the upstream counts so", "ann", expires, line)


def baseline(*known: Known) -> Baseline:
    return Baseline("baseline.toml", known or (entry(),))


def found(verdict: Verdict, model: str = "gpt-4o", requirement: str = SUM) -> Finding:
    return Finding(requirement, model, verdict, "it is 7", 3, ("k",))


# --- what is accepted -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_a_violation_becomes_known(verdict: Verdict) -> None:
    accepted = accept(baseline(), found(verdict), TODAY)
    if verdict in (FAIL, WARN):
        said = "it is 7 (known: the upstream counts so; ann, until 2026-11-23)"
        assert accepted == replace(found(verdict), verdict=KNOWN, message=said)
    else:
        assert accepted == found(verdict)


@pytest.mark.parametrize(
    ("known", "accepted"),
    [
        (entry(), True),
        (entry(model="gpt-4o"), True),
        (entry(model="gpt-?o"), True),
        (entry(model="gpt-4o-mini"), False),
        (entry(model="GPT-4o"), False),
        (entry(requirement=TOTAL), False),
        (entry(expires=TODAY), True),
        (entry(expires=YESTERDAY), False),
    ],
)
def test_what_an_entry_covers(known: Known, accepted: bool) -> None:
    assert (accept(baseline(known), found(FAIL), TODAY).verdict is KNOWN) is accepted


def test_a_name_with_brackets_is_matched_as_it_is() -> None:
    assert accept(baseline(entry(model="a[1]")), found(FAIL, "a[1]"), TODAY).verdict is KNOWN


def test_an_expired_entry_does_not_hide_one_that_is_not() -> None:
    known = baseline(entry(expires=YESTERDAY), entry(model="gpt-4o"))
    assert accept(known, found(FAIL), TODAY).verdict is KNOWN


# --- what a run makes of it -----------------------------------------------------------------------------------


def state(known: Known, *findings: Finding) -> tuple[State, str]:
    audited = audit(baseline(known), findings, CATALOGUE, TODAY)
    return audited.standings[0].state, audited.sentence(audited.standings[0])


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([found(KNOWN)], State.KNOWN),
        ([found(KNOWN), found(PASS, "b")], State.KNOWN),
        ([found(PASS)], State.STALE),
        ([found(PASS), found(PASS, "b")], State.STALE),
        ([found(PASS), found(INCONCLUSIVE, "b")], State.UNCHECKED),
        ([found(PASS), found(NOT_APPLICABLE, "b")], State.UNCHECKED),
        ([found(INCONCLUSIVE)], State.UNCHECKED),
        ([], State.UNCHECKED),
        ([found(PASS, requirement=TOTAL)], State.UNCHECKED),
    ],
)
def test_state(findings: list[Finding], expected: State) -> None:
    assert state(entry(), *findings)[0] is expected


def test_stale_says_where_and_what_to_do() -> None:
    assert state(entry(), found(PASS), found(PASS, "b"))[1] == (
        f"baseline.toml, line 3: {SUM} on * is stale, since it holds on every model that it matches (gpt-4o, b): "
        "remove the entry, or run phanedge-conformance baseline --prune REPORT --out baseline.toml"
    )


def test_expired_says_where_and_what_to_do() -> None:
    assert state(entry(expires=YESTERDAY), found(FAIL)) == (
        State.EXPIRED,
        f"baseline.toml, line 3: {SUM} on * has expired: it was accepted until 2026-11-21, and gpt-4o still violates "
        "it; fix it, or agree on another day",
    )


def test_expired_and_mended_is_stale_and_unseen_is_unchecked() -> None:
    assert state(entry(expires=YESTERDAY), found(PASS))[0] is State.STALE
    assert state(entry(expires=YESTERDAY), found(INCONCLUSIVE))[0] is State.UNCHECKED


def test_withdrawn_is_stale() -> None:
    known, said = state(entry(requirement="usage.gone"))
    assert known is State.STALE
    assert "the requirement was withdrawn" in said


def test_only_overdue_and_expired_ones_are_a_problem() -> None:
    findings = [found(FAIL), found(PASS, requirement=TOTAL)]
    audited = audit(
        baseline(entry(), entry(expires=YESTERDAY, line=9), entry(TOTAL, line=15), entry(TOTAL, "x", line=20)),
        findings, CATALOGUE, TODAY, stale_after=0,
    )  # fmt: skip
    assert [each.line for each in audited.outdated] == [9, 15]
    assert audited.problem.startswith("baseline.toml, line 9: ")
    assert audited.problem.endswith(" (and 1 more)")
    assert audit(baseline(), [found(FAIL)], CATALOGUE, TODAY).problem == ""


verdicts = st.lists(st.sampled_from(list(Verdict)), max_size=4)


@given(verdicts, st.sampled_from([YESTERDAY, TODAY, TOMORROW]))
def test_no_violation_is_lost(seen: list[Verdict], expires: date) -> None:
    """A violation is known and listed as such, or it counts."""
    known = baseline(entry(expires=expires))
    findings = [found(each, f"m{number}") for number, each in enumerate(seen) if each is not KNOWN]
    accepted = [accept(known, each, TODAY) for each in findings]
    standing = audit(known, accepted, CATALOGUE, TODAY).standings[0]
    assert (standing.state is State.STALE) == (bool(findings) and all(each.verdict is PASS for each in findings))
    if any(each.verdict in (FAIL, WARN) for each in findings):
        assert standing.state is (State.EXPIRED if expires < TODAY else State.KNOWN)
        assert any(each.verdict is KNOWN for each in accepted) == (expires >= TODAY)


# --- over the runs of a history --------------------------------------------------------------------------------

DAY = 86_400.0
NOW = 100 * DAY


def before(recent: str, model: str = "gpt-4o") -> Before:
    """The runs before this one, a day apart, as courses have them."""
    course = Course(SUM, model)
    for number, each in enumerate(recent):
        verdict = {"x": FAIL, "k": KNOWN, ".": PASS, "-": INCONCLUSIVE}[each]
        course = course.after(verdict, NOW - (len(recent) - number) * DAY)
    return Before({(SUM, model): course}, NOW)


FLAKY = replace(entry(), rate=0.3, window=10)


@pytest.mark.parametrize(
    ("recent", "accepted"),
    [
        ("", True),
        ("xx", True),
        ("xxx", False),  # this is the fourth
        ("x.x.x", False),
        ("xxx" + "." * 7, True),  # the first is out of the window
        ("xxx" + "." * 6, False),
        ("xx" + "-" * 20, True),  # what was not judged is not counted
        ("kkk", False),
    ],
)
def test_a_flaky_violation_is_accepted_as_long_as_it_is_rare(recent: str, accepted: bool) -> None:
    past = before(recent)
    finding = accept(baseline(FLAKY), found(FAIL), TODAY, past)
    assert finding.verdict is (KNOWN if accepted else FAIL)
    standing = audit(baseline(FLAKY), [finding], CATALOGUE, TODAY, past, 30).standings[0]
    assert standing.state is (State.FLAKY if accepted else State.EXCEEDED)
    assert standing.outdated is not accepted
    assert "3 of 10 are accepted" in standing.said


def test_a_flaky_violation_without_a_history_is_accepted() -> None:
    assert accept(baseline(FLAKY), found(FAIL), TODAY).verdict is KNOWN
    assert state(FLAKY, found(KNOWN))[0] is State.FLAKY
    assert state(FLAKY, found(PASS))[0] is State.FLAKY


def test_an_expired_flaky_entry_accepts_nothing() -> None:
    gone = replace(FLAKY, expires=YESTERDAY)
    assert accept(baseline(gone), found(FAIL), TODAY, before("")).verdict is FAIL
    assert audit(baseline(gone), [found(FAIL)], CATALOGUE, TODAY, before(""), 30).standings[0].state is State.EXPIRED


@pytest.mark.parametrize(("recent", "expected"), [("x" + "." * 9, State.STALE), ("x" + "." * 8, State.FLAKY)])
def test_a_flaky_entry_is_stale_after_a_whole_window(recent: str, expected: State) -> None:
    assert audit(baseline(FLAKY), [found(PASS)], CATALOGUE, TODAY, before(recent), 30).standings[0].state is expected


@pytest.mark.parametrize(
    ("recent", "stale_after", "expected"),
    [
        ("k", 30, State.STALE),  # it holds for the first time
        ("k.....", 5, State.STALE),
        ("k......", 5, State.OVERDUE),
        ("k......k", 5, State.STALE),
        ("", 5, State.STALE),
        (None, 30, State.STALE),  # without a history it is not known since when
        (None, 0, State.OVERDUE),
        ("k", 0, State.OVERDUE),
    ],
)
def test_a_stale_entry_fails_only_after_some_days(recent: str | None, stale_after: int, expected: State) -> None:
    past = None if recent is None else before(recent)
    audited = audit(baseline(), [found(PASS)], CATALOGUE, TODAY, past, stale_after)
    assert audited.standings[0].state is expected
    assert bool(audited.problem) is (expected is State.OVERDUE)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("rate = 0.2\nwindow = 4", "line 1: rate 0.2 of 4 runs accepts no violation"),
        ("window = 4", "window is the number of runs that a rate is about: add rate, or remove window"),
        ("rate = 1.5", "line 7: rate is 1.5"),
        ("rate = 0.5\nwindow = 31", "line 8: window is 31"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(more: str, said: str) -> None:
    with pytest.raises(BaselineError, match=said):
        parse(f"{ENTRY}{more}\n", "baseline.toml")


def test_a_rate_is_read_and_stays() -> None:
    text = f"{ENTRY}rate = 0.3\n"
    read = parse(text, "baseline.toml")
    assert (read.known[0].rate, read.known[0].window, read.known[0].allowed) == (0.3, 10, 3)
    assert dump(read) == text


# --- entries about nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (entry("usage.total_token"), f"baseline.toml, line 3: there is no requirement 'usage.total_token': did you "
         f"mean {TOTAL}?"),
        (entry("zzz.zzz"), "there is no requirement 'zzz.zzz': phanedge-conformance catalogue lists them all"),
        (entry(model="gpt-4p"), "line 3: no model that is judged matches 'gpt-4p': did you mean gpt-4o?"),
        (entry(model="zzz"), "no model that is judged matches 'zzz': there are gpt-4o, claude"),
    ],
)  # fmt: skip
def test_misspelt(known: Known, said: str) -> None:
    with pytest.raises(BaselineError) as error:
        check(baseline(known), CATALOGUE, {"usage.gone"}, ["gpt-4o", "claude"])
    assert said in str(error.value)


def test_withdrawn_is_not_misspelt() -> None:
    check(baseline(entry("usage.gone"), entry(model="gpt-*")), CATALOGUE, {"usage.gone"}, ["gpt-4o"])


# --- reading --------------------------------------------------------------------------------------------------


def test_read(tmp_path: Path) -> None:
    (tmp_path / "baseline.toml").write_text("# ours\n\n# of March\n" + ENTRY, encoding="utf-8")
    read = read_baseline(tmp_path / "baseline.toml")
    known = Known(SUM, "gpt-*", "the upstream counts so", "ann", date(2026, 12, 31), 4, "# of March\n" + ENTRY)
    assert read == Baseline(str(tmp_path / "baseline.toml"), (known,), "# ours\n\n")
    assert dump(read) == (tmp_path / "baseline.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "# nothing is known\n", "known = []\n"])
def test_nothing_known(text: str) -> None:
    assert parse(text, "f").known == ()


def test_the_model_may_be_left_out_and_a_date_be_text() -> None:
    known = parse(ENTRY.replace('model = "gpt-*"\n', "").replace("2026-12-31", '"2026-12-31"'), "f").known[0]
    assert known.model == "*"
    assert known.expires == date(2026, 12, 31)


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_places(newline: str) -> None:
    text = "\n".join(
        [
            "", '[[ "known" ]]', 'reason = """', "[[known]]", '# no comment"""', 'owner = "a"',
            f'requirement = "{SUM}"', "expires = 2026-01-01", "", "# a section", "", "# of its own",
            "[[known]] # here", f'requirement = "{TOTAL}"', 'reason = "b"', 'owner = "b"', "expires = 2026-01-01",
        ]
    )  # fmt: skip
    first, second = parse(text.replace("\n", newline), "f").known
    assert (first.line, second.line) == (2, 13)
    assert first.after == "\n# a section\n\n"
    assert second.text.startswith("# of its own\n[[known]]")
    assert first.reason == "[[known]]\n# no comment"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[known]", "f is not TOML: "),
        (ENTRY.replace("owner", "ownr"), "f, line 5: the key ownr is unknown: did you mean owner?"),
        (ENTRY + "zzz = 1\n", "f, line 7: the key zzz is unknown: there are requirement, model, reason, owner, "
         "expires"),
        (ENTRY.replace("[[known]]", "[[knwon]]"), "f, line 1: the key knwon is unknown: did you mean known?"),
        (ENTRY + "\n" + ENTRY.replace('owner = "ann"\n', ""), "f, line 8: the entry lacks owner: Who will see to it."),
        (ENTRY.replace('"ann"', '" "'), 'f, line 5: owner is " ": Who will see to it.'),
        (ENTRY.replace('"ann"', "7"), "f, line 5: owner is 7: Who will see to it."),
        (ENTRY.replace("2026-12-31", '"soon"'), 'f, line 6: expires is "soon": The last day on which it is accepted'),
        (ENTRY.replace("2026-12-31", '"2026-02-30"'), 'f, line 6: expires is "2026-02-30"'),
        (ENTRY.replace("2026-12-31", "2026-12-31T00:00:00"), "f, line 6: expires is"),
        (ENTRY.replace(SUM, "usage.*"), 'f, line 2: requirement is "usage.*", a pattern: give each requirement an'),
        (ENTRY.replace(SUM, "Usage"), 'f, line 2: requirement is "Usage": The id of a requirement.'),
        (ENTRY + "\n" + ENTRY, f"f, line 8: {SUM} on gpt-* is listed in line 1 already: remove one of the two"),
        ("known = 7", "f: write each entry under a [[known]] of its own"),
        ("[known]\nrequirement = 7", "f: write each entry under a [[known]] of its own"),
        (f"known = [{{ requirement = '{SUM}', reason = 'r', owner = 'o', expires = 2026-01-01 }}]",
         "f: write each entry under a [[known]] of its own"),
    ],
)  # fmt: skip
def test_what_is_no_baseline(text: str, said: str) -> None:
    with pytest.raises(BaselineError) as error:
        parse(text, "f")
    assert str(error.value).startswith(said)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="cannot be read"):
        read_baseline(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(BaselineError, match="cannot be read as UTF-8"):
        read_baseline(tmp_path / "bytes.toml")


@given(st.data())
def test_whatever_is_read_is_a_baseline_or_refused_in_a_sentence(data: st.DataObject) -> None:
    pieces = (*"\"'=#.{7\n\u2028", "[[known]]", "[known]", '"""', "known", "requirement", "2026-01-01")
    start, length = data.draw(st.integers(0, len(THREE))), data.draw(st.integers(0, 30))
    put = "".join(data.draw(st.lists(st.sampled_from(pieces), max_size=4)))
    text = THREE[:start] + put + THREE[start + length :]
    said = "fine"
    try:
        written = dump(parse(text, "f"))
    except BaselineError as error:
        written, said = text, str(error)
    assert written == text
    assert said.startswith("f")
    assert "\n" not in said


# --- writing --------------------------------------------------------------------------------------------------


def written(known: Baseline, *findings: Finding) -> Baseline:
    """With what these findings violate, as it is read again."""
    sentences = {id: f"The endpoint MUST obey {id}." for id in CATALOGUE}
    return parse(dump(extended(known, findings, sentences, "bob", TOMORROW)), known.file)


def test_a_baseline_of_violations() -> None:
    made = written(Baseline("b.toml"), found(FAIL, "b"), found(FAIL, "a"), found(PASS, requirement=TOTAL))
    assert dump(made) == (
        "# Violations that are known and accepted for now. Each fails the gate again once its day has "
        "passed;\n# `phanedge-conformance baseline --prune REPORT --out b.toml` removes those that are stale.\n\n"
        f"# The endpoint MUST obey {SUM}.\n# Observed: it is 7\n[[known]]\n"
        f'requirement = "{SUM}"\nmodel = "*"\nreason = "not looked into yet"\nowner = "bob"\nexpires = 2026-11-23\n'
    )


@pytest.mark.parametrize(
    ("findings", "models"),
    [
        ([found(FAIL)], ["gpt-4o"]),
        ([found(WARN), found(KNOWN, "b")], ["*"]),
        ([found(FAIL), found(PASS, "b")], ["gpt-4o"]),
        ([found(FAIL), found(INCONCLUSIVE, "b"), found(FAIL, "a")], ["a", "gpt-4o"]),
        ([found(PASS), found(INCONCLUSIVE, "b"), found(NOT_APPLICABLE, "c")], []),
    ],
)
def test_models_of_an_entry(findings: Iterable[Finding], models: list[str]) -> None:
    assert [each.model for each in written(Baseline("b.toml"), *findings).known] == models


def test_what_is_listed_stays_as_it_is() -> None:
    text = f"# ours\n\n# since March\n{ENTRY}# and this\n\n# --- the rest\n"
    made = written(parse(text, "b.toml"), found(FAIL), found(FAIL, "claude"), found(FAIL, requirement=TOTAL))
    assert dump(made).startswith(text)
    assert [(each.requirement, each.model, each.owner) for each in made.known] == [
        (SUM, "gpt-*", "ann"), (TOTAL, "gpt-4o", "bob"), (SUM, "claude", "bob"),
    ]  # fmt: skip


THREE = f"""\
# head

# first
{ENTRY}
# --- a section

# second
{ENTRY.replace("gpt-*", "claude")}
{ENTRY.replace(SUM, TOTAL)}"""


@pytest.mark.parametrize("dropped", [{0}, {1}, {2}, {0, 1}, {0, 1, 2}])
def test_without(dropped: set[int]) -> None:
    before = parse(THREE, "b.toml")
    text = dump(without(before, [before.known[number] for number in dropped]))
    after = parse(text, "b.toml")
    kept = [each for number, each in enumerate(before.known) if number not in dropped]
    assert [(each.requirement, each.model) for each in after.known] == [(each.requirement, each.model) for each in kept]
    assert text.startswith("# head\n")
    assert "# --- a section" in text
    assert ("# second" in text) == (1 not in dropped)


def test_what_cannot_be_rewritten_is_refused() -> None:
    text = ENTRY.replace('"ann"', '"""ann\n# and bob"""').replace("expires = 2026-12-31\n", "")
    text = text.replace("owner", "expires = 2026-12-31\nowner") + ENTRY.replace(SUM, TOTAL)
    before = parse(text, "b.toml")
    with pytest.raises(BaselineError, match="change it by hand"):
        dump(without(before, before.known[1:]))


texts = st.text(st.characters(codec="utf-8"), max_size=30)
names = texts.filter(lambda name: len(name) > 0)


@given(
    st.lists(st.tuples(st.sampled_from([SUM, TOTAL]), names, st.sampled_from(list(Verdict)), texts), max_size=5),
    names.filter(lambda name: bool(name.strip())),
)
def test_whatever_is_written_is_read(rows: list[tuple[str, str, Verdict, str]], owner: str) -> None:
    findings = {(id, model): Finding(id, model, verdict, message) for id, model, verdict, message in rows}
    sentences: dict[str, str] = {SUM: "The endpoint MUST.", TOTAL: "The endpoint\x00 \u2028MUST."}
    made = extended(Baseline("b.toml"), list(findings.values()), sentences, owner, TOMORROW)
    read = parse(dump(made), "b.toml")
    for each in findings.values():
        accepted = accept(read, each, TODAY)
        if each.verdict in (FAIL, WARN):
            assert accepted.verdict is KNOWN
    assert len(tomllib.loads(dump(read)).get("known", [])) == len(read.known)
