"""The simulated exchange of a model run: the simulator itself, on virtual time and without a port."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from account_cli.collector import account as collecting
from account_cli.exchanges.lean import ccxt_module, venue_class
from account_cli.simulator import Simulator
from tests.model.memory import MemoryServer, Network, Weather
from tests.model.virtual import SECOND, VirtualClock

_MOST_NS = SECOND
_PRICE_EVERY_S = 60.0
"""Prices are no facts, and asking for all of them every four seconds is a third of the work of a run."""


class ModelExchange(Simulator):
    """A ``Simulator`` whose world moves with a virtual clock; ``live`` is the task that moves it."""

    def __init__(self, venue: str, seed: int, clock: VirtualClock, weather: Weather, **options: Any) -> None:
        super().__init__(venue, seed=seed, speed=None, account="main", **options)
        self._clock = clock
        self.stage.wall_ns = lambda: self.shown_ns(clock.true_ns())
        self.memory = MemoryServer(self.server, weather)
        self.server = self.memory
        self.network = Network(self.memory, weather)

    async def live(self) -> None:
        """Let everything happen at its time, until cancelled."""
        while True:
            now = self._clock.true_ns()
            self.run_until(now)
            queue = self.world._queue
            due = now + _MOST_NS if self.frozen or not queue else min(queue[0][0], now + _MOST_NS)
            await asyncio.sleep(max(due - now, 1000) / SECOND)


_clocks: list[VirtualClock] = []


@contextlib.contextmanager
def connected(exchange: ModelExchange, clock: VirtualClock) -> Iterator[None]:
    """For the length of the block ccxt has this exchange for its network and this clock for its time."""
    venue_class(exchange.venue)  # loads what is about to be changed
    base = ccxt_module("base.exchange").BaseExchange
    asynchronous = ccxt_module("async_support.base.exchange").Exchange
    was, opening = base.milliseconds, asynchronous.open

    def opened(self: Any, lazy: bool = False) -> None:
        if lazy and self.closed_by_user:
            raise ccxt_module("base.errors").ExchangeClosedByUser(f"{self.id} was closed")
        self.closed_by_user = False
        if self.asyncio_loop is None:
            self.asyncio_loop = self.throttler.loop = asyncio.get_running_loop()
        self.ssl_context = self.ssl_context or _NO_TLS
        if self.session is None:
            self.session, self.own_session = exchange.network, False

    _clocks.append(clock)
    every, collecting.PRICE_EVERY = collecting.PRICE_EVERY, _PRICE_EVERY_S
    base.milliseconds = staticmethod(_milliseconds(was))
    asynchronous.open = opened
    try:
        yield
    finally:
        _clocks.pop()
        collecting.PRICE_EVERY = every
        base.milliseconds, asynchronous.open = staticmethod(was), opening


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _milliseconds(real: Any) -> Any:
    """ccxt's clock: virtual within ``connected``, the real one for whoever kept the function beyond it."""

    def milliseconds() -> int:
        return _clocks[-1].now_ns() // 1_000_000 if _clocks else int(real())

    return milliseconds
