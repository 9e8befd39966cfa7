"""Equity is the value of all assets plus what open derivatives have not paid out yet, and nothing is counted twice.

Spot holdings are in the assets already, so their unrealised P&L is not added. The entry fees of open contracts have
left the balances already, so a contract's unrealised P&L counts before them here: its value at the mark − its entry
notional. Where the ledger does not know the whole cost of a contract (its opening is older than the history), what the
exchange states as unrealised is taken for it, and that is said.

What the ledger knows to be borrowed lies among the assets and is owed: it is taken off. An asset without a price is
listed and left out: equity is then ``partial``, "at least". Exposure is the signed value of everything that moves
against the reporting currency: spot assets other than that currency and pegged coins, and the notional of contracts.
Margin and liquidation prices are the exchange's.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.money import ZERO
from account_cli.domain.observations import Position
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import divide, exactly, percent
from account_cli.reports.balances import balance_reasons, balance_rows
from account_cli.reports.positions import Marked, mark_positions, mark_reasons, quantity_reasons
from account_cli.reports.rows import BalanceRow, EquityRow, Report
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, graphs_of, older, sides
from account_cli.reports.view import AccountView

TOTAL = "*"
"""The account's name in the row that sums up all of them."""


class Worth(msgspec.Struct):
    """What is being added up for one account, in the reporting currency."""

    assets: Decimal = ZERO
    derivatives: Decimal = ZERO
    margin: Decimal | None = ZERO
    net: Decimal = ZERO
    gross: Decimal = ZERO
    knows_anything: bool = False
    partial: bool = False
    unpriced: tuple[str, ...] = ()
    price_at: int | None = None
    liquidation_symbol: str | None = None
    liquidation_pct: Decimal | None = None
    notes: tuple[str, ...] = ()


