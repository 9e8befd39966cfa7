"""Work that can be done later is broken off for what cannot: a connection is not live before it has been caught up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class GivingWay:
    """Runs one piece of work at a time, which ``break_off`` ends wherever it waits."""

    def __init__(self) -> None:
        self._work: asyncio.Task[Any] | None = None

    def break_off(self) -> None:
        """End what is under way, if anything is."""
        if self._work is not None:
            self._work.cancel()

    async def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what the work returns, or None where it was broken off. Raises what it raises."""
        task = self._work = asyncio.ensure_future(work)
        try:
            await asyncio.wait([task])
            return None if task.cancelled() else task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._work = None
