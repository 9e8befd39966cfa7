"""A follower as the source of a screen: refreshed when something was committed, drawn when the screen pleases.

A database that cannot be read for now ends nothing: what was read stays, and says how old it is and why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence

import msgspec

from account_cli.alerts.listing import listed, shown
from account_cli.domain.events import Fill
from account_cli.engine.follow import Follower
from account_cli.engine.past import PastReader
from account_cli.errors import Unavailable
from account_cli.ledger.closings import Closing
from account_cli.ports import Clock
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.rows import AlertNotice, Screenful
from account_cli.reports.screen import NO_PAST, Past, screenful
from account_cli.reports.valuation import PEGGED
from account_cli.reports.view import AccountView, Unread

_LOG = logging.getLogger(__name__)
FILLS_SHOWN = 200
ALERTS_SHOWN = 500
NOTICES_SHOWN = 100


class FollowedScreen:
    """``ports.ScreenSource`` over committed data. ``keep_fresh`` runs beside the screen and does all the reading."""

    def __init__(
        self,
        follower: Follower,
        accounts: Sequence[str],
        clock: Clock,
        *,
        currency: str,
        attached: bool,
        pegged: Sequence[str] = PEGGED,
        poll_interval_ns: int = POLL_INTERVAL_NS,
        generic: Collection[str] = (),
        acknowledge: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.acknowledge = acknowledge
        self._alerts: tuple[AlertNotice, ...] = ()
        self._follower, self._accounts, self._clock = follower, accounts, clock
        self._currency, self._attached = currency, attached
        self._pegged, self._poll_interval_ns, self._generic = tuple(pegged), poll_interval_ns, frozenset(generic)
        self._version = self._read_ns = 0
        self._heads: tuple[int, ...] | None = None
        self.views: list[AccountView] = []
        self.fills: list[tuple[Fill, list[Closing]]] = []
        self._past_reader = PastReader(follower.reader, accounts, clock, currency=currency)
        self._past: Past = NO_PAST
        self._alerts_read = 0

    @property
    def version(self) -> int:
        """Counts refreshes."""
        return self._version

    def refresh(self) -> None:
        """Read what is committed now; raises ``StorageError``."""
        self.views = self._follower.views(self._accounts, notices=NOTICES_SHOWN)
        heads = tuple(view.n for view in self.views)
        if heads != self._heads:
            found: list[tuple[Fill, list[Closing]]] = []
            for account in self._accounts:
                found += self._follower.fills(account, limit=FILLS_SHOWN)
            found.sort(key=lambda one: one[0].time_ns, reverse=True)
            self.fills, self._heads = found[:FILLS_SHOWN], heads
        self._past = self._past_reader.look(self.views)
        self._alerts = self._read_alerts()
        self._read_ns = self._clock.now_ns()
        self._version += 1

    def _read_alerts(self) -> tuple[AlertNotice, ...]:
        """Return the alerts of these accounts; read again only when something happened to one."""
        newest = self._follower.reader.alerts(limit=1)
        number = newest[0].number if newest else 0
        if number == self._alerts_read:
            return self._alerts
        self._alerts_read = number
        with self._follower.reader.snapshot_view():
            lines, episodes = self._follower.reader.alerts(limit=ALERTS_SHOWN), self._follower.reader.episodes()
        mine = [line for line in lines if line.account in self._accounts]
        return shown(listed(mine, episodes))

    def _refresh_or_age(self) -> None:
        """Read what is committed now; where that cannot be, keep what was read, as what it is."""
        try:
            self.refresh()
        except Unavailable as error:
            if not any(view.unread for view in self.views):
                _LOG.warning("%s; what is shown is what was read before", error.message)
            unread = Unread(self._read_ns, error.message)
            self.views = [msgspec.structs.replace(view, unread=unread) for view in self.views]
            self._version += 1

    async def keep_fresh(self, changes: AsyncIterator[object], on_refresh: Callable[[], None] | None = None) -> None:
        """Refresh at every change, in a thread, until cancelled."""
        async for _ in changes:
            reading = asyncio.ensure_future(asyncio.to_thread(self._refresh_or_age))
            try:
                await asyncio.shield(reading)
            except asyncio.CancelledError:
                await asyncio.wait([reading])  # the connection is about to be closed under it
                raise
            if on_refresh is not None:
                on_refresh()

    def screenful(self) -> Screenful:
        """Build all that is to be shown now."""
        # A fee that finds its price restates a little all day long: that is for `acct issues --restatements`.
        told = (n for view in self.views for n in view.notices if (n.code, n.severity) != ("restated", "info"))
        notices = sorted((n for n in told if n.code != "alert"), key=lambda n: n.at_ns, reverse=True)
        return screenful(
            self.views,
            fills=self.fills,
            notices=notices[:NOTICES_SHOWN],
            alerts=self._alerts,
            now_ns=self._clock.now_ns(),
            currency=self._currency,
            attached=self._attached,
            pegged=self._pegged,
            poll_interval_ns=self._poll_interval_ns,
            generic=self._generic,
            past=self._past,
        )
