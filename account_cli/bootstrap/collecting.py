"""Collecting: readers, locks, one writer and a collector an account, for the length of a block."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import resource
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from account_cli.bootstrap import REDACTOR
from account_cli.bootstrap.watchdog import pulse
from account_cli.collector.account import AccountCollector, Plan
from account_cli.collector.delivery import Delivery
from account_cli.collector.key import demand_read_only
from account_cli.config import AccountConfig, Config
from account_cli.domain.health import Notice
from account_cli.domain.times import DAY, SECOND
from account_cli.engine.answering import Answering
from account_cli.engine.beside import Reconciler
from account_cli.engine.looking import ReadingThread
from account_cli.engine.recording import Recorder
from account_cli.engine.retention import Retention
from account_cli.engine.supervise import supervise
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, CredentialError, LockHeld, Temporary, Unavailable
from account_cli.exchanges import open_reader
from account_cli.ports import AccountRow, Clock, ExchangeReader, Wish
from account_cli.storage import collector_lock, has_database, open_journal
from account_cli.storage import open_reader as open_database

_LOG = logging.getLogger(__name__)
_LOOK_AT_FILE_S = 2.0


class SystemClock:
    """The machine's own time."""

    def now_ns(self) -> int:
        """Wall time in nanoseconds since 1970 UTC."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let others run for so long."""
        await asyncio.sleep(seconds)


class Collected(msgspec.Struct, kw_only=True):
    """What is being watched: accounts this process collects, and those another one collects already."""

    accounts: list[str]
    attached: dict[str, str]
    """Account to the sentence that says who collects it."""
    refused: dict[str, AcctError] = {}
    """Accounts that cannot be collected as they are configured; the others are."""
    bugs: list[tuple[str, BaseException]] = []


def make_reader(account: AccountConfig, config: Config, clock: Clock) -> ExchangeReader:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the key
    settings = account.reader_settings(redactor=REDACTOR)
    return open_reader(settings, clock=clock, redactor=REDACTOR, cache_dir=config.cache_dir)


async def connect(reader: ExchangeReader, *, allow_writable: bool) -> None:
    """Refuse a key that can do more than read, unless that is allowed; then connect."""
    await demand_read_only(reader, allow_writable=allow_writable)
    await reader.connect()


async def _preflight(readers: Sequence[ExchangeReader], chosen: Sequence[AccountConfig], config: Config) -> None:
    """Connect all at once; when not one could be, raise why: nothing has been written yet.

    Where something is known already, an exchange that cannot be reached for now is no reason to show nothing.
    """
    allowed = {account.name for account in chosen if account.allow_writable_key}
    results = await asyncio.gather(
        *(connect(reader, allow_writable=reader.account in allowed) for reader in readers), return_exceptions=True
    )
    failures = [result for result in results if isinstance(result, BaseException)]
    for failure in failures:
        if not isinstance(failure, AcctError):
            raise failure
    if not failures or len(failures) < len(readers):
        for reader, result in zip(readers, results, strict=True):
            if isinstance(result, AcctError):
                _LOG.warning("%s: %s; the other accounts are collected", reader.account, result.message)
        return
    lasting = [failure for failure in failures if not isinstance(failure, Temporary)]
    if lasting or not _known(config) & {reader.account for reader in readers}:
        raise (lasting or failures)[0]


def _known(config: Config) -> set[str]:
    """Return the accounts of which the database holds facts."""
    if not has_database(config.database):
        return set()
    reader = open_database(config.database)
    try:
        return {row.account for row in reader.accounts() if row.head}
    finally:
        reader.close()


