"""Twenty facts of every kind, written and worked out by hand; acct must come to the same, to the last digit.

All prices are those of the file (the BNB line, and the last fill of each market), asked as of the end of January 2024.

main, in USD, trading book, average cost (every lot is alone, so all methods agree):

    BTC/USD   bought 0.1 for 0.1 × 40,000 = 4,000, fee 10: cost 4,010.
              sold 0.05 for 0.05 × 60,000 = 3,000, fee 0.02 BNB × 300 = 6: proceeds 2,994.
              half the cost, 2,005, leaves: realised 2,994 − 2,005 = 989; fees 5 (half of 10) + 6 = 11; gross 1,000.
              left 0.05 BTC: cost 2,005, worth 0.05 × 60,000 = 3,000, unrealised 995 = 49.62… % of 2,005. net 1,984.
    ETH/USD   opened with 2 at a cost given later, 3,000; converted into 5,200: realised 2,200.
    BNB/USD   0.02 of the airdrop paid a fee worth 6; nobody knows what an airdrop had cost: unknown, and no gain.
    BNB       the airdrop itself: income of 1 BNB, in BNB.
    USD       interest −2.5, rebate +1.2, fee −3, fee of the withdrawal −5: other income −9.3; fees paid 3 + 5 = 8.

    The adjustment of 0.7 was retracted: it is nowhere. The balance of USD:
    10,000 − 4,000 − 10 + 3,000 − 2.5 + 1.2 − 3 + 5,200 + 100 (borrowed) − 1,000 − 5 = 13,280.7
    Equity: 13,280.7 + 3,000 (BTC) + 0.98 × 300 = 294 (BNB) − 100 (owed) = 16,474.7

perp, in BTC, inverse contracts of 1 USD:

    short 1,000 at 40,000: notional 1,000 ÷ 40,000 = 0.025, fee 0.00001: cost 0.02501; value at 40,000 0.025:
    unrealised −0.00001. Settlement −0.001 is realised, funding +0.00002. net −0.00099.
    The balance: 0.5 − 0.00001 − 0.001 + 0.00002 = 0.49901 BTC, at 40,000: 19,960.4. The contract is worth what it was
    sold for, so that is the equity too.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import acct, database

FILE = Path(__file__).parent / "data/twenty.ndjson"
AT = ("--at", "2024-01-31")
PNL = (
    "gross_realized_pnl", "fees", "realized_pnl", "fees_paid", "funding", "other_income", "unrealized_pnl", "net_pnl",
    "unknown_cost_quantity", "unknown_cost_proceeds", "closed_trades", "winning_trades", "losing_trades",
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("twenty")
    done = acct(made, "import", str(FILE), "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["added"] == 18, "twenty lines, of which one is a market and one a price"
    return made


def asked(home: Path, *words: str) -> dict[str, Any]:
    ended = acct(home, *words, "--json")
    assert ended.code in {0, 3}, ended.err
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


def said(row: dict[str, Any], *fields: str) -> str:
    return " ".join("?" if row[field] is None else str(row[field]) for field in fields)


def test_every_kind_of_fact_is_in_the_file() -> None:
    kinds = {json.loads(line)["kind"] for line in FILE.read_text().splitlines()}
    assert kinds == {
        "fill", "transfer", "funding", "interest", "reward", "rebate", "fee", "conversion", "borrow", "settlement",
        "opening", "adjustment", "cost_basis", "retraction", "instrument", "price",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["average", "fifo", "lifo", "hifo"])
def test_profit_and_loss(home: Path, method: str) -> None:
    rows = {row["key"]: said(row, *PNL) for row in asked(home, "pnl", *AT, "--method", method)["items"]}
    assert rows == {
        "BTC/USD": "1000 11 989 16 0 0 995 1984 0 0 1 1 0",
        "ETH/USD": "2200 0 2200 0 0 0 0 2200 0 0 1 1 0",
        "BNB/USD": "0 0 0 0 0 0 0 0 0.02 6 0 0 0",
        "BNB": "0 0 0 0 0 1 0 1 0 0 0 0 0",
        "USD": "0 0 0 8 0 -9.3 0 -9.3 0 0 0 0 0",
        "BTC/USD:BTC": "-0.001 0 -0.001 0.00001 0.00002 0 -0.00001 -0.00099 0 0 1 0 1",
    }


def test_what_happened_in_days_adds_up_to_the_whole(home: Path) -> None:
    # Until the ETH was converted nobody knew its price: what was unrealised on those days is unknown, not nothing.
    days = asked(home, "pnl", "--by", "day", *AT, "main")["items"]
    dollars = {
        row["key"]: said(row, "realized_pnl", "other_income", "net_pnl") for row in days if row["currency"] == "USD"
    }
    assert dollars == {
        "2024-01-01": "0 0 ?",
        "2024-01-02": "0 0 ?",
        "2024-01-03": "0 0 ?",
        "2024-01-04": "989 0 ?",
        "2024-01-05": "0 -4.3 ?",
        "2024-01-06": "2200 0 ?",
        "2024-01-10": "0 -5 -5",
    }
    (month,) = [row for row in asked(home, "pnl", "--by", "month", "main")["items"] if row["currency"] == "USD"]
    assert said(month, "key", "realized_pnl", "unrealized_pnl", "net_pnl") == "2024-01 3189 995 4174.7"
    later = asked(home, "pnl", "--since", "2024-01-03", *AT, "main", "--by", "symbol")["items"]
    assert {row["key"]: row["net_pnl"] for row in later if row["currency"] == "USD"} == {
        "BNB/USD": "0", "BTC/USD": "1994", "ETH/USD": None, "USD": "-9.3",
    }  # fmt: skip


def test_the_accounting_book_in_dollars(home: Path) -> None:
    # The airdrop is income of 300 at its own time, and a lot of that cost: its 0.02 left for 6 at a cost of 6.
    # perp: fee 0.00001 BTC × 40,000 = 0.4; settlement −0.001 × 60,000 = −60; funding 0.00002 × 60,000 = 1.2 (the price
    # of BTC is that of main's fills at those very times). The deposited BTC has no known cost: 0.00101 of it went for
    # 60.4. The funding's lot of 1.2 is worth 0.00002 × 40,000 = 0.8: −0.4, beside main's 995: 994.6.
    body = asked(home, "pnl", "--in", "USD", *AT)
    rows = {row["key"]: said(row, *PNL[:10]) for row in body["items"]}
    assert rows == {
        "BTC/USD": "1000 11 989 16 0 0 994.6 1983.6 0.00101 60.4",
        "ETH/USD": "2200 0 2200 0 0 0 0 2200 0 0",
        "BNB/USD": "0 0 0 0 0 300 0 300 0 0",
        "USD": "0 0 0 8 0 -9.3 0 -9.3 0 0",
        "BTC/USD:BTC": "-60 0 -60 0.4 1.2 0 -0.4 -59.2 0 0",
    }
    assert {row["currency"] for row in body["items"]} == {"USD"}
    assert sum(body["price_sources"].values()) > 0
    assert "perp: cost of 0.49899 BTC is not known" in body["incomplete"]


def test_a_currency_without_prices_is_listed_and_never_guessed(home: Path) -> None:
    body = asked(home, "pnl", "--in", "EUR", *AT)
    assert body["complete"] is False
    assert any("main: no price of USD in EUR at 2024-01-02T00:00:00Z for 4000" in one for one in body["incomplete"])
    assert any(row["id"] == "missing-price:USD/EUR" for row in asked(home, "issues", "--in", "EUR")["items"])


def test_positions(home: Path) -> None:
    fields = ("side", "quantity", "entry_price", "mark_price", "cost", "market_value", "unrealized_pnl")
    rows = {row["symbol"]: row for row in asked(home, "positions", *AT)["items"]}
    assert {symbol: said(row, *fields) for symbol, row in rows.items()} == {
        "BTC/USD": "long 0.05 40000 60000 2005 3000 995",
        "BNB/USD": "long 0.98 ? 300 ? 294 ?",
        "BTC/USD:BTC": "short -1000 40000 40000 0.02501 0.025 -0.00001",
    }
    assert rows["BTC/USD"]["unrealized_pnl_pct"] == "49.625935162094763092"
    before = asked(home, "positions", "--at", "2024-01-03")["items"]
    assert [said(row, "symbol", "quantity", "cost") for row in before] == [
        "BTC/USD 0.1 4010", "ETH/USD 2 3000", "BTC/USD:BTC -1000 0.02501",
    ]  # fmt: skip


def test_balances_of_the_past_are_the_ledgers(home: Path) -> None:
    rows = asked(home, "balances", *AT)["items"]
    assert {(row["account"], row["asset"]): said(row, "total", "value", "source") for row in rows} == {
        ("main", "BNB"): "0.98 294 ledger",
        ("main", "BTC"): "0.05 3000 ledger",
        ("main", "USD"): "13280.7 13280.7 ledger",
        ("perp", "BTC"): "0.49901 19960.4 ledger",
    }


@pytest.mark.parametrize("command", ["balances", "positions"])
def test_a_past_that_nobody_saw_is_said_to_be_reconstructed(home: Path, command: str) -> None:
    assert "reconstructed" in acct(home, command, *AT).err
    assert "reconstructed" not in acct(home, command).err


def test_equity_and_risk(home: Path) -> None:
    rows = {row["account"]: row for row in asked(home, "equity", *AT)["items"]}
    assert {name: row["equity"] for name, row in rows.items()} == {
        "main": "16474.7", "perp": "19960.4", "*": "36435.1",
    }  # fmt: skip
    # perp: its BTC moves with the market, 19,960.4; the short of 1,000 USD moves against it.
    assert said(rows["perp"], "net_exposure", "gross_exposure") == "18960.4 20960.4"
    assert said(rows["main"], "used_margin", "available_margin") == "0 16474.7"
    assert said(rows["perp"], "used_margin", "available_margin", "margin_ratio") == "? ? ?", "the exchange's to say"
    assert rows["perp"]["leverage"] == "1.050099196408889601"  # 20,960.4 ÷ 19,960.4
    body = asked(home, "equity", "main", "--since", "2024-01-01", "--until", "2024-01-12", "--interval", "1d")
    # 9,990 = 10,000 − 10; on the 4th BTC is worth 60,000: 8,990 + 3,000 + 294; on the 6th 5,200 for the ETH, which had
    # no price before: "at least", so no point. A loan changes nothing, the withdrawal takes 1,005.
    assert {row["time"][:10]: row["equity"] for row in body["items"]} == {
        "2024-01-01": None, "2024-01-02": None, "2024-01-03": None, "2024-01-04": None, "2024-01-05": None,
        "2024-01-06": "17479.7", "2024-01-07": "17479.7", "2024-01-08": "17479.7", "2024-01-09": "17479.7",
        "2024-01-10": "16474.7", "2024-01-11": "16474.7",
    }  # fmt: skip
    assert {row["source"] for row in body["items"]} == {"reconstructed"}
    assert "main: no price of ETH in the past" in body["incomplete"]


def test_what_trading_brought(home: Path) -> None:
    # Two gains, 989 and 2,200: mean 1,594.5. Only the ETH came back to flat. Fees: 10 as taker, 6 as maker.
    rows = {(row["account"], row["per"]): row for row in asked(home, "stats", "main")["items"]}
    assert said(rows["main", "closing"], "count", "winners", "losers", "total", "win_rate", "expectancy") == (
        "2 2 0 3189 100 1594.5"
    )
    assert said(rows["main", "closing"], "maker_fees", "taker_fees", "best", "worst") == "6 10 2200 989"
    assert said(rows["main", "round_trip"], "count", "total", "profit_factor") == "1 2200 ?"


def test_a_figure_is_explained_down_to_its_fills(home: Path) -> None:
    lines = acct(home, "explain", "pnl", "BTC/USD", *AT).out.splitlines()
    text = "\n".join(lines)
    for words in ("realised P&L", "989 USD", "closing T2", "fill T1, 2024-01-02", "fee 10 USD", "market value − cost",
                  "27d old"):  # fmt: skip
        assert words in text, words
    assert max(len(line) for line in lines) <= 160
    steps = asked(home, "explain", "balance", "USD", *AT)["items"]
    assert steps[0]["value"] == "13280.7"
    assert {step["label"]: step["value"] for step in steps if step["depth"]} == {
        "deposits": "10000", "withdrawals": "-1000", "paid for purchases": "-4000", "received from sales": "3000",
        "trading fees": "-10", "transfer fees": "-5", "other fees": "-3", "interest": "-2.5", "rebates": "1.2",
        "conversions": "5200", "borrowed and paid back": "100",
    }  # fmt: skip
    coins = asked(home, "explain", "balance", "BTC", "perp", *AT)["items"]
    assert [step["value"] for step in coins] == ["0.49901", "0.5", "-0.00001", "0.00002", "-0.001"]


def test_issues_name_what_is_missing_and_the_next_step(home: Path) -> None:
    ended = acct(home, "issues", "main", "--json")
    assert ended.code == 3
    rows = json.loads(ended.out)["items"]
    assert [row["id"] for row in rows] == ["unknown-cost-held:BNB", "unknown-cost:BNB/USD"]
    assert all("acct lots set-cost" in row["next_action"] for row in rows)


def test_a_cost_given_closes_the_gap_and_is_a_fact(tmp_path: Path) -> None:
    assert acct(tmp_path, "import", str(FILE)).code == 0
    (lot,) = [row for row in asked(tmp_path, "lots")["items"] if row["cost"] is None]
    assert said(lot, "account", "asset", "quantity", "lot") == "main BNB 0.98 spot|reward|R1"
    assert acct(tmp_path, "close", "2024-01", "main").code == 0
    done = acct(tmp_path, "lots", "set-cost", "spot|reward|R1", "200", "USD")
    assert done.code == 0, done.err
    # The lot cost 200, so 0.02 of it cost 4 and went for 6: 2 are realised now, and 0.98 × 300 − 196 = 98 are not yet.
    rows = {row["key"]: row for row in asked(tmp_path, "pnl", *AT)["items"]}
    assert said(rows["BNB/USD"], "realized_pnl", "unrealized_pnl", "unknown_cost_quantity") == "2 98 0"
    assert acct(tmp_path, "issues", "main").code == 0
    assert '"kind":"cost_basis"' in acct(tmp_path, "export").out
    listed = acct(tmp_path, "close", "--list", "--json")
    assert listed.code == 3, "the closed figures are no longer what follows from the facts"
    changed = {row["symbol"]: row["changed"] for row in json.loads(listed.out)["items"]}
    assert changed["BTC/USD"] == []
    assert {"figure": "realized_pnl", "locked": "0", "now": "2"} in changed["BNB/USD"]
    assert "realized_pnl 0 -> 2" in acct(tmp_path, "close", "--list").out
    again = acct(tmp_path, "close", "2024-01", "main")
    assert (again.code, "closed already" in again.err) == (2, True)


def test_rebuilding_changes_nothing(home: Path) -> None:
    ended = acct(home, "rebuild")
    assert (ended.code, ended.out) == (0, "2 accounts, 17 facts worked out again: nothing changed\n")


def test_what_was_kept_wrongly_is_found_named_and_put_right(tmp_path: Path) -> None:
    assert acct(tmp_path, "import", str(FILE)).code == 0
    assert acct(tmp_path, "pnl", "--method", "fifo").code == 0, "kept from now on too"
    before = acct(tmp_path, "pnl", "--closings", "--json").out
    stored = sqlite3.connect(database(tmp_path))
    for place, body in stored.execute("SELECT identity, body FROM kept WHERE method = 'average'").fetchall():
        stored.execute("UPDATE kept SET body = ? WHERE identity = ?", (body.replace(b"2994", b"2995"), place))
    stored.commit()
    stored.close()
    found = acct(tmp_path, "rebuild", "--json")
    assert found.code == 3, found.err
    assert {one["account"] for one in json.loads(found.out)["changed"]} == {"main"}
    assert acct(tmp_path, "rebuild").out.endswith("nothing changed\n")
    after = acct(tmp_path, "pnl", "--closings", "--json").out
    assert json.loads(after)["items"] == json.loads(before)["items"]


def test_a_late_fact_is_told_with_old_and_new_figure(tmp_path: Path) -> None:
    assert acct(tmp_path, "import", str(FILE)).code == 0
    late: dict[str, object] = {
        "kind": "fill",
        "account": "main",
        "id": "T0",
        "order_id": "O0",
        "time": "2024-01-01T12:00:00Z",
    }
    late |= {"symbol": "BTC/USD", "side": "buy", "price": "20000", "quantity": "0.1", "fees": []}
    (tmp_path / "late.ndjson").write_text(json.dumps(late) + "\n")
    assert acct(tmp_path, "import", "late.ndjson").code == 0
    # The pool is 0.2 for 6,010 now: 0.05 of it cost 1,502.5, so the sale realised 2,994 − 1,502.5 = 1,491.5.
    (told,) = asked(tmp_path, "issues", "--restatements")["items"]
    for words in ("BTC/USD", "989", "1491.5", "because of the late spot|fill|T0"):
        assert words in told["text"]
    assert "acct issues --restatements" in acct(tmp_path, "issues").err


def test_one_account_in_one_object(home: Path) -> None:
    (shown,) = asked(home, "show", "main", *AT)["items"]
    assert list(shown) == ["account", "equity", "balances", "positions", "pnl", "status", "streams"]
    assert shown["equity"]["equity"] == "16474.7"
    assert [row["asset"] for row in shown["balances"]] == ["BNB", "BTC", "USD"]
    text = acct(home, "show", "main").out
    for title in ("equity:", "balances:", "positions:", "profit and loss:", "streams:"):
        assert title in text
