"""``acct replay``: read the stored frames and pages again with the present code, and ingest what that finds new."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

from account_cli.bootstrap import REDACTOR
from account_cli.bootstrap.collecting import SystemClock
from account_cli.config import AccountConfig, Config
from account_cli.engine.ingest import Ingest
from account_cli.engine.replaying import Replayed, Span
from account_cli.engine.replaying import replay as replay_account
from account_cli.exchanges import open_reader
from account_cli.ports import Journal, ReaderSettings
from account_cli.storage import collector_lock, open_journal


def replay(config: Config, names: Sequence[str], span: Span, *, dry_run: bool = False) -> list[Replayed]:
    """Read the stored texts of these accounts again; with ``dry_run`` only say what would change.

    Needs no key, and no network while the markets that an earlier run kept are on disk. Raises ``LockHeld`` while
    another process collects one of the accounts, and ``StorageError``.
    """
    return asyncio.run(_replay(config, config.select(names), span, dry_run=dry_run))


async def _replay(config: Config, chosen: Sequence[AccountConfig], span: Span, *, dry_run: bool) -> list[Replayed]:
    with ExitStack() as stack:
        for account in chosen:
            stack.enter_context(collector_lock(config.database, account.name))
        journal = open_journal(config.database, announces=config.redis is not None)
        stack.callback(journal.close)
        return [await _one(config, account, journal, span, dry_run=dry_run) for account in chosen]


async def _one(config: Config, account: AccountConfig, journal: Journal, span: Span, *, dry_run: bool) -> Replayed:
    clock = SystemClock()
    settings = ReaderSettings(
        account=account.name,
        venue=account.exchange,
        urls=account.urls,
        sandbox=account.sandbox,
        timeout_s=account.timeout,
    )
    exchange = open_reader(settings, clock=clock, redactor=REDACTOR, cache_dir=config.cache_dir)
    reader = journal.reader()
    try:
        await exchange.prepare(stale=True)
        ingest = None if dry_run else Ingest(journal, clock)
        return replay_account(reader, exchange.rereader(), account.name, span, now_ns=clock.now_ns(), ingest=ingest)
    finally:
        reader.close()
        await exchange.close()
