"""One connection of the private stream: subscribe, be confirmed, catch up by REST, live.

The order is the point. What happens after the confirmation is streamed; what happened before it is caught up from the
cursor, after the confirmation; the two overlap and the journal counts once. So there is no instant at which a fact can
be missed, whenever the connection broke.

A stream may answer every ping and say nothing any more. So what a sweep by REST finds it must tell too, soon: one that
does not is taken for dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from account_cli.collector.delivery import Deliver, Delivery, Receipt
from account_cli.collector.health import Health
from account_cli.domain.events import Fill
from account_cli.domain.health import DataKind
from account_cli.domain.identity import identity
from account_cli.domain.observations import BalancesSeen
from account_cli.errors import Unreachable
from account_cli.ports import Clock, ExchangeReader, Heard, StreamItem, Subscribed

_CONFIRM_WITHIN = 15.0
_TELL_WITHIN = 15.0
"""How long after REST a stream may tell a fill, in seconds, before it is taken for dead."""
_REMEMBERED = 20_000
"""Fills remembered as told by a connection; more than one sweep of it ever finds."""


class Streaming:
    """Runs connections of one account's stream; ``catch_up`` is awaited once each is confirmed."""

    def __init__(
        self,
        reader: ExchangeReader,
        deliver: Deliver,
        health: Health,
        clock: Clock,
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader, self._deliver, self._health, self._clock = reader, deliver, health, clock
        self._catch_up = catch_up
        self._kinds = health.of("stream")
        self._broke: BaseException | None = None
        self.money_moved = asyncio.Event()
        """Set when the stream told a balance: what moved it may only be told by REST."""
        self._live = False
        self._live_at: float | None = None
        self._told: dict[str, None] = {}
        self._owed: dict[str, float] = {}

    def expect(self, fills: Iterable[str]) -> None:
        """REST told these fills (by identity) first: a live stream owes them."""
        if not self._live or "fills" not in self._kinds:
            return
        until = self._clock.monotonic() + _TELL_WITHIN
        for name in fills:
            if name not in self._told:
                self._owed.setdefault(name, until)

    def lived(self) -> float | None:
        """Return for how many seconds the last connection has been live; None when it never was."""
        return None if self._live_at is None else self._clock.monotonic() - self._live_at

    async def one_connection(self) -> None:
        """Open, follow, and raise when it ended, as every connection does (``Temporary`` most often).

        Raises ``StorageError`` when something heard could not be written: the next connection catches it up.
        """
        self._broke, self._live, self._live_at = None, False, None
        self._told.clear()
        self._owed.clear()
        self._health.set(self._kinds, "starting")
        async with self._reader.stream(self._kinds) as items:
            confirmed: frozenset[DataKind] = frozenset()
            catching: asyncio.Task[None] | None = None
            deadline = self._clock.monotonic() + _CONFIRM_WITHIN
            try:
                async for item in self._watched(items):
                    self._take(item)
                    if isinstance(item, Subscribed):
                        confirmed |= item.kinds
                    if catching is None and confirmed >= self._kinds:
                        catching = asyncio.ensure_future(self._caught_up())
                    if catching is None and self._clock.monotonic() > deadline:
                        missing = ", ".join(sorted(self._kinds - confirmed))
                        raise Unreachable(f"the exchange did not confirm the subscription of {missing}")
                    if catching is not None and catching.done():
                        catching.result()
                    if self._broke is not None:
                        raise self._broke
                    self._raise_if_dead()
            finally:
                self._live = False
                if catching is not None:
                    catching.cancel()
                    await asyncio.gather(catching, return_exceptions=True)
        raise Unreachable("the stream ended")

    async def _caught_up(self) -> None:
        self._health.set(self._kinds, "catching-up")
        await self._catch_up()
        self._health.set(self._kinds, "live")
        self._live, self._live_at = True, self._clock.monotonic()

    def _raise_if_dead(self) -> None:
        if self._owed and self._clock.monotonic() > min(self._owed.values()):
            raise Unreachable(f"the stream is open and did not tell {len(self._owed)} fills that REST knows")

    async def _watched(self, items: AsyncIterator[StreamItem]) -> AsyncIterator[StreamItem]:
        """Pass items on; raise when nothing at all, not even a heartbeat, arrived for too long."""
        limit = self._reader.abilities().silent_after_s
        while True:
            try:
                async with asyncio.timeout(limit):
                    item = await anext(items)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise Unreachable(f"the stream said nothing for {limit:g} s") from None
            yield item

    def _take(self, item: StreamItem) -> None:
        self._health.heard(self._kinds)
        if not isinstance(item, Heard):
            return
        for event in item.events:
            if isinstance(event, Fill):
                self._remember(identity(event))
        written = asyncio.ensure_future(
            self._deliver(Delivery(account=self._reader.account, origin="stream", heard=(item,)))
        )
        written.add_done_callback(self._written)
        if any(isinstance(seen, BalancesSeen) for seen in item.observations):
            self.money_moved.set()

    def _remember(self, name: str) -> None:
        self._owed.pop(name, None)
        self._told[name] = None
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]

    def _written(self, future: asyncio.Future[Receipt]) -> None:
        if not future.cancelled() and future.exception() is not None:
            self._broke = future.exception()
