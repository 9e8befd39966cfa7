"""What the ledger answers: frozen figures of positions, lots and issues."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.domain.money import MONEY, ZERO


class PositionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A position, or the history of one, with figures as docs/formats.md, section 3, defines them.

    ``quantity`` is signed (contracts when ``inverse``) and includes ``unknown_open_quantity``, the part held at a cost
    nobody knows; ``cost`` is of the rest, signed, unclosed entry fees included. ``entry_price`` is without fees and of
    the known part. ``unknown_cost_quantity`` and ``unknown_cost_proceeds`` are of what was disposed of. All sums are
    since the beginning, so the difference of two instants is a period. ``asset`` is what is held in spot.
    """

    wallet: str
    symbol: str
    side: Literal["long", "short", "flat"]
    quantity: Decimal
    cost: Decimal | None
    entry_price: Decimal | None
    currency: str
    gross_realized_pnl: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    fees_paid: Decimal = ZERO
    funding: Decimal = ZERO
    unknown_cost_quantity: Decimal = ZERO
    unknown_cost_proceeds: Decimal = ZERO
    unpriced_fees: int = 0
    opened_ns: int | None = None
    updated_ns: int | None = None
    is_contract: bool = False
    inverse: bool = False
    contract_size: Decimal = Decimal(1)
    other_income: Decimal = ZERO
    moved_cost: Decimal = ZERO
    open_fees: Decimal = ZERO
    unknown_open_quantity: Decimal = ZERO
    closed_trades: int = 0
    winning_trades: int = 0
    losing_trades: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO
    leverage: Decimal | None = None
    position_side: Literal["long", "short"] | None = None
    asset: str | None = None

    @property
    def known_quantity(self) -> Decimal:
        """The signed quantity that ``cost`` is of."""
        return MONEY.subtract(self.quantity, self.unknown_open_quantity)

    def value(self, mark: Decimal) -> Decimal:
        """Market value at ``mark`` of the part whose cost is known, in ``currency``; inverse: −Q ÷ mark."""
        known = self.known_quantity
        if self.inverse:
            return MONEY.divide(MONEY.multiply(MONEY.minus(known), self.contract_size), mark)
        return MONEY.multiply(known, mark)

    def unrealized(self, mark: Decimal) -> Decimal | None:
        """Market value at ``mark`` − cost, of the part whose cost is known; None when no part's is."""
        return None if self.cost is None else MONEY.subtract(self.value(mark), self.cost)


class LotFigures(msgspec.Struct, frozen=True, kw_only=True):
    """An open lot; under average cost one row is a whole pool and has no ``lot``. ``cost`` None is unknown."""

    symbol: str
    asset: str
    quantity: Decimal
    cost: Decimal | None
    currency: str | None
    lot: str | None
    identity: str | None
    opened_ns: int | None


class Issue(msgspec.Struct, frozen=True):
    """Something the figures rest on and lack; ``id`` is stable, ``next_action`` says what a person can do."""

    id: str
    code: str
    text: str
    next_action: str
    time_ns: int | None
