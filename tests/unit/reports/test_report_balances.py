"""Balances: observed first, the ledger's where nothing was stated, and never a silent zero."""

from __future__ import annotations

from account_cli.domain.observations import Balance
from account_cli.domain.times import SECOND
from account_cli.reports.balances import balances
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import NOW, D, deposit, said, seen, view


def lines(*views: AccountView, currency: str = "USD") -> list[str]:
    return [
        said(row.wallet, row.asset, row.free, row.used, row.total, row.value, row.price_source, row.source)
        for row in balances(views, now_ns=NOW, currency=currency).items
    ]


def test_what_the_exchange_states_is_shown_with_its_value() -> None:
    it = view(
        deposit("BTC", "0.31"),
        deposit("USD", "100"),
        balances=[
            Balance(asset="BTC", total=D("0.31"), free=D("0.3"), used=D("0.01")),
            Balance(asset="USD", total=D(100)),
        ],
        prices=seen(("BTC/USD", "91950.5")),
    )
    assert lines(it) == [
        "spot BTC 0.3 0.01 0.31 28504.655 BTC/USD observed",
        "spot USD ? ? 100 100 unit observed",
    ]
    report = balances([it], now_ns=NOW)
    assert report.complete
    assert said(report.items[0].price, report.items[0].price_at, report.items[0].updated_at) == said(
        D("91950.5"), NOW - SECOND, NOW - SECOND
    )


def test_without_a_statement_the_ledger_answers_and_says_so() -> None:
    assert lines(view(deposit("USDT", "5"))) == ["spot USDT ? ? 5 5 USDT pegged ledger"]


def test_an_incomplete_statement_is_completed_by_the_ledger() -> None:
    it = view(
        deposit("BTC", "1"),
        deposit("USD", "7"),
        balances=[Balance(asset="USD", total=D(7))],
        complete=False,
        prices=seen(("BTC/USD", "9")),
    )
    assert lines(it) == ["spot BTC ? ? 1 9 BTC/USD ledger", "spot USD ? ? 7 7 unit observed"]


def test_an_asset_without_a_price_is_unpriced_and_listed() -> None:
    it = view(deposit("SHIB", "1000"), balances=[Balance(asset="SHIB", total=D(1000))])
    assert lines(it) == ["spot SHIB ? ? 1000 ? ? observed"]
    assert balances([it], now_ns=NOW).incomplete == ("main: SHIB has no price in USD",)


def test_an_old_price_is_said() -> None:
    it = view(deposit("BTC", "1"), balances=[Balance(asset="BTC", total=D(1))], prices=seen(("BTC/USD", "9"), age_s=45))
    assert balances([it], now_ns=NOW).incomplete == ("main: price of BTC is 45 s old",)


def test_a_difference_between_ledger_and_exchange_is_said_with_both_numbers() -> None:
    it = view(deposit("USD", "9900"), balances=[Balance(asset="USD", total=D(10000))])
    assert balances([it], now_ns=NOW).incomplete == ("main: USD in spot: ledger 9900, exchange 10000",)
    nothing_there = view(deposit("USD", "1"), balances=[])
    assert balances([nothing_there], now_ns=NOW).incomplete == ("main: USD in spot: ledger 1, exchange 0",)


def test_empty_holdings_are_left_out_unless_asked_for() -> None:
    it = view(balances=[Balance(asset="EUR", total=D(0))])
    assert balances([it], now_ns=NOW).items == ()
    assert len(balances([it], now_ns=NOW, include_zero=True).items) == 1


def test_a_debt_has_a_negative_value() -> None:
    it = view(balances=[Balance(asset="BTC", total=D(-2), wallet="margin")], prices=seen(("BTC/USD", "10")))
    assert lines(it) == ["margin BTC ? ? -2 -20 BTC/USD observed"]


def test_each_account_is_valued_at_its_own_prices() -> None:
    one = view(balances=[Balance(asset="BTC", total=D(1))], prices=seen(("BTC/USD", "10")))
    two = view(account="two", balances=[Balance(asset="BTC", total=D(1))], prices=seen(("BTC/USD", "11")))
    assert [said(row.account, row.value) for row in balances([one, two], now_ns=NOW).items] == ["main 10", "two 11"]
