"""Profit and loss adds up: net = realised + funding + other income + unrealised, with every fee counted once.

The trading book: each figure is in the currency of its market, and nothing is converted. All sums of a ledger state are
since the beginning, so a period is the difference of two states: give the views at its end and ``before``, the views at
its beginning, each with the prices of its own time; unrealised is then the change within the period, and the rows of
neighbouring periods add up (docs/formats.md, section 3). ``period_pnl`` does with closings and facts alone what can be
done without states: what was realised, paid and received then; it claims no unrealised P&L.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from account_cli.domain.money import ZERO, plain
from account_cli.ledger.closings import Closing
from account_cli.ledger.figures import PositionFigures
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly, settle_digits
from account_cli.reports.balances import difference_reasons
from account_cli.reports.positions import Marked, mark_positions, mark_reasons, quantity_reasons, spot_assets
from account_cli.reports.rows import ClosingRow, PnlRow, Report
from account_cli.reports.sums import Sum
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, graphs_of, sides
from account_cli.reports.view import AccountView

By = Literal["symbol", "account", "asset", "all"]
ALL = "*"
"""The key of a row that sums everything up."""

_QUIET_ISSUES = frozenset({"unknown-cost", "unknown-cost-held", "missing-price"})
"""Issues that the reasons below say already, with the figures at hand."""


@exactly
def pnl(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    by: By = "symbol",
    before: Sequence[AccountView] = (),
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[PnlRow]:
    """Return one row per key and currency, sorted by both.

    ``before`` are the views of the same accounts at the beginning of the period; without them it began with the
    account. Their prices must be of that time: staleness is not judged there.
    """
    graphs = graphs_of(views, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    sums: dict[tuple[str, str], Sum] = {}
    reasons: list[str] = []
    for view, graph in zip(views, graphs, strict=True):
        totals = view.state.totals()
        marked = mark_positions(view, graph, totals)
        _add(sums, view, by, totals, marked, sign=1)
        reasons += mark_reasons(view, graph, marked, now_ns) + quantity_reasons(view, marked)
        reasons += difference_reasons(view, spot_assets(marked)) + ledger_reasons(view, totals)
        reasons += stream_reasons(view, ("fills", "transfers"), now_ns, poll_interval_ns) + history_reasons(view)
    for view in before:
        totals = view.state.totals()
        graph = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged, stale_after_ns=now_ns)
        marked = mark_positions(view, graph, totals)
        reasons += [f"{r} at the beginning of the period" for r in mark_reasons(view, graph, marked, now_ns)]
        _add(sums, view, by, totals, marked, sign=-1)
    rows = tuple(sums[key].row(*key) for key in sorted(sums))
    return Report(name="pnl", as_of=now_ns, items=rows, incomplete=tuple(dict.fromkeys(reasons)))


def _add(
    sums: dict[tuple[str, str], Sum],
    view: AccountView,
    by: By,
    totals: Iterable[PositionFigures],
    marked: Iterable[Marked],
    *,
    sign: int,
) -> None:
    for figures in totals:
        sums.setdefault((_key(view, figures, by), figures.currency), Sum()).add_figures(figures, sign)
    for one in marked:
        # A position whose whole cost is unknown has no known part, so it adds nothing; one without a mark is unknown.
        part = ZERO if one.figures.cost is None and one.mark is not None else one.unrealized
        sums[_key(view, one.figures, by), one.figures.currency].add_unrealized(part, sign)


@exactly
def unrealized_by_currency(
    views: Sequence[AccountView], *, now_ns: int, pegged: Sequence[str] = PEGGED
) -> dict[str, Decimal | None]:
    """Return what all open positions of these accounts have unrealised; None where one of them has no mark.

    For views of the past: prices count however old they are (``oldest_mark`` says how old).
    """
    sums: dict[str, Decimal | None] = {}
    for view in views:
        graph = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged, stale_after_ns=now_ns)
        for one in mark_positions(view, graph):
            part = ZERO if one.figures.cost is None and one.mark is not None else one.unrealized
            mine = sums.get(one.figures.currency, ZERO)
            sums[one.figures.currency] = None if part is None or mine is None else mine + part
    return sums


def oldest_mark(
    views: Sequence[AccountView], *, at_ns: int, stale_after_ns: int = STALE_AFTER_NS
) -> tuple[str, int] | None:
    """Return the market whose price was the oldest at that time, and its age in nanoseconds; None when all were new."""
    ages: list[tuple[int, str]] = []
    for view in views:
        graph = PriceGraph(view.prices, now_ns=at_ns)
        ages += [
            (at_ns - one.mark_at, one.figures.symbol) for one in mark_positions(view, graph) if one.mark_at is not None
        ]
    age, symbol = max(ages, default=(0, ""))
    return (symbol, age) if age > stale_after_ns else None


def _key(view: AccountView, figures: PositionFigures, by: By) -> str:
    if by == "account":
        return view.account
    if by == "all":
        return ALL
    if by == "symbol":
        return figures.symbol
    pair = sides(figures.symbol)
    return figures.asset or (figures.symbol if pair is None else pair.base)


def ledger_reasons(view: AccountView, totals: Iterable[PositionFigures]) -> list[str]:
    """Say what the ledger's figures lack: costs that nobody knows, fees without a price, facts it could not use."""
    reasons: list[str] = []
    for figures in totals:
        where = f"{view.account}: {figures.symbol}"
        if figures.unknown_cost_quantity:
            reasons.append(f"{where}: cost of {plain(figures.unknown_cost_quantity)} disposed of is not known")
        if figures.unpriced_fees:
            reasons.append(f"{where}: {figures.unpriced_fees} fee(s) without a price")
    return reasons + [
        f"{view.account}: {issue.text}" for issue in view.state.issues() if issue.code not in _QUIET_ISSUES
    ]


@exactly
def pnl_closings(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    closings: Iterable[Closing],
    include_fees: bool = True,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[ClosingRow]:
    """Return the closings by time; ``include_fees`` False leaves out those of fees paid in kind."""
    rows = [closing_row(one) for one in closings if include_fees or one.kind != "fee"]
    rows.sort(key=lambda row: (row.time, row.account, row.symbol, row.fill_id))
    reasons: list[str] = []
    for view in views:
        reasons += stream_reasons(view, ("fills",), now_ns, poll_interval_ns) + history_reasons(view)
    reasons += [
        f"{row.account}: cost of {plain(row.unknown_cost_quantity)} {row.symbol} in {row.fill_id} is not known"
        for row in rows
        if row.unknown_cost_quantity
    ]
    return Report(name="pnl.closings", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def closing_row(one: Closing) -> ClosingRow:
    """Return the row of one closing."""
    return ClosingRow(
        account=one.account,
        symbol=one.symbol,
        fill_id=one.fill_id,
        time=one.time_ns,
        quantity=one.quantity,
        proceeds=one.proceeds,
        cost=one.cost,
        gross_realized_pnl=one.gross_realized_pnl,
        fees=one.fees,
        realized_pnl=one.realized_pnl,
        roi_pct=None if one.roi_pct is None else settle_digits(one.roi_pct),
        leverage=one.leverage,
        return_on_margin_pct=None if one.return_on_margin_pct is None else settle_digits(one.return_on_margin_pct),
        opened_by=one.opened_by,
        currency=one.currency,
        side=one.side,
        liquidity=one.liquidity,
        kind=one.kind,
        unknown_cost_quantity=one.unknown_quantity,
        unknown_cost_proceeds=one.unknown_proceeds,
    )
