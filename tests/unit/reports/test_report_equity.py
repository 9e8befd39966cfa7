"""Equity: every asset once, derivatives by what they have not paid out yet, and "at least" where a price lacks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.events import Event, Opening
from account_cli.domain.observations import Balance, Position
from account_cli.reports.equity import equity
from account_cli.reports.rows import EquityRow
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import NOW, D, deposit, fill, said, seen, view

PERP = "BTC/USDT:USDT"


def only(it: AccountView, currency: str = "USD") -> EquityRow:
    (row,) = equity([it], now_ns=NOW, currency=currency).items
    return row


def held(*assets: tuple[str, str], wallet: str = "spot") -> list[Balance]:
    return [Balance(asset=asset, total=D(total), wallet=wallet) for asset, total in assets]


def test_spot_counts_once_and_not_again_as_unrealised() -> None:
    it = view(
        deposit("USD", "1000"),
        fill("1", "BTC/USD", "buy", "2", "100", "1"),
        balances=held(("USD", "799"), ("BTC", "2")),
        prices=seen(("BTC/USD", "150")),
    )
    row = only(it)
    assert said(row.equity, row.assets_value, row.derivatives_unrealized_pnl, row.partial) == "1099 1099 0 False"
    assert said(row.net_exposure, row.gross_exposure, row.used_margin, row.margin_ratio) == "300 300 0 0"
    assert equity([it], now_ns=NOW).complete


def test_a_derivative_counts_by_its_unrealised_gain_and_its_entry_fee_once() -> None:
    it = view(
        deposit("USDT", "1000"),
        fill("1", PERP, "sell", "1", "100", "1"),
        balances=held(("USDT", "999")),
        prices=seen((PERP, "90"), ("USDT/USD", "1")),
        positions=[Position(symbol=PERP, quantity=D(-1), margin=D("100.9"), liquidation_price=D(180))],
    )
    row = only(it)
    assert said(row.assets_value, row.derivatives_unrealized_pnl, row.equity) == "999 10 1009"
    assert said(row.used_margin, row.available_margin, row.margin_ratio) == "100.9 908.1 0.1"
    assert said(row.net_exposure, row.gross_exposure) == "-90 90"
    assert row.leverage == D("0.089197224975222993")
    assert said(row.liquidation_symbol, row.liquidation_distance_pct) == f"{PERP} 100"


def test_closing_at_the_mark_without_a_fee_leaves_equity_as_it_was() -> None:
    prices = seen((PERP, "90"), ("USDT/USD", "0.99"))
    facts: list[Event] = [deposit("USDT", "1000"), fill("1", PERP, "sell", "1", "100", "1")]
    open_ = only(view(*facts, prices=prices))
    closed = only(view(*facts, fill("2", PERP, "buy", "1", "90", at=NOW), prices=prices))
    assert open_.equity == closed.equity == D("998.91")


def test_an_account_that_lost_everything_is_worth_nothing_which_is_known() -> None:
    facts: list[Event] = [
        deposit("USDT", "10"),
        fill("1", PERP, "sell", "1", "20", "0"),
        fill("2", PERP, "buy", "1", "30", "0"),
    ]
    assert said(only(view(*facts, prices=seen((PERP, "30"))), currency="USDT").equity) == "0"


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 99), st.integers(0, 3)), max_size=8),
    st.integers(1, 99),
)
def test_equity_of_contracts_is_deposit_and_cash_and_nothing_twice(
    trades: list[tuple[bool, int, int, int]], mark: int
) -> None:
    facts = [
        fill(str(i), PERP, "buy" if buys else "sell", str(q), str(p), str(fee), at=NOW - 99 + i)
        for i, (buys, q, p, fee) in enumerate(trades)
    ]
    row = only(view(deposit("USDT", "500"), *facts, prices=seen((PERP, str(mark)))), currency="USDT")
    cash = sum((-q * p if buys else q * p) - fee for buys, q, p, fee in trades)
    open_ = sum(q if buys else -q for buys, q, _, _ in trades)
    assert row.equity is not None
    assert abs(row.equity - (500 + cash + open_ * mark)) <= D("1e-16")  # entry notionals are allocated at 1e-18


def test_an_inverse_contract_counts_in_its_settle_asset() -> None:
    it = view(
        deposit("BTC", "1"),
        fill("1", "BTC/USD:BTC", "buy", "10000", "50000", "0", contract_size=D(1)),
        balances=held(("BTC", "1")),
        prices=seen(("BTC/USD:BTC", "40000"), ("BTC/USD", "40000")),
    )
    row = only(it)
    assert said(row.assets_value, row.derivatives_unrealized_pnl, row.equity) == "40000 -2000 38000"
    assert said(row.net_exposure, row.gross_exposure) == "50000 50000"


def test_an_unpriced_asset_is_listed_and_the_sum_is_at_least() -> None:
    it = view(balances=held(("USD", "10"), ("SHIB", "5"), ("DOGE", "1")))
    row = only(it)
    assert said(row.equity, row.partial, row.unpriced) == "10 True ('DOGE', 'SHIB')"
    assert "main: SHIB has no price in USD" in equity([it], now_ns=NOW).incomplete


def test_a_contract_of_unknown_cost_takes_the_exchanges_word_and_says_so() -> None:
    opening = Opening(account="main", id="o", time_ns=1, asset="BTC", amount=D(2), symbol=PERP, wallet="futures")
    stated = Position(symbol=PERP, quantity=D(2), unrealized_pnl=D(7), margin=D(1))
    it = view(opening, balances=held(("USDT", "100")), prices=seen((PERP, "90")), positions=[stated])
    row = only(it, "USDT")
    assert said(row.equity, row.derivatives_unrealized_pnl, row.partial) == "107 7 False"
    assert (
        f"main: unrealised P&L of {PERP} is the exchange's, its cost is not known"
        in equity([it], now_ns=NOW, currency="USDT").incomplete
    )
    unsaid = view(opening, balances=held(("USDT", "100")), prices=seen((PERP, "90")), positions=[])
    assert said(only(unsaid, "USDT").equity, only(unsaid, "USDT").partial) == "100 True"


def test_a_margin_nobody_stated_is_unknown_and_so_is_its_ratio() -> None:
    it = view(
        fill("1", PERP, "buy", "1", "100"),
        balances=held(("USDT", "100")),
        prices=seen((PERP, "100")),
        positions=[Position(symbol=PERP, quantity=D(1))],
    )
    row = only(it)
    assert said(row.used_margin, row.available_margin, row.margin_ratio, row.liquidation_distance_pct) == "? ? ? ?"


def test_an_account_of_which_nothing_is_known_has_no_equity() -> None:
    row = only(view())
    assert said(row.equity, row.assets_value, row.leverage, row.net_exposure) == "? ? ? ?"


def test_several_accounts_are_summed_up_in_a_row_of_their_own() -> None:
    one = view(balances=held(("USD", "10")))
    two = view(account="two", balances=held(("BTC", "1")), prices=seen(("BTC/USD", "90")))
    rows = equity([one, two], now_ns=NOW).items
    assert [said(row.account, row.equity, row.partial) for row in rows] == [
        "main 10 False",
        "two 90 False",
        "* 100 False",
    ]
    unknown = equity([one, view(account="three")], now_ns=NOW).items
    assert said(unknown[-1].equity, unknown[-1].partial) == "10 True"


def test_the_nearest_liquidation_is_the_one_shown() -> None:
    stated = [
        Position(symbol=PERP, quantity=D(1), mark_price=D(100), liquidation_price=D(60), margin=D(1)),
        Position(symbol="ETH/USDT:USDT", quantity=D(-1), mark_price=D(100), liquidation_price=D(125), margin=D(1)),
    ]
    row = only(view(balances=held(("USDT", "100")), positions=stated))
    assert said(row.liquidation_symbol, row.liquidation_distance_pct) == "ETH/USDT:USDT 25"
