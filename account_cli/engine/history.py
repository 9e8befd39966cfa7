"""What an account was worth and had made, written down every thirty seconds, and only when it can be said whole.

A sample is taken on aligned boundaries of UTC and goes, in one transaction, into the row of every bucket that it lies
in: a bucket's row is its last sample. Days, hours, minutes and half minutes are kept so; weeks and months are the last
days of theirs. Fine buckets of long ago go: half minutes after two days, minutes after a fortnight, five minutes after
ninety days; their last values stay in the coarser ones, which are kept for good.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from account_cli.domain.identity import OrderKey
from account_cli.domain.times import DAY
from account_cli.engine.folding import START
from account_cli.ports import JournalReader, JournalTx, KeptRow
from account_cli.reports.history import HistoryPoint, Interval, bucket_start, roll_up

KEPT: tuple[Interval, ...] = ("30s", "1m", "5m", "1h", "1d")

_LIFETIMES: dict[Interval, int] = {"30s": 2 * DAY, "1m": 14 * DAY, "5m": 90 * DAY}

_decode = msgspec.json.Decoder(HistoryPoint).decode


def method_of(interval: Interval) -> str:
    """Return the name that the rows of an interval are kept under."""
    return f"history:{interval}"


def rows_of(samples: Iterable[HistoryPoint], interval: Interval) -> list[KeptRow]:
    """Return the rows of the buckets that these samples are now the last of."""
    rows = []
    for sample in samples:
        start = bucket_start(sample.at_ns, interval)
        point = msgspec.structs.replace(sample, at_ns=start)
        key: OrderKey = (start, -1, f"{sample.symbol or ''}|{sample.currency}")
        body = msgspec.json.encode(point)
        rows.append(KeptRow(key=key, ordinal=0, symbol=sample.symbol or "", currency=sample.currency, body=body))
    return rows


def forget_fine(tx: JournalTx, accounts: Iterable[str], now_ns: int) -> None:
    """Forget the fine buckets that have outlived their use."""
    for account in accounts:
        for interval, lifetime in _LIFETIMES.items():
            tx.drop_kept(account, method_of(interval), START, (now_ns - lifetime, -1, ""))


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
    rows = reader.kept(account, method_of(source), symbol=symbol, since_ns=since, until_ns=until_ns)
    found = [_decode(row.body) for _, row in rows]
    if interval in KEPT:
        return found
    rolled = roll_up(found, interval)
    return [point for point in rolled if since_ns is None or point.at_ns >= since_ns]
