"""Binance's linear contracts, as ccxt names them and Binance measures them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.money import ONE, decimal
from account_cli.exchanges.fields import Unreadable
from account_cli.exchanges.markets import Listing, Markets
from account_cli.exchanges.wire import Wire

_ID = re.compile(r"(?P<base>[^\s/:]+?)(?P<quote>USDT|USDC|BUSD|FDUSD)(?:_(?P<day>\d{6}))?")


class Names(Protocol):
    """What reading a row needs to know of the markets."""

    def instrument(self, name: str) -> Instrument: ...
    def id(self, symbol: str) -> str | None: ...


class Contracts:
    """Reads Binance's names of contracts, delisted ones too."""

    def __init__(self, markets: Markets) -> None:
        self._by_id = {listing.id: listing.instrument for listing in markets.listings}
        self._ids = {listing.instrument.symbol: listing.id for listing in markets.listings}

    def instrument(self, name: str) -> Instrument:
        """Return the contract of that id. Raises ``Unreadable`` when nobody lists it and the name does not tell."""
        listed = self._by_id.get(name)
        if listed is not None:
            return listed
        match = _ID.fullmatch(name)
        if match is None:
            raise Unreadable(f"unknown contract {name[:40]!r}")
        day = f"-{match['day']}" if match["day"] else ""
        return from_symbol(f"{match['base']}/{match['quote']}:{match['quote']}{day}")

    def id(self, symbol: str) -> str | None:
        """Return Binance's id of a unified symbol; of a spot symbol, that of the contract on the same pair."""
        if symbol in self._ids:
            return self._ids[symbol]
        base, _, quote = symbol.partition("/")
        quote, colon, _ = quote.partition(":")
        plain = f"{base}{quote}"
        if colon:
            return plain if _ID.fullmatch(plain) else None
        return plain if plain in self._by_id else None


async def ask_markets(wire: Wire) -> Markets:
    """Ask Binance for its linear contracts. Raises ``AcctError``."""
    await wire.through("markets", lambda exchange: exchange.load_markets())
    exchange = wire.exchange
    listings = tuple(listing_of(market) for market in exchange.markets.values() if market.get("linear"))
    exchange.markets = exchange.markets_by_id = None  # ours are a tenth of the size
    exchange.markets_loading = None
    return Markets(at_ns=wire.clock.now_ns(), listings=listings)


def listing_of(market: dict[str, Any]) -> Listing:
    """Return what acct keeps of a market of ccxt."""
    filters = {
        str(item.get("filterType")): item
        for item in (market.get("info") or {}).get("filters") or []
        if isinstance(item, dict)
    }
    return Listing(
        id=str(market["id"]),
        instrument=Instrument(
            symbol=str(market["symbol"]),
            base=str(market["base"]),
            quote=str(market["quote"]),
            settle=str(market["settle"]) if market.get("settle") else None,
            contract_size=decimal(str(market.get("contractSize") or ONE)),
            price_tick=_step(filters.get("PRICE_FILTER"), "tickSize"),
            quantity_step=_step(filters.get("LOT_SIZE"), "stepSize"),
        ),
    )


def _step(item: Mapping[str, object] | None, key: str) -> Decimal | None:
    value = item.get(key) if item is not None else None
    return decimal(value).normalize() if isinstance(value, str) and value else None
