"""The acct of a model run: reader, collector, writer and a database on disk, put together as for ``acct watch``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from account_cli.collector.account import AccountCollector, Plan
from account_cli.engine.supervise import supervise
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, Unavailable
from account_cli.exchanges import limits, open_reader
from account_cli.ports import Journal, JournalReader, JournalTx, ReaderSettings
from account_cli.redaction import Redactor
from account_cli.storage import open_journal
from tests.model.exchange import ModelExchange
from tests.model.virtual import VirtualClock

ACCOUNT = "main"


class Disk:
    """A journal that can be taken away: locked for a while, its commits untold, or its process dead."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.locked = self.dead = False
        self.untold = 0
        """So many commits are made and reported as failed."""
        self.die_in: int | None = None
        """The process dies at the end of this many transactions: odd numbers before the commit, even ones after it."""

    @contextmanager
    def transaction(self) -> Iterator[JournalTx]:
        if self.dead or self.locked:
            raise Unavailable("the database is locked")
        dies = self._dies()
        with self._journal.transaction() as tx:
            yield tx
            if dies == "before":
                self.dead = True
                raise Unavailable("the process was killed")
        if dies == "after":
            self.dead = True
            raise Unavailable("the process was killed")
        if self.untold:
            self.untold -= 1
            raise Unavailable("whether it was committed is not known")

    def _dies(self) -> str | None:
        if self.die_in is None:
            return None
        self.die_in -= 1
        if self.die_in > 0:
            return None
        self.die_in = None
        return "before" if self.untold == 0 and id(self) % 2 else "after"

    def reader(self) -> JournalReader:
        return self._journal.reader()

    def close(self) -> None:
        self._journal.close()


class Watcher:
    """One account of one exchange watched into ``folder``; may be killed and started again."""

    def __init__(self, exchange: ModelExchange, folder: Path, clock: VirtualClock, seed: int) -> None:
        self._exchange, self._folder, self._clock = exchange, folder, clock
        self._draw = random.Random(f"{seed}:watcher")
        self.database = folder / "acct.db"
        self.bugs: list[BaseException] = []
        self.starts = 0
        self.disk: Disk | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.starts += 1
        self._forget_what_processes_share()
        self.disk = Disk(open_journal(self.database))
        self._task = asyncio.create_task(self._watch(self.disk), name=f"acct {self.starts}")

    async def _watch(self, disk: Disk) -> None:
        settings = ReaderSettings(
            account=ACCOUNT,
            venue=self._exchange.venue,
            api_key=self._exchange.api_key,
            secret=self._exchange.secret,
            urls=self._exchange.urls,
        )
        reader = open_reader(settings, clock=self._clock, redactor=Redactor(), cache_dir=self._folder / "cache")
        memory = disk.reader()
        try:
            async with Writer(disk, self._clock) as writer:
                collector = AccountCollector(reader, writer.write, memory, Plan(), self._clock, self._draw.random)
                await supervise([collector], writer, self._clock, lambda _, bug: self.bugs.append(bug))
        finally:
            memory.close()
            try:
                await reader.close()
            except AcctError as error:
                self.bugs.append(error)

    async def stop(self) -> None:
        """End in order, as a signal does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled() and (bug := self._task.exception()) is not None:
                self.bugs.append(bug)
            self._task = None

    async def kill(self) -> None:
        """End without a word: from this instant nothing reaches the disk or the exchange; then start again."""
        assert self.disk is not None
        self.disk.dead = True
        self._exchange.memory.drop_connections()
        await self.stop()
        self.start()

    def _forget_what_processes_share(self) -> None:
        known = getattr(limits, "_known", None)
        if known is not None:
            known.pop(asyncio.get_running_loop(), None)


def kept(database: Path) -> AbstractContextManager[JournalReader]:
    """Read what is on disk, on a connection of its own."""
    from account_cli.storage import open_reader as open_database

    @contextmanager
    def reading() -> Iterator[JournalReader]:
        reader = open_database(database)
        try:
            yield reader
        finally:
            reader.close()

    return reading()
