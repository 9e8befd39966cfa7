"""A position is what the ledger makes of the facts, at the mark of the market, beside the risk the exchange states.

Spot holdings are positions too, one for each (asset, currency in which it was paid). Value and cost carry the sign of
the quantity; ``cost`` holds the entry fees of what is still open, so ``unrealized_pnl = market_value − cost``. For an
inverse contract, Q being signed contracts × contract size, the value is ``−Q ÷ mark`` in the settle asset
(docs/formats.md, section 3).

Where a part is held at a cost nobody knows, ``quantity`` and ``market_value`` are of the whole, ``cost`` and
``unrealized_pnl`` of the known part, and ``unknown_cost_quantity`` names the rest; when no cost is known both are None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.money import ZERO, plain
from account_cli.domain.observations import Position
from account_cli.ledger.figures import PositionFigures
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly, percent, settle_digits
from account_cli.reports.balances import difference_reasons
from account_cli.reports.rows import PositionRow, Report
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, graphs_of, sides, stale_reason
from account_cli.reports.view import AccountView


class Marked(msgspec.Struct, frozen=True):
    """An open position at its mark; amounts are in ``figures.currency``, None where mark or cost is unknown."""

    figures: PositionFigures
    mark: Decimal | None
    mark_at: int | None
    value: Decimal | None
    unrealized: Decimal | None
    stated: Position | None


@exactly
def positions(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    symbol: str | None = None,
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[PositionRow]:
    """Return the open positions of these accounts, by account and symbol; amounts in each position's own currency."""
    graphs = graphs_of(views, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    rows: list[PositionRow] = []
    reasons: list[str] = []
    for view, graph in zip(views, graphs, strict=True):
        marked = [one for one in mark_positions(view, graph) if symbol in {None, one.figures.symbol}]
        rows += [position_row(view.account, one) for one in marked]
        reasons += mark_reasons(view, graph, marked, now_ns) + quantity_reasons(view, marked, symbol)
        reasons += difference_reasons(view, spot_assets(marked))
        reasons += stream_reasons(view, ("fills", "positions"), now_ns, poll_interval_ns)
        reasons += history_reasons(view)
    return Report(name="positions", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def mark_positions(
    view: AccountView, graph: PriceGraph, totals: Iterable[PositionFigures] | None = None
) -> list[Marked]:
    """Return the account's open positions at their marks, in the ledger's order; ``totals`` spares asking it again."""
    stated: dict[tuple[str, str], Position] = {}
    if view.positions is not None:
        stated = {(row.symbol, row.side): row for row in view.positions.rows}
    return [
        mark_position(
            view, graph, figures, stated.get((figures.symbol, "both")) or stated.get((figures.symbol, figures.side))
        )
        for figures in (view.state.positions() if totals is None else totals)
        if figures.quantity
    ]


def mark_position(view: AccountView, graph: PriceGraph, figures: PositionFigures, stated: Position | None) -> Marked:
    """Return one position at its mark."""
    mark, mark_at = mark_of(view, graph, figures, stated)
    if mark is None:
        return Marked(figures, None, None, None, None, stated)
    quantity, known = figures.quantity, figures.known_quantity
    value = value_of(figures, quantity, mark)
    part = value if known == quantity else value_of(figures, known, mark)
    unrealized = None if figures.cost is None else part - figures.cost
    return Marked(figures, mark, mark_at, value, unrealized, stated)


def value_of(figures: PositionFigures, quantity: Decimal, mark: Decimal) -> Decimal:
    """Return the signed value of ``quantity`` at ``mark``, in the position's currency; inverse: −Q ÷ mark."""
    if figures.inverse:
        return settle_digits(-quantity * figures.contract_size / mark)
    return quantity * mark


def mark_of(
    view: AccountView, graph: PriceGraph, figures: PositionFigures, stated: Position | None
) -> tuple[Decimal | None, int | None]:
    """Return the mark of a position in its own currency and the time of its oldest leg.

    A contract has the newest of the sampled mark and the one stated with the position; spot is valued like any asset.
    """
    if not figures.is_contract:
        pair = sides(figures.symbol)
        rate = None if pair is None else graph.rate(pair.base, figures.currency)
        return (None, None) if rate is None else (rate.price, rate.at_ns)
    sampled = graph.prices.get(figures.symbol)
    known = [] if sampled is None else [(sampled.at_ns, sampled.price)]
    if stated is not None and stated.mark_price is not None and view.positions is not None:
        known.append((view.positions.at_ns, stated.mark_price))
    at_ns, mark = max(known, key=lambda one: one[0], default=(None, None))
    return (None, None) if mark is None or mark <= 0 else (mark, at_ns)


def position_row(account: str, one: Marked) -> PositionRow:
    """Return the row of one position."""
    figures, stated = one.figures, one.stated
    return PositionRow(
        account=account,
        symbol=figures.symbol,
        side=figures.side,
        quantity=figures.quantity,
        entry_price=None if figures.entry_price is None else settle_digits(figures.entry_price),
        mark_price=one.mark,
        cost=figures.cost,
        market_value=one.value,
        unrealized_pnl=one.unrealized,
        unrealized_pnl_pct=percent(one.unrealized, figures.cost),
        realized_pnl=figures.realized_pnl,
        fees=figures.fees,
        funding=figures.funding,
        leverage=None if stated is None else stated.leverage,
        margin=None if stated is None else stated.margin,
        liquidation_price=None if stated is None else stated.liquidation_price,
        updated_at=figures.updated_ns,
        mark_at=one.mark_at,
        currency=figures.currency,
        unknown_cost_quantity=figures.unknown_open_quantity or None,
    )


def mark_reasons(view: AccountView, graph: PriceGraph, marked: Iterable[Marked], now_ns: int) -> list[str]:
    """Say which of these positions lack a mark, rest on an old one, or are held at a cost nobody knows."""
    reasons: list[str] = []
    for one in marked:
        figures = one.figures
        if one.mark is None:
            reasons.append(f"{view.account}: {figures.symbol} has no price")
        elif one.mark_at is not None and graph.is_stale(one.mark_at):
            reasons.append(stale_reason(view.account, figures.symbol, one.mark_at, now_ns))
        if figures.unknown_open_quantity:
            held = plain(abs(figures.unknown_open_quantity))
            reasons.append(f"{view.account}: cost of {held} {figures.symbol} is not known")
    return reasons


def spot_assets(marked: Iterable[Marked]) -> set[str]:
    """Return the assets that these positions hold in spot."""
    return {one.figures.asset for one in marked if one.figures.asset is not None and not one.figures.is_contract}


def quantity_reasons(view: AccountView, marked: Iterable[Marked], symbol: str | None = None) -> list[str]:
    """Say where ledger and exchange disagree about the quantity of a contract position."""
    if view.positions is None:
        return []
    held: dict[tuple[str, str], Decimal] = {}
    for one in marked:
        if one.figures.is_contract:
            side = one.figures.position_side or "both"
            key = (one.figures.symbol, side)
            held[key] = held.get(key, ZERO) + one.figures.quantity
    stated: dict[tuple[str, str], Decimal] = {
        (row.symbol, row.side): row.quantity for row in view.positions.rows if symbol in {None, row.symbol}
    }
    keys = held.keys() | stated.keys() if view.positions.complete else stated.keys()
    return [
        f"{view.account}: {key[0]}{'' if key[1] == 'both' else ' ' + key[1]}: ledger {plain(mine)}, "
        f"exchange {plain(theirs)}"
        for key in sorted(keys)
        if (mine := held.get(key, ZERO)) != (theirs := stated.get(key, ZERO))
    ]
