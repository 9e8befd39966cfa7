"""A figure is taken apart for a person: the formula in words, every input with its source and its age.

Each report is a list of steps, top down; a deeper step is an input of the one above it. Long lists of inputs show the
newest and sum up the rest, so that they still add up. Figures are those of the other reports, never worked out anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.money import ZERO, plain
from account_cli.domain.times import format_time
from account_cli.ledger import explain as taking_apart
from account_cli.ledger.closings import Closing
from account_cli.reports import render
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly, settle_digits
from account_cli.reports.ledger_rows import StepRow
from account_cli.reports.pnl import ledger_reasons
from account_cli.reports.positions import Marked, mark_position, mark_reasons
from account_cli.reports.rows import Report
from account_cli.reports.sums import PriceThen, fee_values
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, graphs_of, sides
from account_cli.reports.view import AccountView

SHOWN = 10
"""So many inputs are listed one by one; the older ones are summed up in one line."""


@exactly
def explain_position(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    symbol: str,
    fills: Sequence[Fill],
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    price_then: PriceThen | None = None,
    shown: int = SHOWN,
) -> Report[StepRow]:
    """Explain cost, value and unrealised P&L of the positions in ``symbol``; ``fills`` are those of it, in order.

    ``price_then`` values fees that were paid in a third asset.
    """
    rows: list[StepRow] = []
    reasons: list[str] = []
    for view, graph in _graphs(views, now_ns, pegged, stale_after_ns):
        for one in _marked(view, graph, symbol):
            if one.figures.quantity:
                rows += _position(view.account, graph, one, fills, now_ns, shown, price_then)
                reasons += mark_reasons(view, graph, [one], now_ns) + _reasons(view, now_ns)
    return _report("explain.position", now_ns, rows, reasons)


@exactly
def explain_pnl(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    symbol: str,
    fills: Sequence[Fill],
    closings: Sequence[Closing],
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    price_then: PriceThen | None = None,
    shown: int = SHOWN,
) -> Report[StepRow]:
    """Explain all that ``symbol`` ever made; ``closings`` are those of it, in order."""
    rows: list[StepRow] = []
    reasons: list[str] = []
    for view, graph in _graphs(views, now_ns, pegged, stale_after_ns):
        for one in _marked(view, graph, symbol):
            figures = one.figures
            mine = [
                c
                for c in closings
                if c.account == view.account and c.currency == figures.currency and _same_wallet(c, one)
            ]
            unrealized = one.unrealized if figures.quantity else ZERO
            for step in taking_apart.explain_pnl(figures, (), unrealized):
                rows.append(_step(view.account, step))
                if step.label == "realised P&L":
                    rows += _closings(view.account, mine, shown)
                elif step.label == "unrealised P&L" and figures.quantity:
                    rows += [
                        _deeper(row) for row in _position(view.account, graph, one, fills, now_ns, shown, price_then)
                    ]
            if figures.quantity:
                reasons += mark_reasons(view, graph, [one], now_ns)
        totals = [figures for figures in view.state.totals() if figures.symbol == symbol]
        if totals:
            reasons += ledger_reasons(view, totals) + _reasons(view, now_ns)
    return _report("explain.pnl", now_ns, rows, reasons)


def _graphs(
    views: Sequence[AccountView], now_ns: int, pegged: Sequence[str], stale_after_ns: int
) -> Iterable[tuple[AccountView, PriceGraph]]:
    graphs = graphs_of(views, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    return zip(views, graphs, strict=True)


def _marked(view: AccountView, graph: PriceGraph, symbol: str) -> list[Marked]:
    stated = {} if view.positions is None else {(row.symbol, row.side): row for row in view.positions.rows}
    return [
        mark_position(
            view, graph, figures, stated.get((symbol, "both")) or stated.get((symbol, figures.position_side or "both"))
        )
        for figures in view.state.totals()
        if figures.symbol == symbol
    ]


def _same_wallet(closing: Closing, one: Marked) -> bool:
    return not one.figures.is_contract or closing.wallet == one.figures.wallet


def _position(
    account: str,
    graph: PriceGraph,
    one: Marked,
    fills: Sequence[Fill],
    now_ns: int,
    shown: int,
    price_then: PriceThen | None,
) -> list[StepRow]:
    figures = one.figures
    mine = [
        fill
        for fill in fills
        if fill.account == account
        and (not figures.is_contract or (fill.wallet, fill.position_side) == (figures.wallet, figures.position_side))
    ]
    rows: list[StepRow] = []
    steps = taking_apart.explain_position(figures, one.mark, _mark_note(graph, one, now_ns))
    for at, step in enumerate(steps):
        row = _step(account, step)
        if at == 0:
            asset = None if figures.is_contract else figures.asset
            row = msgspec.structs.replace(row, label=f"{figures.symbol}: quantity held", currency=asset)
            rows += [row, *_fills(account, mine, asset, shown, price_then)]
        else:
            rows.append(row)
    return rows


def _mark_note(graph: PriceGraph, one: Marked, now_ns: int) -> str:
    figures = one.figures
    if one.mark is None:
        return "nobody has told a price"
    if figures.is_contract:
        sampled = graph.prices.get(figures.symbol)
        is_sampled = sampled is not None and sampled.at_ns == one.mark_at
        source = f"{figures.symbol} mark" if is_sampled else "stated with the position by the exchange"
    else:
        pair = sides(figures.symbol)
        rate = None if pair is None else graph.rate(pair.base, figures.currency)
        source = "" if rate is None else rate.source
    return f"{source}, {_aged(one.mark_at, now_ns)}"


def _aged(at_ns: int | None, now_ns: int) -> str:
    return "of no known time" if at_ns is None else f"{render.age(now_ns - at_ns)} old ({format_time(at_ns)})"


def _fills(
    account: str, fills: Sequence[Fill], asset: str | None, shown: int, price_then: PriceThen | None
) -> list[StepRow]:
    """List the newest fills and sum up those before them."""
    rows: list[StepRow] = []
    older = fills[:-shown] if len(fills) > shown else []
    if older:
        total = sum((_signed(fill) or ZERO for fill in older), ZERO)
        rows.append(
            _made(account, f"{len(older)} older fills", total, asset, "bought − sold", 1,
                  f"until {format_time(older[-1].time_ns)}")
        )  # fmt: skip
    for fill in fills[len(older) :]:
        verb = "bought" if fill.side == "buy" else "sold"
        note = f"fill {fill.id}, {format_time(fill.time_ns)}, {_fee(fill, price_then)}"
        rows.append(_made(account, verb, _signed(fill), asset, f"at {plain(fill.price)}", 1, note))
    return rows


def _fee(fill: Fill, price_then: PriceThen | None) -> str:
    """Say what a fill's fees were, and what one in another asset was worth."""
    if fill.fees is None:
        return "fee not told"
    currency, values = fee_values(fill, price_then)
    said = []
    for fee, value in zip(fill.fees, values or [None] * len(fill.fees), strict=True):
        worth = (
            ""
            if fee.asset == currency
            else " without a price"
            if value is None
            else f" worth {plain(value)} {currency}"
        )
        said.append(f"{plain(fee.amount)} {fee.asset}{worth}")
    return f"fee {' + '.join(said) or 'none'}"


