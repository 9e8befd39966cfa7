"""Beside the collectors, every thirty seconds on the boundary, what the accounts are worth and have made is recorded.

Only by the process that collects an account, and never in its way: reading is on a connection and a thread of its own,
and whatever fails here leaves a hole in the history, as a power cut would, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import PriceQuoted
from account_cli.domain.health import Notice, reaches
from account_cli.domain.times import HOUR, MINUTE, SECOND
from account_cli.engine.flows import Flows
from account_cli.engine.follow import Follower
from account_cli.engine.history import KEPT, forget_fine, rows_of
from account_cli.engine.position_snapshots import is_due, keep_positions, taken
from account_cli.engine.retention import Retention
from account_cli.engine.sampled import SOURCE
from account_cli.engine.sampling import sample
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.ports import Clock, JournalReader, JournalTx
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.arithmetic import exactly
from account_cli.reports.history import HistoryPoint
from account_cli.reports.rows import PositionRow, Report
from account_cli.reports.valuation import PEGGED, PriceGraph
from account_cli.reports.view import AccountView

T = TypeVar("T")
EVERY_NS = 30 * SECOND
_LATE_NS = 5 * SECOND
"""Further from the boundary than this (the machine slept, or is overloaded) a sample would say something else."""
_FRESH_TRANSFER_NS = 2 * MINUTE
"""A transfer no older than this is valued at the prices being sampled now."""
_PRICES_COME_NS = 5 * MINUTE
"""The time in which ``collector.fee_prices`` is likely to have brought the prices that transfers lack at the start."""


class Recorder:
    """Records the history of the accounts that there are at that moment; ``reader`` is its own."""

    def __init__(
        self,
        reader: JournalReader,
        accounts: Collection[str],
        clock: Clock,
        *,
        currency: str,
        pegged: Sequence[str] = PEGGED,
        poll_interval_ns: int = POLL_INTERVAL_NS,
        retention: Retention | None = None,
    ) -> None:
        self._follower, self._retention = Follower(reader), retention or Retention()
        self._accounts, self._clock = accounts, clock
        self._currency, self._pegged, self._poll_interval_ns = currency, tuple(pegged), poll_interval_ns
        self._reader = reader
        self._flows: dict[str, Flows] = {}
        self._began_ns = clock.now_ns()
        self._reached: dict[str, list[tuple[int, bool]]] = {}

    async def run(self, writer: Writer) -> None:
        """Record at every boundary until cancelled; a bug ends this with a critical notice, never with an exception."""
        try:
            while True:
                await self._until_the_boundary()
                try:
                    await self._record(writer)
                except AcctError:
                    continue  # whoever writes facts says what is wrong with the database
        except Exception as error:
            text = f"history is not recorded any more, because of a bug ({type(error).__name__}); please report it"
            for account in sorted(self._accounts)[:1]:
                notice = Notice(
                    account=account, at_ns=self._clock.now_ns(), severity="critical", code="internal", text=text
                )
                with contextlib.suppress(AcctError):
                    await writer.write(Delivery(account=account, notices=(notice,)))

    async def _until_the_boundary(self) -> None:
        now = self._clock.now_ns()
        await self._clock.sleep(((now // EVERY_NS + 1) * EVERY_NS - now) / SECOND)

    async def _record(self, writer: Writer) -> None:
        now = self._clock.now_ns()
        at = (now + SECOND) // EVERY_NS * EVERY_NS  # a clock may wake a sleeper a moment too early
        if abs(now - at) > _LATE_NS:
            return
        points, quotes = await _aside(lambda: self.look(at))
        for account, found in quotes.items():
            await writer.write(Delivery(account=account, origin="derived", quotes=tuple(found)))
        if points:
            await writer.do(lambda tx: keep_points(tx, points), {point.account for point in points})
        if is_due(at, self._retention.positions_every_ns):
            open_now = await _aside(lambda: self.look_at_positions(at))
            await writer.do(lambda tx: keep_positions(tx, open_now), [account for account, _ in open_now])
        if at % HOUR == 0:
            accounts = tuple(self._accounts)
            await writer.do(lambda tx: forget_fine(tx, accounts, at, self._retention.snapshots_ns), accounts)

    def look_at_positions(self, at_ns: int) -> list[tuple[str, Report[PositionRow]]]:
        """Return what is open now."""
        return taken(
            self._follower.views(tuple(self._accounts)),
            at_ns,
            now_ns=self._clock.now_ns(),
            pegged=self._pegged,
            poll_interval_ns=self._poll_interval_ns,
        )

    def look(self, at_ns: int) -> tuple[list[HistoryPoint], dict[str, list[PriceQuoted]]]:
        """Return what can be recorded for this boundary, and prices of transfers that have just arrived."""
        points: list[HistoryPoint] = []
        quotes: dict[str, list[PriceQuoted]] = {}
        now = self._clock.now_ns()
        for view in self._follower.views(tuple(self._accounts)):
            flows = self._flows_of(view.account)
            total = flows.total()
            fresh = [need for need in flows.unvalued if 0 <= now - need[1] <= _FRESH_TRANSFER_NS]
            if fresh:
                quotes[view.account] = self._quotes(view, fresh, now)
            before = self._reached.get(view.account)
            reached = self._reached[view.account] = [
                (one.since_ns, one.whole) for one in reaches(view.coverage).values()
            ]
            if not reached or (before != reached and not all(whole for _, whole in reached)):
                continue  # history is just being read back: what was made so far is not known
            if flows.provisional and now - self._began_ns < _PRICES_COME_NS:
                continue
            points += sample(
                view,
                at_ns=at_ns,
                now_ns=now,
                currency=self._currency,
                flows=total,
                pegged=self._pegged,
                poll_interval_ns=self._poll_interval_ns,
            )
        return points, {account: found for account, found in quotes.items() if found}

    def _flows_of(self, account: str) -> Flows:
        if account not in self._flows:
            self._flows[account] = Flows(self._reader, account, self._currency, self._pegged)
        return self._flows[account]

    @exactly
    def _quotes(self, view: AccountView, needs: Sequence[tuple[str, int]], now_ns: int) -> list[PriceQuoted]:
        graph = PriceGraph(view.prices, now_ns=now_ns, pegged=())
        rates = [(asset, at, graph.rate(asset, self._currency)) for asset, at in needs]
        return [
            PriceQuoted(time_ns=at, asset=asset, price=rate.price, currency=self._currency, source=SOURCE)
            for asset, at, rate in rates
            if rate is not None and not rate.stale
        ]


async def _aside(look: Callable[[], T]) -> T:
    """Do it on another thread; whoever is cancelled meanwhile waits: the connection is about to be closed under it."""
    looking = asyncio.ensure_future(asyncio.to_thread(look))
    try:
        return await asyncio.shield(looking)
    except asyncio.CancelledError:
        await asyncio.wait([looking])
        raise


def keep_points(tx: JournalTx, points: Sequence[HistoryPoint]) -> None:
    """Put samples into the rows of all buckets that they lie in."""
    by_account: dict[str, list[HistoryPoint]] = {}
    for point in points:
        by_account.setdefault(point.account, []).append(point)
    for account, mine in by_account.items():
        for interval in KEPT:
            tx.put_points(account, interval, rows_of(mine, interval))
