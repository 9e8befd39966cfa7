"""A collector with everything real around it, in the test's own loop: exchange, reader, writer, database."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from account_cli.collector.account import AccountCollector, Plan
from account_cli.collector.asking import Asking
from account_cli.collector.delivery import Delivery, Receipt
from account_cli.collector.health import Health
from account_cli.collector.strategy import choose
from account_cli.engine.writing import Writer
from account_cli.exchanges import open_reader
from account_cli.ports import ExchangeReader, JournalReader, ReaderSettings
from account_cli.redaction import Redactor
from account_cli.simulator import Simulator
from account_cli.storage import open_journal


class WallClock:
    """Real time."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


CLOCK = WallClock()
PLAN = Plan(poll_interval=1.0, reconnect_delay=0.1, reconnect_max_delay=1.0)


@asynccontextmanager
async def simulated(venue: str, *, hours: float = 2.0, **named: Any) -> AsyncIterator[Simulator]:
    """A world with a past that stands still until it is moved."""
    options: dict[str, Any] = {"speed": None, "history_at_once": True, "rate_limit": False, **named}
    async with Simulator(venue, history_hours=hours, **options) as sim:
        yield sim


def reader_on(sim: Simulator, folder: Path, account: str = "main", **named: Any) -> ExchangeReader:
    settings = ReaderSettings(
        account=account,
        venue=sim.venue,
        api_key=sim.api_key,
        secret=sim.secret,
        urls=sim.urls,
        rate_limit=False,
        **named,
    )
    return open_reader(settings, clock=CLOCK, redactor=Redactor(), cache_dir=folder / "cache")


class Desk:
    """One database, its writer, and a connection to look things up; remembers what was delivered."""

    def __init__(self, writer: Writer, memory: JournalReader) -> None:
        self.writer, self.memory = writer, memory
        self.delivered: list[Delivery] = []
        self.on_delivery: Callable[[Delivery], None] = lambda _: None

    async def deliver(self, delivery: Delivery) -> Receipt:
        self.delivered.append(delivery)
        receipt = await self.writer.write(delivery)
        self.on_delivery(delivery)
        return receipt

    def collector(self, reader: ExchangeReader, plan: Plan = PLAN) -> AccountCollector:
        reader.keep_in(self.writer.inbox)
        return AccountCollector(reader, self.deliver, self.memory, plan, CLOCK, random.random)

    def asking(self, reader: ExchangeReader) -> Asking:
        health = Health(reader.account, choose(reader.abilities(), {}), CLOCK)
        return Asking(reader, self.deliver, self.memory, health, "USD")


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    journal = open_journal(folder / "acct.db")
    memory = journal.reader()
    try:
        async with Writer(journal, CLOCK) as writer:
            yield Desk(writer, memory)
    finally:
        memory.close()
