"""Equity over time: sums only where every account is known, gains and falls without what flowed in or out."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, parse_time
from account_cli.reports.curve import drawdown, gained, joined, starts, summed, today
from account_cli.reports.history import HistoryPoint, Interval
from account_cli.reports.rows import EquityPointRow

D = Decimal
MIDNIGHT = parse_time("2026-11-20T00:00:00Z")


def _point(
    account: str, minute: int, equity: str | None, *, flows: str | None = "0", symbol: str | None = None
) -> HistoryPoint:
    return HistoryPoint(
        account=account,
        at_ns=MIDNIGHT + minute * MINUTE,
        currency="USD",
        symbol=symbol,
        equity=None if equity is None else D(equity),
        net_pnl=D(1),
        flows=None if flows is None else D(flows),
    )


def _row(at: int, equity: str | None, flows: str | None = "0", span: int = MINUTE) -> EquityPointRow:
    return EquityPointRow(
        at=at, span=span, equity=None if equity is None else D(equity), flows=None if flows is None else D(flows)
    )


def test_a_minute_that_one_account_lacks_is_a_gap_and_not_a_lower_equity() -> None:
    points = {
        "a": [_point("a", 0, "100.1"), _point("a", 1, "101"), _point("a", 2, "102"), _point("a", 3, None)],
        "b": [_point("b", 0, "50.02"), _point("b", 2, "51", flows=None), _point("b", 3, "52")],
    }
    found = summed(points, currency="USD", interval="1m")
    assert [(one.at, one.equity, one.flows, one.net_pnl) for one in found] == [
        (MIDNIGHT, D("150.12"), D(0), D(2)),
        (MIDNIGHT + 2 * MINUTE, D(153), None, D(2)),
    ]


def test_markets_and_other_currencies_are_not_added() -> None:
    points = {"a": [_point("a", 0, "100"), _point("a", 0, "7", symbol="BTC/USD")]}
    assert [one.equity for one in summed(points, currency="USD", interval="1m")] == [D(100)]
    assert summed(points, currency="EUR", interval="1m") == []


def test_the_longer_ago_the_coarser_and_nothing_twice() -> None:
    now = MIDNIGHT + 14 * HOUR + 3 * MINUTE + 27 * SECOND
    spans: dict[Interval, int] = {"1h": HOUR, "5m": 5 * MINUTE, "1m": MINUTE, "30s": 30 * SECOND}
    reach = {"1h": 40 * DAY, "5m": 30 * HOUR, "1m": 2 * HOUR, "30s": HOUR}
    curves = {
        name: [_row(at, "1", span=span) for at in range((now - reach[name]) // span * span, now, span)]
        for name, span in spans.items()
    }
    curve = joined(curves, now_ns=now)
    assert curve[0].at == starts(now)["1h"]
    assert all(before.at + before.span == after.at for before, after in pairwise(curve))
    assert {one.span for one in curve} == set(spans.values())
    assert len(curve) < 1200


def test_the_day_counts_from_midnight_and_flows_are_no_gain() -> None:
    now = MIDNIGHT + 2 * MINUTE + 10 * SECOND
    curve = [
        _row(MIDNIGHT - MINUTE, "1000"),
        _row(MIDNIGHT, "1010"),
        _row(MIDNIGHT + MINUTE, "6012.5", flows="5000"),
    ]
    day = today(curve, now_ns=now)
    assert day is not None
    assert (day.start_at, day.gain) == (MIDNIGHT, D("12.5"))
    assert day.gain_pct == D("12.5") * 100 / 6000 // D("1e-18") * D("1e-18")
    late = today(curve[1:], now_ns=now)
    assert late is not None
    assert (late.start_at, late.gain) == (MIDNIGHT, D("2.5"))


def test_a_day_seen_late_says_since_when_and_an_old_or_unknown_one_says_nothing() -> None:
    noon = MIDNIGHT + 12 * HOUR
    curve = [_row(noon, "100"), _row(noon + MINUTE, "99")]
    day = today(curve, now_ns=noon + 2 * MINUTE)
    assert day is not None
    assert (day.start_at, day.gain, day.gain_pct) == (noon, D(-1), D(-1))
    assert today(curve, now_ns=noon + HOUR) is None
    assert today(curve[:1], now_ns=noon + MINUTE) is None
    assert today([], now_ns=noon) is None
    unknown = [curve[0], _row(noon + MINUTE, "99", flows=None)]
    assert today(unknown, now_ns=noon + 2 * MINUTE) is None
    assert gained(unknown) == (None, None)


def test_a_withdrawal_is_not_a_drawdown() -> None:
    curve = [
        _row(0, "1000", flows="1000"),
        _row(1, "1100", flows="1000"),
        _row(2, "600", flows="500"),
        _row(3, "540", flows="500"),
        _row(4, "570", flows="500"),
    ]
    falls = drawdown(curve)
    assert falls is not None
    assert (falls.highest, falls.highest_at) == (D(1100), 1)
    assert falls.deepest_pct == D(-10)
    assert falls.now_pct == D(-5)
    assert gained(curve) == (D(70), D(14))


def test_without_flows_the_height_is_known_and_the_fall_is_not() -> None:
    falls = drawdown([_row(0, "10", flows=None), _row(1, None), _row(2, "9")])
    assert falls is not None
    assert (falls.highest, falls.now_pct, falls.deepest_pct) == (D(10), None, None)
    assert drawdown([_row(0, None)]) is None
