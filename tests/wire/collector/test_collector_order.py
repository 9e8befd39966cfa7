"""What a collector says of itself is true when it says it: live once what was missed is known, doubted when not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from account_cli.collector.account import AccountCollector, Plan
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill
from account_cli.simulator import Simulator
from tests.wire.collector.crew import CLOCK, Desk, desk, reader_on, simulated

VENUES = ["kraken", "binanceusdm", "binance"]


class Statuses:
    """What was said of fills, and how many of them were known when it was said."""

    def __init__(self, books: Desk, sim: Simulator) -> None:
        self._books, self._sim = books, sim
        self.said: list[tuple[str, int, int]] = []
        books.on_delivery = self._hear

    def _hear(self, delivery: Delivery) -> None:
        for row in delivery.streams:
            if row.kind == "fills":
                known = sum(isinstance(event, Fill) for event in self._books.memory.events("main"))
                self.said.append((row.status, known, len(self._sim.world.book.fills)))

    async def until(self, *statuses: str, after: int = 0) -> tuple[str, int, int]:
        """Wait until one of these is said."""
        async with asyncio.timeout(60):
            while True:
                for said in self.said[after:]:
                    if said[0] in statuses:
                        return said
                await asyncio.sleep(0.02)


@asynccontextmanager
async def collected(venue: str, folder: Path, *, poll_interval: float) -> AsyncIterator[tuple[Simulator, Statuses]]:
    async with simulated(venue, hours=0.5) as sim, desk(folder) as books:
        statuses = Statuses(books, sim)
        plan = Plan(poll_interval=poll_interval, reconnect_delay=0.1, reconnect_max_delay=1.0)
        reader = reader_on(sim, folder)
        reader.keep_in(books.writer.inbox)
        collector = AccountCollector(reader, books.deliver, books.memory, plan, CLOCK, random.random)
        running = asyncio.ensure_future(collector.run())
        try:
            await statuses.until("live")
            yield sim, statuses
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("venue", VENUES)
async def test_it_is_live_again_only_when_what_was_missed_is_known(venue: str, tmp_path: Path) -> None:
    async with collected(venue, tmp_path, poll_interval=120) as (sim, statuses):
        async with asyncio.timeout(60):
            while statuses.said[-1][1] < len(sim.world.book.fills):
                await asyncio.sleep(0.1)
        before = len(statuses.said)
        sim.drop_connections()
        sim.burst(7)
        await statuses.until("offline", "starting", "catching-up", after=before)
        gone = next(place for place, said in enumerate(statuses.said) if place >= before and said[0] != "live")
        _, known, true = await statuses.until("live", after=gone)
        assert known == true


async def test_a_sweep_that_fails_is_doubted_until_one_succeeds(tmp_path: Path) -> None:
    async with collected("kraken", tmp_path, poll_interval=1) as (sim, statuses):
        before = len(statuses.said)
        sim.http_fault(10_000, "503html")
        await statuses.until("degraded", after=before)
        doubted = len(statuses.said)
        sim.http_fault(0, "503html")
        await statuses.until("live", after=doubted)