@asynccontextmanager
async def collecting(config: Config, names: Sequence[str]) -> AsyncIterator[Collected]:
    """Collect the named accounts (all configured ones for none) for the length of the block.

    An account that another process collects is attached to: followed, not collected twice. Raises the ``AcctError``
    that keeps every single account from being connected, before anything is written.
    """
    clock = SystemClock()
    chosen = config.select(names)
    collected = Collected(accounts=[account.name for account in chosen], attached={})
    async with AsyncExitStack() as stack:
        readers: dict[str, ExchangeReader] = {}
        for account in chosen:
            try:
                reader = make_reader(account, config, clock)
                stack.push_async_callback(reader.close)
                stack.enter_context(collector_lock(config.database, account.name))
            except LockHeld as held:
                collected.attached[account.name] = held.message
            except CredentialError as error:
                collected.refused[account.name] = error
            else:
                readers[account.name] = reader
        if len(collected.refused) == len(chosen):
            raise next(iter(collected.refused.values()))
        await _preflight(list(readers.values()), chosen, config)
        journal = open_journal(config.database)
        memory, recording, comparing, asked = (journal.reader() for _ in range(4))
        for opened in (memory, recording, comparing, asked):
            stack.callback(opened.close)
        writer = await stack.enter_async_context(Writer(journal, clock))
        for reader in readers.values():
            reader.keep_in(writer.inbox)
        for account in chosen:
            if account.name in collected.refused:
                await writer.write(_refusal(account, collected.refused[account.name], clock))
        collectors = [
            AccountCollector(
                readers[account.name], writer.write, memory, make_plan(account, config), clock, random.random
            )
            for account in chosen
            if account.name in readers
        ]

        def on_bug(name: str, error: BaseException) -> None:
            collected.bugs.append((name, error))

        recorder = Recorder(
            recording,
            list(readers),
            clock,
            currency=config.currency,
            pegged=config.pegged,
            poll_interval_ns=int(max((account.poll_interval for account in chosen), default=60.0) * SECOND),
        )
        _leave_what_lasts_alone()
        await stack.enter_async_context(pulse(collectors, writer, clock))
        thread = ReadingThread(comparing)
        wishes = {account.name: wish_of(account, config) for account in chosen if account.name in readers}
        reconciler = Reconciler(thread, wishes, clock, config.reconcile.every)
        for collector in collectors:
            collector.on_caught_up = reconciler.look_now
        answering = Answering(asked, thread, collectors, clock)
        watched = supervise(collectors, writer, clock, on_bug, recorder, retention(config), reconciler, answering)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(watched, name="supervise")]
                if isinstance(config.database, Path):
                    tasks.append(group.create_task(_stays(config.database, clock), name="database file"))
                try:
                    yield collected
                finally:
                    for task in tasks:
                        task.cancel()
        except BaseExceptionGroup as failures:
            raise _first(failures) from None


def _leave_what_lasts_alone() -> None:
    """Let the garbage collector look less often, and not at what is loaded by now.

    A burst makes ten thousand frames, futures and facts a second, which go as they came, without it; each of its looks
    at everything that Textual, ccxt and SQLAlchemy brought along took a third of the burst's time (bench/burst.py).
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _refusal(account: AccountConfig, error: AcctError, clock: Clock) -> Delivery:
    """Return what is written down of an account that cannot be collected for now."""
    _LOG.warning("%s: %s; the other accounts are collected", account.name, error.message)
    text = f"not collected: {error.message}" + (f" ({error.hint})" if error.hint else "")
    notice = Notice(account=account.name, at_ns=clock.now_ns(), severity="critical", code=error.code, text=text)
    row = AccountRow(account=account.name, venue=account.exchange, user=account.user)
    return Delivery(account=account.name, account_row=row, notices=(notice,))


async def _stays(database: Path, clock: Clock) -> None:
    """Raise once the file is no longer where it was: SQLite would go on writing into one that nobody finds again."""
    was = _file(database)
    while True:
        await clock.sleep(_LOOK_AT_FILE_S)
        if _file(database) != was:
            raise Unavailable(
                f"the database {database} was moved, deleted or replaced while acct was writing to it",
                hint="Start again: what is missing is read back from the exchange.",
            )


def _file(path: Path) -> tuple[int, int] | None:
    """Return which file is there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _first(error: BaseException) -> BaseException:
    """Return what a group of tasks failed of first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def retention(config: Config) -> Retention:
    return Retention(keep_ns=config.inbox.keep_days * DAY, most_bytes=config.inbox.max_mb * 1_000_000)


def wish_of(account: AccountConfig, config: Config) -> Wish:
    """Return how an account is compared where nobody asks for anything else."""
    said = config.reconcile
    return Wish(
        tolerance=said.tolerance_at(account.exchange),
        settle_ns=int(said.settle * SECOND),
        correct=said.auto_correct,
    )


def make_plan(account: AccountConfig, config: Config) -> Plan:
    return Plan(
        overrides=account.strategies,
        poll_interval=account.poll_interval,
        reconnect_delay=account.reconnect_delay,
        reconnect_max_delay=account.reconnect_max_delay,
        currency=config.currency,
        user=account.user,
        allow_writable_key=account.allow_writable_key,
        key_interval=account.key_interval,
    )
