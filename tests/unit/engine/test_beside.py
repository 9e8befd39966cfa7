"""Beside a collector every account is looked at every so often, after a reconnect, and sooner while undecided."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Coverage
from account_cli.domain.observations import Balance, BalancesSeen
from account_cli.domain.times import SECOND
from account_cli.engine.beside import Reconciler
from account_cli.engine.looking import ReadingThread
from account_cli.engine.openings import settled
from account_cli.engine.writing import Writer
from account_cli.ports import JournalReader, Wish
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import FixedClock, deposit

WHOLE = tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers"))


@asynccontextmanager
async def beside(tmp_path: Path, clock: FixedClock) -> AsyncIterator[tuple[Reconciler, Writer, JournalReader]]:
    """A reconciler of account ``a``, looking every 60 s."""
    journal = open_journal(tmp_path / "acct.db")
    comparing, reader = journal.reader(), journal.reader()
    try:
        async with Writer(journal, clock) as writer:
            yield Reconciler(ReadingThread(comparing), {"a": Wish()}, clock, 60.0), writer, reader
    finally:
        comparing.close()
        reader.close()


async def state(writer: Writer, clock: FixedClock, total: str) -> None:
    """The exchange states so many dollars; the facts say a thousand."""
    seen = BalancesSeen(
        account="a", at_ns=clock.now_ns(), complete=True, rows=(Balance(asset="USD", total=Decimal(total)),)
    )
    facts = (deposit(1, "1000"),)
    await writer.write(
        Delivery(account="a", events=facts, observations=(seen,), coverage=WHOLE, cursors=settled(WHOLE))
    )


async def test_every_look_is_written_down_also_one_that_finds_what_was_known(tmp_path: Path) -> None:
    clock = FixedClock()
    async with beside(tmp_path, clock) as (reconciler, writer, reader):
        for total, runs in (("1000", 1), ("1000", 1), ("1000.01", 2), ("1000.01", 2)):
            clock.ns += 5 * SECOND
            await state(writer, clock, total)
            assert await reconciler.look("a", writer) is (total == "1000")
            (number, _), *_ = kept = reader.runs("a")
            assert (len(kept), reader.looked("a")) == (runs, (clock.ns, number))


async def test_it_looks_every_minute_and_soon_again_while_something_is_undecided(tmp_path: Path) -> None:
    clock = Pacing()
    async with beside(tmp_path, clock) as (reconciler, writer, _):
        await state(writer, clock, "1000")
        assert await clock.waits(reconciler, writer, 3) == [5, 60, 60]
        await state(writer, clock, "1000.01")
        assert await clock.waits(reconciler, writer, 3) == [5, 5, 5]


async def test_a_reconnect_ends_the_wait(tmp_path: Path) -> None:
    clock = Pacing(last_wait=1)
    async with beside(tmp_path, clock) as (reconciler, writer, reader):
        await state(writer, clock, "1000")
        running = asyncio.ensure_future(reconciler.run(writer))
        while not clock.slept:
            await asyncio.sleep(0)
        assert reader.looked("a") is None
        reconciler.look_now()
        while reader.looked("a") is None:
            await asyncio.sleep(0.01)
        running.cancel()


class Pacing(FixedClock):
    """A clock that writes down how long it was asked to sleep; the ``last_wait`` never ends."""

    def __init__(self, last_wait: int = 1_000_000) -> None:
        super().__init__()
        self.slept: list[float] = []
        self.last_wait = last_wait

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) >= self.last_wait:
            await asyncio.Event().wait()
        await super().sleep(seconds)

    async def waits(self, reconciler: Reconciler, writer: Writer, count: int) -> list[float]:
        """Let it run for so many waits, and return how long they were."""
        self.slept, self.last_wait = [], count
        running = asyncio.ensure_future(reconciler.run(writer))
        while len(self.slept) < count:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return self.slept
