"""A PostgreSQL server says by itself that somebody has committed."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import psycopg

from account_cli.ports.location import named
from account_cli.storage.database import Row
from account_cli.storage.failures_postgres import translated
from account_cli.storage.postgres import CHANGED, dialled

_LONGEST_S = 5.0
"""Without a word for so long a look is taken all the same: a connection may have died without one."""
_AGAIN_S = 1.0


class ServerChanges:
    """Tells when the database has changed; see ``following.Changes``. Several commits at once are one turn."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Row] | None = None
        self._turn = 0
        self._left = False

    async def __aenter__(self) -> Self:
        """Connect and listen."""
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._left = True
        if self._connection is not None:
            await self._connection.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> int:
        """Wait for the next change; ends when the block has been left."""
        if self._left:
            raise StopAsyncIteration
        if self._turn:
            await self._wait()
        self._turn += 1
        return self._turn

    async def _listen(self) -> None:
        with translated(named(self._url)):
            connection = await psycopg.AsyncConnection.connect(dialled(self._url), autocommit=True)
            await connection.execute(f"LISTEN {CHANGED}")
        self._connection = connection

    async def _wait(self) -> None:
        connection = self._connection
        try:
            if connection is None or connection.closed:
                await self._listen()
                return
            async for _ in connection.notifies(timeout=_LONGEST_S, stop_after=1):
                pass
        except Exception:  # whoever reads next meets the same trouble, and says it
            if connection is not None:
                with contextlib.suppress(psycopg.Error):
                    await connection.close()
            await asyncio.sleep(_AGAIN_S)
