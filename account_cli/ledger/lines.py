"""The mutable records a fold works on; outside a fold they are never changed.

A ``Line`` is one position and all its history of P&L, in one currency: a spot pool (account, asset, cost currency), a
contract of one wallet (and side, in hedge mode), or the income of an asset that belongs to no market. A ``Holding`` is
what one asset has besides its pools: the quantity held at unknown cost. A ``Cell`` is one balance.

Slotted classes and not Structs: a fold sets some ten of their fields a fill, and a slot is set in two thirds of the
time.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Literal

from account_cli.domain.money import ONE, ZERO
from account_cli.ledger.booking import Lot

LineKind = Literal["spot", "linear", "inverse", "cash"]
LineKey = tuple[str, str, str, str]
"""Wallet ('' for spot: a pool is the account's), symbol, position side ('' in one-way mode), currency."""


class Line:
    """One position and its history. ``quantity``, ``cost``, ``fee`` are of the part with known cost, signed.

    For an inverse contract ``quantity`` is in units of quote currency: contracts × ``size``. ``unknown_sign`` is the
    direction of the unknown part (contracts only; spot's is in the ``Holding``).
    """

    __slots__ = (
        "asset", "cost", "currency", "evens", "fee", "fees", "fees_paid", "funding", "funding_mark", "kind", "leverage",
        "losses", "lost", "lots", "moved_cost", "opened_ns", "other_income", "quantity", "realized", "side", "size",
        "symbol", "unknown", "unknown_cost_proceeds", "unknown_cost_quantity", "unknown_quantity", "unknown_sign",
        "unpriced_fees", "updated_ns", "wallet", "wins", "won",
    )  # fmt: skip

    wallet: str
    symbol: str
    side: str
    currency: str
    asset: str
    kind: LineKind
    size: Decimal
    quantity: Decimal
    cost: Decimal
    fee: Decimal
    lots: deque[Lot]
    unknown: deque[Lot]
    unknown_quantity: Decimal
    unknown_sign: int
    realized: Decimal
    fees: Decimal
    fees_paid: Decimal
    funding: Decimal
    funding_mark: Decimal
    other_income: Decimal
    moved_cost: Decimal
    unknown_cost_quantity: Decimal
    unknown_cost_proceeds: Decimal
    unpriced_fees: int
    wins: int
    losses: int
    evens: int
    won: Decimal
    lost: Decimal
    leverage: Decimal | None
    opened_ns: int | None
    updated_ns: int | None

    def __init__(self, key: LineKey, kind: LineKind, asset: str) -> None:
        self.wallet, self.symbol, self.side, self.currency = key
        self.asset, self.kind, self.size = asset, kind, ONE
        self.quantity = self.cost = self.fee = ZERO
        self.lots, self.unknown = deque(), deque()
        self.unknown_quantity, self.unknown_sign = ZERO, 1
        self.realized = self.fees = self.fees_paid = ZERO
        self.funding = self.funding_mark = self.other_income = self.moved_cost = ZERO
        self.unknown_cost_quantity = self.unknown_cost_proceeds = ZERO
        self.unpriced_fees = self.wins = self.losses = self.evens = 0
        self.won = self.lost = ZERO
        self.leverage = self.opened_ns = self.updated_ns = None

    def copy(self) -> Line:
        """Return an equal line that can be changed without touching this one."""
        twin = Line.__new__(Line)
        for name in Line.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.lots = self.lots.copy()
        twin.unknown = self.unknown.copy()
        return twin

    @property
    def open_quantity(self) -> Decimal:
        """Signed quantity, known and unknown cost together (contracts: spot's unknown part is in the holding)."""
        return self.quantity + (self.unknown_quantity if self.unknown_sign > 0 else -self.unknown_quantity)


class Holding:
    """An asset's unknown-cost part, and what explains the difference of its lots to its balance.

    With ``tracked``, sum of lots = balance − borrowed + oversold + in_transit, over all wallets. An asset is tracked
    from the moment it is first traded as a base, used as a fee or opened with a cost; before that it is plain cash, and
    only what arrived from outside is remembered. ``home`` is the symbol it was first traded at,
    where what it holds at unknown cost is shown.
    """

    __slots__ = ("asset", "borrowed", "home", "in_transit", "oversold", "pools", "tracked", "unknown",
                 "unknown_quantity")  # fmt: skip

    asset: str
    tracked: bool
    home: str | None
    unknown: deque[Lot]
    unknown_quantity: Decimal
    borrowed: Decimal
    oversold: Decimal
    in_transit: Decimal
    pools: tuple[str, ...]

    def __init__(self, asset: str) -> None:
        self.asset, self.tracked, self.home = asset, False, None
        self.unknown, self.unknown_quantity = deque(), ZERO
        self.borrowed = self.oversold = self.in_transit = ZERO
        self.pools = ()

    @property
    def blank(self) -> bool:
        """True when it says nothing yet."""
        return not (self.tracked or self.home or self.unknown or self.borrowed or self.in_transit or self.pools)

    def copy(self) -> Holding:
        """Return an equal holding that can be changed without touching this one."""
        twin = Holding.__new__(Holding)
        for name in Holding.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.unknown = self.unknown.copy()
        return twin


class Cell:
    """A balance; ``below`` once it was negative where that cannot be.

    For one fold only: ``granted`` is how much lanes may spend unasked, ``tight`` that this once was not enough.
    """

    __slots__ = ("below", "granted", "tight", "value")

    value: Decimal
    below: bool
    granted: Decimal
    tight: bool

    def __init__(self, value: Decimal = ZERO, below: bool = False) -> None:
        self.value, self.below = value, below
        self.granted, self.tight = ZERO, False


def spot_key(asset: str, currency: str) -> LineKey:
    """Return the key of the pool of ``asset`` whose cost is in ``currency``."""
    return ("", f"{asset}/{currency}", "", currency)
