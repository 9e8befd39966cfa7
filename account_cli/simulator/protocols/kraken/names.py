"""Kraken's old assets carry an X or a Z, and bitcoin is XBT there; WebSocket v2 uses common names."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from account_cli.simulator.protocols.kraken.setting import DIGITS, SETTING
from account_cli.simulator.world.facts import Market

REST_ASSETS = {"BTC": "XXBT", "ETH": "XETH", "USD": "ZUSD", "DOGE": "XXDG", "KFEE": "KFEE"}
ALTNAMES = {"BTC": "XBT", "ETH": "ETH", "USD": "USD", "DOGE": "XDG", "KFEE": "FEE"}
_LEVERAGES = [2, 3, 4, 5]
_VOLUMES = (0, 10_000, 50_000, 100_000)


def asset(common: str) -> str:
    """Return REST's name of an asset; what is set aside to earn is named by its plain name and a suffix."""
    plain, dot, suffix = common.partition(".")
    return f"{ALTNAMES.get(plain, plain)}.{suffix}" if dot else REST_ASSETS.get(common, common)


def pair(symbol: str) -> str:
    """Return REST's name of a pair: two old assets are joined with their letters, others by altname."""
    market = by_symbol(symbol)
    base, quote = asset(market.base), asset(market.quote)
    if len(base) == 4 and len(quote) == 4 and market.base != "DOGE":
        return base + quote
    return altname(symbol)


def altname(symbol: str) -> str:
    """Return the pair's alternative name, for example ``XBTUSD``."""
    market = by_symbol(symbol)
    return ALTNAMES[market.base] + ALTNAMES[market.quote]


def by_symbol(symbol: str) -> Market:
    """Return the market of that common symbol; ``KeyError`` when there is none."""
    return _BY_SYMBOL[symbol]


def renamed(answer: str) -> str:
    """Write an answer with the alternative names of assets and pairs in place of the old ones."""
    for market in SETTING.markets:
        answer = answer.replace(f'"{pair(market.symbol)}"', f'"{altname(market.symbol)}"')
    for common, rest in REST_ASSETS.items():
        answer = answer.replace(f'"{rest}"', f'"{ALTNAMES[common]}"') if common != "KFEE" else answer
    return answer


def find_symbol(name: str) -> str | None:
    """Return the common symbol for any of a pair's names."""
    return _SYMBOLS.get(name)


def find_asset(name: str) -> str | None:
    """Return the common name for any of an asset's names."""
    for common, rest in REST_ASSETS.items():
        if name in {common, rest, ALTNAMES[common]}:
            return common
    return None


def assets() -> dict[str, object]:
    """docs.kraken.com, Spot REST, Get Asset Info."""
    return {
        rest: {
            "aclass": "currency",
            "altname": ALTNAMES[common],
            "decimals": 2 if common == "KFEE" else DIGITS,
            "display_decimals": 2 if common in {"USD", "KFEE"} else 5,
            "collateral_value": Decimal("1.0"),
            "status": "enabled",
        }
        for common, rest in REST_ASSETS.items()
    }


def pairs(wanted: set[str] | None = None, *, but: Collection[str] = ()) -> dict[str, object]:
    """docs.kraken.com, Spot REST, Get Tradable Asset Pairs; all or those common symbols, without those of ``but``."""
    listed = (market for market in SETTING.markets if market.symbol not in but)
    return {pair(m.symbol): _pair(m) for m in listed if wanted is None or m.symbol in wanted}


def _pair(market: Market) -> dict[str, object]:
    taker, maker = SETTING.taker_rate * 100, SETTING.maker_rate * 100
    return {
        "altname": altname(market.symbol),
        "wsname": f"{ALTNAMES[market.base]}/{ALTNAMES[market.quote]}",
        "aclass_base": "currency",
        "base": asset(market.base),
        "aclass_quote": "currency",
        "quote": asset(market.quote),
        "lot": "unit",
        "cost_decimals": DIGITS,
        "pair_decimals": market.price_digits,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": _LEVERAGES,
        "leverage_sell": _LEVERAGES,
        "fees": [[volume, taker - Decimal("0.05") * step] for step, volume in enumerate(_VOLUMES)],
        "fees_maker": [[volume, maker - Decimal("0.05") * step] for step, volume in enumerate(_VOLUMES)],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": "0.00005" if market.base == "BTC" else "0.002",
        "costmin": "0.5",
        "tick_size": str(market.tick),
        "status": "online",
        "long_position_limit": 250,
        "short_position_limit": 200,
    }


_BY_SYMBOL = {market.symbol: market for market in SETTING.markets}
_SYMBOLS = {
    name: market.symbol
    for market in SETTING.markets
    for name in (
        market.symbol,
        pair(market.symbol),
        altname(market.symbol),
        f"{ALTNAMES[market.base]}/{ALTNAMES[market.quote]}",
    )
}
