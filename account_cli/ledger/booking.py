"""Which cost leaves when a holding shrinks: every method is a row of one table over one algorithm.

A position is a set of lots: quantity, cost (fees in) and the fees in it. A method decides in which order lots are
taken; average cost is the method that keeps one lot. A lot taken whole gives all of its cost; a part gives

    cost × part ÷ quantity, rounded to 1e-18, half-even,

and the lot keeps the rest. So what was given and what is left always add up to what was paid, to the last digit, for
any method: that is the whole proof of law 3. Fees in the cost are split by the same rule.

Lots of unknown cost stand apart. A pooled method takes known and unknown pro rata by quantity; the others merge the two
queues: oldest or newest first, for highest-cost-first the unknown ones last.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple, Protocol

import msgspec

from account_cli.domain.money import QUANTUM


class Method(NamedTuple):
    """A row of the table. ``newest``: take from the young end. ``dearest``: highest unit cost first, ties oldest."""

    name: str
    pooled: bool = False
    newest: bool = False
    dearest: bool = False


METHODS = {
    "average": Method("average", pooled=True),
    "fifo": Method("fifo"),
    "lifo": Method("lifo", newest=True),
    "hifo": Method("hifo", dearest=True),
}


class Lot(msgspec.Struct, array_like=True, gc=False):
    """A piece of a position, opened by one fact. ``quantity`` is positive; ``cost`` None is unknown.

    States share lots, so one that was put somewhere never changes, but for ``key``, which is set as it is put there.
    ``n`` orders lots by age, −1 is older than all; ``identity`` is set for lots that a person may give a cost to;
    ``whole`` is the quantity it was opened with, once part of it is gone; ``key`` its place by unit cost, fees in,
    worked out when first needed.
    """

    n: int
    id: str
    identity: str | None
    time_ns: int
    quantity: Decimal
    cost: Decimal | None
    fee: Decimal
    whole: Decimal | None = None
    key: Decimal | None = None


class Piece(NamedTuple):
    """So much taken from a lot; ``cost`` None is unknown. ``time_ns`` is when the lot was opened."""

    lot: str | None
    quantity: Decimal
    cost: Decimal | None
    fee: Decimal
    time_ns: int


class Known(Protocol):
    """What is held at a known cost; ``quantity`` and ``cost`` signed. ``lots`` is empty under a pooled method."""

    quantity: Decimal
    cost: Decimal
    fee: Decimal
    lots: deque[Lot]
    opened_ns: int | None


class Unknown(Protocol):
    """What is held at an unknown cost; ``unknown_quantity`` is positive."""

    unknown: deque[Lot]
    unknown_quantity: Decimal


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return the part of ``total`` that belongs to ``part`` of ``whole``; all of it for the whole."""
    if part == whole:
        return total
    return (total * part / whole).quantize(QUANTUM, ROUND_HALF_EVEN)


def _dearness(lot: Lot) -> tuple[Decimal, int]:
    key = lot.key
    if key is None:
        assert lot.cost is not None
        key = lot.key = -abs(lot.cost) / lot.quantity
    return key, lot.n


def put(known: Known, lot: Lot, sign: int, method: Method) -> None:
    """Add a lot of known cost to a position of direction ``sign``."""
    assert lot.cost is not None
    known.quantity += lot.quantity if sign > 0 else -lot.quantity
    known.cost += lot.cost
    known.fee += lot.fee
    if method.pooled:
        return
    if method.dearest:
        shelve(known.lots, lot)
    elif known.lots and lot.n < known.lots[-1].n:
        insort(known.lots, lot, key=_age)
    else:
        known.lots.append(lot)


def shelve(lots: deque[Lot], lot: Lot) -> None:
    """Put a lot in its place by unit cost, the dearest first."""
    insort(lots, lot, key=_dearness)


def put_unknown(owner: Unknown, lot: Lot) -> None:
    """Add a lot of unknown cost, in its place by age."""
    owner.unknown_quantity += lot.quantity
    if owner.unknown and lot.n < owner.unknown[-1].n:
        insort(owner.unknown, lot, key=_age)
    else:
        owner.unknown.append(lot)


