"""Lots of an asset are all its pools and what is held at unknown cost; whatever leaves takes some of them with it.

A sale for currency C takes the pool whose cost is in C together with what has unknown cost (average: pro rata), then
the pools of other currencies in the order of their names, whose cost is no figure in C and therefore unknown; what
nothing covers is oversold, of unknown cost too. What leaves without a sale (a withdrawal, a payment in kind, the money
side of a trade where that money is itself inventory) takes all pools by the booking method, at cost: ``moved_cost``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from account_cli.domain.events import Event
from account_cli.domain.money import ZERO
from account_cli.ledger.booking import Lot, Piece, put, put_unknown, share, take_both, take_known, take_unknown
from account_cli.ledger.closings import ClosingKind
from account_cli.ledger.lines import Holding, Line
from account_cli.ledger.trading import open_part, portion, settle, trade
from account_cli.ledger.work import Work

Left = tuple[Line | None, list[Piece]]
"""Pieces that left, of one pool; None is what has unknown cost."""


def track(work: Work, asset: str) -> Holding:
    """Return the asset's holding, with its lots made to agree with its balance if it was plain cash until now."""
    holding = work.holding(asset)
    if holding.tracked:
        return holding
    holding.tracked = True
    there = work.total(asset) - holding.borrowed + holding.in_transit
    if there < ZERO:
        holding.oversold -= there
        there = ZERO
    if holding.unknown_quantity > there:
        take_unknown(holding, holding.unknown_quantity - there, work.method, [])
    elif there > holding.unknown_quantity:
        put_unknown(holding, Lot(0, "", None, 0, there - holding.unknown_quantity, None, ZERO))
    return holding


def arrive(work: Work, asset: str, quantity: Decimal, event: Event, *, oldest: bool = False) -> None:
    """Add a lot of unknown cost that came from outside, or of the cost a person gave to it; the balance comes after."""
    holding = work.holding(asset)
    lot = work.lot(event, quantity, None)
    if oldest:
        lot.n = -1
    given = work.given.pop(lot.identity or "", None)
    if given is not None:
        track(work, asset)
        known = Lot(lot.n, lot.id, lot.identity, lot.time_ns, quantity, given.cost, ZERO)
        add_lot(work, work.pool(asset, given.asset), known, event)
        return
    put_unknown(holding, lot)


def add_lot(work: Work, line: Line, lot: Lot, event: Event) -> None:
    """Add a lot of known cost to a spot pool; where the pool is short, it covers the short."""
    assert lot.cost is not None
    holding = work.holding(line.asset)
    holding.home = holding.home or line.symbol
    line.updated_ns = event.time_ns
    if line.quantity < ZERO:
        trade(work, line, lot.quantity, lot.cost, ZERO, None, event, "trade")
        return
    if not line.quantity:
        line.opened_ns = lot.time_ns
    put(line, lot, 1, work.method)


def earn(work: Work, asset: str, quantity: Decimal, event: Event) -> None:
    """Add what came in as money of a trade; plain cash has no lots."""
    holding = work.holding(asset)
    if holding.tracked and quantity:
        put_unknown(holding, work.lot(event, quantity, None))


def spend(work: Work, asset: str, quantity: Decimal) -> list[Left]:
    """Take ``quantity`` out of all pools by the booking method, at cost; plain cash has no lots."""
    holding = work.holding(asset)
    if not holding.tracked:
        return []
    left = take_all(work, holding, quantity)
    for line, pieces in left:
        if line is not None:
            line.moved_cost += sum((piece.cost for piece in pieces if piece.cost is not None), ZERO)
    return left


