"""``acct poll``: one REST pass over every account, a summary of each, fit for cron."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec

from account_cli.bootstrap.collecting import SystemClock, connect, make_plan, make_reader, retention
from account_cli.bootstrap.handing_over import OnProgress, by_whoever_collects
from account_cli.bootstrap.stopping import Stopped
from account_cli.collector.account import AccountCollector
from account_cli.config import AccountConfig, Config
from account_cli.domain.times import SECOND
from account_cli.engine.retention import prune_some
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, worst_exit
from account_cli.ports import Clock, ExchangeReader, JournalReader, Request
from account_cli.storage import open_journal, open_reader

_PATIENCE_NS = 90 * SECOND
"""How long to wait for another process to ask for everything."""
_TELL_EVERY_S = 0.5
_TIDY_EVERY_S = 3600.0
_BATCHES = 100
"""At most so much is pruned after a pass, some seconds' worth; the next pass goes on with it."""


class PollSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass over one account came to; ``error`` is set when ``ok`` is not."""

    account: str
    ok: bool
    seconds: float
    attached: bool = False
    """Another process collects this account, and did it."""
    new_facts: int = 0
    balances: int | None = None
    open_orders: int | None = None
    positions: int | None = None
    error: AcctError | None = None


def poll(
    config: Config,
    names: Sequence[str],
    *,
    every_s: float | None = None,
    on_summary: Callable[[PollSummary], None],
    on_progress: OnProgress | None = None,
) -> int:
    """Take one pass over the accounts, or one every so often until a signal; returns the worst exit status.

    ``on_progress`` hears, twice a second, of each account whose pass takes long: its name and how far it has come,
    None once there is nothing to say any more.
    """
    return asyncio.run(_poll(config, names, every_s, on_summary, on_progress))


async def _poll(
    config: Config,
    names: Sequence[str],
    every_s: float | None,
    on_summary: Callable[[PollSummary], None],
    on_progress: OnProgress | None,
) -> int:
    chosen = config.select(names)
    stopped = Stopped()
    stopped.on_signals()
    tidied_at = -_TIDY_EVERY_S
    while True:
        passes = asyncio.gather(*(_one(account, config, on_summary, on_progress) for account in chosen))
        if not await stopped.before(passes):
            return stopped.status
        status = worst_exit(passes.result())
        if 0 in passes.result() and SystemClock().monotonic() - tidied_at >= _TIDY_EVERY_S:
            tidied_at = SystemClock().monotonic()
            if not await stopped.before(tidy(config)):
                return stopped.status
        if every_s is None:
            return status
        if not await stopped.before(asyncio.sleep(every_s)):
            return stopped.status


async def tidy(config: Config) -> None:
    """Prune what need not be kept, for whoever asks from cron and never collects; see docs/retention.md."""
    with suppress(AcctError):
        clock = SystemClock()
        async with Writer(open_journal(config.database), clock) as writer:
            await prune_some(writer, clock, retention(config), _BATCHES)


async def _one(
    account: AccountConfig,
    config: Config,
    on_summary: Callable[[PollSummary], None],
    on_progress: OnProgress | None,
) -> int:
    clock = SystemClock()
    started = clock.monotonic()
    new, answer, error = 0, None, None

    async def mine() -> None:
        nonlocal new
        new = await _pass(account, config, on_progress)

    now = clock.now_ns()
    request = Request(account=account.name, what="poll", asked_ns=now, until_ns=now + _PATIENCE_NS)
    try:
        answer = await by_whoever_collects(account, config, request, mine, on_progress)
    except AcctError as failure:
        error = failure
    summary = PollSummary(
        account=account.name,
        ok=error is None,
        seconds=clock.monotonic() - started,
        attached=answer is not None,
        new_facts=new if answer is None else answer.new_facts,
        error=error,
    )
    if error is None:
        reader = open_reader(config.database)
        try:
            summary = _counted(summary, reader)
        finally:
            reader.close()
    on_summary(summary)
    return error.exit_code if error is not None else 0


async def _pass(account: AccountConfig, config: Config, on_progress: OnProgress | None) -> int:
    async with at_work(account, config) as (reader, collector, _, _), telling(reader, SystemClock(), on_progress):
        receipts = await collector.poll_once()
    return sum(receipt.new for receipt in receipts)


@asynccontextmanager
async def at_work(
    account: AccountConfig, config: Config
) -> AsyncIterator[tuple[ExchangeReader, AccountCollector, Writer, JournalReader]]:
    """Connect one account, and have its collector, writer and a connection to look things up for the block."""
    clock = SystemClock()
    reader = make_reader(account, config, clock)
    try:
        # Before the database is touched: a wrong key leaves it as it was.
        await connect(reader, allow_writable=account.allow_writable_key)
        journal = open_journal(config.database, announces=config.redis is not None)
        memory = journal.reader()
        try:
            async with Writer(journal, clock) as writer:
                reader.keep_in(writer.inbox)
                plan = make_plan(account, config)
                yield reader, AccountCollector(reader, writer.write, memory, plan, clock, random.random), writer, memory
                if config.redis is not None:
                    from account_cli.bootstrap.redis import tell_once

                    await tell_once(config, account.name, memory, writer, clock)
        finally:
            memory.close()
    finally:
        await reader.close()


@asynccontextmanager
async def telling(reader: ExchangeReader, clock: Clock, on_progress: OnProgress | None) -> AsyncIterator[None]:
    """Pass on what ``reader`` has to say while the block runs."""

    async def tell() -> None:
        while on_progress is not None:
            on_progress(reader.account, "; ".join(one.text for one in reader.remarks()) or None)
            await clock.sleep(_TELL_EVERY_S)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        if on_progress is not None:
            on_progress(reader.account, None)


def _counted(summary: PollSummary, reader: JournalReader) -> PollSummary:
    balances, positions = reader.balances(summary.account), reader.positions(summary.account)
    return msgspec.structs.replace(
        summary,
        balances=None if balances is None else sum(1 for row in balances.rows if row.total),
        open_orders=len(reader.orders(summary.account)),
        positions=None if positions is None else sum(1 for row in positions.rows if row.quantity),
    )
