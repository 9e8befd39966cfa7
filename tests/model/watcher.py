"""The acct of a model run: reader, collector, writer and a database on disk, put together as for ``acct watch``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path

from account_cli.collector.account import AccountCollector, Plan
from account_cli.engine.alert_storing import Decided
from account_cli.engine.alerting import Alerting
from account_cli.engine.beside import Reconciler
from account_cli.engine.looking import ReadingThread
from account_cli.engine.recording import Recorder
from account_cli.engine.supervise import Crew, supervise
from account_cli.engine.writing import Writer
from account_cli.errors import Unavailable
from account_cli.exchanges import limits, open_reader
from account_cli.ports import Journal, JournalReader, JournalTx, ReaderSettings, Wish
from account_cli.redaction import Redactor
from account_cli.storage import open_journal
from account_cli.storage import open_reader as open_database
from tests.model.blank import blank
from tests.model.exchange import ModelExchange
from tests.model.virtual import VirtualClock, VirtualLoop, process

ACCOUNT = "main"
_RECONCILED_EVERY_S = 5.0


class Disk:
    """A journal that can be taken away for a while, whose commits may go untold, or whose process dies at one."""

    def __init__(self, journal: Journal, die: Callable[[], None]) -> None:
        self._journal, self._die = journal, die
        self.locked = False
        self.untold = 0
        """So many commits are made and reported as failed."""
        self.die_at: tuple[int, str] | None = None
        """The process dies ``before`` or ``after`` the commit of so many transactions from now."""

    @contextmanager
    def transaction(self) -> Iterator[JournalTx]:
        if self.locked:
            raise Unavailable("the database is locked")
        dies = self._dies()
        with self._journal.transaction() as tx:
            yield tx
            if dies == "before":
                self._die()
                raise Unavailable("nobody hears this")
        if dies == "after":
            self._die()
        elif self.untold:
            self.untold -= 1
            raise Unavailable("whether it was committed is not known")

    def _dies(self) -> str | None:
        if self.die_at is None:
            return None
        left, how = self.die_at
        self.die_at = (left - 1, how) if left > 1 else None
        return how if left <= 1 else None

    def reader(self) -> JournalReader:
        return self._journal.reader()

    def close(self) -> None:
        self._journal.close()


class Watcher:
    """One account of one exchange watched into ``folder``: a process that can be stopped, killed and started again.

    It is the ``Machine`` of the fault lab too.
    """

    def __init__(
        self,
        exchange: ModelExchange,
        folder: Path,
        clock: VirtualClock,
        loop: VirtualLoop,
        seed: int,
        *,
        reconciles: bool = False,
        decided: Decided | None = None,
    ) -> None:
        self._reconciles, self._decided = reconciles, decided
        self.exchange, self._folder, self._clock, self._loop = exchange, folder, clock, loop
        self._draw = random.Random(f"{seed}:watcher")
        self.database = folder / "acct.db"
        self.bugs: list[BaseException] = []
        self.number = 0
        """Of the process: how often it was started."""
        self.disk: Disk | None = None
        self._opened: list[Journal | JournalReader] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.number += 1
        self._forget_what_processes_share()
        journal = open_journal(blank(self.database))
        self.disk = Disk(journal, self.kill)
        memory, comparing = journal.reader(), journal.reader()
        self._opened = [memory, comparing, journal]
        judging, recording = (journal.reader(), journal.reader()) if self._decided is not None else (None, None)
        self._opened += [one for one in (judging, recording) if one is not None]
        context = Context()
        context.run(process.set, self.number)
        self._task = self._loop.create_task(
            self._watch(self.disk, memory, comparing, judging, recording), name=f"acct {self.number}", context=context
        )

    async def _watch(
        self,
        disk: Disk,
        memory: JournalReader,
        comparing: JournalReader,
        judging: JournalReader | None,
        recording: JournalReader | None,
    ) -> None:
        settings = ReaderSettings(
            account=ACCOUNT,
            venue=self.exchange.venue,
            api_key=self.exchange.api_key,
            secret=self.exchange.secret,
            urls=self.exchange.urls,
        )
        reader = open_reader(settings, clock=self._clock, redactor=Redactor(), cache_dir=self._folder / "cache")
        async with Writer(disk, self._clock) as writer:
            collector = AccountCollector(reader, writer.write, memory, Plan(), self._clock, self._draw.random)
            wishes = {ACCOUNT: Wish()} if self._reconciles else {}
            reconciler = Reconciler(ReadingThread(comparing), wishes, self._clock, _RECONCILED_EVERY_S)
            crew, decided = Crew(collector), self._decided or Decided()
            await supervise(
                crew,
                writer,
                self._clock,
                lambda _, bug: self.bugs.append(bug),
                Recorder(recording, crew.running, self._clock, currency=decided.currency) if recording else None,
                reconciler=reconciler,
                alerting=Alerting(ReadingThread(judging), crew.running, lambda: [ACCOUNT], lambda: decided, self._clock)
                if judging
                else None,
            )

    async def stop(self) -> None:
        """End in order, as a signal does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled() and (bug := self._task.exception()) is not None:
                self.bugs.append(bug)
            self._task = None
        for one in self._opened:
            one.close()

    # ---- what befalls the machine ----

    def kill(self) -> None:
        """End it without a word: not one more line of it runs; a moment later it is started again."""
        self._loop.kill_process(self.number)
        self.exchange.memory.drop_connections()
        self._task = None
        dead, self._opened = self._opened, []

        def again() -> None:
            for one in dead:
                one.close()
            self.start()

        self._loop.call_later(self._draw.uniform(0.01, 20), again, context=Context())

    def pause(self, on: bool) -> None:
        """Stop it where it is, or let it go on."""
        if on:
            self._loop.stop_process(self.number)
        else:
            self._loop.let_go_on(self.number)

    def lock_database(self, on: bool) -> None:
        """Let every write fail, or work again."""
        if self.disk is not None:
            self.disk.locked = on

    def _forget_what_processes_share(self) -> None:
        known = getattr(limits, "_known", None)
        if known is not None:
            known.pop(self._loop, None)
        for turn in (self._folder / "cache").rglob(".*.turn"):  # the lock of a process that died is free
            turn.unlink()


@contextmanager
def kept(database: Path) -> Iterator[JournalReader]:
    """Read what is on disk, on a connection of its own."""
    reader = open_database(database)
    try:
        yield reader
    finally:
        reader.close()
