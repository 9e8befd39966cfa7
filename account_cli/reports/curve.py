"""Equity over time: what all accounts together were worth, how much of the day's change was gained, how deep it fell.

A sum is known only where every account's part is: a bucket in which one is missing is a gap, not a lower equity. An
account without any history is left out and named. Deposits and withdrawals are neither gain nor drawdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from account_cli.domain.money import ZERO
from account_cli.domain.times import DAY, HOUR, MINUTE
from account_cli.ledger import performance as returns_of
from account_cli.ledger.performance import EquityPoint
from account_cli.reports.arithmetic import exactly, percent, plus, settle_digits
from account_cli.reports.history import LENGTHS, HistoryPoint, Interval
from account_cli.reports.rows import EquityPointRow

DAY_START_WITHIN_NS = 10 * MINUTE
"""A point so long before midnight still says what the day began with."""

FRESH_NS = 3 * MINUTE
"""A last point older than this says nothing of the present."""

REACH_NS = 30 * DAY
"""How far back the curve goes."""

_HUNDRED = Decimal(100)


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """How far equity is, and at most was, below its highest, in percent (zero or less), flows taken out.

    ``highest`` is the highest equity itself, at ``highest_at``; the percentages are of points whose flows are known.
    """

    highest: Decimal
    highest_at: int
    now_pct: Decimal | None
    deepest_pct: Decimal | None


@exactly
def summed(points: Mapping[str, Iterable[HistoryPoint]], *, currency: str, interval: Interval) -> list[EquityPointRow]:
    """Add up the accounts' own points (not their markets'), each account's in buckets of ``interval``.

    Buckets that not all of these accounts have, or have no equity in, are left out.
    """
    buckets: dict[int, list[HistoryPoint]] = {}
    for rows in points.values():
        for one in rows:
            if not one.symbol and one.currency == currency and one.equity is not None:
                buckets.setdefault(one.at_ns, []).append(one)
    return [
        EquityPointRow(
            at=at,
            span=LENGTHS[interval],
            equity=plus(*(one.equity for one in rows)),
            net_pnl=plus(*(one.net_pnl for one in rows)),
            flows=plus(*(one.flows for one in rows)),
        )
        for at, rows in sorted(buckets.items())
        if len(rows) == len(points)
    ]


def starts(now_ns: int) -> dict[Interval, int]:
    """Return how far back (nanoseconds since 1970) each interval is shown, coarsest first: the longer ago the coarser.

    Each begins where a bucket of the one before ends.
    """
    return {
        "1h": (now_ns - REACH_NS) // HOUR * HOUR,
        "5m": (now_ns - DAY) // HOUR * HOUR,
        "1m": (now_ns - HOUR) // (5 * MINUTE) * (5 * MINUTE),
        "30s": (now_ns - 10 * MINUTE) // MINUTE * MINUTE,
    }


def joined(curves: Mapping[Interval, Sequence[EquityPointRow]], *, now_ns: int) -> list[EquityPointRow]:
    """Make one curve of these: each interval from its start up to the start of the next finer one."""
    begins = starts(now_ns)
    ends = [*list(begins.values())[1:], now_ns + DAY]
    return [
        point
        for (interval, since), until in zip(begins.items(), ends, strict=True)
        for point in curves.get(interval, ())
        if since <= point.at < until
    ]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What equity gained since ``start_at``, flows taken out: in money and in percent."""

    start_at: int
    gain: Decimal
    gain_pct: Decimal | None


@exactly
def today(curve: Sequence[EquityPointRow], *, now_ns: int) -> Day | None:
    """Return what the day (UTC) has gained up to the last point: since midnight, or since the day's first point.

    None where the last point is old, and where flows are not known.
    """
    midnight = now_ns // DAY * DAY
    before = [one for one in curve if midnight - DAY_START_WITHIN_NS <= one.at + one.span <= midnight]
    since = [one for one in curve if one.at >= midnight]
    if not since or now_ns - since[-1].at - since[-1].span > FRESH_NS:
        return None
    seen = [before[-1], *since] if before else since
    gain, pct = gained(seen)
    return None if gain is None else Day(start_at=midnight if before else seen[0].at, gain=gain, gain_pct=pct)


@exactly
def drawdown(curve: Sequence[EquityPointRow]) -> Drawdown | None:
    """Measure the falls of the curve; None where nothing is known."""
    equities = [(point.equity, point.at) for point in curve if point.equity is not None]
    if not equities:
        return None
    now = deepest = None
    known = _known(curve)
    if len(known) > 1:
        steps = [ZERO, *(after[2] - before[2] for before, after in pairwise(known))]
        points = [EquityPoint(time_ns=at, equity=e, flow=f) for (at, e, _), f in zip(known, steps, strict=True)]
        returns = returns_of.time_weighted(points).returns
        now = settle_digits(returns_of.drawdown(returns) * _HUNDRED)
        deepest = settle_digits(returns_of.max_drawdown(returns) * _HUNDRED)
    highest, highest_at = max(equities)
    return Drawdown(highest=highest, highest_at=highest_at, now_pct=now, deepest_pct=deepest)


def _known(curve: Sequence[EquityPointRow]) -> list[tuple[int, Decimal, Decimal]]:
    """Return (at, equity, flows) of the points of which both are known."""
    return [
        (point.at, point.equity, point.flows) for point in curve if point.equity is not None and point.flows is not None
    ]


@exactly
def gained(curve: Sequence[EquityPointRow]) -> tuple[Decimal | None, Decimal | None]:
    """Return what equity gained from the first to the last point that is wholly known: money, and in percent."""
    known = _known(curve)
    if len(known) < 2:
        return None, None
    (_, first, flows_then), (_, last, flows_now) = known[0], known[-1]
    base = first + flows_now - flows_then
    return last - base, percent(last - base, base)
