"""A quiet stream is looked behind: REST is asked for the balances, and when they moved, for what moved them.

An account on which nothing happens and a stream that has died look alike. What the look finds, the stream owes.
"""

from __future__ import annotations

from account_cli.collector.asking import HISTORY, Asking
from account_cli.collector.delivery import Receipt
from account_cli.collector.pause import Pause
from account_cli.collector.streaming import Streaming
from account_cli.domain.health import DataKind
from account_cli.ports import Clock

_LOOK_FOR: frozenset[DataKind] = HISTORY | {"balances", "positions", "orders"}


class Canary:
    """Looks after ``quiet_s`` seconds in which neither the stream told anything of the account nor REST was asked."""

    def __init__(self, asking: Asking, streaming: Streaming, clock: Clock, pause: Pause, quiet_s: float) -> None:
        self._asking, self._streaming, self._clock, self._pause = asking, streaming, clock, pause
        self._quiet_s = quiet_s
        self._asked_at = clock.monotonic()

    async def everything(self, kinds: frozenset[DataKind], deeper_s: int = 0) -> list[Receipt]:
        """Ask for everything, as ``Asking`` does; it need not be looked after soon."""
        receipts = await self._asking.everything(kinds, deeper_s=deeper_s)
        self._asked_at = self._clock.monotonic()
        return receipts

    async def look(self) -> None:
        """Wait until it has been quiet for long, and look. Raises the ``AcctError`` that prevented it."""
        await self._pause.sleep(max(0.5, self._quiet_s - self._quiet_for()))
        if self._quiet_for() >= self._quiet_s:
            self._asked_at = self._clock.monotonic()
            if await self._asking.glance():
                await self.everything(_LOOK_FOR)

    def _quiet_for(self) -> float:
        return min(self._streaming.quiet_for() or 0.0, self._clock.monotonic() - self._asked_at)
