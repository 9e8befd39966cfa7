"""P&L of a period from what happened in it: realised by its closings, paid and received by its facts.

No state of the past is needed for this, so it costs as much as the period is long. What only two states can tell, the
change of unrealised P&L within the period, comes from outside (``unrealized_changes``); without it that and the net are
None, and the report says so. Weeks are ISO weeks; days, weeks and months are those of UTC, or of the zone that is asked
for (``history.Calendar``); ``[since, until)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from account_cli.domain.events import (
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    RebateReceived,
    RewardReceived,
    TransferArrived,
)
from account_cli.domain.money import ZERO
from account_cli.domain.times import DAY
from account_cli.ledger.closings import Closing
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly
from account_cli.reports.history import Calendar
from account_cli.reports.rows import PnlRow, Report
from account_cli.reports.sums import PriceThen, Sum, fee_values
from account_cli.reports.valuation import sides
from account_cli.reports.view import AccountView

PeriodBy = Literal["symbol", "account", "asset", "day", "week", "month"]

_EPOCH = date(1970, 1, 1)


def bucket_of(time_ns: int, by: Literal["day", "week", "month"], calendar: Calendar | None = None) -> str:
    """Return the name of the day, ISO week or month of a moment: ``2026-11-19``, ``2026-W47``, ``2026-11``."""
    if calendar is None:
        return _named(_EPOCH + timedelta(days=time_ns // DAY), by)
    return _named(calendar.at(time_ns).date(), by)


@lru_cache(maxsize=4096)  # a year of facts has some hundred days
def _named(day: date, by: str) -> str:
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return day.strftime("%Y-%m-%d" if by == "day" else "%Y-%m")


@exactly
def period_pnl(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    closings: Iterable[Closing],
    events: Iterable[Event] = (),
    by: PeriodBy = "day",
    since_ns: int | None = None,
    until_ns: int | None = None,
    price_then: PriceThen | None = None,
    unrealized: Mapping[tuple[str, str], Decimal | None] | None = None,
    calendar: Calendar | None = None,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[PnlRow]:
    """Return one row per key and currency of what lies within ``[since, until)``, sorted by both.

    ``price_then`` values fees that were paid in a third asset; without it they are counted in ``unpriced_fees``.
    ``unrealized`` has the change of unrealised P&L of each row where somebody knows it (``unrealized_changes``): where
    it names no change there was none.
    """
    book = _Book(by, price_then, calendar)
    for closing in closings:
        if _within(closing.time_ns, since_ns, until_ns):
            book.at(closing.account, closing.symbol, closing.currency, closing.time_ns).add_closing(closing)
    for event in events:
        if _within(event.time_ns, since_ns, until_ns):
            book.add(event)
    reasons: list[str] = []
    if unrealized is None and book.sums:
        reasons.append("unrealised P&L within a period needs the prices at both its ends: not claimed")
    if unrealized is not None:
        book.add_unrealized(unrealized)
        reasons += [
            f"{key}: the change of unrealised P&L in {currency} is not known: a price is missing"
            for (key, currency), change in sorted(unrealized.items())
            if change is None
        ]
    for view in views:
        reasons += stream_reasons(view, ("fills", "transfers"), now_ns, poll_interval_ns) + history_reasons(view)
    reasons += [
        f"{key}: {one.unpriced_fees} fee(s) without a price"
        for (key, _), one in sorted(book.sums.items())
        if one.unpriced_fees
    ]
    reasons += [
        f"{key}: some of what was disposed of has unknown cost"
        for (key, _), one in sorted(book.sums.items())
        if one.unknown_quantity
    ]
    rows = tuple(book.sums[key].row(*key) for key in sorted(book.sums))
    return Report(name="pnl", as_of=now_ns, items=rows, incomplete=tuple(dict.fromkeys(reasons)))


def unrealized_changes(
    labels: Sequence[str], ends: Sequence[Mapping[str, Decimal | None]]
) -> dict[tuple[str, str], Decimal | None]:
    """Return the change of unrealised P&L by (label, currency), given what it was at each end of the periods.

    ``ends`` has one entry more than ``labels``: the i-th period lies between the i-th and the next.
    """
    changes: dict[tuple[str, str], Decimal | None] = {}
    for label, before, after in zip(labels, ends, ends[1:], strict=False):
        for currency in {*before, *after}:
            first, last = before.get(currency, ZERO), after.get(currency, ZERO)
            changes[label, currency] = None if first is None or last is None else last - first
    return changes


def _within(time_ns: int, since_ns: int | None, until_ns: int | None) -> bool:
    return (since_ns is None or time_ns >= since_ns) and (until_ns is None or time_ns < until_ns)


class _Book:
    """The sums by (key, currency), filled fact by fact."""

    def __init__(self, by: PeriodBy, price_then: PriceThen | None, calendar: Calendar | None) -> None:
        self.by, self.price_then, self.calendar = by, price_then, calendar
        self.sums: dict[tuple[str, str], Sum] = {}

    def at(self, account: str, symbol: str, currency: str, time_ns: int) -> Sum:
        key: str
        match self.by:
            case "symbol":
                key = symbol
            case "account":
                key = account
            case "asset":
                pair = sides(symbol)
                key = symbol if pair is None else pair.base
            case _:
                key = bucket_of(time_ns, self.by, self.calendar)
        return self.sums.setdefault((key, currency), Sum(unrealized=None))

    def add_unrealized(self, changes: Mapping[tuple[str, str], Decimal | None]) -> None:
        """Add the change of unrealised P&L of each row; a row that none is named for had none."""
        for key in changes:
            if changes[key] != ZERO:
                self.sums.setdefault(key, Sum(unrealized=None))
        for key, mine in self.sums.items():
            mine.unrealized = changes.get(key, ZERO)

    def add(self, event: Event) -> None:
        match event:
            case Fill():
                self._fees(event)
            case FundingPaid():
                self.at(event.account, event.symbol, event.asset, event.time_ns).funding += event.amount
            case InterestPaid() | RewardReceived():
                self.at(event.account, event.asset, event.asset, event.time_ns).other_income += event.amount
            case RebateReceived():
                self._named(event).other_income += event.amount
            case FeePaid():
                mine = self._named(event)
                mine.other_income += event.amount
                mine.fees_paid -= event.amount
            case TransferArrived() if event.fee is not None:
                mine = self.at(event.account, event.fee.asset, event.fee.asset, event.time_ns)
                mine.other_income -= event.fee.amount
                mine.fees_paid += event.fee.amount
            case _:
                pass

    def _named(self, event: RebateReceived | FeePaid) -> Sum:
        """Return the sum of the market that an event names when that has its currency, else of the asset itself."""
        pair = None if event.symbol is None else sides(event.symbol)
        fits = pair is not None and event.asset == (pair.settle or pair.quote)
        return self.at(
            event.account, event.symbol if fits and event.symbol else event.asset, event.asset, event.time_ns
        )

    def _fees(self, fill: Fill) -> None:
        settle, values = fee_values(fill, self.price_then)
        if settle is None:
            return
        mine = self.at(fill.account, fill.symbol, settle, fill.time_ns)
        for value in values:
            mine.unpriced_fees += value is None
            mine.fees_paid += value or ZERO