def _age(lot: Lot) -> int:
    return lot.n


def take_known(known: Known, wanted: Decimal, method: Method, out: list[Piece]) -> None:
    """Take ``wanted`` (positive, at most what is there) at known cost."""
    if not wanted:
        return
    if method.pooled:
        whole = abs(known.quantity)
        cost, fee = share(known.cost, wanted, whole), share(known.fee, wanted, whole)
        out.append(Piece(None, wanted, cost, fee, known.opened_ns or 0))
        _leave(known, wanted, cost, fee)
        return
    while wanted:
        piece = _bite(known.lots, wanted, method.newest)
        assert piece.cost is not None
        _leave(known, piece.quantity, piece.cost, piece.fee)
        out.append(piece)
        wanted -= piece.quantity


def take_unknown(owner: Unknown, wanted: Decimal, method: Method, out: list[Piece]) -> None:
    """Take ``wanted`` (positive, at most what is there) at unknown cost."""
    while wanted:
        piece = _bite(owner.unknown, wanted, method.newest)
        owner.unknown_quantity -= piece.quantity
        out.append(piece)
        wanted -= piece.quantity


def take_both(known: Known, owner: Unknown, wanted: Decimal, method: Method, out: list[Piece]) -> Decimal:
    """Take up to ``wanted`` of known and unknown cost as the method orders them; return what was not there."""
    there, unknown = abs(known.quantity), owner.unknown_quantity
    if not unknown:
        part = min(there, wanted)
        take_known(known, part, method, out)
        return wanted - part
    part = min(wanted, there + unknown)
    if method.pooled:
        of_unknown = min(share(unknown, part, there + unknown), part)
        of_unknown = max(of_unknown, part - there)
        take_known(known, part - of_unknown, method, out)
        take_unknown(owner, of_unknown, method, out)
        return wanted - part
    left = part
    while left:
        first = _unknown_first(known.lots, owner.unknown, method)
        end = -1 if method.newest else 0
        source = owner.unknown if first else known.lots
        bite = min(left, source[end].quantity)
        if first:
            take_unknown(owner, bite, method, out)
        else:
            take_known(known, bite, method, out)
        left -= bite
    return wanted - part


def _unknown_first(known: deque[Lot], unknown: deque[Lot], method: Method) -> bool:
    if not known or not unknown:
        return not known
    if method.dearest:
        return False
    return unknown[-1].n > known[-1].n if method.newest else unknown[0].n < known[0].n


def _bite(lots: deque[Lot], wanted: Decimal, newest: bool) -> Piece:
    """Take at most ``wanted`` off the lot at the end that is next; the lot goes when it is used up."""
    lot = lots[-1 if newest else 0]
    if wanted >= lot.quantity:
        if newest:
            lots.pop()
        else:
            lots.popleft()
        return Piece(lot.id, lot.quantity, lot.cost, lot.fee, lot.time_ns)
    cost = None if lot.cost is None else share(lot.cost, wanted, lot.quantity)
    fee = share(lot.fee, wanted, lot.quantity)
    rest = None if cost is None or lot.cost is None else lot.cost - cost
    lots[-1 if newest else 0] = remainder(lot, lot.quantity - wanted, rest, lot.fee - fee)
    return Piece(lot.id, wanted, cost, fee, lot.time_ns)


def remainder(lot: Lot, quantity: Decimal, cost: Decimal | None, fee: Decimal) -> Lot:
    """Return what is left of a lot, a new one: states share their lots."""
    return Lot(lot.n, lot.id, lot.identity, lot.time_ns, quantity, cost, fee, lot.whole or lot.quantity, lot.key)


def _leave(known: Known, quantity: Decimal, cost: Decimal, fee: Decimal) -> None:
    known.quantity -= quantity if known.quantity > 0 else -quantity
    known.cost -= cost
    known.fee -= fee
