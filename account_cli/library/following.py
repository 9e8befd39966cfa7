"""An account is followed by the lines of its journal: nothing is missed and nothing comes twice, whoever restarts.

The journal numbers an account's lines from 1 without gaps and never changes one. A listener remembers the ``n`` of the
last change that it has dealt with, best in the same transaction as what it did with it, and goes on ``after`` that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TypeVar

from account_cli.domain.money import ZERO
from account_cli.engine.telling import AccountChange, Telling
from account_cli.library.places import Database, demand, settings_of
from account_cli.ports import Location

T = TypeVar("T")
SIGNIFICANT = Decimal("0.001")
"""A usual threshold: so much of any asset. What is less waits and is told with what follows it."""


async def follow(
    database: Database, account: str, *, after: int = 0, at_least: Decimal = ZERO, poll_s: float = 0.1
) -> AsyncGenerator[AccountChange, None]:
    """Yield an account's changes after journal line ``after``, for ever: first what is known, then as it is committed.

    ``at_least`` (in units of any asset; default: everything is told) holds small changes back until they add up, or
    until a larger one takes them along. A SQLite file is looked at every ``poll_s`` seconds, a server tells by itself.
    An account that the store does not know yet is waited for. It makes no difference who collects.

    Raises ``StorageError`` when there is no such database or it cannot be read (a server that went away: go on later,
    after the last change), ``InputError`` when the journal ends before ``after``. Leave it with
    ``contextlib.aclosing``, or by ending the task.
    """
    from account_cli.storage.following import changes

    config = settings_of(database)
    demand(config)
    async with _Thread() as thread, changes(config.database, poll_s) as changed:
        telling = await thread.run(lambda: _open(config.database, account, after, at_least))
        try:
            async for _ in changed:
                while (told := await thread.run(telling.next)) is not None:
                    for change in told:
                        yield change
        finally:
            await thread.run(telling.reader.close)


def _open(database: Location, account: str, after: int, at_least: Decimal) -> Telling:
    from account_cli.storage import open_reader

    reader = open_reader(database)
    try:
        return Telling(reader, account, after, at_least)
    except BaseException:
        reader.close()
        raise


class _Thread:
    """A thread of its own, for a connection that stays on one."""

    async def __aenter__(self) -> _Thread:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="acct-follow")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._pool.shutdown()

    async def run(self, work: Callable[[], T]) -> T:
        """Do it there; whoever is cancelled meanwhile waits for its end: a connection is in one hand at a time."""
        doing = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(self._pool, work))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            raise
