"""The account behaves like somebody: it is funded, trades, changes its mind, and moves money in and out."""

from __future__ import annotations

import random
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from account_cli.simulator.world.facts import Market, Order, Side
from account_cli.simulator.world.world import SECOND, World, split

_HOUR = 3600 * SECOND


class Habits(Protocol):
    """What one kind of account does when it acts."""

    def act(self) -> None:
        """Trade: place, take or cancel."""
        ...

    def move_money(self) -> None:
        """Deposit, withdraw, transfer."""
        ...

    def burst(self, count: int) -> Order:
        """Let one order be filled ``count`` times in this instant."""
        ...


class Agent:
    """Drives one account: ``activity`` is how often it acts in an hour."""

    def __init__(self, world: World, habits: Habits, *, activity: int, seed: int) -> None:
        self._world, self._habits, self._activity = world, habits, activity
        self._random = random.Random(f"{seed}:agent")  # noqa: S311
        world.after(SECOND, self._fund)
        world.after(30 * SECOND, self._act)
        world.after(600 * SECOND, self._move_money)

    def _fund(self) -> None:
        setting = self._world.setting
        kind = "deposit" if setting.wallet == "spot" else "transfer"
        for asset, amount, fee in setting.deposits:
            self._world.move(kind, asset, amount, fee=fee)  # type: ignore[arg-type]

    def _act(self) -> None:
        if not self._world.book.hedged:  # whoever acts of his own accord trades in one-way mode
            self._habits.act()
        self._world.after(self._random.randrange(1, 2 * _HOUR // self._activity), self._act)

    def _move_money(self) -> None:
        self._habits.move_money()
        self._world.after(self._random.randrange(_HOUR // 6, _HOUR), self._move_money)


class SpotHabits:
    """A spot trader: market orders, resting orders near the price, orders that cross it and then rest, cancels."""

    def __init__(self, world: World, *, seed: int) -> None:
        self._world, self._book = world, world.book
        self._random = random.Random(f"{seed}:habits")  # noqa: S311
        self._bursts = random.Random(f"{seed}:bursts")  # noqa: S311

    def act(self) -> None:
        """Cancel one of many open orders now and then, otherwise place one."""
        orders = list(self._book.open.values())
        if orders and (len(orders) >= 6 or self._random.random() < 0.15):
            self._world.cancel(self._random.choice(orders).id)
            return
        market = self._random.choice(self._world.setting.traded)
        side: Side = self._random.choice(("buy", "sell"))
        quantity = self._affordable(market, side, market.unit * self._random.randint(20, 400) / 100)
        if quantity is None:
            side = "sell" if side == "buy" else "buy"
            quantity = self._affordable(market, side, market.unit)
        if quantity is not None:
            self._order(market, side, quantity)

    def _order(self, market: Market, side: Side, quantity: Decimal) -> None:
        source, world = self._random, self._world
        style, draw = source.choice(world.setting.fee_styles), source.random()
        if draw < 0.4:
            order = world.place(market.symbol, side, "market", quantity, fee_style=style)
            world.take(order, split(quantity, market, source.choice((1, 1, 1, 2, 3, 4)), source))
            return
        below = -1 if side == "buy" else 1
        ticks = source.randint(1, 12 * market.wobble)
        crossing = draw > 0.9
        price = world.walks[market.symbol].level(-below * 3 if crossing else below * ticks)
        order = world.place(market.symbol, side, "limit", quantity, price=price, fee_style=style)
        if crossing:
            world.take(order, split(quantity, market, 3, source)[:2])

    def _affordable(self, market: Market, side: Side, wanted: Decimal) -> Decimal | None:
        """What can be traded of what is wanted, in whole lots with digits worth testing; None when too little."""
        if side == "buy":
            most = self._book.free(market.quote) / (self._world.price(market.symbol) * Decimal("1.03"))
        else:
            most = self._book.free(market.base) / Decimal("1.03")
        odd = self._random.randrange(1, int(market.unit / market.lot / 10)) * market.lot
        quantity = (min(wanted, most * Decimal("0.5")) - odd).quantize(market.lot, rounding=ROUND_DOWN)
        return quantity if quantity >= market.unit / 10 else None

    def move_money(self) -> None:
        """Deposit, withdraw with a fee, earn a reward, or move to and from another wallet of the venue."""
        draw, third = self._random.random(), self._world.setting.third_asset
        if self._book.balance(third) < 50:
            self._world.move("deposit", third, self._random.randint(10**4, 10**7) * Decimal("0.01"))
        elif draw < 0.3:
            self._deposit()
        elif draw < 0.6:
            self._withdraw()
        elif draw < 0.8:
            self._world.move("reward", "ETH", self._random.randint(1, 10**7) * Decimal("1e-10"))
        else:
            self._transfer(self._random.randint(1000, 100000) * Decimal("0.01"))

    def _deposit(self) -> None:
        asset, size = self._random.choice((("USD", 900), ("BTC", 1), ("ETH", 3)))
        amount = size * self._random.randint(1000, 9999) * Decimal("0.0001")
        self._world.move("deposit", asset, amount, fee=Decimal("4.99") if asset == "USD" else Decimal(0))

    def _withdraw(self) -> None:
        asset, share, fee = self._random.choice(
            (("USD", 50, "4.0000"), ("BTC", 20, "0.00001500"), ("ETH", 20, "0.0035"))
        )
        free = self._book.free(asset)
        amount = (free / share).quantize(Decimal("0.00001"), rounding=ROUND_DOWN)
        if amount > 0 and free > amount + Decimal(fee):
            self._world.move("withdrawal", asset, -amount, fee=Decimal(fee))

    def _transfer(self, amount: Decimal) -> None:
        """To the venue's futures wallet or back from it."""
        if self._random.random() >= 0.6:
            self._world.move("transfer", "USD", amount, subtype="spotfromfutures")
        elif self._book.free("USD") > 2 * amount:
            self._world.move("transfer", "USD", -amount, subtype="spottofutures")

    def burst(self, count: int) -> Order:
        """Sell or buy a little many times over in one instant, on the first market, whichever side has the means."""
        world, market = self._world, self._world.setting.markets[0]
        piece = max(market.lot, (market.unit / 1000).quantize(market.lot)) + self._bursts.randrange(99) * market.lot
        price = world.price(market.symbol)
        side: Side = "buy" if self._book.free(market.quote) > price * piece * count * Decimal("1.1") else "sell"
        if side == "sell" and self._book.free(market.base) < piece * count * Decimal("1.1"):
            world.move("deposit", market.base, piece * count * 2)
        order = world.place(market.symbol, side, "market", piece * count, fee_style=world.setting.fee_styles[0])
        world.take(order, [piece] * count, levels=10)
        return order
