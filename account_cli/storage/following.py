"""Waiting for somebody else to write costs a page of shared memory ten times a second, and nothing more.

For views in other processes than the collector's: SQLite has no call that wakes a reader, but ``PRAGMA data_version``
answers from shared memory whether any other connection has committed. A PostgreSQL server tells it without being asked
(``LISTEN``); a connection that was lost is made again, and counts as a change.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import aiosqlite

from account_cli.ports import Location
from account_cli.storage.failures import translated
from account_cli.storage.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from account_cli.storage.following_postgres import ServerChanges


def changes(database: Location, poll_s: float = 0.1) -> Changes | ServerChanges:
    """Return what tells when this database has changed; see ``Changes``."""
    if isinstance(database, str):
        from account_cli.storage.following_postgres import ServerChanges

        return ServerChanges(database)
    return Changes(database, poll_s)


class Changes:
    """Tells when the database at ``path`` has changed: ``async with Changes(path) as changes: async for _ in changes``.

    The first turn comes at once, so that whoever reads the state in the loop misses nothing; several commits between
    two looks, ``poll_s`` seconds apart, are one turn. The values are change tokens, good only for being different.
    """

    def __init__(
        self, path: Path, poll_s: float = 0.1, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._path = path
        self._poll_s = poll_s
        self._sleep = sleep
        self._connection: aiosqlite.Connection | None = None
        self._token: int | None = None

    async def __aenter__(self) -> Self:
        """Open a read-only connection, in a thread of its own."""
        # First without a thread: one that fails to connect ends some time after the loop that waits for it.
        SqliteDatabase(self._path, "ro").close()
        with translated(self._path):
            uri = f"file:{quote(str(self._path))}?mode=ro"
            self._connection = await aiosqlite.connect(uri, uri=True, isolation_level=None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection and end its thread."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> int:
        """Wait for the next change; ends when the block has been left."""
        while self._connection is not None:
            token = await self._look(self._connection)
            if token != self._token:
                self._token = token
                return token
            await self._sleep(self._poll_s)
        raise StopAsyncIteration

    async def _look(self, connection: aiosqlite.Connection) -> int:
        with translated(self._path):
            async with connection.execute("PRAGMA data_version") as cursor:
                row: sqlite3.Row | None = await cursor.fetchone()
                assert row is not None
                return int(row[0])
