"""One connection, channel by channel: what is confirmed goes live, and what is not is down by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from account_cli.collector.connection import CatchUp, Connection
from account_cli.collector.timing import Patience
from account_cli.domain.health import DataKind
from account_cli.ports import Abilities, Beat, ExchangeReader, Gap, Heard, StreamItem, Subscribed

KINDS: frozenset[DataKind] = frozenset({"balances", "fills"})


class HandClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ns(self) -> int:
        return int(self.seconds * 1e9)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class HalfConfirmed:
    """An exchange that confirms the balances, beats, and never says a word about the fills."""

    def __init__(self, clock: HandClock, told: asyncio.Event) -> None:
        self._clock, self._told = clock, told

    def abilities(self) -> Abilities:
        return Abilities(streams=KINDS, polls=KINDS, has_positions=False, silent_after_s=60.0)

    @asynccontextmanager
    async def stream(self, kinds: frozenset[DataKind]) -> AsyncIterator[AsyncIterator[StreamItem]]:
        async def items() -> AsyncIterator[StreamItem]:
            yield Subscribed(kinds=frozenset({"balances"}))
            self._clock.seconds = 9.0
            yield Beat(received_ns=1)
            self._told.set()
            await asyncio.sleep(0)
            self._clock.seconds = 11.0
            yield Beat(received_ns=2)
            await asyncio.Event().wait()

        yield items()


async def test_a_subscription_that_is_never_confirmed_is_given_up_and_the_others_go_live() -> None:
    clock, told = HandClock(), asyncio.Event()
    reader = cast("ExchangeReader", HalfConfirmed(clock, told))
    states: list[tuple[str, str]] = []
    live = asyncio.Event()

    async def catch_up(connection: Connection, why: CatchUp) -> None:
        assert why == "start"

    def changed(connection: Connection) -> None:
        states.append((connection.state("balances")[0], connection.state("fills")[0]))
        if connection.live_at is not None:
            live.set()

    connection = Connection(reader, KINDS, clock, Patience(confirm_s=10.0), lambda *_: None, catch_up, changed)
    following = asyncio.ensure_future(connection.follow())
    await told.wait()
    assert connection.state("fills")[0] == "starting"
    await asyncio.wait_for(live.wait(), 10)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert states[-1] == ("live", "offline")
    assert "did not confirm the subscription of fills" in str(connection.state("fills")[1])


class Scripted:
    """An exchange whose stream tells what is put into ``items``."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[StreamItem] = asyncio.Queue()

    def abilities(self) -> Abilities:
        return Abilities(streams=KINDS, polls=KINDS, has_positions=False, silent_after_s=1e9)

    @asynccontextmanager
    async def stream(self, kinds: frozenset[DataKind]) -> AsyncIterator[AsyncIterator[StreamItem]]:
        async def items() -> AsyncIterator[StreamItem]:
            while True:
                yield await self.items.get()

        yield items()


class Followed:
    """A connection that runs; each catching up waits for ``go_on`` once it has proved the fills."""

    def __init__(self) -> None:
        self.clock, self.exchange = HandClock(), Scripted()
        self.caught_up: list[CatchUp] = []
        self.go_on = asyncio.Event()
        self._happened = asyncio.Event()
        self.connection = Connection(
            cast("ExchangeReader", self.exchange),
            KINDS,
            self.clock,
            Patience(),
            lambda *_: self._happened.set(),
            self._catch_up,
            lambda _: self._happened.set(),
        )

    async def _catch_up(self, connection: Connection, why: CatchUp) -> None:
        self.caught_up.append(why)
        connection.proved(frozenset({"fills"}))
        await self.go_on.wait()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                self._happened.clear()
                await self._happened.wait()

    async def tell(self, *items: StreamItem) -> None:
        """Tell this, and wait until all of it was taken and what follows from it was begun."""
        for item in items:
            self.exchange.items.put_nowait(item)
        while not self.exchange.items.empty():
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def states(self) -> tuple[str, str]:
        return self.connection.state("balances")[0], self.connection.state("fills")[0]


@asynccontextmanager
async def followed() -> AsyncIterator[Followed]:
    run = Followed()
    following = asyncio.ensure_future(run.connection.follow())
    try:
        yield run
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def unread() -> Heard:
    return Heard(account="a", received_ns=1, source="stream", channel="unknown", raw="", unreadable=("not JSON",))


async def test_nothing_is_caught_up_before_every_channel_is_confirmed() -> None:
    async with followed() as run:
        await run.tell(Subscribed(kinds=frozenset({"fills"})), Beat(received_ns=1))
        assert run.caught_up == []
        await run.tell(Subscribed(kinds=frozenset({"balances"})))
        assert run.caught_up == ["start"]


async def test_a_kind_is_live_as_soon_as_it_is_caught_up_and_no_sooner() -> None:
    async with followed() as run:
        await run.tell(Subscribed(kinds=KINDS))
        await run.until(lambda: run.states[1] == "live")
        assert run.states == ("catching-up", "live")
        assert run.connection.live_at is None
        await run.tell(Gap(kinds=KINDS, detail="a message was lost"))
        assert run.states == ("catching-up", "catching-up")
        assert [run.connection.cause(kind) for kind in ("balances", "fills")] == ["starting", "gap"]
        run.go_on.set()
        await run.until(lambda: run.connection.live_at is not None)
        await run.tell(Beat(received_ns=1))
        await run.until(lambda: run.states == ("live", "live"))


async def test_what_could_not_be_read_is_swept_for_at_once_but_not_for_ever() -> None:
    async with followed() as run:
        run.go_on.set()
        await run.tell(Subscribed(kinds=KINDS))
        await run.until(lambda: run.states == ("live", "live"))
        run.go_on.clear()
        await run.tell(unread())
        await run.until(lambda: run.caught_up == ["start", "gap"])
        assert run.states[0] == "catching-up"
        run.go_on.set()
        await run.until(lambda: run.states == ("live", "live"))
        run.clock.seconds = 30.0
        await run.tell(unread())
        assert run.states == ("live", "live"), "an exchange that begins to tell what nobody knows"
        run.clock.seconds = 61.0
        await run.tell(unread())
        await run.until(lambda: run.caught_up == ["start", "gap", "gap"])
