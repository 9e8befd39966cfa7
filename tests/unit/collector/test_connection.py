"""One connection, channel by channel: what is confirmed goes live, and what is not is down by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from account_cli.collector.connection import CatchUp, Connection
from account_cli.collector.timing import Patience
from account_cli.domain.health import DataKind
from account_cli.ports import Abilities, Beat, ExchangeReader, StreamItem, Subscribed

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
