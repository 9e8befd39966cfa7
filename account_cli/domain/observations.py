"""What an exchange says its state is: shown and compared, never folded into the ledger.

A ``...Seen`` batch that is ``complete`` replaces all that was seen of that kind before; one that is not only updates
the rows it names. Absence from an incomplete batch means nothing. ``at_ns`` is the exchange's time where it sends one,
else the time of receipt. Amounts the exchange did not send are None.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

OrderStatus = Literal["pending", "open", "closed", "canceled", "expired", "rejected"]
TERMINAL: frozenset[str] = frozenset({"closed", "canceled", "expired", "rejected"})


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """One asset in one wallet; ``total`` excludes unrealised P&L of derivatives."""

    asset: str
    total: Decimal
    free: Decimal | None = None
    used: Decimal | None = None
    wallet: str = "spot"


class BalancesSeen(msgspec.Struct, frozen=True, kw_only=True, tag="balances"):
    """Balances of an account as the exchange states them."""

    account: str
    at_ns: int
    complete: bool
    rows: tuple[Balance, ...]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An open contract position; ``quantity`` is signed, in base units (contracts when inverse).

    A row with quantity 0 says that the position is closed. ``side`` is ``both`` in one-way mode.
    """

    symbol: str
    quantity: Decimal
    side: Literal["both", "long", "short"] = "both"
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    leverage: Decimal | None = None
    margin: Decimal | None = None
    liquidation_price: Decimal | None = None
    margin_mode: Literal["cross", "isolated"] | None = None
    wallet: str = "futures"


class PositionsSeen(msgspec.Struct, frozen=True, kw_only=True, tag="positions"):
    """Positions of an account as the exchange states them."""

    account: str
    at_ns: int
    complete: bool
    rows: tuple[Position, ...]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order's latest known state. Fields None in a later telling keep what was known."""

    id: str
    symbol: str | None = None
    client_id: str | None = None
    type: str | None = None
    side: Literal["buy", "sell"] | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    filled: Decimal | None = None
    average: Decimal | None = None
    status: OrderStatus | None = None
    created_ns: int | None = None
    updated_ns: int | None = None


class OrdersSeen(msgspec.Struct, frozen=True, kw_only=True, tag="orders"):
    """Orders as the exchange states them; ``complete`` means that these are all open ones."""

    account: str
    at_ns: int
    complete: bool
    rows: tuple[Order, ...]


class PriceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A market price sampled now: the last trade of a spot market or the mark price of a contract.

    Not journaled and not an account's observation; ``symbol`` is unified, the price is in its quote currency.
    """

    symbol: str
    price: Decimal
    at_ns: int
    kind: Literal["last", "mark"] = "last"
    venue: str = ""


class RunningBalance(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the exchange's own ledger, as far as balances go: what it changed, and what was held after it.

    ``book`` is the asset in the exchange's own word for it: where several of those are one asset, each has a balance.
    """

    book: str
    id: str
    wallet: str
    asset: str
    time_ns: int
    change: Decimal
    balance: Decimal


Observation = BalancesSeen | PositionsSeen | OrdersSeen


def update_order(old: Order | None, new: Order) -> Order:
    """Return the order after a further telling: nothing known is lost, a terminal status is final.

    An older telling (by ``updated_ns``) may complete what was unknown, but changes nothing that was known, but for one
    thing: that the order has ended, which is true however late it is told.
    """
    if old is None:
        return new
    stale = old.updated_ns is not None and new.updated_ns is not None and new.updated_ns < old.updated_ns
    changes: dict[str, object] = {}
    for field in Order.__struct_fields__:
        mine, theirs = getattr(old, field), getattr(new, field)
        if theirs is None or mine == theirs:
            continue
        if mine is None or not stale:
            changes[field] = theirs
    if new.status in TERMINAL:
        changes["status"] = new.status
    if old.status in TERMINAL:
        changes.pop("status", None)
    if old.filled is not None and new.filled is not None and new.filled < old.filled:
        changes.pop("filled", None)
        changes.pop("average", None)
    return msgspec.structs.replace(old, **changes) if changes else old
