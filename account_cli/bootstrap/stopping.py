"""A run ends in order when a signal says so: nothing is cut off, everything is closed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager


class GivenUp(Exception):
    """A signal came before the run had begun."""


class Stopped:
    """Ends a run on SIGINT and SIGTERM; ``status`` is then the exit status a shell expects."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._beginning: asyncio.Task[object] | None = None
        self.status = 0

    def on_signals(self) -> None:
        """Listen from now on; needs a running loop in the main thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop, 128 + number)

    def stop(self, status: int = 0) -> None:
        """End the run."""
        if self._event.is_set():
            return  # whoever asks twice is being served already
        self.status = status
        self._event.set()
        if self._beginning is not None:
            self._beginning.cancel()

    @contextmanager
    def beginning(self) -> Iterator[None]:
        """Around what a run begins with, which may take long: a signal meanwhile gives it up and raises ``GivenUp``."""
        task = self._beginning = asyncio.current_task()
        try:
            if self._event.is_set():
                raise GivenUp
            yield
        except asyncio.CancelledError:
            if task is None or not self._event.is_set() or task.uncancel():
                raise
            raise GivenUp from None
        finally:
            self._beginning = None

    async def before(self, work: Awaitable[object]) -> bool:
        """Do ``work`` and return True; when stopped first, cancel it, see it end, and return False."""
        doing, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._event.wait())
        await asyncio.wait([doing, stop], return_when=asyncio.FIRST_COMPLETED)
        for task in (doing, stop):
            task.cancel()
        finished = doing.done() and not doing.cancelled()
        await asyncio.gather(doing, stop, return_exceptions=True)
        if finished:
            doing.result()
        return finished

    async def wait(self, seconds: float | None = None) -> None:
        """Return when stopped, or after so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
