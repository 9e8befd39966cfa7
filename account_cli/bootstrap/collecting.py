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

from account_cli.bootstrap import REDACTOR
from account_cli.bootstrap.alerting import Channels, decided_of, heartbeat
from account_cli.bootstrap.fleet import Collected, Configured, Fleet, Wishes
from account_cli.bootstrap.keys import Keys
from account_cli.bootstrap.memory import give_back, keep_one_heap
from account_cli.bootstrap.watchdog import pulse
from account_cli.collector.account import AccountCollector, Plan
from account_cli.collector.delivery import Delivery
from account_cli.collector.key import demand_read_only
from account_cli.config import AccountConfig, Config
from account_cli.domain.health import Notice
from account_cli.domain.presence import WHOLE, ProcessKind
from account_cli.domain.times import DAY, SECOND
from account_cli.engine.alerting import Alerting
from account_cli.engine.answering import Answering
from account_cli.engine.beside import Reconciler
from account_cli.engine.delivering import Delivering
from account_cli.engine.looking import ReadingThread
from account_cli.engine.recording import Recorder
from account_cli.engine.retention import Retention
from account_cli.engine.supervise import Crew, supervise
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, CredentialError, LockHeld, Temporary, Unavailable, first_of
from account_cli.exchanges import open_reader
from account_cli.observability.traces import traces
from account_cli.ports import AccountRow, Clock, ExchangeReader, Wish
from account_cli.storage import has_database, open_journal, present
from account_cli.storage import open_reader as open_database
from account_cli.storage.timescale import arrange_history

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


