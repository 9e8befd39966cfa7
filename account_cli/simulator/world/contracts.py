"""A contract account goes long and short, adds, halves, turns round, and pays or receives funding.

What a venue books as realised has a fixed number of digits. So that the truth holds to the last digit and not up to
rounding, the trader takes a part of a position only while its mean price has few digits; a position whose mean price
does not end is left in one fill, which realises proceeds minus cost and needs no division.
"""

from __future__ import annotations

import random
from decimal import Decimal

from account_cli.simulator.world.facts import Market, Order, Position, Side
from account_cli.simulator.world.settling import exactly_shared
from account_cli.simulator.world.world import SECOND, World, split

_DIGITS = 8
_FAR = Decimal("0.3")


class ContractHabits:
    """A trader of linear perpetual contracts in one-way mode; one live order at a time in each market."""

    def __init__(self, world: World, *, seed: int, funding_hours: int) -> None:
        self._world, self._book = world, world.book
        self._random = random.Random(f"{seed}:habits")  # noqa: S311
        self._bursts = random.Random(f"{seed}:bursts")  # noqa: S311
        self._rates = random.Random(f"{seed}:funding")  # noqa: S311
        self._funding_ns = funding_hours * 3600 * SECOND
        for market in world.setting.markets:
            world.book.leverage[market.symbol] = 20
        world.at(world.start_ns - world.start_ns % self._funding_ns + self._funding_ns, self._fund)

    def act(self) -> None:
        """Do one thing in one market."""
        market = self._random.choice(self._world.setting.traded)
        live = [order for order in self._book.open.values() if order.symbol == market.symbol]
        near = [order for order in live if not self._far(order)]
        if near or (live and self._random.random() < 0.2):
            self._world.cancel((near or live)[0].id)
            return
        if not live and self._random.random() < 0.15:
            self._rest_far_away(market)
            return
        self._trade(market, self._book.positions.get(market.symbol, Position(symbol=market.symbol)))

    def _trade(self, market: Market, position: Position) -> None:
        held, source = abs(position.quantity), self._random
        into: Side = "buy" if position.quantity > 0 else "sell"
        out: Side = "sell" if position.quantity > 0 else "buy"
        fresh = market.unit * source.choice((1, 2, 4, 5, 8))
        if not held:
            if source.random() < 0.1:
                self._world.set_leverage(market.symbol, source.choice((5, 10, 20, 50)))
            self._order(market, source.choice(("buy", "sell")), fresh)
        elif not exactly_shared(position, market, _DIGITS):
            self._order(market, out, held, at_once=True)
        elif (draw := source.random()) < 0.3 and held <= 16 * market.unit:
            self._order(market, into, held)
        elif draw < 0.5 and int(held / market.lot) % 2 == 0:
            self._order(market, out, held / 2)
        elif draw < 0.75:
            self._order(market, out, held)
        else:
            self._order(market, out, held + fresh)

    def _order(self, market: Market, side: Side, quantity: Decimal, *, at_once: bool = False) -> None:
        world, source = self._world, self._random
        style = source.choice(world.setting.fee_styles)
        if at_once or source.random() < 0.5:
            order = world.place(market.symbol, side, "market", quantity, fee_style=style)
            pieces = 1 if at_once else source.choice((1, 1, 2, 3, 4))
            world.take(order, split(quantity, market, pieces, source))
            return
        ticks = source.randint(1, 8 * market.wobble)
        price = world.walks[market.symbol].level(-ticks if side == "buy" else ticks)
        world.place(market.symbol, side, "limit", quantity, price=price, fee_style=style)

    def _rest_far_away(self, market: Market) -> None:
        side: Side = self._random.choice(("buy", "sell"))
        away = 1 - _FAR if side == "buy" else 1 + _FAR
        price = (market.start_price * away).quantize(market.tick)
        self._world.place(market.symbol, side, "limit", market.unit, price=price)

    def _far(self, order: Order) -> bool:
        """True for an order that the price never reaches."""
        start = self._book.market(order.symbol).start_price
        return abs(order.price - start) > start * _FAR / 2

    def move_money(self) -> None:
        """Move money between this wallet and the spot wallet; top up what pays fees."""
        source, world, third = self._random, self._world, self._world.setting.third_asset
        if self._book.balance(third) < Decimal("0.2"):
            world.move("transfer", third, Decimal(source.randint(10**7, 10**8)) * Decimal("1e-8"))
        elif source.random() < 0.5:
            world.move("transfer", "USDT", source.randint(10**4, 10**7) * Decimal("0.0001"))
        else:
            amount = source.randint(10**4, 10**7) * Decimal("0.0001")
            if self._book.balance("USDT") > 20 * amount:
                world.move("transfer", "USDT", -amount)

    def _fund(self) -> None:
        """Longs pay shorts when the rate is positive; rounded to the digits the venue books."""
        for position in list(self._book.positions.values()):
            if position.quantity:
                rate = self._rates.randint(-5, 15) * Decimal("0.00001")
                paid = position.quantity * self._world.price(position.symbol) * rate
                amount = -paid.quantize(Decimal(1).scaleb(-_DIGITS))
                if amount:
                    settle = str(self._book.market(position.symbol).settle)
                    self._world.move("funding", settle, amount, symbol=position.symbol)
        self._world.after(self._funding_ns, self._fund)

    def burst(self, count: int) -> Order:
        """Add to a position many times over in one instant, in the direction it has."""
        world, market = self._world, self._world.setting.markets[0]
        for order in [order for order in self._book.open.values() if order.symbol == market.symbol]:
            world.cancel(order.id)
        position = self._book.positions.get(market.symbol, Position(symbol=market.symbol))
        short = position.quantity < 0 or (not position.quantity and self._bursts.random() < 0.5)
        order = world.place(market.symbol, "sell" if short else "buy", "market", market.lot * count)
        world.take(order, [market.lot] * count, levels=10)
        return order
