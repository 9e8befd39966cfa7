"""What ``acct equity`` asks: the recorded history, what has to be reconstructed of it, and the present.

Reconstructed points are asked for at the ends of as many buckets as are worth waiting for; there the accounts are
rebuilt from their facts and valued at the prices stored of that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from account_cli.cli.asking import Question
from account_cli.cli.asking_pnl import Span, first_fact, points_of
from account_cli.cli.past_views import is_affordable, past_views
from account_cli.domain.times import DAY, HOUR, format_time
from account_cli.reports.equity import TOTAL, equity
from account_cli.reports.history import INTERVALS, Interval, boundaries, bucket_after, history_row
from account_cli.reports.ledger_rows import HistoryRow
from account_cli.reports.render import age
from account_cli.reports.rows import EquityRow, Report
from account_cli.reports.valuation import STALE_AFTER_NS

_FINEST: tuple[tuple[int, Interval], ...] = (
    (2 * HOUR, "1m"),
    (8 * HOUR, "5m"),
    (4 * DAY, "1h"),
    (100 * DAY, "1d"),
    (2 * 365 * DAY, "1w"),
)
"""The interval when none is given: by how long the history is."""


def equity_history(
    question: Question, span: Span, interval: str | None, currency: str
) -> tuple[Report[HistoryRow], Report[EquityRow] | None]:
    """Return the history by account and time, and the present equity unless the period has ended before."""
    start = first_fact(question)
    start = question.now_ns if start is None else start if span.since_ns is None else max(start, span.since_ns)
    end = question.now_ns if span.until_ns is None else min(span.until_ns, question.now_ns)
    chosen = cast("Interval", interval) if interval is not None else _interval(end - start)
    rows = [history_row(point) for point in points_of(question, span, chosen, symbol="") if point.currency == currency]
    reasons: list[str] = []
    recorded = {row.account for row in rows}
    waiting = [name for name in question.names if name not in recorded]
    if waiting and end > start:
        coarser = INTERVALS[INTERVALS.index(chosen) :] if interval is None and not rows else (chosen,)
        rows += _rebuilt(question, waiting, start, coarser, currency, end, reasons)
    present = None
    if span.until_ns is None or span.until_ns > question.now_ns:
        present = equity(question.views(), now_ns=question.now_ns, currency=currency, pegged=question.config.pegged)
        rows += [_present(row, question.now_ns) for row in present.items if row.account != TOTAL]
        reasons += present.incomplete
    rows.sort(key=lambda row: (row.account, row.time, row.source == "now"))
    return Report(
        name="equity", as_of=question.now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons))
    ), present


def _interval(length_ns: int) -> Interval:
    return next((interval for longest, interval in _FINEST if length_ns <= longest), "1mo")


def _rebuilt(
    question: Question,
    names: list[str],
    start_ns: int,
    intervals: Sequence[Interval],
    currency: str,
    end_ns: int,
    reasons: list[str],
) -> list[HistoryRow]:
    """Return points of accounts without a recorded history: at the end of each bucket that has ended.

    Of ``intervals`` the first whose points are not too many to wait for; none is said.
    """
    facts = sum(view.n for view in question.views() if view.account in names)
    for interval in intervals:
        zone = question.zone
        starts = boundaries(start_ns, end_ns, interval, zone)
        ended = [at for at in starts if bucket_after(at, interval, zone) <= end_ns]
        if is_affordable(len(ended), facts):
            break
    else:
        reasons.append(f"{', '.join(names)}: no history is recorded, and there is too much of it to reconstruct here")
        return []
    rows: list[HistoryRow] = []
    edges = [bucket_after(start, interval, zone) for start in ended]
    for start, edge, views in zip(ended, edges, past_views(question, edges, names=names), strict=True):
        at_ns = edge - 1
        report = equity(views, now_ns=at_ns, currency=currency, pegged=question.config.pegged)
        for row in report.items:
            if row.account == TOTAL or row.equity is None:
                continue  # None: the account did not exist yet
            rows.append(msgspec.structs.replace(_present(row, start), source="reconstructed"))
            if row.partial:
                reasons.append(f"{row.account}: no price of {', '.join(row.unpriced) or 'a contract'} in the past")
            elif row.price_at is not None and at_ns - row.price_at > STALE_AFTER_NS:
                reasons.append(f"{row.account}: {format_time(start)} rests on a price {age(at_ns - row.price_at)} old")
    return rows


def _present(row: EquityRow, at_ns: int) -> HistoryRow:
    """Return a point of an equity row; an equity that lacks a part is no point of a history."""
    return HistoryRow(
        account=row.account,
        symbol=None,
        time=at_ns,
        currency=row.currency,
        equity=None if row.partial else row.equity,
        gross_realized_pnl=None,
        fees=None,
        realized_pnl=None,
        funding=None,
        other_income=None,
        unrealized_pnl=None,
        net_pnl=None,
        flows=None,
        source="now",
    )


def with_drawdown(question: Question, report: Report[EquityRow], at_ns: int | None, currency: str) -> Report[EquityRow]:
    """Return the rows with how far each account's time-weighted index is below its highest."""
    from account_cli.reports.stats import performance

    points = points_of(question, Span(None, None if at_ns is None else at_ns + 1), "1d", symbol="")
    fallen = performance(question.names, now_ns=question.now_ns, points=points, currency=currency)
    known = {row.account: row.drawdown_pct for row in fallen.items}
    items = tuple(msgspec.structs.replace(row, drawdown_pct=known.get(row.account)) for row in report.items)
    return msgspec.structs.replace(report, items=items)
