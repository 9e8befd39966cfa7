"""What the screen shows of days gone by, read at a pace that the database does not feel.

History is read at most every 30 s, closings at most every 10 s and only when something was committed; a reading that
takes long makes the next one wait twenty times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from account_cli.engine.folding import METHOD, read_closing
from account_cli.engine.history import points
from account_cli.ports import Clock, JournalReader
from account_cli.reports.curve import REACH_NS, Day, joined, starts, summed, today
from account_cli.reports.history import HistoryPoint, Interval
from account_cli.reports.ledger_rows import PerformanceRow, StatRow
from account_cli.reports.rows import EquityPointRow
from account_cli.reports.screen import Past
from account_cli.reports.stats import performance, stats
from account_cli.reports.view import AccountView

HISTORY_EVERY_S = 30.0
CLOSINGS_EVERY_S = 10.0
_PATIENCE = 20
"""Seconds to wait for each second that a reading took."""

_ACCOUNT = ""
"""The market that an account's own points are kept under."""

T = TypeVar("T")


class PastReader:
    """Keeps what was read last. Synchronous; use from one thread at a time."""

    def __init__(self, reader: JournalReader, accounts: Sequence[str], clock: Clock, *, currency: str) -> None:
        self._reader, self._accounts, self._clock = reader, accounts, clock
        self._currency = currency
        self._next_history = self._next_closings = float("-inf")
        self._heads: tuple[int, ...] | None = None
        self._curve: tuple[EquityPointRow, ...] = ()
        self._without: tuple[str, ...] = ()
        self._performance: PerformanceRow | None = None
        self._statistics: tuple[StatRow, ...] = ()
        self._today: Day | None = None

    def look(self, views: Sequence[AccountView]) -> Past:
        """Return what is known of the past, read again where it is time."""
        now = self._clock.monotonic()
        if now >= self._next_history:
            self._next_history = self._paced(self._read_history, HISTORY_EVERY_S)
        heads = tuple(view.n for view in views)
        if now >= self._next_closings and heads != self._heads:
            self._heads = heads
            self._next_closings = self._paced(lambda: self._read_closings(views), CLOSINGS_EVERY_S)
        return Past(
            curve=self._curve,
            without=self._without,
            today=self._today,
            statistics=self._statistics,
            performance=self._performance,
        )

    def _paced(self, read: Callable[[], None], every_s: float) -> float:
        start = self._clock.monotonic()
        read()
        took = self._clock.monotonic() - start
        return start + took + max(every_s, took * _PATIENCE)

    def _read_history(self) -> None:
        now_ns = self._clock.now_ns()
        kept = {interval: self._points(interval, since) for interval, since in starts(now_ns).items()}
        days = self._points("1d", now_ns - REACH_NS)
        known = [name for name in self._accounts if days[name] or any(each[name] for each in kept.values())]
        self._without = tuple(name for name in self._accounts if name not in known) if known else ()
        curves = {
            interval: summed({name: each[name] for name in known}, currency=self._currency, interval=interval)
            for interval, each in kept.items()
        }
        self._curve = tuple(joined(curves, now_ns=now_ns))
        self._today = None if self._without else today(self._curve, now_ns=now_ns)
        all_days = [day for name in known for day in days[name]]
        report = performance(known, now_ns=now_ns, points=all_days, currency=self._currency)
        self._performance = report.items[-1] if known else None

    def _points(self, interval: Interval, since_ns: int) -> dict[str, list[HistoryPoint]]:
        return {
            name: points(self._reader, name, interval, since_ns=since_ns, symbol=_ACCOUNT) for name in self._accounts
        }

    def _read_closings(self, views: Sequence[AccountView]) -> None:
        now_ns = self._clock.now_ns()
        found = (  # one at a time: all that a month realised would be megabytes, ten seconds after ten seconds
            read_closing(row)
            for name in self._accounts
            for _, row in self._reader.kept(name, METHOD, since_ns=now_ns - REACH_NS)
        )
        rows = [row for row in stats(views, now_ns=now_ns, closings=found).items if row.per == "closing"]
        of_all = [row for row in rows if row.account == "*"] or rows
        self._statistics = tuple(sorted(of_all, key=lambda row: -row.count))