def make_reader(account: AccountConfig, config: Config, clock: Clock, keys: Keys | None = None) -> ExchangeReader:
    """Return a reader of an account, by its key; ``keys`` remembers which that is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the key
    settings = account.reader_settings(redactor=REDACTOR)
    if keys is not None:
        keys.used(account, settings)
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
async def collecting(
    config: Config, names: Sequence[str], *, kind: ProcessKind = "watch", workers: bool = False
) -> AsyncIterator[Collected]:
    """Collect the named accounts (all configured ones for none) for the length of the block.

    An account that another process collects is attached to: followed, not collected twice, and taken over when that
    process ends. Workers take their fair share. Raises the ``AcctError`` that keeps every single account from being
    connected, before anything is written into a file.
    """
    keep_one_heap()
    clock = SystemClock()
    keys = Keys(clock)
    chosen = config.select(names)
    collected = Collected([account.name for account in chosen])
    async with AsyncExitStack() as stack:
        me = stack.enter_context(present(config.database, kind, wants=collected.accounts, workers=workers))
        readers: dict[str, ExchangeReader] = {}
        for account in () if workers else chosen:
            try:
                reader = make_reader(account, config, clock, keys)
                stack.push_async_callback(reader.close)
                await asyncio.to_thread(me.take, account.name)
            except LockHeld as held:
                collected.attached[account.name] = held.message
            except CredentialError as error:
                collected.refused[account.name] = error
            else:
                readers[account.name] = reader
        if chosen and len(collected.refused) == len(chosen):
            raise next(iter(collected.refused.values()))
        await _preflight(list(readers.values()), chosen, config)
        journal = open_journal(config.database, announces=config.redis is not None)
        memory, recording, comparing, asked, judging, telling = (journal.reader() for _ in range(6))
        for opened in (memory, recording, comparing, asked, judging, telling):
            stack.callback(opened.close)
        writer = await stack.enter_async_context(Writer(journal, clock, me.fences))
        writer.on_committed = hears = traces(wanted=config.log.traces)
        if hears is not None:
            stack.callback(hears.close)
        await asyncio.to_thread(_arrange_history, config)
        await asyncio.to_thread(me.register)
        for account in chosen:
            if account.name in collected.refused:
                await writer.write(_refusal(account, collected.refused[account.name], clock))
        _leave_what_lasts_alone()
        thread, crew = ReadingThread(comparing), Crew()
        configured = Configured(config, names)

        def broken(text: str) -> None:
            for name in sorted(crew.running)[:1]:
                notice = Notice(account=name, at_ns=clock.now_ns(), severity="warning", code="config", text=text)
                writer.write(Delivery(account=name, notices=(notice,)))

        configured.on_broken = broken
        wishes = Wishes(crew.running, lambda name: wish_of(configured.config.account(name), configured.config))
        reconciler = Reconciler(thread, wishes, clock, config.reconcile.every)

        def made(account: AccountConfig) -> AccountCollector:
            reader = readers.pop(account.name, None) or make_reader(account, config, clock, keys)
            reader.keep_in(writer.inbox)
            plan = make_plan(account, config)
            collector = AccountCollector(reader, writer.write, memory, plan, clock, random.random)
            collector.on_caught_up = reconciler.look_now
            return collector

        for account in chosen:
            if account.name in readers:
                crew.start(made(account))
        for wrong in config.alerts.refused:
            broken(wrong.left_out())

        def on_bug(name: str, error: BaseException) -> None:
            _LOG.error("%s: collecting stopped by a bug: %s", name, type(error).__name__, exc_info=error)
            collected.bugs.append((name, error))

        recorder = Recorder(
            recording,
            crew.running,
            clock,
            currency=config.currency,
            pegged=config.pegged,
            poll_interval_ns=int(max((account.poll_interval for account in chosen), default=60.0) * SECOND),
            retention=retention(config),
        )
        await stack.enter_async_context(pulse(crew.running, writer, clock))
        answering = Answering(asked, thread, crew.running, clock)
        alerting = Alerting(
            ReadingThread(judging),
            crew.running,
            lambda: [account.name for account in configured.accounts()],
            lambda: decided_of(configured.config),
            clock,
        )
        delivering = Delivering(ReadingThread(telling), Channels(lambda: configured.config), clock)
        alerting.on_alerts = delivering.look_now
        watched = supervise(
            crew, writer, clock, on_bug, recorder, retention(config), reconciler, answering, alerting, delivering
        )
        relay = None
        if config.redis is not None:
            from account_cli.bootstrap.redis import Leading, bus_of, relay_of

            told = journal.reader()
            stack.callback(told.close)
            bus = await stack.enter_async_context(bus_of(config))
            longest = max((account.poll_interval for account in chosen), default=60.0)
            leading = Leading(
                lambda: me.fences.get(WHOLE, 0),
                lambda: {*configured.config.accounts, *(account.name for account in configured.accounts())},
            )
            relay = relay_of(config, bus, told, crew.running, clock, longest, leading)
        fleet = Fleet(me, crew, clock, made, configured, collected, keys, may_lead=relay is not None)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(watched, name="supervise"),
                    group.create_task(fleet.run(), name="take and give back accounts"),
                    group.create_task(heartbeat(lambda: configured.config, alerting, clock), name="heartbeat"),
                    group.create_task(give_back(clock), name="give memory back"),
                ]
                if relay is not None:
                    tasks.append(group.create_task(relay.run(writer), name="tell others"))
                if isinstance(config.database, Path):
                    tasks.append(group.create_task(_stays(config.database, clock), name="database file"))
                try:
                    yield collected
                finally:
                    for task in tasks:
                        task.cancel()
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None


def _arrange_history(config: Config) -> None:
    why = arrange_history(config.database, config.timescale)
    if why is not None:
        _LOG.warning("%s", why)


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
    text = f"not collected: {error.with_hint()}"
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


def retention(config: Config) -> Retention:
    kept = config.retention
    return Retention(
        keep_ns=config.inbox.keep_days * DAY,
        most_bytes=config.inbox.max_mb * 1_000_000,
        observations_ns=kept.observations_days * DAY,
        proofs_ns=kept.proofs_days * DAY,
        snapshots_ns=kept.snapshots_days * DAY,
        positions_every_ns=int(kept.positions_every * SECOND),
        outbox_ns=kept.outbox_days * DAY,
    )


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
