"""What ``acct pnl``, ``acct stats`` and ``acct equity`` ask of the ledger: states, books, closings and points in time.

A period is ``[since, until)``. Its rows are the difference of two states where states are asked; by day, week or month
what happened comes from the facts of the period, and only the change of unrealised profit from states, as long as there
are not too many of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import msgspec

from account_cli.cli.asking import Question
from account_cli.cli.words import moment, period
from account_cli.errors import InputError

if TYPE_CHECKING:
    from decimal import Decimal

    from account_cli.cli.zones import Zone
    from account_cli.ledger.closings import Closing
    from account_cli.ledger.state import MethodName
    from account_cli.reports.accounting import BookBy, Instant
    from account_cli.reports.history import HistoryPoint, Interval
    from account_cli.reports.periods import PeriodBy
    from account_cli.reports.pnl import By
    from account_cli.reports.rows import PnlRow, Report
    from account_cli.reports.view import AccountView

_INTERVAL: dict[str, Interval] = {"day": "1d", "week": "1w", "month": "1mo"}


class Span(NamedTuple):
    """A period as it was asked for; None is open. ``until_ns`` is not part of it."""

    since_ns: int | None
    until_ns: int | None

    @property
    def is_all(self) -> bool:
        """True when no end was given."""
        return self.since_ns is None and self.until_ns is None


def span_of(since: str | None, until: str | None, at: str | None, *, now_ns: int, zone: Zone | None = None) -> Span:
    """Read ``--since``, ``--until`` and ``--at`` together."""
    if at is None:
        return Span(*period(since, until, now_ns=now_ns, zone=zone))
    if until is not None:
        raise InputError("--at and --until exclude each other", hint="choose one")
    end = at_of(at, now_ns=now_ns, zone=zone)
    assert end is not None
    first, _ = period(since, None, now_ns=now_ns, zone=zone)
    if first is not None and end < first:
        raise InputError(f"--at {at!r} is before --since {since!r}", hint="a period is [since, until)")
    return Span(first, end + 1)


def at_of(at: str | None, *, now_ns: int, zone: Zone | None = None) -> int | None:
    """Read ``--at``: the last nanosecond of the day, month or year named, or the very instant. Never the future."""
    start = moment(at, "--at", now_ns=now_ns, zone=zone)
    end = moment(at, "--at", now_ns=now_ns, end=True, zone=zone)
    if start is None or end is None:
        return None
    if start > now_ns:
        raise InputError(f"--at: {at!r} has not come yet", hint="name a time that has passed")
    return start if start == end else min(end - 1, now_ns)


def trading(question: Question, span: Span, by: str, method: str) -> Report[PnlRow]:
    """Return the trading book's rows."""
    from account_cli.reports.pnl import pnl

    if by in _INTERVAL:
        return _by_time(question, span, by, method)
    end = _views(question, span.until_ns, method)
    before = () if span.since_ns is None else _views(question, span.since_ns, method)
    now_ns = question.now_ns if span.until_ns is None else min(span.until_ns - 1, question.now_ns)
    return pnl(end, now_ns=now_ns, by=cast("By", by), before=before, pegged=question.config.pegged)


def _views(question: Question, until_ns: int | None, method: str) -> Sequence[AccountView]:
    """Return the views just before ``until_ns``; the present ones for None and for what has not come yet."""
    at_ns = None if until_ns is None or until_ns > question.now_ns else until_ns - 1
    return question.views(at_ns=at_ns, method=cast("MethodName", method))


def _by_time(question: Question, span: Span, by: str, method: str) -> Report[PnlRow]:
    from account_cli.cli.past_views import is_affordable, past_views
    from account_cli.reports.periods import period_pnl, unrealized_changes

    views = question.views()
    edges = _edges(question, span, by)
    changes = None
    reasons: list[str] = []
    if is_affordable(len(edges), sum(view.n for view in views)):
        states = past_views(question, edges, cast("MethodName", method))
        if edges and edges[-1] > question.now_ns:
            states[-1] = list(question.views(method=cast("MethodName", method)))
        ends = [_unrealized(question, at, edge, reasons) for edge, at in zip(edges, states, strict=True)]
        changes = unrealized_changes(_labels(question, edges, by), ends)
    report = period_pnl(
        views,
        now_ns=question.now_ns,
        closings=closings_of(question, span, method),
        events=question.events(since_ns=span.since_ns, until_ns=span.until_ns),
        by=cast("PeriodBy", by),
        since_ns=span.since_ns,
        until_ns=span.until_ns,
        price_then=question.price_then(),
        unrealized=changes,
        calendar=question.zone,
    )
    return msgspec.structs.replace(report, incomplete=(*report.incomplete, *reasons))


