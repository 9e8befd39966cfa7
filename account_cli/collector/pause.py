"""Waiting that ends early when the machine wakes from a sleep: what was to be done later is to be done now."""

from __future__ import annotations

import asyncio

from account_cli.ports import Clock


class Pause:
    """The pauses of one account's loops."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """End every pause that lasts now."""
        self._woken.set()
        self._woken.clear()

    async def sleep(self, seconds: float) -> bool:
        """Wait for so long; return True when it was cut short."""
        waking = asyncio.ensure_future(self._woken.wait())
        waiting = asyncio.ensure_future(self._clock.sleep(max(0.0, seconds)))
        try:
            await asyncio.wait((waking, waiting), return_when=asyncio.FIRST_COMPLETED)
            return waking.done()
        finally:
            for task in (waking, waiting):
                task.cancel()
            await asyncio.gather(waking, waiting, return_exceptions=True)
