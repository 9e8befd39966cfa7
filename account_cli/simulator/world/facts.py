"""A world is made of a few kinds of frozen facts, all amounts exact and all times in nanoseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

Side = Literal["buy", "sell"]
OrderType = Literal["limit", "market"]
OrderStatus = Literal["open", "closed", "canceled"]
FeeStyle = Literal["quote", "base", "third", "got"]
"""In what a fee is charged; ``got`` is whatever the trade brings in."""
FeeMood = Literal["usual", "switching", "several", "rebate"]
"""How fees are charged now: as usual; in another asset with each fill of an order; in two at once; the other way."""
PositionSide = Literal["both", "long", "short"]
"""Which position of a contract an order is about: the only one there is, or in hedge mode one of two."""
Forced = Literal["", "liquidation", "adl", "settlement"]
"""Why the exchange itself placed an order; empty for one of the account's own."""
EntryKind = Literal[
    "trade", "deposit", "withdrawal", "transfer", "reward", "realized", "commission", "funding", "conversion", "dust",
    "interest", "insurance", "earn",
]  # fmt: skip
Change = Literal["pending", "new", "fill", "done", "canceled", "moved", "leverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A market; quantities are in base units, ``lot_digits`` the digits really traded, so that cash is exact.

    ``wobble`` is the largest step of the price, in ticks, in one second.
    """

    symbol: str
    base: str
    quote: str
    settle: str | None = None
    price_digits: int
    lot_digits: int
    start_price: Decimal
    wobble: int
    unit: Decimal
    """What the account trades at a time, roughly."""
    first_trade: int
    quiet: bool = False
    """True where the account never trades by itself."""

    @property
    def tick(self) -> Decimal:
        """The smallest step of the price."""
        return Decimal(1).scaleb(-self.price_digits)

    @property
    def lot(self) -> Decimal:
        """The smallest step of a quantity."""
        return Decimal(1).scaleb(-self.lot_digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it stands; a later state is another value. ``price`` is the limit, zero for a market order."""

    id: str
    number: int
    symbol: str
    side: Side
    type: OrderType
    price: Decimal
    quantity: Decimal
    filled: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    fee_style: FeeStyle = "quote"
    reduce_only: bool = False
    forced: Forced = ""
    position_side: PositionSide = "both"
    secret: bool = False
    """Nobody is told of the order itself, only of its fills."""
    status: OrderStatus = "open"
    reason: str | None = None
    created_ns: int
    updated_ns: int
    closed_ns: int | None = None
    fills: tuple[str, ...] = ()

    @property
    def remaining(self) -> Decimal:
        """What is not yet filled."""
        return self.quantity - self.filled

    @property
    def average(self) -> Decimal:
        """The mean price of what is filled, zero before that."""
        return self.cost / self.filled if self.filled else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A trade. ``fee`` is positive when paid, in ``fee_asset``; ``fee_quote`` is what it is worth in quote units.

    ``more_fees`` are those in further assets.
    """

    n: int
    id: str
    number: int
    order_id: str
    order_number: int
    symbol: str
    side: Side
    type: OrderType
    price: Decimal
    quantity: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: str
    fee_quote: Decimal
    maker: bool
    more_fees: tuple[tuple[str, Decimal], ...] = ()
    forced: Forced = ""
    position_side: PositionSide = "both"
    realized: Decimal = Decimal(0)
    time_ns: int
    entries: tuple[str, ...] = ()

    @property
    def fees(self) -> dict[str, Decimal]:
        """All fees by asset, none of them zero."""
        return {asset: amount for asset, amount in ((self.fee_asset, self.fee), *self.more_fees) if amount}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the account's ledger: ``balance`` after it is the one before plus ``amount`` minus ``fee``."""

    n: int
    id: str
    number: int
    ref: str
    kind: EntryKind
    subtype: str = ""
    symbol: str | None = None
    asset: str
    amount: Decimal
    fee: Decimal = Decimal(0)
    balance: Decimal
    time_ns: int

    @property
    def tx(self) -> str:
        """The id that a deposit or withdrawal has on its blockchain."""
        return hashlib.sha256((self.ref or self.id).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A contract position: ``quantity`` and ``cost`` (quantity times entry price) are signed, also in hedge mode."""

    symbol: str
    side: PositionSide = "both"
    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    realized: Decimal = Decimal(0)
    updated_ns: int = 0

    @property
    def key(self) -> str:
        """What names it in the book: its symbol, and its side where there are two."""
        return self.symbol if self.side == "both" else f"{self.symbol}|{self.side}"

    @property
    def entry_price(self) -> Decimal:
        """The mean price of what is open, zero when flat."""
        return self.cost / self.quantity if self.quantity else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What listeners hear: one step of one order, or money that moved."""

    n: int
    time_ns: int
    change: Change
    order: Order | None = None
    fill: Fill | None = None
    entries: tuple[Entry, ...] = ()
    positions: tuple[Position, ...] = ()
    symbol: str | None = None


Listener = Callable[[Happening], None]


class Names(Protocol):
    """How a venue names things; numbers rise, ids are what its wire shows.

    A fill may be given a number that is wanted for it; the next one is beyond it.
    """

    def order(self, symbol: str) -> tuple[str, int]: ...
    def fill(self, market: Market, number: int = 0) -> tuple[str, int]: ...
    def entry(self, kind: EntryKind) -> tuple[str, int]: ...
    def transfer(self, kind: EntryKind) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a venue's world is like; all that differs between venues before the wire."""

    venue: str
    wallet: str
    markets: tuple[Market, ...]
    grain_ns: int
    """Times of facts are multiples of this: the finest that all of the venue's tellings can carry."""
    asset_digits: int
    fee_digits: Mapping[str, int] = field(default_factory=dict)
    """Digits of a fee by asset where they differ from ``asset_digits``."""
    maker_rate: Decimal
    taker_rate: Decimal
    fee_styles: tuple[FeeStyle, ...]
    """One of these is drawn for each order: repeat a style to make it likelier."""
    third_asset: str
    third_per_dollar: Decimal
    """Units of the third asset charged for a fee worth one dollar, divided by its price where it has a market."""
    third_market: str | None = None
    deposits: tuple[tuple[str, Decimal, Decimal], ...]
    """What fills the empty account at the start: asset, amount, fee."""
    names: Callable[[int], Names]
    dollar: str = "USD"
    """The asset that prices and round sums are in."""
    converts: bool = False
    """True where the account also swaps assets without a market, and sweeps up dust."""

    @property
    def traded(self) -> tuple[Market, ...]:
        """The markets in which the account trades by itself."""
        return tuple(market for market in self.markets if not market.quiet)
