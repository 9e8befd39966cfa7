"""A quiet stream is looked behind: REST is asked for the balances, and when they moved, for what moved them.

An account on which nothing happens and a stream that has died look alike. What the look finds, the stream owes.

Of those who ask for everything, a new connection goes first: it is not live before, and where requests are dear a sweep
that began before it was confirmed, and proves nothing for it, would cost it half a minute.
"""

from __future__ import annotations

from account_cli.collector.asking import HISTORY, Asking, Proved, to_nobody
from account_cli.collector.delivery import Receipt
from account_cli.collector.giving_way import GivingWay
from account_cli.collector.health import Health
from account_cli.collector.pause import Pause
from account_cli.collector.plan import Plan
from account_cli.collector.streaming import Streaming
from account_cli.domain.health import DataKind
from account_cli.ports import Clock, patient

_LATE_S = 8.0
"""How much later than its interval wants it a sweep may come: one that failed once is made again within seconds."""
_OLD, _OLD_S = 3, 180.0
"""After so many intervals, and so many seconds, without a sweep a kind may lack what only a sweep can find."""
_BELIEVED_S = 45.0
"""For how long a stream is believed that told nothing and that REST could not be asked about."""
_LOOK_FOR: frozenset[DataKind] = HISTORY | {"balances", "positions", "orders"}


class Canary:
    """Looks after a while in which neither the stream told anything of the account nor REST was asked."""

    def __init__(
        self,
        asking: Asking,
        streaming: Streaming,
        clock: Clock,
        pause: Pause,
        plan: Plan,
        health: Health,
    ) -> None:
        self._asking, self._streaming, self._clock, self._pause = asking, streaming, clock, pause
        self._interval_s, self._quiet_s = plan.poll_interval, plan.patience.canary_s
        self._health = health
        self._asked_at = clock.monotonic()
        self._swept_at = self._looked_at = self._asked_at
        self._proved_at: dict[DataKind, float] = {}
        self._sweeping = GivingWay()
        self._failed = False

    async def everything(
        self, kinds: frozenset[DataKind], deeper_s: int = 0, proved: Proved = to_nobody
    ) -> list[Receipt]:
        """Ask for everything, as ``Asking`` does; it need not be looked after soon."""
        began = self._clock.monotonic()

        def hear(known: frozenset[DataKind]) -> None:
            self._proved_at |= dict.fromkeys(known, began)
            if "fills" in known:
                self._swept_at = began
                self._health.trust("sweep")
            proved(known)

        receipts = await self._asking.everything(kinds, deeper_s=deeper_s, proved=hear)
        self._asked_at = self._looked_at = self._clock.monotonic()
        return receipts

    async def catch_up(self, kinds: frozenset[DataKind], proved: Proved) -> list[Receipt]:
        """Ask for everything before all others: a sweep or a walk back that is under way is broken off."""
        self._sweeping.break_off()
        self._asking.walking_back.break_off()
        return await self.everything(kinds, proved=proved)

    async def sweep(self, kinds: frozenset[DataKind]) -> None:
        """Ask for everything, or for as much of it as could be asked before a new connection had to be caught up.

        One that comes late, because the last one failed, does not leave anything to others.
        """

        async def ask() -> None:
            patient.set(not self._failed)
            self._failed = True
            await self.everything(kinds)
            self._failed = False

        await self._sweeping.run(ask())

    def doubt_what_is_old(self) -> None:
        """Doubt kinds that REST was not asked for in a long time, because there was so much else to ask for."""
        before = self._clock.monotonic() - max(_OLD_S, _OLD * self._interval_s)
        old = [kind for kind, at in self._proved_at.items() if at < before]
        if old:
            self._health.doubt("overdue", old, "REST has not been asked for a while")
        else:
            self._health.trust("overdue")

    def swept_until(self) -> float:
        """Return until when the last sweep is good enough, on the monotonic clock, if one is made in each interval.

        Where frames are numbered none is lost without a word, and a sweep that failed may be made an interval later.
        """
        return self._swept_at + self._interval_s + (self._interval_s if self._asking.numbered else _LATE_S)

    def looked_until(self) -> float:
        """Return until when a stream may be believed of which REST or itself said something lately."""
        return max(self._looked_at, self._clock.monotonic() - (self._streaming.quiet_for() or 0.0)) + _BELIEVED_S

    async def look(self) -> None:
        """Wait until it has been quiet for long, and look. Raises the ``AcctError`` that prevented it."""
        await self._pause.sleep(max(0.5, self._quiet_s - self._quiet_for()))
        if self._quiet_for() >= self._quiet_s:
            self._asked_at = self._clock.monotonic()
            moved = await self._asking.glance()
            self._looked_at = self._asked_at
            if moved:
                await self.everything(_LOOK_FOR)

    def _quiet_for(self) -> float:
        return min(self._streaming.quiet_for() or 0.0, self._clock.monotonic() - self._asked_at)