def _unrealized(
    question: Question, views: Sequence[AccountView], edge: int, reasons: list[str]
) -> dict[str, Decimal | None]:
    """Return what was unrealised just before ``edge``, by currency; say when it rests on old prices."""
    from account_cli.domain.times import format_time
    from account_cli.reports import render
    from account_cli.reports.pnl import oldest_mark, unrealized_by_currency

    at_ns = min(edge, question.now_ns)
    oldest = oldest_mark(views, at_ns=at_ns)
    if oldest is not None:
        reasons.append(
            f"unrealised P&L at {format_time(at_ns)}: the price of {oldest[0]} was {render.age(oldest[1])} old"
        )
    return unrealized_by_currency(views, now_ns=question.now_ns, pegged=question.config.pegged)


def _edges(question: Question, span: Span, by: str) -> list[int]:
    """Return the instants between the periods, the first and the last among them; none when there is no fact."""
    from account_cli.reports.history import boundaries

    first = first_fact(question)
    if first is None:
        return []
    start = first if span.since_ns is None else max(span.since_ns, first)
    end = question.now_ns + 1 if span.until_ns is None else min(span.until_ns, question.now_ns + 1)
    inner = [edge for edge in boundaries(start, end, _INTERVAL[by], question.zone) if edge > start]
    return [start, *inner, end] if end > start else []


def first_fact(question: Question) -> int | None:
    """Return when the oldest fact of these accounts happened."""
    reader = question.reading.reader
    if reader is None:
        return None
    firsts = [event.time_ns for name in question.names for event in reader.events(name, limit=1)]
    return min(firsts, default=None)


def _labels(question: Question, edges: Sequence[int], by: str) -> list[str]:
    from account_cli.reports.periods import bucket_of

    return [bucket_of(edge, cast("Literal['day', 'week', 'month']", by), question.zone) for edge in edges[:-1]]


def in_currency(
    question: Question, span: Span, by: str, method: str, currency: str
) -> tuple[Report[PnlRow], dict[str, int]]:
    """Return the accounting book's rows, and how many prices of each source they rest on."""
    from account_cli.reports.accounting import Period, book_pnl, sources_of

    labels: list[str | None]
    if by in _INTERVAL:
        edges: list[int | None] = list(_edges(question, span, by))
        labels = list(_labels(question, [edge for edge in edges if edge is not None], by))
    else:
        edges, labels = [span.since_ns, span.until_ns], [None]
    instants = _instants(question, edges, method, currency)
    periods = [
        Period(before=instants[at], after=instants[at + 1], label=label) for at, label in enumerate(labels) if instants
    ]
    report = book_pnl(
        periods,
        now_ns=question.now_ns if span.until_ns is None else min(span.until_ns - 1, question.now_ns),
        currency=currency,
        by=cast("BookBy", by if by not in _INTERVAL else "symbol"),
        pegged=question.config.pegged,
    )
    return report, sources_of(instants[-1].books) if instants else {}


def _instants(question: Question, edges: Sequence[int | None], method: str, currency: str) -> list[Instant]:
    """Return what was so before each edge, in order: nothing before a first one that is open, all before a last one."""
    from account_cli.cli.past_views import past_views
    from account_cli.reports.accounting import Instant

    now = question.now_ns
    if not question.names:
        return [Instant(at_ns=now) for _ in edges]
    before = [Instant(at_ns=0)] if edges and edges[0] is None else []
    asked = [None if edge is None or edge > now else edge for edge in edges[len(before) :]]
    books = question.reading.books(question.names, asked, currency=currency, method=cast("MethodName", method))
    past = iter(past_views(question, [edge for edge in asked if edge is not None]))
    return before + [
        Instant(at_ns=now, books=book, views=question.views())
        if edge is None
        else Instant(at_ns=edge - 1, books=book, views=next(past))
        for edge, book in zip(asked, books, strict=True)
    ]


def closings_of(question: Question, span: Span, method: str) -> list[Closing]:
    """Return what was realised within the period."""
    if not question.names:
        return []
    return question.reading.closings(
        question.names, since_ns=span.since_ns, until_ns=span.until_ns, method=cast("MethodName", method)
    )


def points_of(question: Question, span: Span, interval: str, *, symbol: str | None = None) -> list[HistoryPoint]:
    """Return what was recorded of the period; with an empty ``symbol`` of the accounts alone, without their markets."""
    if not question.names:
        return []
    return question.reading.history(
        question.names,
        interval=cast("Interval", interval),
        since_ns=span.since_ns,
        until_ns=span.until_ns,
        symbol=symbol,
        calendar=question.zone,
    )
