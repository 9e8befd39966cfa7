"""A lane is what the plain fills of one symbol need, looked up once; the roads book them there.

Nine fills in ten are plain: one market, one wallet, one fee in its money, nothing unknown. ``roads`` books those to the
same digits as ``fills.book_fill``, and keeps the line's figures in local variables meanwhile. So a line is out of date
from ``begin`` until ``settle_up``, which comes before anything else looks.

What can be had by subtraction is not added up fill by fill but when settling up: every change of the quantity is a
change of the base balance, every fee is either still in the open cost or in the fees of what was closed, and what was
not won was lost.
"""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Fill
from account_cli.domain.money import ZERO
from account_cli.ledger.lines import Cell, Holding, Line
from account_cli.ledger.work import Work


class Lane:
    """Where the plain fills of one symbol go. ``settle`` and no ``base``: a linear contract; else spot."""

    __slots__ = (
        "base", "base_holding", "begun", "closings", "contract_size", "currency", "line", "quote", "quote_holding",
        "settle", "wallet", "work",
    )  # fmt: skip

    def __init__(self, work: Work, line: Line, fill: Fill, quote: str) -> None:
        self.work, self.line, self.wallet, self.currency = work, line, fill.wallet, line.currency
        self.closings = work.closings
        self.settle, self.contract_size = fill.settle, fill.contract_size
        self.quote: Cell = work.cell(fill.wallet, quote)
        self.quote_holding: Holding = work.holding(quote)
        self.base: Cell | None = None
        self.base_holding: Holding | None = None
        self.begun = False

    def begin(self, fill: Fill) -> bool:
        """Say whether plain fills may be booked; False when something is unknown, or the money is inventory itself."""
        line, base = self.line, self.base_holding
        if not fill.fees or fill.fees[0].asset != self.currency:
            return False
        if line.unknown_quantity or self.quote_holding.tracked:
            return False
        if base is not None and (base.unknown_quantity or not self._covered(base)):
            return False
        self.begun = True
        return True

    def _covered(self, holding: Holding) -> bool:
        """True when selling what the pools hold cannot take the balance below zero, so that nobody need look.

        Other lanes of this asset may be out of date; their pool and their balance are then so by the same quantity.
        """
        assert self.base is not None
        pools = [self.work.pool(holding.asset, currency) for currency in holding.pools]
        return self.base.below or self.base.value >= sum(
            (pool.quantity for pool in pools if pool.quantity > ZERO), ZERO
        )

    def settle_up(
        self,
        last: Fill,
        quantity: Decimal,
        cost: Decimal,
        fee: Decimal,
        realized: Decimal,
        fees: Decimal,
        won: Decimal,
        funding: Decimal,
    ) -> None:
        """Bring the line up to date, and book what was left to subtraction."""
        line = self.line
        line.updated_ns = last.time_ns
        line.fees_paid += fee + fees - (line.fee + line.fees)
        line.lost += realized - line.realized - (won - line.won)
        if self.base is not None:
            self.base.value += quantity - line.quantity
        line.quantity, line.cost, line.fee = quantity, cost, fee
        line.realized, line.fees, line.won = realized, fees, won
        if funding is ZERO:
            line.funding_mark = line.funding
        self.begun = False
