"""Positions: the formulas of docs/formats.md, section 3, to the last digit, and what is said when a part is missing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from account_cli.domain.events import Fill, Opening, TransferArrived
from account_cli.domain.health import Coverage
from account_cli.domain.observations import Balance, Position
from account_cli.domain.times import SECOND
from account_cli.reports.positions import positions
from account_cli.reports.rows import PositionRow
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import NOW, D, Refs, fill, said, seen, view

PERP = "BTC/USDT:USDT"


def only(*views: AccountView) -> PositionRow:
    report = positions(views, now_ns=NOW)
    (row,) = report.items
    return row


def reasons(*views: AccountView) -> tuple[str, ...]:
    return positions(views, now_ns=NOW).incomplete


def test_a_short_with_fee_is_worth_what_the_page_says() -> None:
    row = only(view(fill("1", PERP, "sell", "1", "100", "1"), prices=seen((PERP, "90"))))
    assert said(row.side, row.quantity, row.entry_price) == "short -1 100"
    assert said(row.cost, row.market_value, row.unrealized_pnl) == "-99 -90 9"
    assert row.unrealized_pnl_pct == D("9.090909090909090909")
    assert said(row.mark_price, row.mark_at, row.currency) == f"90 {NOW - SECOND} USDT"


def test_an_inverse_contract_is_valued_in_its_settle_asset() -> None:
    buy = fill("1", "BTC/USD:BTC", "buy", "10000", "50000", "0.0001", contract_size=D(1))
    row = only(view(buy, prices=seen(("BTC/USD:BTC", "40000"))))
    assert said(row.quantity, row.currency) == "10000 BTC"
    assert row.cost == D("-0.2") + D("0.0001")
    assert row.market_value == D("-0.25")
    assert row.unrealized_pnl == D("-0.0501")


def test_an_inverse_contract_counts_contracts_of_their_size() -> None:
    sell = fill("1", "BTC/USD:BTC", "sell", "5", "50000", "0", contract_size=D(100))
    row = only(view(sell, prices=seen(("BTC/USD:BTC", "40000"))))
    assert said(row.quantity, row.entry_price) == "-5 50000"
    assert said(row.cost, row.market_value, row.unrealized_pnl) == "0.01 0.0125 0.0025"


@pytest.mark.parametrize(
    ("symbol", "side", "quantity", "entry", "mark", "unrealized", "pct"),
    [
        ("BTC/USDT:USDT", "buy", ".05", "50000", "51000", "50", "2"),
        ("ETH/USDT:USDT", "buy", "2", "3000", "3050", "100", "1.666666666666666667"),
        ("SOL/USDT:USDT", "sell", "10", "150", "145", "50", "3.333333333333333333"),
    ],
)
def test_marks_of_the_three_systems_with_their_errors_mended(
    symbol: str, side: str, quantity: str, entry: str, mark: str, unrealized: str, pct: str
) -> None:
    row = only(view(fill("1", symbol, side, quantity, entry), prices=seen((symbol, mark))))  # type: ignore[arg-type]
    assert said(row.unrealized_pnl, row.unrealized_pnl_pct) == f"{D(unrealized)} {pct}"


def test_a_spot_holding_is_a_position_with_its_fees_in_the_cost() -> None:
    row = only(view(fill("1", "BTC/USD", "buy", "2", "100", "1"), prices=seen(("BTC/USD", "150"))))
    assert said(row.symbol, row.side, row.quantity, row.entry_price) == "BTC/USD long 2 100"
    assert said(row.cost, row.market_value, row.unrealized_pnl) == "201 300 99"


def test_a_spot_holding_without_its_own_market_is_valued_on_another_way() -> None:
    row = only(view(fill("1", "ETH/USD", "buy", "1", "3000"), prices=seen(("ETH/BTC", "0.04"), ("BTC/USD", "90000"))))
    assert row.mark_price == 3600


def test_realised_figures_are_those_of_the_ledger() -> None:
    row = only(
        view(
            fill("1", PERP, "buy", "2", "50000", "50"),
            fill("2", PERP, "sell", "1", "55000", "27.5", at=NOW - SECOND),
            prices=seen((PERP, "55000")),
        )
    )
    assert said(row.realized_pnl, row.fees, row.funding) == "4947.5 52.5 0"
    assert row.updated_at == NOW - SECOND


def test_a_position_without_a_price_has_no_value_and_is_listed() -> None:
    it = view(fill("1", PERP, "buy", "1", "100", "1"))
    row = only(it)
    assert said(row.mark_price, row.market_value, row.unrealized_pnl, row.unrealized_pnl_pct) == "? ? ? ?"
    assert row.cost == 101
    assert reasons(it) == (f"main: {PERP} has no price",)


def test_an_old_price_is_used_and_said() -> None:
    it = view(fill("1", PERP, "buy", "1", "100"), prices=seen((PERP, "110"), age_s=31))
    assert only(it).unrealized_pnl == 10
    assert reasons(it) == (f"main: price of {PERP} is 31 s old",)
    assert not positions([it], now_ns=NOW, stale_after_ns=60 * SECOND).incomplete


def test_a_healthy_account_is_complete() -> None:
    it = view(
        fill("1", PERP, "buy", "1", "100"),
        prices=seen((PERP, "110")),
        positions=[Position(symbol=PERP, quantity=D(1))],
    )
    assert positions([it], now_ns=NOW).complete


def test_a_part_of_unknown_cost_is_named_and_its_gain_not_invented() -> None:
    it = view(
        Opening(account="main", id="o", time_ns=1, asset="BTC", amount=D(1)),
        fill("1", "BTC/USD", "buy", "1", "100"),
        prices=seen(("BTC/USD", "150")),
    )
    row = only(it)
    assert said(row.quantity, row.unknown_cost_quantity) == "2 1"
    assert said(row.market_value, row.cost, row.unrealized_pnl) == "300 100 50"
    assert reasons(it) == ("main: cost of 1 BTC/USD is not known",)


def test_a_position_of_wholly_unknown_cost_has_no_gain() -> None:
    opening = Opening(account="main", id="o", time_ns=1, asset="BTC", amount=D(-2), symbol=PERP, wallet="futures")
    row = only(view(opening, prices=seen((PERP, "90"))))
    assert said(row.quantity, row.market_value, row.cost) == "-2 -180 ?"
    assert said(row.unrealized_pnl, row.unrealized_pnl_pct, row.entry_price) == "? ? ?"


def test_risk_is_what_the_exchange_states_and_the_newest_mark_counts() -> None:
    stated = Position(
        symbol=PERP, quantity=D(1), mark_price=D(120), leverage=D(5), margin=D(20), liquidation_price=D(80)
    )
    it = view(fill("1", PERP, "buy", "1", "100"), prices=seen((PERP, "110"), age_s=10), positions=[stated])
    row = only(it)
    assert said(row.leverage, row.margin, row.liquidation_price) == "5 20 80"
    assert said(row.mark_price, row.mark_at) == f"120 {NOW - 2 * SECOND}"


def test_both_sides_of_hedge_mode_meet_their_own_statement() -> None:
    facts: list[Fill] = [
        fill("1", PERP, "buy", "1", "100", position_side="long"),
        fill("2", PERP, "sell", "3", "100", position_side="short"),
    ]
    stated = [
        Position(symbol=PERP, quantity=D(1), side="long", leverage=D(2)),
        Position(symbol=PERP, quantity=D(-3), side="short", leverage=D(7)),
    ]
    report = positions([view(*facts, prices=seen((PERP, "110")), positions=stated)], now_ns=NOW)
    assert [said(row.side, row.quantity, row.leverage) for row in report.items] == ["long 1 2", "short -3 7"]
    assert report.complete


def test_a_difference_to_the_exchange_is_said_with_both_numbers() -> None:
    known = [fill("1", PERP, "buy", "1", "100")]
    prices = seen((PERP, "100"))
    it = view(*known, prices=prices, positions=[Position(symbol=PERP, quantity=D("1.5"))])
    assert reasons(it) == (f"main: {PERP}: ledger 1, exchange 1.5",)
    gone = view(*known, prices=prices, positions=[])
    assert reasons(gone) == (f"main: {PERP}: ledger 1, exchange 0",)
    absent_from_a_part = view(*known, prices=prices, positions=[], complete=False)
    assert reasons(absent_from_a_part) == ()


def test_a_spot_holding_that_differs_from_the_stated_balance_is_said() -> None:
    it = view(
        fill("1", "BTC/USD", "buy", "2", "100"),
        balances=[Balance(asset="BTC", total=D("1.9")), Balance(asset="USD", total=D(7))],
        prices=seen(("BTC/USD", "150")),
    )
    assert reasons(it) == ("main: BTC in spot: ledger 2, exchange 1.9",)


def test_history_that_does_not_reach_the_start_makes_it_incomplete() -> None:
    from account_cli.domain.times import parse_time

    since = parse_time("2026-01-02T00:00:00Z")
    it = view(
        coverage=[Coverage(kind="fills", since_ns=since), Coverage(kind="transfers", since_ns=0, from_start=True)]
    )
    assert reasons(it) == ("main: fills before 2026-01-02T00:00:00Z are not known",)
    assert reasons(view(coverage=[])) == (
        "main: history of fills is not read yet",
        "main: history of transfers is not read yet",
    )


def test_one_symbol_can_be_asked_for() -> None:
    it = view(fill("1", PERP, "buy", "1", "100"), fill("2", "ETH/USD", "buy", "1", "9"), prices=seen((PERP, "1")))
    report = positions([it], now_ns=NOW, symbol=PERP)
    assert [row.symbol for row in report.items] == [PERP]
    assert report.complete


def test_the_callers_decimal_context_decides_nothing() -> None:
    from decimal import localcontext

    it = view(fill("1", PERP, "buy", "1.23456789", "98765.4321"), prices=seen((PERP, "98765.43219876")))
    with localcontext() as context:
        context.prec = 4
        row = only(it)
    assert row.market_value == Decimal("1.23456789") * Decimal("98765.43219876")


def test_a_closed_position_is_no_row_and_a_deposit_of_money_is_none() -> None:
    it = view(
        TransferArrived(account="main", id="d", time_ns=1, asset="USD", amount=D(500), type="deposit"),
        fill("1", PERP, "buy", "1", "100"),
        fill("2", PERP, "sell", "1", "101", at=NOW),
        refs=Refs(),
    )
    assert positions([it], now_ns=NOW).items == ()
