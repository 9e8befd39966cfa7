"""What one fact did to lots, balances and results, as a double-entry book wants it: everything, and nothing inferred.

The fold is the truth: a fact is folded by itself and the state after it is compared with the state before it. So every
method books here as it books everywhere, and what is told adds up to what the state says, to the last digit.

Under average cost a pool is one lot. A purchase changes its unit cost: the pool leaves as a whole and comes back with
the purchase in it. A reduction takes a part of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.money import MONEY, ZERO
from account_cli.ledger.apply import fold_state
from account_cli.ledger.booking import Lot
from account_cli.ledger.lines import Holding, Line, LineKey
from account_cli.ledger.state import LedgerState, References

LotName = tuple[object, ...]
What = Literal["realized", "unknown", "moved", "funding", "income", "fees_paid"]


class LotMove(NamedTuple):
    """``units`` (signed: a short's are negative) came to a lot or left it, with their ``cost``, fees in.

    ``cost`` is signed as the units are, None when it is not known. ``opened``: the lot is new, ``id`` of the fact that
    made it.
    """

    lot: LotName
    asset: str
    units: Decimal
    cost: Decimal | None
    currency: str | None
    opened: bool
    id: str
    opened_ns: int


class Result(NamedTuple):
    """So much was earned (positive) in ``currency`` at ``symbol``; ``moved`` is cost that left without a sale.

    Of a contract ``realized`` is before fees, and ``fees_paid`` is told; of spot the fees are inside the costs.
    """

    symbol: str
    currency: str
    what: What
    amount: Decimal
    is_contract: bool


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """One fact booked. ``balances`` are changes by (wallet, asset).

    ``owed`` (borrowed less oversold) and ``in_transit`` are changes of what makes an asset's lots differ from its
    balance; ``inventory`` are the assets that are held in lots now.
    """

    event: Event
    balances: dict[tuple[str, str], Decimal]
    lots: tuple[LotMove, ...]
    results: tuple[Result, ...]
    owed: dict[str, Decimal]
    in_transit: dict[str, Decimal]
    inventory: frozenset[str]


def book(state: LedgerState, event: Event, refs: References) -> tuple[LedgerState, Booking]:
    """Return the state after ``event`` and what it did."""
    after = fold_state(state, (event,), refs)
    with localcontext(MONEY):
        lots: list[LotMove] = []
        results: list[Result] = []
        for key, line in after.lines.items():
            before = state.lines.get(key)
            if before is not line:
                lots += _pool_moves(key, before, line, pooled=state.method == "average")
                results += _results(before, line)
        owed, in_transit = {}, {}
        for asset, holding in after.holdings.items():
            old = state.holdings.get(asset)
            if old is not holding:
                lots += _unknown_moves(asset, old, holding)
                changed = _owed(holding) - (ZERO if old is None else _owed(old))
                moved = holding.in_transit - (ZERO if old is None else old.in_transit)
                owed.update({asset: changed} if changed else {})
                in_transit.update({asset: moved} if moved else {})
        balances = {}
        for place, cell in after.cells.items():
            known = state.cells.get(place)
            if known is not cell:
                change = cell.value - (ZERO if known is None else known.value)
                balances.update({place: change} if change else {})
    return after, Booking(
        event=event,
        balances=balances,
        lots=tuple(lots),
        results=tuple(results),
        owed=owed,
        in_transit=in_transit,
        inventory=frozenset(asset for asset, holding in after.holdings.items() if holding.tracked),
    )


def _owed(holding: Holding) -> Decimal:
    return holding.borrowed - holding.oversold


def _pool_moves(key: LineKey, before: Line | None, line: Line, *, pooled: bool) -> Iterator[LotMove]:
    if line.kind != "spot":
        return
    if not pooled:
        old = deque[Lot]() if before is None else before.lots
        sign = 1 if before is not None and before.quantity > ZERO else -1
        yield from _lot_moves(key, line.asset, line.currency, old, sign, line.lots, 1 if line.quantity > ZERO else -1)
        return
    had, cost = (ZERO, ZERO) if before is None else (before.quantity, before.cost)
    if (had, cost) == (line.quantity, line.cost):
        return
    same_way = had and line.quantity and (had > ZERO) == (line.quantity > ZERO)
    if had and (not line.quantity or (same_way and abs(line.quantity) < abs(had))):
        change = line.quantity - had
        yield LotMove((key,), line.asset, change, line.cost - cost, line.currency, False, "", 0)
        return
    if had:
        yield LotMove((key,), line.asset, -had, -cost, line.currency, False, "", 0)
    if line.quantity:
        opened_ns = line.opened_ns or 0
        yield LotMove((key,), line.asset, line.quantity, line.cost, line.currency, True, line.symbol, opened_ns)


def _unknown_moves(asset: str, before: Holding | None, holding: Holding) -> Iterator[LotMove]:
    if holding.tracked:
        old = before.unknown if before is not None and before.tracked else deque[Lot]()
        yield from _lot_moves((asset,), asset, None, old, 1, holding.unknown, 1)


def _lot_moves(
    owner: tuple[str, ...], asset: str, currency: str | None, old: deque[Lot], old_sign: int, new: deque[Lot], sign: int
) -> Iterator[LotMove]:
    """Yield what changed between two sets of lots; those that did not change are the same objects at both ends."""
    was, now = list(old), list(new)
    if old_sign == sign:
        alike = next(
            (at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a is not b), min(len(was), len(now))
        )
        was, now = was[alike:], now[alike:]
        pairs = zip(reversed(was), reversed(now), strict=False)
        tail = next((at for at, (a, b) in enumerate(pairs) if a is not b), min(len(was), len(now)))
        was, now = was[: len(was) - tail], now[: len(now) - tail]
    left = {_name(owner, lot): lot for lot in was}
    for lot in now:
        before = left.pop(_name(owner, lot), None)
        had = ZERO if before is None else before.quantity
        if lot.quantity != had:
            cost = None if lot.cost is None else lot.cost - (ZERO if before is None else before.cost or ZERO)
            yield LotMove(
                _name(owner, lot),
                asset,
                sign * (lot.quantity - had),
                cost,
                currency,
                before is None,
                lot.id,
                lot.time_ns,
            )
    for name, lot in left.items():
        cost = None if lot.cost is None else -lot.cost
        yield LotMove(name, asset, -old_sign * lot.quantity, cost, currency, False, lot.id, lot.time_ns)


def _name(owner: tuple[str, ...], lot: Lot) -> LotName:
    return (*owner, lot.n, lot.id, lot.identity, lot.time_ns)


def _results(before: Line | None, line: Line) -> Iterator[Result]:
    def change(name: str) -> Decimal:
        now: Decimal = getattr(line, name)
        return now if before is None else now - getattr(before, name)

    is_contract = line.kind in {"linear", "inverse"}
    told: list[tuple[What, Decimal]] = [("funding", change("funding")), ("income", change("other_income"))]
    if is_contract:
        told += [("realized", change("realized") + change("fees")), ("fees_paid", change("fees_paid"))]
    else:
        told += [
            ("realized", change("realized")),
            ("unknown", change("unknown_cost_proceeds")),
            ("moved", change("moved_cost")),
        ]
    for what, amount in told:
        if amount:
            yield Result(line.symbol, line.currency, what, amount, is_contract)
