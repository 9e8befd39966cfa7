"""P&L: the worked figures of the specification, fees once, rows that add up, unknown that stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.events import Amount, Event, FeePaid, FundingPaid, InterestPaid, Opening, TransferArrived
from account_cli.domain.times import DAY, SECOND, parse_time
from account_cli.reports.periods import bucket_of, period_pnl
from account_cli.reports.pnl import By, pnl, pnl_closings
from account_cli.reports.rows import PnlRow
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import EARLIER, NOW, D, Refs, deposit, fill, folded, said, seen, view

PERP = "BTC/USDT:USDT"
LONG = (
    fill("1", PERP, "buy", "1", "50000", "25"),
    fill("2", PERP, "sell", "1", "55000", "27.5", at=NOW - SECOND),
)


def only(*views: AccountView, by: By = "symbol") -> PnlRow:
    (row,) = pnl(views, now_ns=NOW, by=by).items
    return row


def test_a_long_closed_at_a_gain() -> None:
    row = only(view(*LONG))
    assert said(row.key, row.currency) == f"{PERP} USDT"
    assert said(row.gross_realized_pnl, row.fees, row.realized_pnl, row.fees_paid) == "5000 52.5 4947.5 52.5"
    assert said(row.funding, row.other_income, row.unrealized_pnl, row.net_pnl) == "0 0 0 4947.5"
    assert said(row.closed_trades, row.winning_trades, row.losing_trades) == "1 1 0"
    assert said(row.win_rate, row.average_win, row.average_loss, row.profit_factor) == "100 4947.5 ? ?"


def test_the_sources_example_with_its_win_rate_and_factor_mended() -> None:
    row = only(
        view(fill("1", PERP, "buy", ".001", "50000", ".05"), fill("2", PERP, "sell", ".001", "51000", ".051", at=NOW))
    )
    assert said(row.realized_pnl, row.net_pnl, row.win_rate, row.profit_factor) == "0.899 0.899 100 ?"


def test_fees_are_counted_once_in_an_open_position_too() -> None:
    row = only(view(fill("1", PERP, "sell", "1", "100", "1"), prices=seen((PERP, "90"))))
    assert said(row.realized_pnl, row.fees, row.fees_paid, row.unrealized_pnl, row.net_pnl) == "0 0 1 9 9"


def test_a_reversal_realises_the_closed_part_and_keeps_the_open_fee() -> None:
    row = only(
        view(
            fill("1", PERP, "buy", "1", "50000", "25"),
            fill("2", PERP, "sell", "2", "52000", "52", at=NOW),
            prices=seen((PERP, "52000")),
        )
    )
    assert said(row.realized_pnl, row.unrealized_pnl, row.net_pnl) == "1949 -26 1923"


def test_winners_losers_and_break_even_are_apart() -> None:
    facts: list[Event] = []
    for index, price in enumerate(["110", "130", "95", "100"]):
        facts += [
            fill(f"b{index}", PERP, "buy", "1", "100", at=EARLIER + 2 * index),
            fill(f"s{index}", PERP, "sell", "1", price, at=EARLIER + 2 * index + 1),
        ]
    row = only(view(*facts))
    assert said(row.closed_trades, row.winning_trades, row.losing_trades) == "4 2 1"
    assert said(row.win_rate, row.average_win, row.average_loss, row.profit_factor) == "66.666666666666666667 20 -5 8"


def test_unknown_cost_is_beside_the_gain_and_not_in_it() -> None:
    it = view(
        deposit("USD", "1000"),
        Opening(account="main", id="o", time_ns=1, asset="BTC", amount=D(1)),
        fill("1", "BTC/USD", "buy", "1", "100"),
        fill("2", "BTC/USD", "sell", "1", "150", at=NOW),
        prices=seen(("BTC/USD", "150")),
    )
    row = only(it)
    assert said(row.realized_pnl, row.unknown_cost_quantity, row.unknown_cost_proceeds) == "25 0.5 75"
    assert row.unrealized_pnl == 25
    assert pnl([it], now_ns=NOW).incomplete == (
        "main: cost of 0.5 BTC/USD is not known",
        "main: BTC/USD: cost of 0.5 disposed of is not known",
    )


def test_a_position_without_a_price_leaves_unrealised_and_net_unknown() -> None:
    it = view(deposit("USDT", "9"), fill("1", PERP, "buy", "1", "100", "1"))
    (row,) = pnl([it], now_ns=NOW).items
    assert said(row.realized_pnl, row.unrealized_pnl, row.net_pnl) == "0 ? ?"
    assert pnl([it], now_ns=NOW).incomplete == (f"main: {PERP} has no price",)


def test_a_fee_without_a_price_is_counted_and_said() -> None:
    it = view(
        fill("1", "BTC/USDT", "buy", "1", "100", "0.01", fee_asset="BNB"),
        deposit("BNB", "1"),
        deposit("USDT", "1000"),
        prices=seen(("BTC/USDT", "100")),
    )
    assert only(it).unpriced_fees == 1
    assert "main: BTC/USDT: 1 fee(s) without a price" in pnl([it], now_ns=NOW).incomplete


def test_funding_is_in_the_net() -> None:
    paid = FundingPaid(account="main", id="f", time_ns=NOW, symbol=PERP, asset="USDT", amount=D("-1.25"))
    row = only(view(*LONG, paid))
    assert said(row.funding, row.net_pnl) == "-1.25 4946.25"


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("symbol", ["BTC/USD USD", "BTC/USDT:USDT USDT"]),
        ("account", ["main USDT", "two USD"]),
        ("asset", ["BTC USD", "BTC USDT"]),
    ],
)
def test_rows_are_one_per_key_and_currency(by: By, keys: list[str]) -> None:
    spot = fill("1", "BTC/USD", "buy", "1", "100", account="two")
    views = [view(*LONG), view(spot, account="two", prices=seen(("BTC/USD", "100")))]
    assert [said(row.key, row.currency) for row in pnl(views, now_ns=NOW, by=by).items] == keys


def test_a_period_is_the_difference_of_two_states_and_neighbours_add_up() -> None:
    first = [fill("1", PERP, "sell", "2", "100", "2")]
    then = [*first, fill("2", PERP, "buy", "1", "90", "1", at=NOW - SECOND)]
    start, end = view(*first, prices=seen((PERP, "95"))), view(*then, prices=seen((PERP, "80")))
    (whole,) = pnl([end], now_ns=NOW).items
    (early,) = pnl([start], now_ns=NOW).items
    (late,) = pnl([end], now_ns=NOW, before=[start]).items
    assert said(early.unrealized_pnl, early.net_pnl) == "8 8"
    assert said(late.realized_pnl, late.unrealized_pnl, late.net_pnl) == "8 11 19"
    for field in PnlRow.__struct_fields__[2:12]:
        assert getattr(whole, field) == getattr(early, field) + getattr(late, field), field


@given(
    st.lists(
        st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 9), st.integers(1, 999), st.integers(0, 9)),
        min_size=1,
        max_size=12,
    ),
    st.data(),
)
def test_net_is_always_the_sum_of_its_parts_and_the_cash_at_the_mark(
    trades: list[tuple[str, int, int, int]], data: st.DataObject
) -> None:
    facts = [
        fill(str(i), PERP, side, str(quantity), str(price), str(fee), at=EARLIER + i)  # type: ignore[arg-type]
        for i, (side, quantity, price, fee) in enumerate(trades)
    ]
    mark = data.draw(st.integers(1, 999))
    row = only(view(*facts, prices=seen((PERP, str(mark)))))
    parts = [part for part in (row.realized_pnl, row.funding, row.other_income, row.unrealized_pnl) if part is not None]
    assert len(parts) == 4
    assert row.net_pnl == sum(parts)
    cash = sum((q * p * (1 if side == "sell" else -1) - fee for side, q, p, fee in trades), 0)
    held = sum((q if side == "buy" else -q for side, q, _, _ in trades), 0)
    assert row.net_pnl == cash + held * mark
    assert row.fees_paid == sum(fee for *_, fee in trades)
    assert row.fees is not None
    assert row.gross_realized_pnl == parts[0] + row.fees


def test_closings_are_rows_with_both_signs_of_the_ledger() -> None:
    state, closings = folded(LONG)
    (row,) = pnl_closings([view(*LONG, state=state)], now_ns=NOW, closings=closings).items
    assert said(row.account, row.symbol, row.fill_id, row.time) == f"main {PERP} 2 {NOW - SECOND}"
    assert said(row.quantity, row.proceeds, row.cost, row.realized_pnl) == "1 54972.5 50025 4947.5"
    assert said(row.gross_realized_pnl, row.fees, row.kind, row.side) == "5000 52.5 trade long"


def test_buckets_are_utc_days_iso_weeks_and_months() -> None:
    moment = parse_time("2027-01-01T23:59:59.999999999Z")
    assert [bucket_of(moment, by) for by in ("day", "week", "month")] == ["2027-01-01", "2026-W53", "2027-01"]


def test_days_hold_what_was_realised_paid_and_received_in_them() -> None:
    midnight = parse_time("2026-11-19T00:00:00Z")
    facts: list[Event] = [
        fill("1", PERP, "buy", "1", "100", "1", at=midnight - SECOND),
        FundingPaid(account="main", id="f", time_ns=midnight - 1, symbol=PERP, asset="USDT", amount=D("-0.5")),
        fill("2", PERP, "sell", "1", "110", "2", at=midnight),
        InterestPaid(account="main", id="i", time_ns=midnight, asset="USDT", amount=D("0.25")),
        FeePaid(account="main", id="p", time_ns=midnight, asset="USDT", amount=D(-3), symbol=PERP),
    ]
    _, closings = folded(facts)
    report = period_pnl([view(*facts)], now_ns=NOW, closings=closings, events=facts, by="day")
    assert [said(r.key, r.realized_pnl, r.fees_paid, r.funding, r.other_income) for r in report.items] == [
        "2026-11-18 0 1 -0.5 0",
        "2026-11-19 7 5 0 -2.75",
    ]
    assert [said(r.unrealized_pnl, r.net_pnl) for r in report.items] == ["? ?", "? ?"]
    assert report.incomplete == ("unrealised P&L within a period needs the prices at both its ends: not claimed",)
    later = period_pnl([], now_ns=NOW, closings=closings, events=facts, since_ns=midnight, until_ns=midnight + DAY)
    assert [row.key for row in later.items] == ["2026-11-19"]


def test_fees_of_a_period_are_valued_as_the_ledger_values_them() -> None:
    facts: list[Event] = [
        fill("1", "BTC/USDT", "buy", "1", "100", "0.001", fee_asset="BTC"),
        fill("2", "BTC/USDT", "buy", "1", "100", "0.01", fee_asset="BNB"),
        TransferArrived(account="main", id="w", time_ns=EARLIER, asset="USDT", amount=D(-5), type="withdrawal",
                        fee=Amount("USDT", D(1))),
    ]  # fmt: skip
    unpriced = period_pnl([], now_ns=NOW, closings=(), events=facts, by="symbol")
    assert [said(r.key, r.fees_paid, r.unpriced_fees) for r in unpriced.items] == ["BTC/USDT 0.1 1", "USDT 1 0"]
    assert "BTC/USDT: 1 fee(s) without a price" in unpriced.incomplete
    priced = period_pnl(
        [], now_ns=NOW, closings=(), events=facts, by="symbol", price_then=lambda asset, currency, time_ns: D(400)
    )
    whole = pnl([view(*facts, refs=Refs({("BNB", "USDT"): D(400)}))], now_ns=NOW)
    assert priced.items[0].fees_paid == D("4.1")
    assert {r.key: r.fees_paid for r in whole.items}["BTC/USDT"] == D("4.1")
