"""What an account was worth and had made, written down every thirty seconds, and only when it can be said whole.

A sample is taken on aligned boundaries of UTC and goes, in one transaction, into the row of every bucket that it lies
in: a bucket's row is its last sample. Days, hours, minutes and half minutes are kept so; weeks and months are the last
days of theirs. Fine buckets of long ago go: half minutes after two days, minutes after a fortnight, five minutes after
ninety days, all of them sooner where ``[retention]`` says so; their last values stay in the coarser ones, which are
kept for good.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from account_cli.domain.times import DAY
from account_cli.ports import JournalReader, JournalTx, PointRow
from account_cli.reports.history import HistoryPoint, Interval, bucket_start, roll_up

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
) -> list[HistoryPoint]:
    """Return the kept points whose bucket began within ``[since, until)``; ``symbol`` empty is the account itself."""
    source: Interval = interval if interval in KEPT else "1d"
    since = since_ns if since_ns is None or interval in KEPT else bucket_start(since_ns, interval)
    rows = reader.points(account, source, symbol=symbol, since_ns=since, until_ns=until_ns)
    found = [_decode(row.body) for row in rows]
    if interval in KEPT:
        return found
    rolled = roll_up(found, interval)
    return [point for point in rolled if since_ns is None or point.at_ns >= since_ns]
