"""Opening raises a position's cost by all that was paid; closing gives the cost back and calls the rest gain.

Everything is signed. A fill of signed quantity n at price p with fee f has the leg n × p (inverse: −n ÷ p, rounded once
to 1e-18); it costs leg + f, fees raise it. A position's cost is the sum of what its fills cost, so it carries the
position's sign for linear contracts and spot. Closing a part with leg and fee brings −(leg + f):

    realised = −(leg + f) − cost given back

which is the same formula for long and short, linear and inverse, and makes law 3 (realised − open cost = cash) an
identity rather than something to be careful about. A fill that goes through zero is two: the closing part and the
opening rest, legs exact, fee by quantity.
"""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Event, Fill
from account_cli.domain.identity import identity
from account_cli.domain.money import ZERO
from account_cli.ledger.booking import Lot, Piece, put, share, take_both
from account_cli.ledger.closings import TRADES, Closing, ClosingKind, Match
from account_cli.ledger.lines import Line
from account_cli.ledger.work import Work


def portion(leg: Decimal, part: Decimal, whole: Decimal, price: Decimal | None) -> Decimal:
    """Return the part of a leg: exact where it is quantity × price, else allocated."""
    if part == whole:
        return leg
    if price is None:
        return share(leg, part, whole)
    return part * price if leg >= ZERO else -part * price


def open_part(work: Work, line: Line, n: Decimal, leg: Decimal, fee: Decimal, event: Event) -> None:
    """Add signed quantity ``n`` that cost ``leg`` + ``fee``."""
    if not line.quantity and not line.unknown_quantity:
        line.opened_ns = event.time_ns
    if work.method.pooled:
        line.quantity, line.cost, line.fee = line.quantity + n, line.cost + leg + fee, line.fee + fee
    else:
        work.count += 1
        lot = Lot(work.count, event.id, None, event.time_ns, abs(n), leg + fee, fee)
        put(line, lot, 1 if n > ZERO else -1, work.method)
    if line.kind != "spot" and isinstance(event, Fill) and event.leverage is not None:
        line.leverage = event.leverage


def trade(
    work: Work,
    line: Line,
    n: Decimal,
    leg: Decimal,
    fee: Decimal,
    price: Decimal | None,
    event: Event,
    kind: ClosingKind,
) -> Decimal:
    """Move a contract position by signed ``n``; return the cash it brings besides the fee (the gross gain)."""
    there = line.open_quantity
    if not there or (there > ZERO) == (n > ZERO):
        open_part(work, line, n, leg, fee, event)
        return ZERO
    whole = abs(n)
    closing = min(whole, abs(there))
    leg_closing, fee_closing = portion(leg, closing, whole, price), share(fee, closing, whole)
    pieces: list[Piece] = []
    take_both(line, line, closing, work.method, pieces)
    gross = settle(work, line, pieces, closing, leg_closing, fee_closing, price, event, kind)
    if closing != whole:
        rest = whole - closing if n > ZERO else closing - whole
        open_part(work, line, rest, leg - leg_closing, fee - fee_closing, event)
    return gross


def settle(
    work: Work,
    line: Line,
    pieces: list[Piece],
    quantity: Decimal,
    leg: Decimal,
    fee: Decimal,
    price: Decimal | None,
    event: Event,
    kind: ClosingKind,
) -> Decimal:
    """Book what closing ``pieces`` for ``leg`` and ``fee`` realised; return the gross gain of the known part."""
    short = leg > ZERO if line.kind != "inverse" else leg < ZERO
    pieces = [_priced(work, line, piece, short, price, event) if piece.cost is None else piece for piece in pieces]
    known = sum((piece.quantity for piece in pieces if piece.cost is not None), ZERO)
    unknown = quantity - known
    leg_known, fee_known = leg, fee
    if unknown:
        leg_known = portion(leg, known, quantity, price) if known else ZERO
        fee_known = share(fee, known, quantity) if known else ZERO
        unknown_proceeds = -(leg - leg_known) - (fee - fee_known)
        line.unknown_cost_quantity += unknown
        line.unknown_cost_proceeds += unknown_proceeds
        work.refuse_unknown(line.symbol, event)
        work.note("unknown-cost", line.symbol, event, unknown)
    else:
        unknown_proceeds = ZERO
    cost = sum((piece.cost for piece in pieces if piece.cost is not None), ZERO)
    entry_fee = sum((piece.fee for piece in pieces if piece.cost is not None), ZERO)
    proceeds = -leg_known - fee_known
    gain, fees = proceeds - cost, entry_fee + fee_known
    if known or not quantity:
        line.realized += gain
        line.fees += fees
        if kind in TRADES:
            score(line, gain)
    if work.closings is not None:
        record(work, line, pieces, quantity, known, unknown_proceeds, proceeds, cost, fees, short, event, kind)
    line.funding_mark = line.funding
    return gain + fees if known else ZERO


def score(line: Line, gain: Decimal) -> None:
    """Count a closing as won, lost or even."""
    if gain > ZERO:
        line.wins += 1
        line.won += gain
    elif gain < ZERO:
        line.losses += 1
        line.lost += gain
    else:
        line.evens += 1


def _priced(work: Work, line: Line, piece: Piece, short: bool, price: Decimal | None, event: Event) -> Piece:
    """Give a piece of unknown cost the cost that the policy says, if it says one."""
    if work.policy == "zero":
        return piece._replace(cost=ZERO)
    if work.policy != "market" or line.kind == "inverse":
        return piece
    base = line.asset or line.symbol.partition("/")[0]
    at = work.price(base, line.currency, piece.time_ns)
    if at is None and piece.lot is None and piece.time_ns == event.time_ns:
        at = price
    if at is None:
        return piece
    return piece._replace(cost=-at * piece.quantity if short else at * piece.quantity)


def record(
    work: Work,
    line: Line,
    pieces: list[Piece],
    quantity: Decimal,
    known: Decimal,
    unknown_proceeds: Decimal,
    proceeds: Decimal,
    cost: Decimal,
    fees: Decimal,
    short: bool,
    event: Event,
    kind: ClosingKind,
) -> None:
    """Write down one closing; the line has its new quantity already."""
    assert work.closings is not None
    unknown, fill = quantity - known, event if isinstance(event, Fill) else None
    leverage = line.leverage if fill is None or fill.leverage is None else fill.leverage
    own = fill is not None and fill.symbol == line.symbol and kind != "fee"
    if line.kind == "inverse":
        quantity, unknown = quantity / line.size, unknown / line.size
    work.closings.append(
        Closing(
            account=event.account,
            symbol=line.symbol,
            fill_id=event.id,
            time_ns=event.time_ns,
            seq=event.seq,
            quantity=quantity,
            proceeds=proceeds,
            cost=cost if known or not quantity else None,
            fees=fees,
            currency=line.currency,
            side="short" if short else "long",
            wallet=event.wallet,
            order_id="" if fill is None else fill.order_id,
            bought=fill is not None and fill.side == "buy",
            liquidity=None if fill is None else fill.liquidity,
            kind=kind,
            flat=not line.quantity and not line.unknown_quantity,
            matches=() if work.method.pooled else tuple([_match(piece, line) for piece in pieces]),
            leverage=leverage,
            unknown_quantity=unknown,
            unknown_proceeds=unknown_proceeds,
            funding=line.funding - line.funding_mark,
            fact="" if own else identity(event),
        )
    )


def _match(piece: Piece, line: Line) -> Match:
    known = piece.cost is not None
    return Match(piece.lot or "", piece.quantity, piece.cost, piece.fee if known else None,
                 line.currency if known else None)  # fmt: skip
