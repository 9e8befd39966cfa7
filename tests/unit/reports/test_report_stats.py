"""Statistics are counted from closings, returns from days, and what is missing is said and left out."""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Amount, Event, FundingPaid
from account_cli.domain.times import DAY, MINUTE, parse_time
from account_cli.reports.history import HistoryPoint
from account_cli.reports.rows import Report
from account_cli.reports.stats import fees_by_liquidity, performance, stats
from tests.unit.reports.report_views import EARLIER, NOW, D, fill, folded, said, view

PERP = "BTC/USDT:USDT"
FIRST = parse_time("2026-10-01T00:00:00Z")


def test_gains_are_counted_per_closing_and_per_round_trip() -> None:
    # 10 − 4 = 6 in one trip, whose funding of −1 makes it 5; break-even of 0 in another.
    facts: list[Event] = [
        fill("1", PERP, "buy", "2", "100"),
        fill("2", PERP, "sell", "1", "110", at=EARLIER + 1),
        FundingPaid(account="main", id="f", time_ns=EARLIER + 2, symbol=PERP, asset="USDT", amount=D(-1)),
        fill("3", PERP, "sell", "1", "96", at=EARLIER + 3),
        fill("4", PERP, "buy", "1", "50", at=EARLIER + 4),
        fill("5", PERP, "sell", "1", "50", at=EARLIER + 5),
        fill("6", PERP, "buy", "1", "50", at=EARLIER + 6),
    ]
    report = stats([view(*facts)], now_ns=NOW, closings=folded(facts)[1])
    rows = {row.per: row for row in report.items}
    one = rows["closing"]
    assert said(one.count, one.winners, one.losers, one.break_even, one.total) == "3 1 1 1 6"
    assert said(one.win_rate, one.average_win, one.average_loss, one.profit_factor) == "50 10 -4 2.5"
    assert said(one.payoff, one.expectancy, one.best, one.worst) == "2.5 2 10 -4"
    trip = rows["round_trip"]
    assert said(trip.count, trip.winners, trip.break_even, trip.total, trip.profit_factor) == "2 1 1 5 ?"


def test_rates_have_at_most_eighteen_digits() -> None:
    facts = []
    for index, price in enumerate(["101", "102", "99"]):
        facts += [
            fill(f"b{index}", PERP, "buy", "1", "100", at=EARLIER + 2 * index),
            fill(f"s{index}", PERP, "sell", "1", price, at=EARLIER + 2 * index + 1),
        ]
    (row, _) = stats([view(*facts)], now_ns=NOW, closings=folded(facts)[1]).items
    assert said(row.win_rate, row.expectancy) == "66.666666666666666667 0.666666666666666667"


def test_all_accounts_together_stand_last() -> None:
    mine = [fill("1", PERP, "buy", "1", "100"), fill("2", PERP, "sell", "1", "110", at=NOW)]
    other = [
        fill("1", PERP, "buy", "1", "100", account="b"),
        fill("2", PERP, "sell", "1", "90", account="b", at=NOW),
    ]
    closings = folded(mine)[1] + folded(other, "b")[1]
    rows = stats([view(*mine), view(*other, account="b")], now_ns=NOW, closings=closings).items
    assert [(row.account, row.per) for row in rows] == [
        ("main", "closing"), ("main", "round_trip"), ("b", "closing"), ("b", "round_trip"),
        ("*", "closing"), ("*", "round_trip"),
    ]  # fmt: skip
    assert said(rows[4].count, rows[4].total, rows[4].profit_factor) == "2 0 1"


def test_fees_are_apart_by_who_made_the_market() -> None:
    facts = [
        fill("1", "BTC/USD", "buy", "1", "100", "2", liquidity="maker"),
        fill("2", "BTC/USD", "sell", "1", "100", "0.01", fee_asset="BTC", liquidity="taker"),
        fill("3", "BTC/USD", "sell", "1", "100", "1", fee_asset="BNB", liquidity="taker"),
    ]
    assert fees_by_liquidity(facts, lambda *_: Decimal(3)) == {("main", "USD"): {"maker": D(2), "taker": D(4)}}
    assert fees_by_liquidity(facts) == {("main", "USD"): {"maker": D(2), "taker": D(1)}}, "unpriced: left out"
    assert fees_by_liquidity([fill("1", "?", "buy", "1", "1", fees=(Amount("X", D(1)),))]) == {}


def days(*equities: str | None, account: str = "main", flows: dict[int, str] | None = None) -> list[HistoryPoint]:
    flowed = Decimal(0)
    points = []
    for at, equity in enumerate(equities):
        flowed += Decimal((flows or {}).get(at, "0"))
        points.append(
            HistoryPoint(
                account=account,
                at_ns=FIRST + at * DAY,
                currency="USD",
                equity=None if equity is None else Decimal(equity),
                flows=flowed,
            )
        )
    return points


def test_a_withdrawal_is_no_drawdown() -> None:
    # +10 %, then half is taken out, then −5 %: 1.1 × 1 × 0.95 = 1.045 (the golden scenario G15 has the same chain).
    points = days("1000", "1100", "550", "522.5", flows={2: "-550"})
    (row,) = performance(["main"], now_ns=NOW, points=points, currency="USD").items
    assert said(row.days, row.small, row.time_weighted_pct) == "3 True 4.5"
    assert said(row.max_drawdown_pct, row.drawdown_pct) == "-5 -5"
    assert row.sharpe is not None
    assert row.since_at == FIRST


def test_a_day_without_equity_is_left_out_and_said() -> None:
    report = performance(["main"], now_ns=NOW, points=days("100", None, "110"), currency="USD")
    assert said(report.items[0].days, report.items[0].time_weighted_pct) == "1 10"
    assert any("1 day(s) without a complete equity" in reason for reason in report.incomplete)


def test_without_a_history_nothing_is_claimed() -> None:
    report: Report[object] = performance(["main"], now_ns=NOW, points=[], currency="USD")  # type: ignore[assignment]
    row = report.items[0]
    assert said(row.days, row.time_weighted_pct, row.sharpe, row.max_drawdown_pct) == "0 ? ? ?"  # type: ignore[attr-defined]
    assert not report.complete


def test_only_days_that_all_accounts_have_are_added_up() -> None:
    points = days("100", "110", "121") + days("100", None, "100", account="b")
    rows = performance(["main", "b"], now_ns=NOW, points=points, currency="USD").items
    assert [row.account for row in rows] == ["main", "b", "*"]
    assert said(rows[2].days, rows[2].time_weighted_pct) == "1 10.5"
    markets = [HistoryPoint(account="main", at_ns=FIRST + MINUTE, currency="USD", symbol="BTC/USD", equity=D(5))]
    assert performance(["main"], now_ns=NOW, points=markets, currency="USD").items[0].days == 0
