"""Binance's spot markets, as ccxt names them."""

from __future__ import annotations

from account_cli.domain.instruments import Instrument
from account_cli.exchanges.binance.listing import listing_of
from account_cli.exchanges.fields import Unreadable
from account_cli.exchanges.markets import Markets
from account_cli.exchanges.wire import Wire


class Pairs:
    """Reads Binance's names of spot markets; a name that is not listed does not tell where its base ends."""

    def __init__(self, markets: Markets) -> None:
        self._by_id = {listing.id: listing.instrument for listing in markets.listings}
        self._ids = {listing.instrument.symbol: listing.id for listing in markets.listings}
        self._of_base: dict[str, set[str]] = {}
        for listing in markets.listings:
            self._of_base.setdefault(listing.instrument.base, set()).add(listing.id)
        self._assets = {name for one in self._by_id.values() for name in (one.base, one.quote)}

    @property
    def all(self) -> list[str]:
        """The ids of all markets, in order."""
        return sorted(self._by_id)

    def lists(self, name: str) -> bool:
        """True for the id of a market that is listed."""
        return name in self._by_id

    def instrument(self, name: str) -> Instrument:
        """Return the market of that id. Raises ``Unreadable`` when it is not listed."""
        listed = self._by_id.get(name)
        if listed is None:
            raise Unreadable(f"unknown market {name[:40]!r}")
        return listed

    def id(self, symbol: str) -> str | None:
        """Return Binance's id of a unified symbol, None when it is not listed."""
        return self._ids.get(symbol)

    def holding(self, code: str) -> tuple[str, str]:
        """Return (asset, wallet) of a balance named ``code``: LDBTC is BTC in Simple Earn, LDO is an asset."""
        bare = code.removeprefix("LD")
        return (bare, "earn") if bare != code and bare in self._assets and code not in self._assets else (code, "spot")

    def of_base(self, asset: str) -> set[str]:
        """Return the ids of the markets in which that asset is bought and sold."""
        return self._of_base.get(asset, set())


async def ask_markets(wire: Wire) -> Markets:
    """Ask Binance for its spot markets, those that no longer trade too. Raises ``AcctError``."""
    await wire.through("markets", lambda exchange: exchange.load_markets())
    exchange = wire.exchange
    listings = tuple(listing_of(market) for market in exchange.markets.values() if market.get("spot"))
    exchange.markets = exchange.markets_by_id = None  # ours are a tenth of the size
    exchange.markets_loading = None
    return Markets(at_ns=wire.clock.now_ns(), listings=listings)
