"""What something was worth in the reporting currency, at its own time, by a stored price that is named.

A stablecoin is an asset with a price: a market's where one is stored, else its peg, and then the figure says so. A
price that is missing is listed and makes the result incomplete; it is never guessed and never zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.identity import identity
from account_cli.domain.money import ONE
from account_cli.ledger.state import References

PEG = "USD"
PEGGED = ("USDT", "USDC", "DAI", "FDUSD")


class MissingPrice(msgspec.Struct, frozen=True, kw_only=True):
    """No price of ``asset`` in the reporting currency near ``time_ns``, which the fact ``identity`` needed."""

    asset: str
    quantity: Decimal
    time_ns: int
    identity: str


class Valuer:
    """Looks up prices for one accounting book; remembers what it used (by source) and what it lacked."""

    def __init__(self, refs: References, currency: str, pegged: Sequence[str], within_ns: int) -> None:
        self.refs, self.currency, self.pegged, self.within_ns = refs, currency, frozenset(pegged), within_ns
        self.sources: Counter[str] = Counter()
        self.missing: list[MissingPrice] = []

    def take_missing(self) -> tuple[MissingPrice, ...]:
        """Return the prices that were missing since this was last asked."""
        missing, self.missing = tuple(self.missing), []
        return missing

    def price(self, asset: str, time_ns: int) -> Decimal | None:
        """Return the price of one ``asset``: its own, or through a stablecoin or the peg; None when there is none."""
        price = self._own(asset, time_ns)
        if price is not None:
            return price
        for hub in (*sorted(self.pegged), PEG):
            if hub in {asset, self.currency}:
                continue
            quote = self.refs.price(asset, hub, time_ns, self.within_ns)
            rate = None if quote is None else self._own(hub, time_ns)
            if quote is not None and rate is not None:
                self.sources[quote.source] += 1
                return quote.price * rate
        return None

    def _own(self, asset: str, time_ns: int) -> Decimal | None:
        """Return the price that is stored of ``asset`` itself, or its peg."""
        if asset == self.currency:
            return ONE
        quote = self.refs.price(asset, self.currency, time_ns, self.within_ns)
        if quote is not None:
            self.sources[quote.source] += 1
            return quote.price
        if asset not in self.pegged:
            return None
        self.sources["pegged"] += 1
        return ONE if self.currency == PEG else self._own(PEG, time_ns)

    def value(self, asset: str, quantity: Decimal, event: Event) -> Decimal | None:
        """Return what ``quantity`` was worth when ``event`` happened; None, and listed, when nobody knows."""
        price = self.price(asset, event.time_ns)
        if price is not None:
            return quantity * price
        self.lack(asset, quantity, event)
        return None

    def trade(self, base: str, n: Decimal, quote: str, money: Decimal, event: Event) -> Decimal | None:
        """Return what a trade of ``n`` base for ``money`` quote was worth: by its money, else by its base.

        A leg in the reporting currency is the value itself.
        """
        if base == self.currency:
            return n
        price = self.price(quote, event.time_ns)
        if price is not None:
            return money * price
        price = self.price(base, event.time_ns)
        if price is None:
            self.lack(quote, money, event)
            return None
        return n * price

    def lack(self, asset: str, quantity: Decimal, event: Event) -> None:
        """List a price that is missing."""
        name = identity(event)
        self.missing.append(MissingPrice(asset=asset, quantity=quantity, time_ns=event.time_ns, identity=name))
