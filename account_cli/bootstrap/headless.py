"""``acct collect``: collecting without a screen, for servers; and the word that ends it from elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from account_cli.bootstrap.collecting import collecting
from account_cli.bootstrap.fleet import standing_by
from account_cli.bootstrap.stopping import GivenUp, Stopped
from account_cli.config import Config
from account_cli.domain.presence import EXPIRED_NS, Process
from account_cli.domain.times import SECOND
from account_cli.errors import InternalError
from account_cli.storage import has_database, open_journal, open_reader

Tell = Callable[[str, str], None]
"""Hears of an account and what became of it."""
_LOOK_S = 0.2


def collect(config: Config, names: Sequence[str], *, workers: bool = False, tell: Tell) -> int:
    """Collect until a signal, or until asked to stop from elsewhere; returns the exit status.

    Raises the ``AcctError`` that kept it from starting.
    """
    return asyncio.run(_collect(config, names, workers, tell))


async def _collect(config: Config, names: Sequence[str], workers: bool, tell: Tell) -> int:
    stopped = Stopped()
    stopped.on_signals()
    async with AsyncExitStack() as stack:
        try:
            with stopped.beginning():
                entered = collecting(config, names, kind="collect", workers=workers)
                collected = await stack.enter_async_context(entered)
        except GivenUp:
            return stopped.status
        collected.on_change = tell
        for account in collected.accounts:
            if account in collected.attached:
                tell(account, standing_by(collected.attached[account]))
            elif account not in collected.refused and not workers:
                tell(account, "collected here")
        await stopped.before(collected.asked_to_stop.wait())
    if collected.bugs:
        account, error = collected.bugs[0]
        raise InternalError(
            f"collecting {account!r} stopped by a bug: {type(error).__name__}",
            hint="Run again with -vv to see where, and report it; what was journaled is kept.",
        ) from error
    return stopped.status


def stop_collecting(config: Config, *, within_s: float, waiting: Callable[[Sequence[Process]], None]) -> list[Process]:
    """Ask every headless collector of this database to end, and wait; returns those that have not within the time.

    ``waiting`` hears once whom it waits for. One that is dead already is forgotten.
    """
    if not has_database(config.database):
        return []
    journal = open_journal(config.database)
    try:
        with journal.transaction() as tx:
            now = tx.now_ns()
            asked = [one for one in tx.processes() if one.kind == "collect"]
            for one in asked:
                if now - one.beat_ns > EXPIRED_NS:
                    tx.remove_process(one.id)
                else:
                    tx.ask_to_stop(one.id)
    finally:
        journal.close()
    alive = [one for one in asked if now - one.beat_ns <= EXPIRED_NS]
    waiting(alive)
    until = time.time_ns() + int(within_s * SECOND)
    ids = {one.id for one in alive}
    reader = open_reader(config.database)
    try:
        while ids & {one.id for one in reader.processes()}:
            if time.time_ns() > until:
                return [one for one in reader.processes() if one.id in ids]
            time.sleep(_LOOK_S)
    finally:
        reader.close()
    return []
