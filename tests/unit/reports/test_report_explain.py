"""An explanation adds up: what is listed, older inputs in one line among it, is what is explained."""

from __future__ import annotations

from account_cli.domain.events import Borrowed, Event, FundingPaid, InterestPaid, Opening, Settled, TransferArrived
from account_cli.domain.money import ZERO
from account_cli.ledger.statistics import gains
from account_cli.reports.equity import equity
from account_cli.reports.explain import explain_pnl, explain_position
from account_cli.reports.explain_balance import explain_balance
from account_cli.reports.issues import issues
from account_cli.reports.lots import lots
from tests.unit.reports.report_views import EARLIER, NOW, D, deposit, fill, folded, seen, view

BUYS = [fill(str(at), "BTC/USD", "buy", "1", "100", "1", at=EARLIER + at) for at in range(30)]
SALES = [fill(f"s{at}", "BTC/USD", "sell", "1", "110", "1", at=EARLIER + 100 + at) for at in range(15)]
FACTS: list[Event] = [deposit("USD", "10000"), *BUYS, *SALES]


def test_fills_that_are_not_listed_are_summed_up() -> None:
    one = view(*FACTS, prices=seen(("BTC/USD", "120")))
    rows = explain_position([one], now_ns=NOW, symbol="BTC/USD", fills=[*BUYS, *SALES]).items
    assert rows[0].label == "BTC/USD: quantity held"
    listed = [row for row in rows if row.depth == 1 and row.currency == "BTC"]
    assert len(listed) == 11
    assert listed[0].label == "35 older fills"
    assert sum((row.value or ZERO for row in listed), ZERO) == rows[0].value == 15
    last = rows[-1]
    assert (last.label, last.value, last.currency) == ("unrealised P&L", D(15 * 120 - 15 * 101), "USD")
    (mark,) = [row for row in rows if row.label == "mark price"]
    assert mark.note == "BTC/USD, 1s old (2026-11-19T14:03:26Z)"


def test_closings_that_are_not_listed_are_summed_up() -> None:
    closings = folded(FACTS)[1]
    one = view(*FACTS, prices=seen(("BTC/USD", "120")))
    rows = explain_pnl([one], now_ns=NOW, symbol="BTC/USD", fills=[], closings=closings, shown=4).items
    parts = [row for row in rows if row.depth == 1 and row.label.startswith(("closing", "11 older"))]
    assert len(parts) == 5
    assert sum((row.value or ZERO for row in parts), ZERO) == sum(gains(closings), ZERO) == 15 * 8
    assert rows[-1].label == "net P&L"
    assert rows[-1].value == 15 * 8 + 15 * 19


def test_a_missing_mark_is_named_and_makes_it_incomplete() -> None:
    report = explain_position([view(*FACTS)], now_ns=NOW, symbol="BTC/USD", fills=[])
    assert report.items[-1].note == "nobody has told a price"
    assert report.incomplete == ("main: BTC/USD has no price",)


def test_a_balance_is_the_sum_of_what_moved_it() -> None:
    perp = "BTC/USDT:USDT"
    facts: list[Event] = [
        deposit("USDT", "1000"),
        TransferArrived(account="main", id="i", time_ns=2, asset="USDT", amount=D(-300), type="internal",
                        to_wallet="futures"),
        fill("1", perp, "buy", "1", "100", "1", wallet="futures", at=10),
        fill("2", perp, "sell", "1", "130", "1", wallet="futures", at=20),
        FundingPaid(account="main", id="f", time_ns=30, symbol=perp, asset="USDT", amount=D(-2), wallet="futures"),
        Settled(account="main", id="s", time_ns=40, symbol=perp, asset="USDT", amount=D(5), wallet="futures"),
        InterestPaid(account="main", id="n", time_ns=50, asset="USDT", amount=D(1)),
        Borrowed(account="main", id="b", time_ns=60, asset="USDT", amount=D(10)),
    ]  # fmt: skip
    closings = folded(facts)[1]
    rows = explain_balance([view(*facts)], now_ns=NOW, asset="USDT", events=facts, closings=closings).items
    heads = {row.label: row.value for row in rows if row.depth == 0}
    assert heads == {"USDT in spot, by the ledger": D(711), "USDT in futures, by the ledger": D(331)}
    parts = {row.label: row.value for row in rows if row.depth == 1}
    assert parts["realised by contracts"] == 30
    assert parts["settlements"] == 5
    assert "other" not in parts
    assert sum((row.value or ZERO for row in rows if row.depth), ZERO) == sum(
        (value or ZERO for value in heads.values()), ZERO
    )


def test_what_is_borrowed_is_no_equity() -> None:
    one = view(deposit("USD", "100"), Borrowed(account="main", id="b", time_ns=60, asset="USD", amount=D(40)))
    assert equity([one], now_ns=NOW).items[0].equity == 100


def test_lots_say_what_they_cost_a_piece() -> None:
    facts: list[Event] = [
        fill("1", "BTC/USD", "buy", "2", "100", "1"),
        Opening(account="main", id="o", time_ns=1, asset="ETH", amount=D(3)),
    ]
    held = [("main", lot) for lot in folded([deposit("USD", "1000"), *facts])[0].lots()]
    report = lots([view(*facts)], now_ns=NOW, held=held)
    rows = {row.asset: row for row in report.items}
    assert (rows["BTC"].quantity, rows["BTC"].cost, rows["BTC"].unit_cost) == (D(2), D(201), D("100.5"))
    assert report.items == lots([view(*facts)], now_ns=NOW, held=held, symbol=None).items
    assert [row.symbol for row in lots([], now_ns=NOW, held=held, symbol="BTC/USD").items] == ["BTC/USD"]


def test_an_issue_keeps_its_name_and_says_the_next_step() -> None:
    one = view(*FACTS, fill("x", "ETH/USD", "sell", "1", "10", at=NOW), prices=seen(("BTC/USD", "120")))
    first = issues([one], now_ns=NOW)
    later = issues([one], now_ns=NOW + 5)
    assert [row.id for row in first.items] == [row.id for row in later.items]
    assert {row.code for row in first.items} >= {"negative-balance", "unknown-cost"}
    assert all(row.next_action for row in first.items)
    (unpriced,) = [row for row in first.items if row.code == "no-price"]
    assert (unpriced.id, unpriced.time) == ("no-price:ETH/USD", None)