def sell(
    work: Work,
    line: Line,
    quantity: Decimal,
    leg: Decimal,
    fee: Decimal,
    price: Decimal | None,
    event: Event,
    kind: ClosingKind,
    *,
    margin: bool = False,
) -> None:
    """Dispose of ``quantity`` of a spot asset for −``leg`` − ``fee`` of the pool's currency."""
    holding = track(work, line.asset)
    holding.home = holding.home or line.symbol
    pieces: list[Piece] = []
    left = quantity
    if line.quantity >= ZERO:
        left = take_both(line, holding, left, work.method, pieces)
    else:
        part = min(left, holding.unknown_quantity)
        take_unknown(holding, part, work.method, pieces)
        left -= part
    for currency in holding.pools:
        other = work.pool(line.asset, currency)
        if left and other is not line and other.quantity > ZERO:
            left -= _take_foreign(work, other, min(left, other.quantity), pieces)
    if left and not margin:
        holding.oversold += left
        pieces.append(Piece(None, left, None, ZERO, event.time_ns))
        left = ZERO
    closing = quantity - left
    leg_closing = portion(leg, closing, quantity, price) if closing else ZERO
    fee_closing = share(fee, closing, quantity) if closing else ZERO
    if closing:
        settle(work, line, pieces, closing, leg_closing, fee_closing, price, event, kind)
    if left:
        open_part(work, line, -left, leg - leg_closing, fee - fee_closing, event)


def _take_foreign(work: Work, other: Line, quantity: Decimal, pieces: list[Piece]) -> Decimal:
    """Take from a pool whose cost is in another currency: the quantity counts, the cost is no figure here."""
    taken: list[Piece] = []
    take_known(other, quantity, work.method, taken)
    other.moved_cost += sum((piece.cost for piece in taken if piece.cost is not None), ZERO)
    pieces += [piece._replace(cost=None, fee=ZERO) for piece in taken]
    return quantity


def take_all(work: Work, holding: Holding, quantity: Decimal) -> list[Left]:
    """Take ``quantity`` out of everything held of an asset by the booking method; the shortage is oversold."""
    lines = [work.pool(holding.asset, currency) for currency in holding.pools]
    lines = [line for line in lines if line.quantity > ZERO]
    there = sum((line.quantity for line in lines), holding.unknown_quantity)
    out: list[Left] = [(line, []) for line in lines] + [(None, [])]
    if quantity > there:
        holding.oversold += quantity - there
        out[-1][1].append(Piece(None, quantity - there, None, ZERO, 0))
        quantity = there
    if work.method.pooled:
        _pro_rata(work, holding, lines, quantity, there, out)
    else:
        while quantity:
            index = _next(work, holding, lines)
            source = holding.unknown if index < 0 else lines[index].lots
            bite = min(quantity, source[-1 if work.method.newest else 0].quantity)
            if index < 0:
                take_unknown(holding, bite, work.method, out[-1][1])
            else:
                take_known(lines[index], bite, work.method, out[index][1])
            quantity -= bite
    return [(line, pieces) for line, pieces in out if pieces]


def _pro_rata(
    work: Work, holding: Holding, lines: list[Line], quantity: Decimal, there: Decimal, out: list[Left]
) -> None:
    for line, (_, pieces) in zip(lines, out, strict=False):
        held = line.quantity
        part = min(share(held, quantity, there) if quantity else ZERO, quantity)
        take_known(line, part, work.method, pieces)
        quantity -= part
        there -= held
    part = min(quantity, holding.unknown_quantity)
    take_unknown(holding, part, work.method, out[-1][1])
    quantity -= part
    for line, (_, pieces) in zip(lines, out, strict=False):
        part = min(quantity, line.quantity)  # a last digit that rounding pushed out of the unknown part
        take_known(line, part, work.method, pieces)
        quantity -= part


def _next(work: Work, holding: Holding, lines: list[Line]) -> int:
    """Index of the pool whose lot is next; −1 is the unknown part. Highest cost first: pools by name, unknown last."""
    method = work.method
    filled = [index for index, line in enumerate(lines) if line.lots]
    if method.dearest:
        return filled[0] if filled else -1
    ends: list[tuple[int, int]] = [(lines[index].lots[-1 if method.newest else 0].n, index) for index in filled]
    if holding.unknown:
        ends.append((holding.unknown[-1 if method.newest else 0].n, -1))
    choose: Callable[[list[tuple[int, int]]], tuple[int, int]] = max if method.newest else min
    return choose(ends)[1]
