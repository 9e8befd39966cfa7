"""What came from outside less what went there, each at its value on that day: the part of equity that nobody earned."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from account_cli.domain.events import TransferArrived
from account_cli.domain.identity import identity
from account_cli.domain.money import MONEY, ONE, ZERO
from account_cli.domain.times import HOUR, MINUTE
from account_cli.engine.references import MarketReferences, StoredReferences
from account_cli.ports import JournalReader

_NEAR = 5 * MINUTE
"""A stored price this near to a transfer is its price."""
_WITHIN = HOUR
"""How far away a price may be, stored or of a fill, that a transfer is valued at while there is no nearer one."""
_PEG = "USD"

Unvalued = tuple[str, int]
"""An asset, and the time at which its price in the reporting currency is not known."""


class Flows:
    """Adds up deposits and withdrawals of one account in ``currency``."""

    def __init__(self, reader: JournalReader, account: str, currency: str, pegged: Sequence[str]) -> None:
        self._reader, self._account = reader, account
        self._currency, self._pegged = currency, frozenset(pegged)
        self._near, self._far = StoredReferences(reader), MarketReferences(reader)
        self._values: dict[tuple[str, Decimal], Decimal] = {}
        self._head: int | None = None
        self._traded: frozenset[str] | None = None
        self._total = ZERO
        self.unvalued: list[Unvalued] = []
        """Transfers without a price, as of the last ``total``."""
        self.provisional = False
        """True while a transfer is valued at a price from further away than a better one may still come for."""

    def total(self) -> Decimal | None:
        """Return the sum up to now; None while one transfer of it has no price."""
        head = self._reader.head(self._account)
        if head != self._head or self.unvalued or self.provisional:
            with localcontext(MONEY):
                self._add_up()
            self._head = head
        return None if self.unvalued else self._total

    def _add_up(self) -> None:
        self._total, self.unvalued, self.provisional = ZERO, [], False
        self._traded = None  # markets may have been stored since
        for event in self._reader.events(self._account, kinds=("transfer",)):
            if not isinstance(event, TransferArrived) or event.type == "internal" or not event.amount:
                continue
            key = (identity(event), event.amount)
            value = self._values.get(key)
            if value is None:
                price, is_final = self._price(event.asset, event.time_ns)
                if price is None and not self._is_traded(event.asset):
                    continue  # it has no part in equity either
                if price is None:
                    self.unvalued.append((event.asset, event.time_ns))
                    continue
                value = event.amount * price
                if is_final:
                    self._values[key] = value
                else:
                    self.provisional = True
            self._total += value

    def _is_traded(self, asset: str) -> bool:
        if self._traded is None:
            markets = self._reader.instruments().values()
            self._traded = frozenset(side for market in markets for side in (market.base, market.quote))
        return asset in self._traded

    def _price(self, asset: str, time_ns: int) -> tuple[Decimal | None, bool]:
        """Return the price, and whether it is the one: a near one may still come in place of one further away."""
        if asset == self._currency:
            return ONE, True
        near = self._near.price(asset, self._currency, time_ns, _NEAR)
        if near is not None:
            return near.price, True
        if asset in self._pegged and self._currency == _PEG:
            return ONE, True
        far = self._far.price(asset, self._currency, time_ns, _WITHIN)
        return (None, False) if far is None else (far.price, False)
