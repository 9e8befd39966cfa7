"""Prices wander by whole ticks and are gently pulled home, so that no seed runs away."""

from __future__ import annotations

import random
from decimal import Decimal

from account_cli.simulator.world.facts import Market

_PULL = 4000
"""The part of the distance from home that is undone each second: one in so many."""


class Walk:
    """The price of one market, moved once a second; integer ticks inside, so that no float is ever a price."""

    def __init__(self, market: Market, seed: int) -> None:
        self.market = market
        self._random = random.Random(f"{seed}:price:{market.symbol}")  # noqa: S311  (a world, not a secret)
        self._home = int(market.start_price.scaleb(market.price_digits))
        self._ticks = self._home
        self.minutes: list[tuple[int, Decimal, Decimal, Decimal, Decimal]] = []
        """Closed and current candles: minute (start, ns), open, high, low, close."""

    @property
    def price(self) -> Decimal:
        """The last price."""
        return Decimal(self._ticks).scaleb(-self.market.price_digits)

    def step(self, now_ns: int) -> None:
        """Move by one second."""
        wobble = self.market.wobble
        moved = self._random.randint(-wobble, wobble) + (self._home - self._ticks) // _PULL
        self._ticks = max(1, self._ticks + moved)
        self._draw(now_ns)

    def level(self, ticks: int) -> Decimal:
        """The price so many ticks away, at least one tick."""
        return Decimal(max(1, self._ticks + ticks)).scaleb(-self.market.price_digits)

    def _draw(self, now_ns: int) -> None:
        minute, price = now_ns - now_ns % 60_000_000_000, self.price
        if self.minutes and self.minutes[-1][0] == minute:
            start, opened, high, low, _ = self.minutes[-1]
            self.minutes[-1] = (start, opened, max(high, price), min(low, price), price)
        else:
            self.minutes.append((minute, price, price, price, price))