@exactly
def equity(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    currency: str = "USD",
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[EquityRow]:
    """Return a row per account and, when there are several, one of account ``*`` for all together."""
    graphs = graphs_of(views, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    worths: list[Worth] = []
    reasons: list[str] = []
    for view, graph in zip(views, graphs, strict=True):
        rows, marked = balance_rows(view, graph, currency), mark_positions(view, graph)
        worth = worth_of(view, graph, rows, marked, currency, pegged)
        worths.append(worth)
        contracts = [one for one in marked if one.figures.is_contract]
        reasons += balance_reasons(view, graph, rows, now_ns) + mark_reasons(view, graph, contracts, now_ns)
        reasons += [*quantity_reasons(view, marked), *worth.notes]
        reasons += stream_reasons(view, ("balances", "fills", "positions"), now_ns, poll_interval_ns)
        if contracts or any(row.source == "ledger" for row in rows):
            reasons += history_reasons(view)
    items = [equity_row(view.account, worth, currency) for view, worth in zip(views, worths, strict=True)]
    if len(items) > 1:
        items.append(equity_row(TOTAL, together(worths), currency))
    return Report(name="equity", as_of=now_ns, items=tuple(items), incomplete=tuple(dict.fromkeys(reasons)))


def worth_of(
    view: AccountView,
    graph: PriceGraph,
    balances: Sequence[BalanceRow],
    marked: Sequence[Marked],
    currency: str,
    pegged: Sequence[str] = PEGGED,
) -> Worth:
    """Add up one account from its balance rows and marked positions."""
    worth = Worth(knows_anything=view.balances is not None or bool(view.state.balances()))
    still = {currency, *pegged}
    for row in balances:
        if row.value is None:
            worth.unpriced += (row.asset,)
            continue
        worth.assets += row.value
        worth.price_at = older(worth.price_at, row.price_at)
        if row.asset not in still:
            worth.net += row.value
            worth.gross += abs(row.value)
    for asset, holding in view.state.holdings.items():
        if holding.borrowed > 0:
            rate = graph.rate(asset, currency)
            worth.assets -= ZERO if rate is None else rate.value(holding.borrowed)
            worth.partial = worth.partial or rate is None
    for one in marked:
        if one.figures.is_contract:
            _add_contract(worth, view, graph, one, currency)
    if view.positions is not None:
        held = {one.figures.symbol for one in marked if one.figures.is_contract}
        for stated in view.positions.rows:
            if stated.quantity:
                _add_risk(worth, graph, stated, view, currency)
                if stated.symbol not in held:
                    _add_stated(worth, graph, stated, view.account, currency)
    elif any(one.figures.is_contract for one in marked):
        worth.margin = None  # the exchange has not said; nothing is not zero
    worth.unpriced = tuple(dict.fromkeys(worth.unpriced))
    worth.partial = worth.partial or bool(worth.unpriced)
    return worth


def _add_contract(worth: Worth, view: AccountView, graph: PriceGraph, one: Marked, currency: str) -> None:
    figures = one.figures
    if figures.unknown_open_quantity and one.stated is not None and one.stated.unrealized_pnl is not None:
        _add_stated(worth, graph, one.stated, view.account, currency)
    else:
        rate = graph.rate(figures.currency, currency)
        if one.unrealized is None or rate is None:
            worth.partial = True
        else:
            worth.derivatives += rate.value(one.unrealized + figures.open_fees)
            worth.price_at = older(worth.price_at, older(one.mark_at, rate.at_ns))
        worth.partial = worth.partial or bool(figures.unknown_open_quantity)
    notional = _notional(graph, one, currency)
    if notional is not None:
        worth.net += notional
        worth.gross += abs(notional)


def _notional(graph: PriceGraph, one: Marked, currency: str) -> Decimal | None:
    """Return the signed notional in ``currency``: long is positive, for inverse contracts too."""
    figures = one.figures
    if figures.inverse:
        pair = sides(figures.symbol)
        rate = None if pair is None else graph.rate(pair.quote, currency)
        return None if rate is None else rate.value(figures.quantity * figures.contract_size)
    rate = graph.rate(figures.currency, currency)
    return None if rate is None or one.value is None else rate.value(one.value)


def _add_stated(worth: Worth, graph: PriceGraph, stated: Position, account: str, currency: str) -> None:
    """Take the exchange's word for a position whose cost the ledger does not know."""
    pair = sides(stated.symbol)
    rate = None if pair is None or pair.settle is None else graph.rate(pair.settle, currency)
    if stated.unrealized_pnl is None or rate is None:
        worth.partial = True
        return
    worth.derivatives += rate.value(stated.unrealized_pnl)
    worth.price_at = older(worth.price_at, rate.at_ns)
    worth.notes += (f"{account}: unrealised P&L of {stated.symbol} is the exchange's, its cost is not known",)


def _add_risk(worth: Worth, graph: PriceGraph, stated: Position, view: AccountView, currency: str) -> None:
    """Add the exchange's margin, and keep the position nearest to its liquidation."""
    pair = sides(stated.symbol)
    rate = None if pair is None or pair.settle is None else graph.rate(pair.settle, currency)
    if stated.margin is None or rate is None or worth.margin is None:
        worth.margin = None
        worth.notes += (f"{view.account}: margin of {stated.symbol} is not known",)
    else:
        worth.margin += rate.value(stated.margin)
    sampled = graph.prices.get(stated.symbol)
    mark = stated.mark_price if sampled is None else sampled.price
    distance = liquidation_distance(stated, mark)
    if distance is not None and (worth.liquidation_pct is None or distance < worth.liquidation_pct):
        worth.liquidation_symbol, worth.liquidation_pct = stated.symbol, distance


def liquidation_distance(stated: Position, mark: Decimal | None) -> Decimal | None:
    """Return by how many percent the mark may move against the position before it is liquidated; ≤ 0 is past it."""
    if not mark or not stated.liquidation_price or stated.liquidation_price < 0:
        return None
    room = mark - stated.liquidation_price
    is_long = stated.side == "long" or (stated.side == "both" and stated.quantity > 0)
    return percent(room if is_long else -room, mark)


def together(worths: Sequence[Worth]) -> Worth:
    """Return the sum over accounts; margin is unknown as soon as one account's is."""
    total = Worth()
    for one in worths:
        total.assets += one.assets
        total.derivatives += one.derivatives
        total.margin = None if total.margin is None or one.margin is None else total.margin + one.margin
        total.net += one.net
        total.gross += one.gross
        total.partial = total.partial or one.partial or not one.knows_anything
        total.knows_anything = total.knows_anything or one.knows_anything
        total.unpriced = tuple(dict.fromkeys((*total.unpriced, *one.unpriced)))
        total.price_at = older(total.price_at, one.price_at)
        if one.liquidation_pct is not None and (
            total.liquidation_pct is None or one.liquidation_pct < total.liquidation_pct
        ):
            total.liquidation_symbol, total.liquidation_pct = one.liquidation_symbol, one.liquidation_pct
    return total


def equity_row(account: str, worth: Worth, currency: str) -> EquityRow:
    """Return the row; every figure is None where nothing at all is known of the account."""
    known = worth.knows_anything
    value = worth.assets + worth.derivatives if known else None
    return EquityRow(
        account=account,
        currency=currency,
        equity=value,
        partial=worth.partial,
        assets_value=worth.assets if known else None,
        derivatives_unrealized_pnl=worth.derivatives if known else None,
        used_margin=worth.margin if known else None,
        available_margin=None if value is None or worth.margin is None else value - worth.margin,
        margin_ratio=None if not value or worth.margin is None else divide(worth.margin, value),
        leverage=None if not value else divide(worth.gross, value),
        net_exposure=worth.net if known else None,
        gross_exposure=worth.gross if known else None,
        liquidation_symbol=worth.liquidation_symbol,
        liquidation_distance_pct=worth.liquidation_pct,
        unpriced=worth.unpriced,
        price_at=worth.price_at,
    )
