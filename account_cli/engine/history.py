"""What an account was worth and had made, written down every thirty seconds, and only when it can be said whole.

A sample is taken on aligned boundaries of UTC and goes, in one transaction, into the row of every bucket that it lies
in: a bucket's row is its last sample. Days, hours, minutes and half minutes are kept so; weeks and months are the last
days of theirs. Fine buckets of long ago go: half minutes after two days, minutes after a fortnight, five minutes after
ninety days, all of them sooner where ``[retention]`` says so; their last values stay in the coarser ones, which are
kept for good.

Days are those of UTC. Those of another zone are put together from what is finer whenever they are asked for: from the
hours, and, where midnight there is not on an hour of UTC, from the five minutes as long as they are kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from account_cli.domain.times import DAY, HOUR
from account_cli.ports import JournalReader, JournalTx, PointRow
from account_cli.reports.history import (
    LENGTHS,
    OF_DAYS,
    Calendar,
    HistoryPoint,
    Interval,
    boundaries,
    bucket_after,
    bucket_start,
    roll_up,
)

KEPT: tuple[Interval, ...] = ("30s", "1m", "5m", "1h", "1d")

_LIFETIMES: dict[Interval, int] = {"30s": 2 * DAY, "1m": 14 * DAY, "5m": 90 * DAY}

_decode = msgspec.json.Decoder(HistoryPoint).decode


def rows_of(samples: Iterable[HistoryPoint], interval: Interval) -> list[PointRow]:
    """Return the rows of the buckets that these samples are now the last of."""
    rows = []
    for sample in samples:
        start = bucket_start(sample.at_ns, interval)
        body = msgspec.json.encode(msgspec.structs.replace(sample, at_ns=start))
        rows.append(PointRow(start, sample.symbol or "", sample.currency, body))
    return rows


def forget_fine(tx: JournalTx, accounts: Iterable[str], now_ns: int, most_ns: int = 90 * DAY) -> None:
    """Forget the fine buckets that have outlived their use, and snapshots of positions older than ``most_ns``."""
    for account in accounts:
        for interval, lifetime in _LIFETIMES.items():
            tx.drop_points(account, interval, now_ns - min(lifetime, most_ns))
        tx.drop_position_snapshots(account, now_ns - most_ns)


def points(
    reader: JournalReader,
    account: str,
    interval: Interval,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    symbol: str | None = None,
    calendar: Calendar | None = None,
) -> list[HistoryPoint]:
    """Return the kept points whose bucket began within ``[since, until)``; ``symbol`` empty is the account itself.

    With a ``calendar`` days, weeks and months are those of its zone.
    """
    if calendar is not None and interval in OF_DAYS:
        return _in_zone(reader, account, interval, calendar, since_ns, until_ns, symbol)
    source: Interval = interval if interval in KEPT else "1d"
    since = since_ns if since_ns is None or interval in KEPT else bucket_start(since_ns, interval)
    rows = reader.points(account, source, symbol=symbol, since_ns=since, until_ns=until_ns)
    found = [_decode(row.body) for row in rows]
    if interval in KEPT:
        return found
    rolled = roll_up(found, interval)
    return [point for point in rolled if since_ns is None or point.at_ns >= since_ns]


def _in_zone(
    reader: JournalReader,
    account: str,
    interval: Interval,
    calendar: Calendar,
    since_ns: int | None,
    until_ns: int | None,
    symbol: str | None,
) -> list[HistoryPoint]:
    """Put a zone's days, weeks or months together: of each the last of the finer buckets that lie wholly within it."""
    since = None if since_ns is None else bucket_start(since_ns, interval, calendar)
    until = (
        None if until_ns is None else bucket_after(bucket_start(until_ns - 1, interval, calendar), interval, calendar)
    )

    def kept(finer: Interval) -> list[tuple[int, PointRow]]:
        """Return each row behind the end of its bucket; what is not the last of a day need not be decoded."""
        rows = reader.points(account, finer, symbol=symbol, since_ns=since, until_ns=until)
        return [(row.at_ns + LENGTHS[finer], row) for row in rows]

    found = kept("1h")
    if not found:
        return []
    edges = boundaries(found[0][1].at_ns, max(end for end, _ in found), interval, calendar)
    edges.append(bucket_after(edges[-1], interval, calendar))
    if any(edge % HOUR for edge in edges):
        found += kept("5m")
    last: dict[tuple[str, str, int], tuple[int, PointRow]] = {}
    for end, row in found:
        place = bisect_right(edges, row.at_ns)
        key = (row.symbol, row.currency, edges[place - 1])
        if place and end <= edges[place] and (key not in last or last[key][0] <= end):
            last[key] = (end, row)
    return [
        msgspec.structs.replace(_decode(last[key][1].body), at_ns=key[2])
        for key in sorted(last)
        if since_ns is None or key[2] >= since_ns
    ]
