"""What is it worth: by which walk, by which price, and honestly None where there is none."""

from __future__ import annotations

from decimal import Decimal, localcontext

from account_cli.domain.money import MONEY, plain
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import SECOND
from account_cli.reports.valuation import PriceGraph, Rate
from tests.unit.reports.report_views import NOW, D, said, seen


def graph(*prices: tuple[str, str], old: tuple[str, ...] = ()) -> PriceGraph:
    found = seen(*prices)
    for symbol in old:
        found[symbol] = PriceSeen(symbol=symbol, price=found[symbol].price, at_ns=NOW - 45 * SECOND)
    return PriceGraph(found, now_ns=NOW)


def known(rate: Rate | None) -> Rate:
    assert rate is not None
    return rate


def test_a_currency_is_worth_one_of_itself() -> None:
    rate = known(graph().rate("USD", "USD"))
    assert said(rate.price, rate.source, rate.at_ns, rate.pegged) == "1 unit ? False"


def test_a_direct_market_is_taken_as_it_is() -> None:
    rate = known(graph(("BTC/USD", "91950.5")).rate("BTC", "USD"))
    assert rate.value(D("0.31")) == D("28504.655")
    assert (rate.source, rate.at_ns) == ("BTC/USD", NOW - SECOND)


def test_a_market_can_be_turned_over_and_is_rounded_once() -> None:
    rate = known(graph(("USD/JPY", "150")).rate("JPY", "USD"))
    assert rate.price == D("0.006666666666666667")
    assert rate.value(D(300)) == 2


def test_a_walk_goes_through_hubs_and_is_as_old_as_its_oldest_leg() -> None:
    prices = seen(("SHIB/BTC", "0.0000000002"), ("BTC/USD", "90000"))
    prices["BTC/USD"] = PriceSeen(symbol="BTC/USD", price=D(90000), at_ns=NOW - 20 * SECOND)
    rate = known(PriceGraph(prices, now_ns=NOW).rate("SHIB", "USD"))
    assert rate.price == D("0.000018")
    assert rate.source == "SHIB/BTC > BTC/USD"
    assert rate.at_ns == NOW - 20 * SECOND


def test_a_direct_market_is_preferred_to_a_walk() -> None:
    rates = graph(("ETH/USD", "3000"), ("ETH/BTC", "0.04"), ("BTC/USD", "90000"))
    assert known(rates.rate("ETH", "USD")).source == "ETH/USD"


def test_a_fresh_walk_is_preferred_to_a_stale_market() -> None:
    rates = graph(("ETH/USD", "3000"), ("ETH/BTC", "0.04"), ("BTC/USD", "90000"), old=("ETH/USD",))
    rate = known(rates.rate("ETH", "USD"))
    assert said(rate.source, rate.price, rate.stale) == "ETH/BTC > BTC/USD 3600 False"


def test_a_stale_market_is_better_than_none_and_says_so() -> None:
    assert known(graph(("ETH/USD", "3000"), old=("ETH/USD",)).rate("ETH", "USD")).stale


def test_a_stablecoin_is_valued_by_a_market_where_one_can_be_reached() -> None:
    rate = known(graph(("USDT/USD", "0.9985")).rate("USDT", "USD"))
    assert said(rate.price, rate.pegged) == "0.9985 False"
    across = known(graph(("BTC/USDT", "100"), ("BTC/USD", "99")).rate("USDT", "USD"))
    assert said(across.price, across.pegged, across.source) == "0.99 False BTC/USDT > BTC/USD"


def test_a_stablecoin_without_a_market_is_at_its_peg_and_marked() -> None:
    rate = known(graph().rate("USDC", "USD"))
    assert said(rate.price, rate.pegged, rate.source, rate.at_ns) == "1 True USDC pegged ?"
    coin = known(graph(("BTC/USDT", "91000")).rate("BTC", "USD"))
    assert said(coin.price, coin.pegged, coin.source) == "91000 True BTC/USDT > USDT pegged"


def test_a_coin_that_is_not_listed_has_no_peg() -> None:
    assert graph().rate("UST", "USD") is None
    assert PriceGraph({}, now_ns=NOW, pegged=()).rate("USDT", "USD") is None


def test_another_reporting_currency_is_reached_by_markets_only_through_it() -> None:
    rates = graph(("BTC/USDT", "91000"), ("EUR/USD", "1.25"), ("USDT/USD", "1"))
    assert known(rates.rate("BTC", "EUR")).price == 72800
    assert graph(("BTC/USDT", "91000")).rate("BTC", "EUR") is None


def test_a_contracts_mark_values_its_base_only_where_no_spot_market_does() -> None:
    marked = known(graph(("BTC/USDT:USDT", "91000")).rate("BTC", "USDT"))
    assert said(marked.price, marked.source) == "91000 BTC/USDT:USDT mark"
    both = known(graph(("BTC/USDT:USDT", "91000"), ("BTC/USDT", "90990")).rate("BTC", "USDT"))
    assert both.price == 90990
    assert graph(("BTC/USDT:USDT-261225", "95000")).rate("BTC", "USDT") is None


def test_a_contracts_mark_never_values_its_quote() -> None:
    rate = known(graph(("BTC/USDT:USDT", "91000"), ("BTC/USD", "90000")).rate("USDT", "USD"))
    assert rate.pegged


def test_an_asset_that_no_walk_reaches_has_no_price() -> None:
    rates = graph(("FOO/BAR", "3"), ("BTC/USD", "90000"), ("ZERO/USD", "0"))
    assert rates.rate("FOO", "USD") is None
    assert rates.rate("ZERO", "USD") is None
    assert rates.rate("nonsense", "USD") is None


def test_38_digits_are_valued_to_the_last_one() -> None:
    amount = Decimal("12345678901234567890.123456789012345678")
    with localcontext(MONEY):
        value = known(graph(("BTC/USD", "3")).rate("BTC", "USD")).value(amount)
    assert plain(value) == "37037036703703703670.370370367037037034"
