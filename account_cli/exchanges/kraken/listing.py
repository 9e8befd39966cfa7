"""Kraken's markets, as ccxt names them and Kraken measures them.

ccxt decides the unified names; tick and step come from Kraken's own fields, because ccxt compares precisions as text
when numbers are kept as text.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from account_cli.domain.instruments import Instrument
from account_cli.domain.money import decimal
from account_cli.exchanges.markets import Listing, Markets
from account_cli.exchanges.wire import Wire


async def ask_markets(wire: Wire) -> Markets:
    """Ask Kraken for its assets and pairs. Raises ``AcctError``."""
    await wire.through("markets", lambda exchange: exchange.load_markets())
    exchange = wire.exchange
    listings = tuple(_listing(market) for market in exchange.markets.values())
    assets = {
        str(currency["id"]): str(code)
        for code, currency in exchange.currencies.items()
        if currency.get("id") is not None
    }
    for listing in listings:
        assets.setdefault(listing.instrument.base, listing.instrument.base)
    decimals = {
        str(code): int(info["decimals"])
        for code, currency in exchange.currencies.items()
        if isinstance(info := currency.get("info"), dict) and str(info.get("decimals", "")).isdigit()
    }
    markets = Markets(at_ns=wire.clock.now_ns(), listings=listings, assets=assets, decimals=decimals)
    exchange.markets = exchange.markets_by_id = None  # ours are a tenth of the size
    exchange.markets_loading = None
    return markets


def _listing(market: dict[str, Any]) -> Listing:
    info = market.get("info") or {}
    names = {str(info[key]) for key in ("altname", "wsname") if info.get(key)} | {str(market["symbol"])}
    return Listing(
        id=str(market["id"]),
        names=tuple(sorted(names)),
        instrument=Instrument(
            symbol=str(market["symbol"]),
            base=str(market["base"]),
            quote=str(market["quote"]),
            price_tick=_tick(info),
            quantity_step=_places(info.get("lot_decimals")),
        ),
    )


def _tick(info: dict[str, Any]) -> Decimal | None:
    tick = info.get("tick_size")
    return decimal(tick) if isinstance(tick, str) and tick else _places(info.get("pair_decimals"))


def _places(value: object) -> Decimal | None:
    return Decimal(1).scaleb(-value) if isinstance(value, int) else None
