"""Everything held has a price, by as few markets as will do."""

from __future__ import annotations

from account_cli.collector.pricing import markets_to_price
from account_cli.domain.instruments import from_symbol

MARKETS = {
    symbol: from_symbol(symbol)
    for symbol in ("BTC/USD", "ETH/BTC", "USDT/USD", "SOL/USDT", "BTC/USDT:USDT", "BNB/USDT:USDT", "USD/JPY")
}


def test_a_direct_market_is_enough() -> None:
    assert markets_to_price(["BTC", "USD"], [], MARKETS, "USD") == {"BTC/USD"}


def test_a_detour_prices_the_hub_too() -> None:
    assert markets_to_price(["SOL"], [], MARKETS, "USD") == {"SOL/USDT", "USDT/USD"}
    assert markets_to_price(["ETH"], [], MARKETS, "USD") == {"ETH/BTC", "BTC/USD"}


def test_an_open_contract_is_sampled_and_a_mark_serves_where_no_spot_market_is() -> None:
    assert markets_to_price(["BNB"], ["BTC/USDT:USDT"], MARKETS, "USDT") == {"BNB/USDT:USDT", "BTC/USDT:USDT"}


def test_what_has_no_market_is_left_out() -> None:
    assert markets_to_price(["KFEE"], ["GONE/USD:USD"], MARKETS, "USD") == frozenset()
