"""A history is a row of instants; a bucket holds the last of them, so cumulative figures stay cumulative.

Buckets begin at aligned instants of UTC: whole minutes, hours, days, ISO weeks (Monday), months; with a ``Calendar``
days, weeks and months begin at its midnight, and a day may have 23 or 25 hours. A point is named by the start of its
bucket. Amounts are since the beginning, in ``currency``; None is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND
from account_cli.reports.ledger_rows import HistoryRow
from account_cli.reports.rows import Report

Interval = Literal["30s", "1m", "5m", "1h", "1d", "1w", "1mo"]
INTERVALS: tuple[Interval, ...] = ("30s", "1m", "5m", "1h", "1d", "1w", "1mo")
LENGTHS: dict[str, int] = {"30s": 30 * SECOND, "1m": MINUTE, "5m": 5 * MINUTE, "1h": HOUR, "1d": DAY, "1w": 7 * DAY}
"""Nanoseconds of the intervals that all have the same length; a month has none."""

OF_DAYS: frozenset[str] = frozenset({"1d", "1w", "1mo"})
"""Intervals that a calendar moves; an hour is an hour in every zone."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4 * DAY
"""1970-01-05, the first Monday."""


class Calendar(Protocol):
    """A time zone: which day a moment is there, and which moment a time on its clocks is."""

    def at(self, ns: int) -> datetime:
        """Return a moment, to the second, as the zone's clocks show it."""

    def meant(self, naive: datetime) -> int:
        """Return nanoseconds since 1970 of a time on the zone's clocks."""


class HistoryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What an account (``symbol`` None) or one of its markets had made and was worth in the bucket that began then.

    ``flows`` are external deposits − withdrawals so far, at their value then; ``rules`` is the version of the
    accounting rules that the point was made under.
    """

    account: str
    at_ns: int
    currency: str
    symbol: str | None = None
    equity: Decimal | None = None
    gross_realized_pnl: Decimal | None = None
    fees: Decimal | None = None
    realized_pnl: Decimal | None = None
    funding: Decimal | None = None
    other_income: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    net_pnl: Decimal | None = None
    flows: Decimal | None = None
    rules: int = 0


def bucket_start(time_ns: int, interval: Interval, calendar: Calendar | None = None) -> int:
    """Return the aligned start, in nanoseconds since 1970, of the bucket that this instant lies in."""
    if calendar is not None and interval in OF_DAYS:
        day = calendar.at(time_ns).date()
        first = (
            day if interval == "1d" else day - timedelta(days=day.weekday()) if interval == "1w" else day.replace(day=1)
        )
        return calendar.meant(datetime.combine(first, time()))
    if interval == "1mo":
        moment = _EPOCH + timedelta(seconds=time_ns // SECOND)
        return (moment.date().replace(day=1) - _EPOCH.date()).days * DAY
    if interval == "1w":
        return (time_ns - _MONDAY) // (7 * DAY) * (7 * DAY) + _MONDAY
    length = LENGTHS[interval]
    return time_ns // length * length


def bucket_after(start_ns: int, interval: Interval, calendar: Calendar | None = None) -> int:
    """Return the start of the bucket that follows the one that starts then."""
    if calendar is not None and interval in OF_DAYS:
        within_the_next = 32 * DAY if interval == "1mo" else LENGTHS[interval] + DAY // 2
        return bucket_start(start_ns + within_the_next, interval, calendar)
    if interval == "1mo":
        return bucket_start(start_ns + 32 * DAY, "1mo")
    return start_ns + LENGTHS[interval]


def boundaries(since_ns: int, until_ns: int, interval: Interval, calendar: Calendar | None = None) -> list[int]:
    """Return the starts of the buckets that ``[since, until)`` touches, in order."""
    starts = []
    start = bucket_start(since_ns, interval, calendar)
    while start < until_ns:
        starts.append(start)
        start = bucket_after(start, interval, calendar)
    return starts


def roll_up(points: Iterable[HistoryPoint], interval: Interval) -> list[HistoryPoint]:
    """Return coarser buckets, each with its last point, renamed to the bucket's start; by (account, symbol, time)."""
    last: dict[tuple[str, str, str, int], HistoryPoint] = {}
    for point in points:
        key = (point.account, point.symbol or "", point.currency, bucket_start(point.at_ns, interval))
        old = last.get(key)
        if old is None or old.at_ns <= point.at_ns:
            last[key] = point
    return [msgspec.structs.replace(last[key], at_ns=key[3]) for key in sorted(last)]


def history(
    points: Sequence[HistoryPoint], *, now_ns: int, name: str = "pnl.history", incomplete: Sequence[str] = ()
) -> Report[HistoryRow]:
    """Return the points as rows, by account, symbol (the account's own first) and time."""
    rows = sorted((history_row(point) for point in points), key=lambda row: (row.account, row.symbol or "", row.time))
    return Report(name=name, as_of=now_ns, items=tuple(rows), incomplete=tuple(incomplete))


def history_row(point: HistoryPoint, source: str = "recorded") -> HistoryRow:
    """Return the row of one point."""
    return HistoryRow(
        account=point.account,
        symbol=point.symbol,
        time=point.at_ns,
        currency=point.currency,
        equity=point.equity,
        gross_realized_pnl=point.gross_realized_pnl,
        fees=point.fees,
        realized_pnl=point.realized_pnl,
        funding=point.funding,
        other_income=point.other_income,
        unrealized_pnl=point.unrealized_pnl,
        net_pnl=point.net_pnl,
        flows=point.flows,
        source=source,
    )
