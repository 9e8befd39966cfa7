"""Where no price is near, the last one that was stored is shown with its age: it is old, and every report says so."""

from __future__ import annotations

import msgspec

from account_cli.domain.observations import PriceSeen
from account_cli.ports import JournalReader
from account_cli.reports.view import AccountView

Known = dict[tuple[str, int], dict[str, PriceSeen]]
"""By asset and instant: the last price before it in each currency, by symbol."""


def with_stored_prices(reader: JournalReader | None, view: AccountView, at_ns: int, known: Known) -> AccountView:
    """Return the view with the last stored price up to ``at_ns`` of each asset held, where that is the newest known.

    ``known`` remembers what was looked up: one run asks for many accounts, and they hold the same assets.
    """
    if reader is None:
        return view
    assets = {asset for (_, asset), held in view.state.balances().items() if held}
    assets |= {figures.currency for figures in view.state.positions()}
    found: dict[str, PriceSeen] = {}
    for asset in sorted(assets):
        if (asset, at_ns) not in known:
            known[asset, at_ns] = _last(reader, asset, at_ns)
        found |= known[asset, at_ns]
    newer = {
        symbol: seen
        for symbol, seen in found.items()
        if symbol not in view.prices or view.prices[symbol].at_ns < seen.at_ns
    }
    return msgspec.structs.replace(view, prices={**view.prices, **newer}) if newer else view


def _last(reader: JournalReader, asset: str, at_ns: int) -> dict[str, PriceSeen]:
    last = {f"{asset}/{quote.currency}": quote for quote in reader.quotes(asset, None, at_ns + 1)}
    return {
        symbol: PriceSeen(symbol=symbol, price=quote.price, at_ns=quote.time_ns, venue=quote.source)
        for symbol, quote in last.items()
    }