def _signed(fill: Fill) -> Decimal | None:
    size = fill.contracts if fill.inverse or fill.quantity is None else fill.quantity
    return None if size is None else size if fill.side == "buy" else -size


def _closings(account: str, closings: Sequence[Closing], shown: int) -> list[StepRow]:
    rows: list[StepRow] = []
    older = closings[:-shown] if len(closings) > shown else []
    if older:
        total = sum((one.realized_pnl or ZERO for one in older), ZERO)
        rows.append(
            _made(account, f"{len(older)} older closings", total, older[0].currency, "Σ (proceeds − cost)", 1,
                  f"until {format_time(older[-1].time_ns)}")
        )  # fmt: skip
    for one in closings[len(older) :]:
        rows += [_step(account, step) for step in taking_apart.explain_closing(one, depth=1)]
    return rows


def _step(account: str, step: taking_apart.Step) -> StepRow:
    value = None if step.value is None else settle_digits(step.value)
    return _made(account, step.label, value, step.currency, step.formula, step.depth, step.note)


def _made(
    account: str, label: str, value: Decimal | None, currency: str | None, formula: str, depth: int, note: str | None
) -> StepRow:
    return StepRow(
        account=account, depth=depth, label=label, value=value, currency=currency, formula=formula, note=note
    )


def _deeper(row: StepRow) -> StepRow:
    return msgspec.structs.replace(row, depth=row.depth + 1)


def _reasons(view: AccountView, now_ns: int) -> list[str]:
    return stream_reasons(view, ("fills", "transfers"), now_ns, POLL_INTERVAL_NS) + history_reasons(view)


def _report(name: str, now_ns: int, rows: Sequence[StepRow], reasons: Sequence[str]) -> Report[StepRow]:
    return Report(name=name, as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))
