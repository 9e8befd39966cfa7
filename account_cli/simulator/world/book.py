"""The book is the truth: every order, fill, ledger entry and balance of the account, exactly.

It is append-only. ``n`` counts what happened; whoever wants the account as it was at ``n`` can have it, which is how an
exchange's slow REST side is played.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from account_cli.simulator.world.facts import (
    Entry,
    EntryKind,
    FeeMood,
    Fill,
    Happening,
    Listener,
    Market,
    Names,
    Order,
    Position,
    PositionSide,
    Setting,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class State:
    """The account as it was after ``n`` happenings."""

    n: int
    balances: dict[str, Decimal]
    positions: dict[str, Position]
    orders: dict[str, Order]
    """Latest state of every order ever placed, oldest first."""
    fills: list[Fill]
    entries: list[Entry]

    @property
    def open_orders(self) -> list[Order]:
        """Oldest first."""
        return [order for order in self.orders.values() if order.status == "open"]


@dataclass(slots=True)
class Book:
    """One account; amounts are in units of their asset."""

    setting: Setting
    names: Names
    n: int = 0
    balances: dict[str, Decimal] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    open: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    mood: FeeMood = "usual"
    hedged: bool = False
    """Long and short of one contract are held apart."""
    listeners: list[Listener] = field(default_factory=list)
    markets: dict[str, Market] = field(init=False)
    _order_log: list[tuple[int, Order]] = field(default_factory=list)
    _position_log: list[tuple[int, Position]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.markets = {market.symbol: market for market in self.setting.markets}

    def balance(self, asset: str) -> Decimal:
        """What is held of ``asset``."""
        return self.balances.get(asset, ZERO)

    def held(self) -> dict[str, Decimal]:
        """What is held of each asset in all wallets together; assets ever held."""
        found: dict[str, Decimal] = {}
        for name, amount in self.balances.items():
            asset = name.partition(".")[0]
            found[asset] = found.get(asset, ZERO) + amount
        return found

    def free(self, asset: str) -> Decimal:
        """What is held and not kept back for open spot orders, their fees included."""
        kept = ZERO
        for order in self.open.values():
            kept += self.kept_back(order).get(asset, ZERO)
        return self.balance(asset) - kept

    def kept_back(self, order: Order) -> dict[str, Decimal]:
        """What an open spot order keeps back, with one percent for fees; nothing for contracts."""
        market = self.market(order.symbol)
        if market.settle is not None:
            return {}
        margin = Decimal("1.01")
        if order.side == "buy":
            return {market.quote: order.remaining * order.price * margin}
        return {market.base: order.remaining * margin}

    def market(self, symbol: str) -> Market:
        """Return the market of that symbol; ``KeyError`` when there is none."""
        return self.markets[symbol]

    def position(self, symbol: str, side: PositionSide = "both") -> Position:
        """Return a position, an empty one when it was never open."""
        empty = Position(symbol=symbol, side=side)
        return self.positions.get(empty.key, empty)

    # -- writing

    def enter(
        self,
        kind: EntryKind,
        asset: str,
        amount: Decimal,
        *,
        time_ns: int,
        ref: str,
        fee: Decimal = ZERO,
        subtype: str = "",
        symbol: str | None = None,
        below_zero: bool = False,
    ) -> Entry:
        """Book one change of a balance, which may go below zero only where that is said."""
        balance = self.balance(asset) + amount - fee
        if balance < 0 and not below_zero:
            raise ArithmeticError(f"{asset} would be {balance}")
        self.balances[asset] = balance
        name, number = self.names.entry(kind)
        entry = Entry(
            n=self.n + 1,
            id=name,
            number=number,
            ref=ref,
            kind=kind,
            subtype=subtype,
            symbol=symbol,
            asset=asset,
            amount=amount,
            fee=fee,
            balance=balance,
            time_ns=time_ns,
        )
        self.entries.append(entry)
        return entry

    def keep(self, order: Order) -> None:
        """Write an order's new state."""
        self.orders[order.id] = order
        self._order_log.append((self.n + 1, order))
        if order.status == "open":
            self.open[order.id] = order
        else:
            self.open.pop(order.id, None)

    def hold(self, position: Position) -> None:
        """Write a position's new state."""
        self.positions[position.key] = position
        self._position_log.append((self.n + 1, position))

    def announce(self, happening: Happening) -> None:
        """Count a happening and tell whoever listens."""
        self.n = happening.n
        for listener in tuple(self.listeners):
            listener(happening)

    # -- reading

    def now(self) -> State:
        """The account as it is."""
        return State(self.n, self.balances, self.positions, self.orders, self.fills, self.entries)

    def at(self, n: int) -> State:
        """The account as it was after ``n`` happenings."""
        if n >= self.n:
            return self.now()
        entries = [entry for entry in self.entries if entry.n <= n]
        return State(
            n,
            {entry.asset: entry.balance for entry in entries},
            {position.key: position for m, position in self._position_log if m <= n},
            {order.id: order for m, order in self._order_log if m <= n},
            [fill for fill in self.fills if fill.n <= n],
            entries,
        )
