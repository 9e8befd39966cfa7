"""What a cost that nobody knows counts as, when a person says so; worked out by hand.

Two ETH are there from before; when they came, ETH was at 1,000 USD. One is sold for 1,500,
with a fee of 10, so for 1,490:

    exclude   no gain; 1 ETH went for 1,490 at a cost nobody knows
    zero      1,490 − 0 = 1,490
    market    1,490 − 1,000 = 490
    error     refused, with the fact that disposed of it

Of the SOL no price is stored: at the market its cost stays unknown.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import acct

LEDGER = """\
{"kind":"price","time":"2024-01-01T00:00:00Z","asset":"ETH","price":"1000","currency":"USD","source":"manual"}
{"kind":"opening","account":"main","id":"E1","time":"2024-01-01T00:00:00Z","asset":"ETH","amount":"2","cost":null}
{"kind":"opening","account":"main","id":"E2","time":"2024-01-01T00:00:00Z","asset":"SOL","amount":"1","cost":null}
{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-02-01T00:00:00Z","symbol":"ETH/USD",\
"side":"sell","price":"1500","quantity":"1","fees":[{"asset":"USD","amount":"10"}]}
{"kind":"fill","account":"main","id":"T2","order_id":"O2","time":"2024-02-02T00:00:00Z","symbol":"SOL/USD",\
"side":"sell","price":"100","quantity":"1","fees":[]}
"""
FIELDS = ("realized_pnl", "unknown_cost_quantity", "unknown_cost_proceeds")
EXPECTED = {
    "exclude": {"ETH/USD": ("0", "1", "1490"), "SOL/USD": ("0", "1", "100")},
    "zero": {"ETH/USD": ("1490", "0", "0"), "SOL/USD": ("100", "0", "0")},
    "market": {"ETH/USD": ("490", "0", "0"), "SOL/USD": ("0", "1", "100")},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("unknown")
    (made / "ledger.ndjson").write_text(LEDGER)
    done = acct(made, "import", str(made / "ledger.ndjson"))
    assert done.code == 0, done.err
    return made


def realised(home: Path, *words: str) -> dict[str, tuple[str, ...]]:
    done = acct(home, "pnl", *words, "--json")
    assert done.code in {0, 3}, done.err
    rows = json.loads(done.out)["items"]
    return {row["key"]: tuple(row[field] for field in FIELDS) for row in rows if row["key"] in EXPECTED["zero"]}


@pytest.mark.parametrize("policy", EXPECTED)
@pytest.mark.parametrize("how", [(), ("--method", "fifo"), ("--at", "2024-03-01"), ("--in", "USD")], ids=" ".join)
def test_each_policy_by_hand(home: Path, policy: str, how: tuple[str, ...]) -> None:
    assert realised(home, *how, "--unknown-cost", policy) == EXPECTED[policy]


def test_what_one_question_assumed_the_next_does_not(home: Path) -> None:
    assert realised(home, "--method", "lifo", "--unknown-cost", "zero") == EXPECTED["zero"]
    assert realised(home, "--method", "lifo") == EXPECTED["exclude"]
    assert realised(home) == EXPECTED["exclude"]


def test_closings_statistics_and_months_follow(home: Path) -> None:
    gains = json.loads(acct(home, "pnl", "--closings", "--unknown-cost", "market", "--json").out)["items"]
    assert {row["symbol"]: row["realized_pnl"] for row in gains} == {"ETH/USD": "490", "SOL/USD": None}
    won = json.loads(acct(home, "stats", "main", "--unknown-cost", "zero", "--json").out)["items"]
    assert [row["total"] for row in won if row["per"] == "closing"] == ["1590"]
    months = json.loads(acct(home, "pnl", "--by", "month", "--unknown-cost", "zero", "--json").out)["items"]
    assert {row["key"]: row["realized_pnl"] for row in months if row["currency"] == "USD"}["2024-02"] == "1590"


def test_the_assumption_is_said(home: Path) -> None:
    assert "a cost that nobody knows counts as 0" in acct(home, "pnl", "--unknown-cost", "zero").err
    assert "counts as" not in acct(home, "pnl").err
    assert "490 USD" in acct(home, "explain", "pnl", "ETH/USD", "--unknown-cost", "market").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pnl", "--unknown-cost", "error"), "spot|fill|T1|ETH/USD|O1|sell disposes of ETH/USD whose cost is unknown"),
        (("pnl", "--unknown-cost", "guess"), "one of: exclude, zero, market, error"),
        (("pnl", "--history", "--unknown-cost", "zero"), "leave out --unknown-cost"),
    ],
)
def test_what_is_refused(home: Path, words: tuple[str, ...], said: str) -> None:
    done = acct(home, *words)
    assert done.code == 2
    assert said in done.err
