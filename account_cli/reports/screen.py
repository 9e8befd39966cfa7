"""All that ``acct watch`` shows at one instant, from the same rows that every command prints.

Built ten times a second: each account's ledger, prices and positions are asked once, and every figure is made of that.
Realised, fees and funding are the trading book's, since the beginning, turned into the reporting currency at present
rates; a part that cannot be turned is left out and the figure's name listed in ``figures.partial``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.health import Notice
from account_cli.domain.money import ZERO
from account_cli.domain.times import SECOND
from account_cli.ledger.figures import PositionFigures
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, status_row, stream_reasons
from account_cli.reports.arithmetic import exactly, percent
from account_cli.reports.balances import balance_reasons, balance_rows
from account_cli.reports.curve import Day
from account_cli.reports.equity import TOTAL, Worth, equity_row, together, worth_of
from account_cli.reports.fills import ToldFill, as_rows
from account_cli.reports.ledger_rows import PerformanceRow, StatRow
from account_cli.reports.orders import order_rows
from account_cli.reports.positions import Marked, mark_positions, mark_reasons, position_row, quantity_reasons
from account_cli.reports.proof import proof_rows
from account_cli.reports.reconcile import differences, newest
from account_cli.reports.rows import (
    AccountStatusRow,
    AlertNotice,
    BalanceRow,
    EquityPointRow,
    Figures,
    NoticeRow,
    OrderRow,
    PositionRow,
    Screenful,
)
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, graphs_of, older
from account_cli.reports.view import AccountView

_SUMMED = ("realized_pnl", "fees", "funding")
_KINDS = ("balances", "orders", "fills", "positions", "transfers")


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the screen shows of days gone by; read now and then, not at every look (``reports.curve`` makes it)."""

    curve: tuple[EquityPointRow, ...] = ()
    without: tuple[str, ...] = ()
    today: Day | None = None
    statistics: tuple[StatRow, ...] = ()
    performance: PerformanceRow | None = None


NO_PAST = Past()


class _Tally(msgspec.Struct):
    """The key figures while they are added up; each names what it could not turn into the reporting currency."""

    unrealized: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    marks_at: int | None = None
    partial: frozenset[str] = frozenset()


@exactly
def screenful(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    fills: Iterable[ToldFill] = (),
    notices: Iterable[Notice] = (),
    alerts: Iterable[AlertNotice] = (),
    currency: str = "USD",
    day_start_equity: Decimal | None = None,
    past: Past = NO_PAST,
    attached: bool = False,
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    poll_interval_ns: int = POLL_INTERVAL_NS,
    generic: Collection[str] = (),
) -> Screenful:
    """Build the screen; ``fills`` and ``notices`` are shown in the order given, newest first.

    ``day_start_equity`` is the equity of these accounts at the day's start, in ``currency``; unknown gives no change.
    ``past`` is passed on; where it knows what the day gained, that counts.
    """
    accounts: list[AccountStatusRow] = []
    positions: list[PositionRow] = []
    balances: list[BalanceRow] = []
    orders: list[OrderRow] = []
    worths: list[Worth] = []
    reasons: list[str] = []
    tally = _Tally()
    graphs = graphs_of(views, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    for view, graph in zip(views, graphs, strict=True):
        totals = view.state.totals()
        marked = mark_positions(view, graph, totals)
        held = balance_rows(view, graph, currency)
        worth = worth_of(view, graph, held, marked, currency, pegged)
        _add(tally, graph, totals, marked, currency)
        accounts.append(status_row(view, now_ns, poll_interval_ns, generic=view.account in generic))
        positions += [position_row(view.account, one) for one in marked]
        balances += held
        orders += order_rows(view, only_open=True)
        worths.append(worth)
        reasons += stream_reasons(view, _KINDS, now_ns, poll_interval_ns) + history_reasons(view)
        reasons += balance_reasons(view, graph, held, now_ns) + mark_reasons(view, graph, marked, now_ns)
        reasons += [*quantity_reasons(view, marked), *worth.notes]
    orders.sort(key=lambda row: -(row.created_at or row.updated_at or 0))
    whole = together(worths)
    figures = _figures(whole, tally, currency, day_start_equity, now_ns)
    if past.today is not None:
        day = past.today
        figures = msgspec.structs.replace(
            figures, day_change=day.gain, day_change_pct=day.gain_pct, day_start_at=day.start_at
        )
    return Screenful(
        as_of=now_ns,
        accounts=tuple(accounts),
        figures=figures,
        positions=tuple(positions),
        balances=tuple(balances),
        orders=tuple(orders),
        fills=tuple(as_rows(fills)),
        alerts=tuple(sorted([*notice_rows(notices), *alerts], key=lambda row: -row.time)),
        incomplete=tuple(dict.fromkeys(reasons)),
        attached=attached,
        equity_curve=past.curve,
        curve_without=past.without,
        risk=equity_row(TOTAL, whole, currency) if views else None,
        statistics=past.statistics,
        performance=past.performance,
        differences=differences(views),
        runs=newest(views),
        proofs=tuple(proof_rows([view.proof for view in views if view.proof is not None])),
        not_compared=tuple(f"{v.account}: {what}" for v in views if v.reconciled for what in v.reconciled.missing),
    )


def notice_rows(notices: Iterable[Notice]) -> tuple[NoticeRow, ...]:
    """Return the rows of these notices, in their order."""
    return tuple(
        NoticeRow(account=one.account, time=one.at_ns, severity=one.severity, code=one.code, text=one.text)
        for one in notices
    )


def _add(
    tally: _Tally, graph: PriceGraph, totals: Iterable[PositionFigures], marked: Iterable[Marked], currency: str
) -> None:
    """Sum up by currency first, so that each currency is turned once."""
    sums: dict[str, list[Decimal]] = {}
    for figures in totals:
        mine = sums.setdefault(figures.currency, [ZERO, ZERO, ZERO, ZERO])
        mine[1] += figures.realized_pnl
        mine[2] += figures.fees_paid
        mine[3] += figures.funding
    for one in marked:
        if one.unrealized is None:
            tally.partial |= {"unrealized_pnl"}
        else:
            sums[one.figures.currency][0] += one.unrealized
            tally.marks_at = older(tally.marks_at, one.mark_at)
    for each, parts in sums.items():
        if not any(parts):
            continue
        rate = graph.rate(each, currency)
        if rate is None:
            tally.partial |= {name for name, part in zip(("unrealized_pnl", *_SUMMED), parts, strict=True) if part}
            continue
        tally.unrealized += rate.value(parts[0])
        tally.realized += rate.value(parts[1])
        tally.fees += rate.value(parts[2])
        tally.funding += rate.value(parts[3])


def _figures(worth: Worth, tally: _Tally, currency: str, day_start_equity: Decimal | None, now_ns: int) -> Figures:
    value = worth.assets + worth.derivatives if worth.knows_anything else None
    moved = None if value is None or day_start_equity is None or worth.partial else value - day_start_equity
    price_at = older(worth.price_at, tally.marks_at)
    partial = tally.partial | ({"equity"} if worth.partial else frozenset())
    return Figures(
        currency=currency,
        equity=value,
        equity_is_partial=worth.partial,
        day_change=moved,
        day_change_pct=percent(moved, day_start_equity),
        unrealized_pnl=tally.unrealized,
        realized_pnl=tally.realized,
        fees=tally.fees,
        funding=tally.funding,
        price_age_seconds=None if price_at is None else max(now_ns - price_at, 0) // SECOND,
        unpriced=worth.unpriced,
        partial=tuple(sorted(partial)),
    )
