"""The accounting book: every leg in the reporting currency, at its own time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from account_cli.domain.events import (
    Amount,
    Converted,
    Event,
    FeePaid,
    FundingPaid,
    Opening,
    RewardReceived,
    TransferArrived,
)
from account_cli.ledger.accounting import AccountBook, account_book
from account_cli.ledger.figures import PositionFigures
from tests.unit.ledger.ledger_helpers import Quotes, fact, fill


def book(refs: Quotes, *events: object, **options: Any) -> AccountBook:
    return account_book("main", cast(list[Event], list(events)), refs, **options)


def row(result: AccountBook, symbol: str) -> PositionFigures:
    return next(figures for figures in result.totals if figures.symbol == symbol)


def test_crypto_bought_with_crypto_realises_the_gain_of_what_was_paid() -> None:
    refs = Quotes(BTC="100")
    buy = fill("buy", "1", "BTC/USD", "100")
    refs_later = Quotes(BTC="150")
    swap = fill("buy", "10", "ETH/BTC", "0.1")

    class Moving(Quotes):
        def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> Any:
            source = refs if time_ns <= buy.time_ns else refs_later
            return source.price(asset, currency, time_ns, within_ns)

    result = book(Moving(), buy, swap)
    assert row(result, "BTC/USD").realized_pnl == 50
    assert row(result, "ETH/USD").cost == 150
    assert row(result, "ETH/USD").quantity == 10
    assert result.complete


def test_money_that_is_not_the_reporting_currency_is_inventory_too() -> None:
    result = book(
        Quotes(USDT="0.99"),
        fill("buy", "1000", "USDT/USD", "1"),
        fill("buy", "1", "BTC/USDT", "1000"),
    )
    assert row(result, "USDT/USD").realized_pnl == -10
    assert row(result, "BTC/USD").cost == 990
    assert {closing.kind for closing in result.closings if closing.symbol == "USDT/USD"} == {"payment"}


def test_a_stablecoin_without_a_market_is_at_its_peg_and_said_to_be() -> None:
    result = book(Quotes(), fill("buy", "1000", "USDT/USD", "1"), fill("buy", "1", "BTC/USDT", "1000"))
    assert row(result, "BTC/USD").cost == 1000
    assert result.sources == {"pegged": 1}


def test_a_missing_price_is_listed_and_makes_the_result_incomplete() -> None:
    swap = fill("buy", "10", "ETH/XYZ", "2")
    result = book(Quotes(), swap)
    assert not result.complete
    assert [(m.asset, m.quantity) for m in result.missing] == [("XYZ", Decimal(20))]
    assert row(result, "ETH/USD").unknown_open_quantity == 10


def test_golden_g04_in_the_accounting_book() -> None:
    first = fill("buy", "1", "BNB/USD", "200")
    buy = fill("buy", "10", "ETH/USD", "20", ("0.01", "BNB"))
    sell = fill("sell", "10", "ETH/USD", "25", ("0.01", "BNB"))

    class Moving(Quotes):
        def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> Any:
            prices = Quotes(BNB="300" if time_ns == buy.time_ns else "310")
            return prices.price(asset, currency, time_ns, within_ns)

    result = book(Moving(), first, buy, sell)
    assert row(result, "ETH/USD").realized_pnl == Decimal("43.9")
    assert row(result, "BNB/USD").realized_pnl == Decimal("2.1")
    assert row(result, "BNB/USD").cost == 196


def test_golden_g03_in_the_accounting_book() -> None:
    result = book(
        Quotes(),
        fill("buy", "1", "BTC/USD", "100", ("0.001", "BTC")),
        fill("sell", "0.999", "BTC/USD", "200", ("0.1998", "USD")),
    )
    assert row(result, "BTC/USD").realized_pnl == Decimal("99.6002")
    assert row(result, "BTC/USD").fees == Decimal("0.2998")


def test_rewards_are_income_at_their_value_and_lots_of_that_cost() -> None:
    result = book(
        Quotes(ETH="2000"),
        fact(RewardReceived, asset="ETH", amount="0.5"),
        fill("sell", "0.5", "ETH/USD", "3000"),
    )
    assert row(result, "ETH/USD").other_income == 1000
    assert row(result, "ETH/USD").realized_pnl == 500


def test_a_contract_is_valued_when_it_closes_and_its_fees_when_they_are_paid() -> None:
    result = book(
        Quotes(USDT="1.01"),
        fact(TransferArrived, asset="USDT", amount="1000", type="deposit"),
        fill("buy", "2", "BTC/USDT:USDT", "100", ("2", "USDT"), settle="USDT"),
        fact(FundingPaid, symbol="BTC/USDT:USDT", asset="USDT", amount="-3"),
        fill("sell", "1", "BTC/USDT:USDT", "110", ("1", "USDT"), settle="USDT"),
    )
    line = row(result, "BTC/USDT:USDT")
    assert line.gross_realized_pnl == Decimal("10.1")
    assert line.fees == Decimal("2.02")
    assert line.realized_pnl == Decimal("8.08")
    assert line.fees_paid == Decimal("3.03")
    assert line.funding == Decimal("-3.03")


def test_fees_and_conversions_count_once() -> None:
    result = book(
        Quotes(USDT="1", BTC="100", BNB="300"),
        fact(Opening, asset="BTC", amount="2", cost="100", cost_asset="USD"),
        fact(
            Converted,
            from_=Amount("BTC", Decimal(1)),
            to=Amount("USD", Decimal(120)),
            fees=(Amount("USD", Decimal(2)),),
        ),
        fact(FeePaid, asset="USD", amount="-5"),
    )
    assert row(result, "BTC/USD").realized_pnl == 68
    assert row(result, "USD").other_income == -5
    assert row(result, "USD").fees_paid == 5


def test_a_deposit_has_unknown_cost_and_a_withdrawal_takes_cost_along() -> None:
    result = book(
        Quotes(BTC="100"),
        fact(TransferArrived, asset="BTC", amount="1", type="deposit"),
        fill("buy", "1", "BTC/USD", "80"),
        fact(TransferArrived, asset="BTC", amount="-1", type="withdrawal", fee=Amount("BTC", Decimal("0.01"))),
        method="fifo",
    )
    line = row(result, "BTC/USD")
    assert line.unknown_cost_quantity == 0
    assert line.quantity == Decimal("0.99")
    assert line.cost == Decimal("79.2")
    assert line.fees_paid == 1
    assert line.other_income == -1
    assert line.realized_pnl == Decimal("0.2")


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_rows_are_all_in_the_reporting_currency(currency: str) -> None:
    result = book(Quotes(BTC="100"), fill("buy", "1", "BTC/USD", "100"), currency=currency)
    assert {figures.currency for figures in result.totals} <= {currency}
    assert result.complete == (currency == "USD")
