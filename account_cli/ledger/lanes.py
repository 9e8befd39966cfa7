"""A lane is what the plain fills of one symbol need, looked up once; the road (``road``) books them there.

Nine fills in ten are plain: one market, one wallet, at most one fee and that in its money, nothing unknown. The road
books those to the same digits as ``fills.book_fill``, and keeps the line's figures in local variables meanwhile. So a
line is out of date from ``begin`` until ``settle_up``, which comes before anything else looks.

What can be had by subtraction is not added up fill by fill but when settling up: every change of the quantity is a
change of the base balance, every fee is either still in the open cost or in the fees of what was closed, what was not
won was lost, and the money has more by what was realised, less by what is tied up in the position.

So the balance of the money is out of date too, and a lane must know by itself that it is not below zero. Each is
granted a part of it: while none has tied up more than it was granted and gained, the money is there. One that has says
so; then all settle up, the balance is looked at, and from there on every fill keeps it up to date (``Cell.tight``).
"""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Fill
from account_cli.domain.money import ZERO, round_to_quantum
from account_cli.ledger.lines import Cell, Holding, Line
from account_cli.ledger.work import Work

_LANES = 16
"""A lane is granted one part in so many of what the others left."""


class Lane:
    """Where the plain fills of one symbol go. ``settle`` and no ``base``: a linear contract; else spot."""

    __slots__ = (
        "base", "base_holding", "begun", "closings", "contract_size", "currency", "grant", "line", "quote",
        "quote_holding", "settle", "wallet", "watched", "work",
    )  # fmt: skip

    def __init__(self, work: Work, line: Line, fill: Fill, quote: str) -> None:
        self.work, self.line, self.wallet, self.currency = work, line, fill.wallet, line.currency
        self.closings = work.closings
        self.settle, self.contract_size = fill.settle, fill.contract_size
        self.quote: Cell = work.cell(fill.wallet, quote)
        self.quote_holding: Holding = work.holding(quote)
        self.base: Cell | None = None
        self.base_holding: Holding | None = None
        self.begun = self.watched = False
        self.grant = ZERO

    def begin(self, fill: Fill) -> bool:
        """Say whether plain fills may be booked; False when something is unknown, or the money is inventory itself."""
        line, base, quote = self.line, self.base_holding, self.quote
        if fill.fees is None or (fill.fees and fill.fees[0].asset != self.currency):
            return False
        if line.unknown_quantity or self.quote_holding.tracked:
            return False
        if base is not None and (base.unknown_quantity or not self._covered(base)):
            return False
        self.begun = True
        self.watched = not (quote.below or self.work.may_owe(self.wallet, self.quote_holding))
        quote.tight = quote.tight or quote.value < ZERO
        if self.watched and not quote.tight:
            self.grant = round_to_quantum((quote.value - quote.granted) / _LANES)
            quote.granted += self.grant
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
        gained: Decimal,
        fees: Decimal,
        won: Decimal,
        funding: Decimal,
        balanced: bool,
    ) -> None:
        """Bring the line up to date, and book what was left to subtraction; ``balanced``: but for the money."""
        line, quote = self.line, self.quote
        if not balanced:
            quote.value += gained - (fee - line.fee if self.base is None else cost - line.cost)
        if self.base is not None:
            self.base.value += quantity - line.quantity
        line.updated_ns = last.time_ns
        line.fees_paid += fee + fees - (line.fee + line.fees)
        line.lost += gained - (won - line.won)
        line.realized += gained
        line.quantity, line.cost, line.fee, line.fees, line.won = quantity, cost, fee, fees, won
        if funding is ZERO:
            line.funding_mark = line.funding
        self.end()

    def end(self) -> None:
        """Give back what was granted."""
        self.quote.granted -= self.grant
        self.grant, self.begun = ZERO, False

    def look(self, fill: Fill) -> None:
        """Look at the money after a fill that took more than was granted; everything is up to date."""
        quote = self.quote
        quote.tight = True
        if quote.value < ZERO and not (self.base is not None and fill.margin):
            self.work.below(quote, self.wallet, self.currency, fill)
