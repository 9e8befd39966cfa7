"""Which markets to sample so that everything held has a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from account_cli.domain.instruments import Instrument

_HUBS = ("USD", "USDT", "USDC", "EUR", "BTC")


def markets_to_price(
    assets: Iterable[str], contracts: Iterable[str], instruments: Mapping[str, Instrument], currency: str
) -> frozenset[str]:
    """Return unified symbols: each open contract, and for each asset its markets in the currencies that matter.

    ``currency`` is the reporting currency. An asset with a direct market needs no other; else every market against a
    hub is taken, and the hubs themselves are priced too.
    """
    wanted = {symbol for symbol in contracts if symbol in instruments}
    hubs_needed: set[str] = set()
    for asset in set(assets) - {currency}:
        direct = _market(asset, currency, instruments)
        if direct is not None:
            wanted.add(direct)
            continue
        for hub in _HUBS:
            market = None if hub == asset else _market(asset, hub, instruments)
            if market is not None:
                wanted.add(market)
                hubs_needed.add(hub)
                break
    for hub in hubs_needed - {currency}:
        market = _market(hub, currency, instruments)
        if market is not None:
            wanted.add(market)
    return frozenset(wanted)


def _market(base: str, quote: str, instruments: Mapping[str, Instrument]) -> str | None:
    """Return a market between the two: spot either way round, else a linear perpetual whose mark is its price."""
    for symbol in (f"{base}/{quote}", f"{quote}/{base}", f"{base}/{quote}:{quote}"):
        if symbol in instruments:
            return symbol
    return None
