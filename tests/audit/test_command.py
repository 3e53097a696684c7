"""The command `audit`: what it counts, what it writes, and how it ends."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.commands import Ended, cli, report_in

from .traffic import GOOD, PRICES, SUM, WRONG, line, written

DAY = 86_400
NOON = 1_795_867_200  #: of 2026-11-28


def audit(folder: Path, *words: str | Path, lines: list[bytes] | None = None) -> Ended:
    """An audit of some lines in this process alone, with its report in `out`."""
    if lines is not None:
        written(folder / "it.jsonl", lines)
    return cli("audit", "it.jsonl", "--out", "out", "--workers", "0", "--select", SUM, *words, folder=folder)


def traffic(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = report_in(folder / "out")["traffic"]
    return found


def test_what_conforms_ends_with_0(tmp_path: Path) -> None:
    ended = audit(tmp_path, lines=[line()] * 3)
    assert ended.exit_code == 0, ended.output
    assert "CONFORMS" in ended.output
    assert "3 records, 0 of them unreadable" in ended.output
    assert not (tmp_path / "out/shards").exists()


def test_a_violation_is_counted(tmp_path: Path) -> None:
    lines = [line(WRONG if number % 10 == 7 else GOOD, created=NOON + number * DAY) for number in range(40)]
    ended = audit(tmp_path, "--by", "vendor", lines=lines)
    assert ended.exit_code == 1
    (rate,) = traffic(tmp_path)["rates"]
    assert rate == {
        "requirement": SUM, "group": "unknown", "violated": 4, "judged": 40, "per_10000": "1000",
        "first": "2026-12-05 12:00:00 UTC", "last": "2027-01-04 12:00:00 UTC",
        "examples": [f"it.jsonl:{number}" for number in (8, 18, 28, 38)],
    }  # fmt: skip
    assert "in 4 of 40 exchanges (1000 in 10,000)" in ended.output
    for form in ("report.html", "report.md", "junit.xml"):
        assert "in 4 of 40 exchanges" in (tmp_path / "out" / form).read_text(encoding="utf-8"), form
    sarif = cli("render", "out", "--format", "sarif", folder=tmp_path)
    assert "in 4 of 40 exchanges" in sarif.output


def test_findings_are_a_table(tmp_path: Path) -> None:
    audit(tmp_path, lines=[line(), line(WRONG, created=NOON)])
    (row,) = pq.read_table(tmp_path / "out/findings.parquet").to_pylist()
    assert row.pop("time").isoformat() == "2026-11-28T12:00:00+00:00"
    assert row.pop("message").startswith("usage total_tokens is 30, expected 21")
    assert row == {
        "origin": "it.jsonl:2", "requirement": SUM, "level": "MUST", "verdict": "fail", "amount": None,
        "currency": None, "group": "gpt-4o",
    }  # fmt: skip


@pytest.mark.parametrize(("share", "code"), [("0.1", 0), ("0.09", 1)])
def test_a_rate_is_a_gate(tmp_path: Path, share: str, code: int) -> None:
    ended = audit(tmp_path, "--max-rate", f"{SUM}={share}", lines=[line(WRONG), *[line()] * 9])
    assert ended.exit_code == code, ended.output


def test_a_rate_fails_what_only_warns(tmp_path: Path) -> None:
    words = ("--gate", "data", "--max-rate")
    lines = [line(WRONG), *[line()] * 9]
    assert audit(tmp_path, "--gate", "data", lines=lines).exit_code == 0
    assert audit(tmp_path, *words, f"{SUM}=0.05").exit_code == 1


# --- what cannot be judged ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "code"), [((), 3), (("--max-unreadable", "0.5"), 0)])
def test_too_much_that_is_unreadable_ends_with_3(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    ended = audit(tmp_path, *words, lines=[b'{"status": 1', *[line()] * 9])
    assert ended.exit_code == code
    assert "10 records, 1 of them unreadable: it.jsonl:1: is not JSON" in ended.output


def test_the_first_ten_are_named(tmp_path: Path) -> None:
    audit(tmp_path, lines=[b"{}"] * 12)
    found = traffic(tmp_path)
    assert (found["unreadable"], len(found["unread"])) == (12, 10)


@pytest.mark.parametrize("lines", [[], [b"{}"]])
def test_nothing_judged_is_never_green(tmp_path: Path, lines: list[bytes]) -> None:
    ended = audit(tmp_path, "--max-unreadable", "1", lines=lines)
    assert (ended.exit_code, "no record was judged" in ended.output) == (3, True)


def test_what_shows_nothing_is_never_green(tmp_path: Path) -> None:
    refusal = line(status=429, response_body='{"error": {"message": "slow down", "type": "t"}}')
    ended = audit(tmp_path, lines=[refusal])
    assert ended.exit_code == 3
    assert "no requirement was judged on all traffic" in ended.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--max-rate", "usage.total=0.1"), "--max-rate: 'usage.total' is not judged"),
        (("--max-rate", SUM), "give a requirement and a share"),
        (("--max-rate", f"{SUM}=x"), "give a share from 0 to 1"),
        (("--sample", "2"), "--sample is '2.0': give a share from 0 to 1"),
        (("--max-unreadable", "nan"), "--max-unreadable is 'nan': give a share"),
        (("--gate", "money"), "there is no level or impact 'money'"),
        (("--prices", "no.toml"), "--prices: no.toml cannot be read"),
        (("--invoice", "no.csv"), "--invoice: no.csv cannot be read"),
        (("--invoice", "it.jsonl", "--limit", "3"), "--invoice is about all of the traffic"),
        (("--resume",), "--resume: out holds no interrupted audit"),
        (("--deselect", SUM), "--deselect"),
    ],
)
def test_wrong_usage_is_one_sentence(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ended = audit(tmp_path, *words, lines=[line()])
    assert ended.exit_code == 2, ended.output
    assert said in ended.output
    assert len(ended.output.strip().splitlines()) == 1


def test_a_source_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    ended = audit(tmp_path)
    assert (ended.exit_code, ended.output.strip().count("\n")) == (2, 0)
    assert "it.jsonl does not exist" in ended.output


# --- some of it ---------------------------------------------------------------------------------------------


def test_the_first_records(tmp_path: Path) -> None:
    audit(tmp_path, "--limit", "3", lines=[line()] * 9 + [line(WRONG)])
    assert traffic(tmp_path)["records"] == 3


def test_a_sample_is_drawn(tmp_path: Path) -> None:
    counted = []
    for seed in ("1", "1", "2"):
        audit(tmp_path, "--sample", "0.25", "--seed", seed, lines=[line()] * 400)
        counted.append(traffic(tmp_path)["records"])
    assert counted[0] == counted[1] != counted[2]
    assert all(70 <= each <= 130 for each in counted)


def test_many_processes_find_the_same(tmp_path: Path) -> None:
    for name in "abcd":
        written(tmp_path / f"{name}.jsonl", [line(WRONG if name == "c" else GOOD)] * 5)
    found = []
    for workers in ("0", "2"):
        words = ("--select", SUM, "--out", workers, "--workers", workers)
        assert cli("audit", "*.jsonl", *words, folder=tmp_path).exit_code == 1
        found.append((report_in(tmp_path / workers)["traffic"], pq.read_table(tmp_path / workers / "findings.parquet")))
    assert found[0] == found[1]


# --- groups and money ---------------------------------------------------------------------------------------


def test_groups_by_members_and_days(tmp_path: Path) -> None:
    rows = [line(tenant={"name": name, "api_key": f"k-{name}"}, created=NOON) for name in "aab"]
    audit(tmp_path, "--by", "tenant.name,tenant.api_key,day", lines=rows)
    groups = {each["name"]: each["exchanges"] for each in traffic(tmp_path)["groups"]}
    assert sorted(groups.values()) == [1, 2]
    assert all(name.startswith(("a / sha256:", "b / sha256:")) for name in groups)
    assert all(name.endswith(" / 2026-11-28") for name in groups)


def test_many_groups_are_few_columns(tmp_path: Path) -> None:
    audit(tmp_path, "--by", "tenant", lines=[line(tenant=f"t{number}") for number in range(20)])
    assert [each["name"] for each in report_in(tmp_path / "out")["models"]][-1] == "13 others"
    assert len(traffic(tmp_path)["groups"]) == 20


def test_money_is_exact(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "cost": 0.000066}
    ended = audit(tmp_path, "--prices", "prices.toml", lines=[line(usage)] * 3)
    (group,) = traffic(tmp_path)["groups"]
    assert group["tokens"] == {"prompt": 21, "uncached": 21, "read": 0, "write_5m": 0, "write_1h": 0, "output": 9}
    assert (group["input_cost"], group["output_cost"]) == ("0.000063", "0.000135")
    assert (group["stated"], group["due"], group["stating"]) == ("0.000198", "0.000198", 3)
    assert "input cost 0.000063 USD" in ended.output


def test_what_violations_charge_is_summed_once_an_exchange(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    details = {"cached_write_tokens": 900, "cached_write_5m_tokens": 100, "cached_write_1h_tokens": 0}
    usage = {"prompt_tokens": 1000, "completion_tokens": 1, "total_tokens": 1001, "prompt_tokens_details": details}
    written(tmp_path / "it.jsonl", [line(usage | {"cache_read_input_tokens": 90})] * 2)
    words = ("--select", "billing", "--prices", "prices.toml", "--out", "out", "--workers", "0")
    assert cli("audit", "it.jsonl", *words, folder=tmp_path).exit_code == 1
    (group,) = traffic(tmp_path)["groups"]
    amounts = [each for each in pq.read_table(tmp_path / "out/findings.parquet")["amount"].to_pylist() if each]
    assert len(amounts) > 2  # several requirements are violated by each of the two
    charged = Decimal(group["overcharge"] or 0) - Decimal(group["undercharge"] or 0)
    assert charged == 2 * Decimal(amounts[0])


def test_an_invoice_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    (tmp_path / "bill.csv").write_text("group,tokens,amount\ngpt-4o,42,0.0002\ngpt-x,1,\n")
    lines = [line(), line(), line(model="gpt-4o-mini")]
    ended = audit(tmp_path, "--prices", "prices.toml", "--invoice", "bill.csv", lines=lines)
    assert ended.exit_code == 1
    assert "the invoice differs in 2 of its numbers: tokens of gpt-x, tokens of gpt-4o-mini" in ended.output
    found = {(each["group"], each["what"]): each for each in traffic(tmp_path)["invoice"]}
    amount = found["gpt-4o", "amount"]
    assert (amount["counted"], amount["difference"], amount["tolerance"]) == ("0.00015", "0.00005", "0.00005")
    assert not amount["differs"]
    assert not found["gpt-4o", "tokens"]["differs"]
    assert found["gpt-x", "tokens"]["difference"] == "1"


def test_an_invoice_may_be_parquet(tmp_path: Path) -> None:
    bill = {"group": ["gpt-4o", "gpt-x"], "tokens": [42, 1], "amount": [None, Decimal("0.50")]}
    pq.write_table(pa.table(bill), tmp_path / "bill.parquet")
    ended = audit(tmp_path, "--invoice", "bill.parquet", lines=[line(), line()])
    assert ended.exit_code == 1
    found = {(each["group"], each["what"]): each for each in traffic(tmp_path)["invoice"]}
    assert not found["gpt-4o", "tokens"]["differs"]
    assert found["gpt-x", "amount"]["invoiced"] == "0.5"
    assert found["gpt-x", "tokens"]["differs"]


def test_an_invoice_that_agrees_is_green(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text("group,tokens\ngpt-4o,21\n")
    assert audit(tmp_path, "--invoice", "bill.csv", lines=[line()]).exit_code == 0


def test_files_of_others_in_the_folder_are_left_there(tmp_path: Path) -> None:
    own = tmp_path / "out" / "shards" / "part-0.parquet"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"traffic")
    ended = audit(tmp_path, lines=[line()])
    assert ended.exit_code == 2
    assert "shards contains files that are not of an audit: name another folder" in ended.output
    assert own.read_bytes() == b"traffic"
