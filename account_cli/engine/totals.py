"""The P&L of all accounts together on a bus, kept by the one process that leads.

``pnl:*`` holds it and ``trading.pnl`` tells it, with the number of the leader's lease: whoever was overtaken without
knowing may say one thing more, and is known by a smaller number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from account_cli.domain.presence import WHOLE
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.publishing import PNL, timeless
from account_cli.ports import Bus, Clock
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.schema import envelope, record
from account_cli.reports.together import together
from account_cli.reports.valuation import PEGGED
from account_cli.reports.view import AccountView

KEY = f"pnl:{WHOLE}"
_EVERY_S = 1.0
_WHOLE_S = 15.0
"""Even when nothing is written it is said anew: that nobody collects any more is written by nobody."""
_SHARE = 9
"""So many times as long as working it out took is waited before it is worked out again."""


def total_of(
    views: Sequence[AccountView],
    expected: Collection[str],
    leader: int | None,
    *,
    now_ns: int,
    pegged: Sequence[str] = PEGGED,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> dict[str, Any]:
    """Return what is said of all accounts together, as JSON-ready data; ``leader`` is the number of its lease."""
    made = together(views, expected, now_ns=now_ns, pegged=pegged, poll_interval_ns=poll_interval_ns)
    return {
        "account": None,
        "accounts": list(made.accounts),
        "lacking": list(made.lacking),
        "leader": leader,
        **envelope(made.parts),
        "totals": [record(row) for row in made.totals],
    }


class Totals:
    """``leads`` tells the number of the lease while this process has it, ``expected`` which accounts are configured."""

    def __init__(
        self,
        thread: ReadingThread,
        bus: Bus,
        leads: Callable[[], int],
        expected: Callable[[], Collection[str]],
        clock: Clock,
        *,
        pegged: Sequence[str] = PEGGED,
        poll_interval_ns: int = POLL_INTERVAL_NS,
    ) -> None:
        self._thread, self._bus, self._leads, self._expected, self._clock = thread, bus, leads, expected, clock
        self._pegged, self._poll_interval_ns = tuple(pegged), poll_interval_ns
        self._there: dict[str, Any] | None = None
        self._changed = True
        self._not_before = self._whole_at = 0.0

    async def keep(self, *, changed: bool) -> None:
        """Bring the bus up to date, at most once a second, where this process leads; raises ``BusAway``."""
        self._changed |= changed
        leader, now = self._leads(), self._clock.monotonic()
        if not leader:
            self._there = None
            return
        if now < self._not_before:
            return
        try:
            whole = now >= self._whole_at or self._there is None or not await self._bus.holds(WHOLE, [KEY])
            if whole or self._changed:
                self._changed = False
                await self._tell(leader, whole=whole)
                if whole:
                    self._whole_at = now + _WHOLE_S
        except BaseException:
            self._there = None
            raise
        finally:
            took = self._clock.monotonic() - now
            self._not_before = now + max(_EVERY_S, took * (1 + _SHARE))

    async def _tell(self, leader: int, *, whole: bool) -> None:
        now_ns, expected = self._clock.now_ns(), tuple(self._expected())
        said = await self._thread.do(lambda follower: self._said(follower, leader, expected, now_ns))
        if said is None:
            return
        news = self._there is None or timeless(said) != timeless(self._there)
        if news or whole:
            body = msgspec.json.encode(said)
            await self._bus.replace(WHOLE, {KEY: body})
            self._there = said
            if news:
                await self._bus.publish(PNL, body)

    def _said(self, follower: Follower, leader: int, expected: Sequence[str], now_ns: int) -> dict[str, Any] | None:
        """Work it out; None when the lease is another's by now."""
        with follower.reader.snapshot_view():
            if not any(lease.account == WHOLE and lease.fence == leader for lease in follower.reader.leases()):
                return None
            views = follower.views(sorted({*expected, *follower.accounts()}))
        return total_of(
            views,
            expected,
            leader,
            now_ns=now_ns,
            pegged=self._pegged,
            poll_interval_ns=self._poll_interval_ns,
        )
