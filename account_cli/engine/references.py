"""What the ledger may look up while it folds: instruments and stored prices, from the same transaction."""

from __future__ import annotations

from account_cli.domain.events import Fill, PriceQuoted
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.ports import JournalReader


class StoredReferences:
    """``ledger.References`` over one journal; an instrument looked up is remembered until ``forget``."""

    def __init__(self, reader: JournalReader, known: dict[str, Instrument] | None = None) -> None:
        self._reader = reader
        self.known = {} if known is None else known
        """The instruments looked up so far, to be handed to the next transaction."""

    def forget(self) -> None:
        """Look instruments up anew: some were stored since."""
        self.known = {}

    def instrument(self, symbol: str) -> Instrument | None:
        """Return what was declared of ``symbol``, else what the symbol itself says, else None."""
        found = self.known.get(symbol) or self._reader.instrument(symbol)
        if found is None:
            try:
                found = from_symbol(symbol)
            except ValueError:
                return None
        self.known[symbol] = found
        return found

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        """Return the stored price nearest to ``time_ns``, at most ``within_ns`` away; of two as near, the earlier."""
        quotes = self._reader.quotes_beside(asset, currency, time_ns, time_ns, within_ns)
        return min(quotes, key=lambda quote: (abs(quote.time_ns - time_ns), quote.time_ns), default=None)


class MarketReferences(StoredReferences):
    """References for a book in a reporting currency: where no price is stored, a fill's own price is one."""

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        """Return the nearest stored price, else that of the nearest fill of any account in this very market."""
        stored = super().price(asset, currency, time_ns, within_ns)
        if stored is not None:
            return stored
        since, until = time_ns - within_ns, time_ns + within_ns + 1
        fills = self._reader.events(kinds=("fill",), symbol=f"{asset}/{currency}", since_ns=since, until_ns=until)
        nearest = min(
            (event for event in fills if isinstance(event, Fill)),
            key=lambda fill: (abs(fill.time_ns - time_ns), fill.time_ns, fill.account, fill.id),
            default=None,
        )
        if nearest is None:
            return None
        return PriceQuoted(
            time_ns=nearest.time_ns, asset=asset, price=nearest.price, currency=currency, source="the fill itself"
        )
