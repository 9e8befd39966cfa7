"""``acct reconcile``: ask, compare, ask again where something differs, say what it is called; fit for cron."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from account_cli.bootstrap.collecting import SystemClock
from account_cli.bootstrap.polling import at_work, await_collector
from account_cli.bootstrap.stopping import Stopped
from account_cli.config import AccountConfig, Config
from account_cli.domain.times import SECOND
from account_cli.engine.correcting import Keeping
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.engine.reconciling import reconcile as compare_account
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, ExchangeError, LockHeld, worst_exit
from account_cli.reconciliation import Run, Tolerance, further_back
from account_cli.storage import collector_lock, has_database, open_journal, open_reader, reconciling_lock

Look = Callable[[int], Awaitable[object]]
"""Ask the exchange for what is new and its present state, history from so many seconds further back than usual."""
EXIT_OF = {"clean": 0, "explained": 0, "unexplained": 3, "pending": 4, "unknown": 4}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What one run was asked for; times in seconds. None is what the configuration says."""

    tolerance: Tolerance | None = None
    settle_s: float | None = None
    """How far apart two readings must be to prove a difference."""
    timeout_s: float = 120.0
    explain: bool = False
    """Fetch what could explain a difference."""
    correct: bool | None = None
    """Make what stays unexplained a visible Adjustment."""
    since_ns: int | None = None
    """Look at facts from then on only."""
    jitter_s: float = 0.0
    """Wait a random time up to this first."""
    max_age_s: float | None = None
    """A decided run that is no older is as good as a new one."""

    def at(self, account: AccountConfig, config: Config) -> Asked:
        """Return this for one account, with what the configuration says where nothing else was asked for."""
        said = config.reconcile
        return msgspec.structs.replace(
            self,
            tolerance=said.tolerance_at(account.exchange) if self.tolerance is None else self.tolerance,
            settle_s=said.settle if self.settle_s is None else self.settle_s,
            correct=said.auto_correct if self.correct is None else self.correct,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one account: a run, or the error that prevented it."""

    account: str
    run: Run | None = None
    error: AcctError | None = None

    @property
    def exit_code(self) -> int:
        """The exit status of this account alone."""
        if self.run is not None:
            return EXIT_OF[self.run.state]
        return self.error.exit_code if self.error is not None else 1


def reconcile(config: Config, names: Sequence[str], asked: Asked, on_outcome: Callable[[Outcome], None]) -> int:
    """Reconcile the accounts side by side; returns the worst exit status."""
    return asyncio.run(_reconcile(config, names, asked, on_outcome))


async def _reconcile(config: Config, names: Sequence[str], asked: Asked, on_outcome: Callable[[Outcome], None]) -> int:
    chosen = config.select(names)
    stopped = Stopped()
    stopped.on_signals()
    all_of_them = asyncio.gather(*(_told(account, config, asked, on_outcome) for account in chosen))
    if not await stopped.before(all_of_them):
        return stopped.status
    return worst_exit(all_of_them.result())


async def _told(account: AccountConfig, config: Config, asked: Asked, on_outcome: Callable[[Outcome], None]) -> int:
    try:
        with reconciling_lock(config.database, account.name):
            outcome = Outcome(account=account.name, run=await _one(account, config, asked.at(account, config)))
    except AcctError as error:
        outcome = Outcome(account=account.name, error=error)
    on_outcome(outcome)
    return outcome.exit_code


async def _one(account: AccountConfig, config: Config, asked: Asked) -> Run:
    clock = SystemClock()
    looking = _Looking(account.name, asked, clock)
    try:
        with collector_lock(config.database, account.name):
            async with at_work(account, config) as (_, collector, writer, memory):
                await collector.poll_once(lambda: looking.through(collector.look, Follower(memory), writer))
    except LockHeld:
        await looking.beside(account, config)
    assert looking.run is not None
    return looking.run


class _Looking:
    """Compares after each reading, until nothing is on its way any more or the time is up; every run is kept.

    Where a difference lasts and an explanation was asked for, history is asked for again from further back.
    """

    def __init__(self, account: str, asked: Asked, clock: SystemClock) -> None:
        self._account, self._asked, self._clock = account, asked, clock
        self._settle_s, self._tolerance = asked.settle_s or 0.0, asked.tolerance or Tolerance()
        self._ends = clock.monotonic() + asked.timeout_s
        self.run: Run | None = None

    async def through(self, look: Look, follower: Follower, writer: Writer) -> None:
        """Compare what was read just now; ``look`` reads it again as often as that may say more."""
        tried_s: list[int] = []
        while True:
            run = self._compare(follower)
            reach_s = self._reach_s(run, tried_s)
            keeping = Keeping(run, correct=False) if reach_s is not None else self._keeping(run, self._settle_s)
            await writer.plan(keeping)
            over = self._is_over(keeping, self._settle_s)
            if reach_s is not None:
                tried_s.append(reach_s)
                # What cannot be fetched explains nothing, and is no reason to forget what was compared.
                with contextlib.suppress(ExchangeError, TimeoutError):
                    async with asyncio.timeout(self._left()):
                        await look(reach_s)
            elif over:
                return
            else:
                await self._clock.sleep(self._settle_s)
                await look(0)

    def _reach_s(self, run: Run, tried_s: Sequence[int]) -> int | None:
        """Return how much further back facts shall be fetched that could explain what differs; None for not now."""
        if not (self._asked.explain or self._asked.correct) or self._left() <= 0:
            return None
        return further_back(run, self._clock.now_ns(), tried_s)

    def _left(self) -> float:
        return self._ends - self._clock.monotonic()

    async def beside(self, account: AccountConfig, config: Config) -> None:
        """Let the process that collects this account read it, and compare what it wrote down."""
        while True:
            await await_collector(account, config, max(self._left(), 1.0))
            journal = open_journal(config.database)
            memory = journal.reader()
            try:
                keeping = self._keeping(self._compare(Follower(memory)), account.poll_interval)
                Ingest(journal, self._clock).write_planned(keeping)
            finally:
                memory.close()
                journal.close()
            if self._is_over(keeping, account.poll_interval):
                return

    def _keeping(self, run: Run, next_s: float) -> Keeping:
        """Return what keeps the run, and corrects it when that was asked for and no later reading will say more."""
        last = run.is_decided or self._left() < next_s
        return Keeping(run, correct=bool(self._asked.correct) and last)

    def _is_over(self, keeping: Keeping, next_s: float) -> bool:
        self.run = keeping.run
        decided = keeping.run.is_decided and not keeping.outdated
        return decided or self._left() < next_s

    def _compare(self, follower: Follower) -> Run:
        return compare_account(
            follower,
            self._account,
            now_ns=self._clock.now_ns(),
            tolerance=self._tolerance,
            settle_ns=int(self._settle_s * SECOND),
        )


def runs(config: Config, names: Sequence[str], *, limit: int | None = None) -> list[tuple[int, Run]]:
    """Return the runs that were kept of these accounts, of all when none is named, newest first."""
    if not has_database(config.database):
        return []
    reader = open_reader(config.database)
    try:
        found = [one for name in names for one in reader.runs(name, limit=limit)] if names else reader.runs(limit=limit)
    finally:
        reader.close()
    return sorted(found, key=lambda one: -one[0])[:limit]


def run_of(config: Config, number: int) -> Run | None:
    """Return the run of this number, None when there is none."""
    if not has_database(config.database):
        return None
    reader = open_reader(config.database)
    try:
        return reader.run(number)
    finally:
        reader.close()
