"""What was received waits here for the next transaction, beside the deliveries that follow from what came before it.

One commit stores the frames that just arrived and the effects of those that arrived before: storing a frame first costs
no commit of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from account_cli.errors import StorageError
from account_cli.ports import Arrived, RawRow


class Arrivals:
    """The ``Inbox`` of a running writer; belongs to the event loop's thread. ``wake`` tells that something waits."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._rows: list[tuple[RawRow, asyncio.Future[int]]] = []
        self.forgotten: list[int] = []
        self._over: Exception | None = None

    def __bool__(self) -> bool:
        return bool(self._rows)

    def keep(self, row: RawRow) -> asyncio.Future[int]:
        """Queue a row; the future ends with its id, or with the ``StorageError`` that kept it off."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if self._over is not None:
            refuse([future], self._over)
            return future
        self._rows.append((row, future))
        self._wake()
        return future

    def forget(self, row_id: int) -> None:
        """Queue a removal; no transaction is begun for it."""
        self.forgotten.append(row_id)

    def take(self) -> tuple[Arrived, list[asyncio.Future[int]]]:
        """Hand over all that waits, and who waits for it."""
        rows, self._rows = self._rows, []
        forgotten, self.forgotten = self.forgotten, []
        return Arrived(tuple(row for row, _ in rows), tuple(forgotten)), [future for _, future in rows]

    def end(self, why: Exception) -> None:
        """Nothing more is stored: whoever waits for that, or asks for it from now on, hears why."""
        self._over = why
        refuse(self.take()[1], why)


def settle(futures: Sequence[asyncio.Future[int]], results: Sequence[int | StorageError]) -> None:
    """Tell those who wait the ids of their rows, or why there are none."""
    for future, result in zip(futures, results, strict=True):
        if isinstance(result, StorageError):
            refuse([future], result)
        elif not future.done():
            future.set_result(result)


def refuse(futures: Iterable[asyncio.Future[Any]], why: Exception) -> None:
    """Tell those who still wait why nothing was stored."""
    for future in futures:
        if not future.done():
            future.set_exception(why)
            future.exception()  # whoever no longer waits is no reason for a warning
