"""The world is a queue of things to come; moving its clock makes them happen, always in the same order.

Theory: prices step once a second, the account acts at seeded moments, and an order that the price reached is filled a
seeded moment later. Each is an entry of one heap, ordered by (time, number), and each draws only from the random source
of its own kind. So the world at an instant depends on setting, seed and start alone, and never on how often or how far
the clock was moved; what a test injects (``burst``) is the one exception, and it has a random source of its own.
"""

from __future__ import annotations

import dataclasses
import heapq
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from account_cli.simulator.world.book import Book
from account_cli.simulator.world.facts import (
    Change,
    Entry,
    EntryKind,
    FeeStyle,
    Fill,
    Forced,
    Happening,
    Market,
    Order,
    OrderType,
    Position,
    PositionSide,
    Setting,
    Side,
)
from account_cli.simulator.world.prices import Walk
from account_cli.simulator.world.settling import charges, settle_contract, settle_spot

EXACT = Context(prec=60)
"""The arithmetic of the book: wide enough that nothing but a division is ever rounded."""

SECOND = 1_000_000_000


class World:
    """Markets and one account under one clock; ``now_ns`` is the world's time.

    Worlds of one start whose ``prices`` are the same seed (by default each has its own) have the same prices.
    """

    def __init__(self, setting: Setting, *, seed: int, start_ns: int, prices: int | None = None) -> None:
        self.setting = setting
        self.seed = seed
        self.start_ns = start_ns - start_ns % SECOND
        self.now_ns = self.start_ns
        self.book = Book(setting, setting.names(seed))
        self.walks = {market.symbol: Walk(market, seed if prices is None else prices) for market in setting.markets}
        self.price_listeners: list[Callable[[], None]] = []
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._matching = random.Random(f"{seed}:matching")  # noqa: S311
        self.after(0, self._tick)

    # -- time

    def at(self, time_ns: int, what: Callable[[], None]) -> None:
        """Let something happen at a time, rounded down to the venue's grain but never before now."""
        grain = self.setting.grain_ns
        self._count += 1
        heapq.heappush(self._queue, (max(time_ns - time_ns % grain, self.now_ns), self._count, what))

    def after(self, delay_ns: int, what: Callable[[], None]) -> None:
        """Let something happen a while from now."""
        self.at(self.now_ns + delay_ns, what)

    def run_until(self, time_ns: int) -> None:
        """Let everything up to and including ``time_ns`` happen."""
        with localcontext(EXACT):
            while self._queue and self._queue[0][0] <= time_ns:
                moment, _, what = heapq.heappop(self._queue)
                self.now_ns = moment
                what()
        self.now_ns = max(self.now_ns, time_ns - time_ns % self.setting.grain_ns)

    def arithmetic(self) -> AbstractContextManager[Context]:
        """The arithmetic in which the book is kept, for whoever acts on the world from outside its clock."""
        return localcontext(EXACT)

    def price(self, symbol: str) -> Decimal:
        """The last price of a market."""
        return self.walks[symbol].price

    def prices(self) -> dict[str, Decimal]:
        """The last prices of all markets."""
        return {symbol: walk.price for symbol, walk in self.walks.items()}

    def _tick(self) -> None:
        for walk in self.walks.values():
            walk.step(self.now_ns)
        for order in tuple(self.book.open.values()):
            price = self.price(order.symbol)
            if (order.side == "buy" and price <= order.price) or (order.side == "sell" and price >= order.price):
                self.after(self._matching.randrange(SECOND), self._reached(order.id))
        for listener in self.price_listeners:
            listener()
        self.after(SECOND, self._tick)

    # -- orders

    def place(
        self,
        symbol: str,
        side: Side,
        kind: OrderType,
        quantity: Decimal,
        *,
        price: Decimal = Decimal(0),
        fee_style: FeeStyle = "quote",
        reduce_only: bool = False,
        forced: Forced = "",
        secret: bool = False,
        position_side: PositionSide | None = None,
    ) -> Order:
        """Place an order; it is acknowledged and, when accepted, open, and whoever listens is told unless secret.

        In hedge mode it is about the long position when it buys and the short one when it sells, unless told.
        """
        if position_side is None:
            position_side = ("long" if side == "buy" else "short") if self.book.hedged else "both"
        name, number = self.book.names.order(symbol)
        order = Order(
            id=name,
            number=number,
            symbol=symbol,
            side=side,
            type=kind,
            price=price,
            quantity=quantity,
            fee_style=fee_style,
            reduce_only=reduce_only,
            forced=forced,
            position_side=position_side,
            secret=secret,
            created_ns=self.now_ns,
            updated_ns=self.now_ns,
        )
        self.book.keep(order)
        if not secret:
            self._tell("pending", order=order)
            self._tell("new", order=order)
        return order

    def cancel(self, order_id: str, reason: str = "User requested") -> None:
        """End an open order; nothing happens when it is not open."""
        order = self.book.open.get(order_id)
        if order is not None:
            ended = dataclasses.replace(
                order, status="canceled", reason=reason, updated_ns=self.now_ns, closed_ns=self.now_ns
            )
            self.book.keep(ended)
            self._tell("canceled", order=ended)

    def fill(self, order_id: str, quantity: Decimal, price: Decimal, *, maker: bool, number: int = 0) -> Fill:
        """Fill so much of an open order at a price, and book what follows; the trade may be given its ``number``."""
        book, order = self.book, self.book.open[order_id]
        market = book.market(order.symbol)
        fill = self._trade(order, quantity, price, maker=maker, number=number)
        if market.settle is None:
            fill, entries = settle_spot(book, order, fill)
            positions: tuple[Position, ...] = ()
        else:
            fill, entries, position = settle_contract(book, order, fill)
            positions = (position,)
        done = order.filled + quantity == order.quantity
        order = dataclasses.replace(
            order,
            filled=order.filled + quantity,
            cost=order.cost + fill.cost,
            fee=order.fee + fill.fee_quote,
            fills=(*order.fills, fill.id),
            status="closed" if done else "open",
            updated_ns=self.now_ns,
            closed_ns=self.now_ns if done else None,
        )
        book.fills.append(fill)
        book.keep(order)
        self._tell("fill", order=order, fill=fill, entries=entries, positions=positions)
        if done and not order.secret:
            self._tell("done", order=order)
        return fill

    def _trade(self, order: Order, quantity: Decimal, price: Decimal, *, maker: bool, number: int) -> Fill:
        """A fill with its fees, named but not yet booked."""
        cost = quantity * price
        fee, *more = charges(self.book, order, cost, price, maker, self.prices())
        name, number = self.book.names.fill(self.book.market(order.symbol), number)
        return Fill(
            n=self.book.n + 1,
            id=name,
            number=number,
            order_id=order.id,
            order_number=order.number,
            symbol=order.symbol,
            side=order.side,
            type=order.type,
            price=price,
            quantity=quantity,
            cost=cost,
            fee=fee.amount,
            fee_asset=fee.asset,
            fee_quote=fee.in_quote,
            maker=maker,
            more_fees=tuple((each.asset, each.amount) for each in more),
            forced=order.forced,
            position_side=order.position_side,
            time_ns=self.now_ns,
        )

    def take(self, order: Order, pieces: Sequence[Decimal], *, levels: int = 1) -> None:
        """Fill an order at once as taker in several pieces; the price moves a tick against it every ``levels``."""
        against = 1 if order.side == "buy" else -1
        for index, piece in enumerate(pieces):
            price = self.walks[order.symbol].level(against * (1 + index // levels))
            if order.type == "limit":
                price = min(price, order.price) if order.side == "buy" else max(price, order.price)
            self.fill(order.id, piece, price, maker=False)

    def _reached(self, order_id: str) -> Callable[[], None]:
        def fill_some() -> None:
            order = self.book.open.get(order_id)
            if order is None:
                return
            market, draw = self.book.market(order.symbol), self._matching.random()
            pieces = split(order.remaining, market, self._matching.randint(2, 4), self._matching)
            if draw < 0.5:
                pieces = [order.remaining]
            elif draw < 0.8:
                pieces = pieces[:1]
            for piece in pieces:
                self.fill(order_id, piece, order.price, maker=True)

        return fill_some

    # -- money

    def move(
        self,
        kind: EntryKind,
        asset: str,
        amount: Decimal,
        *,
        fee: Decimal = Decimal(0),
        subtype: str = "",
        symbol: str | None = None,
        below_zero: bool = False,
    ) -> Entry:
        """Let money come or go: a deposit, withdrawal, transfer, reward, interest or funding."""
        entry = self.book.enter(
            kind,
            asset,
            amount,
            fee=fee,
            subtype=subtype,
            symbol=symbol,
            ref=self.book.names.transfer(kind),
            time_ns=self.now_ns,
            below_zero=below_zero,
        )
        self._tell("moved", entries=(entry,), symbol=symbol)
        return entry

    def convert(
        self,
        kind: EntryKind,
        given: tuple[str, Decimal],
        got: tuple[str, Decimal],
        *,
        fee: Decimal = Decimal(0),
        ref: str,
        subtype: str = "",
    ) -> tuple[Entry, Entry]:
        """Let one asset become another without a market; ``fee`` is taken out of what is got."""
        one, other = (
            self.book.enter(kind, asset, amount, fee=cost, ref=ref, subtype=subtype, time_ns=self.now_ns)
            for asset, amount, cost in ((given[0], -given[1], Decimal(0)), (*got, fee))
        )
        self._tell("moved", entries=(one, other))
        return one, other

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change the leverage of a market; moves no money."""
        self.book.leverage[symbol] = leverage
        self._tell("leverage", symbol=symbol)

    def _tell(self, change: Change, **what: object) -> None:
        self.book.announce(Happening(n=self.book.n + 1, time_ns=self.now_ns, change=change, **what))  # type: ignore[arg-type]


def split(quantity: Decimal, market: Market, pieces: int, source: random.Random) -> list[Decimal]:
    """Cut a quantity into at most so many positive multiples of the market's lot."""
    lots = int(quantity / market.lot)
    cuts = sorted({source.randrange(1, lots) for _ in range(pieces - 1)}) if lots > 1 else []
    edges = [0, *cuts, lots]
    return [(high - low) * market.lot for low, high in pairwise(edges)]
