"""The short road lot by lot; what is left of the lot that goes next is kept apart, until something else looks.

Cost and fees of the position are then the sums over its lots. They are added up fill by fill only where lots are many
already: else there can be few more lots when settling up than fills went by.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from decimal import Decimal

from account_cli.domain.events import Fill
from account_cli.domain.money import QUANTUM, ZERO
from account_cli.ledger.booking import Lot, remainder, share, shelve
from account_cli.ledger.closings import Closing, Match
from account_cli.ledger.lanes import Lane

_FEW = 32
_NONE: tuple[Match, ...] = ()


def lots_road(lane: Lane) -> Generator[bool, Fill | None, None]:
    """Book the plain fills of one lane (see ``roads``)."""
    line, quote, closings, work = lane.line, lane.quote, lane.closings, lane.work
    wallet, currency, settle, contract_size = lane.wallet, lane.currency, lane.settle, lane.contract_size
    symbol, spot = line.symbol, settle is None
    lots, newest, dearest = line.lots, work.method.newest, work.method.dearest
    oldest = not (newest or dearest)
    pop, append = lots.pop if newest else lots.popleft, lots.append
    have_cost: Decimal
    while True:
        fill = yield False
        if fill is None or not lane.begin(fill):
            continue
        last, watched = None, not quote.below
        size, sign = abs(line.quantity), 0 if not line.quantity else 1 if line.quantity > ZERO else -1
        total, total_fee, opened, leverage = line.cost, line.fee, line.opened_ns, line.leverage
        realized, fees, won = line.realized, line.fees, line.won
        wins, losses, evens = line.wins, line.losses, line.evens
        funding = ZERO if line.funding is line.funding_mark else line.funding - line.funding_mark
        apart, adding = False, len(lots) > _FEW
        while fill is not None:
            quantity = fill.quantity
            try:
                (paid,) = fill.fees  # type: ignore[misc]  # None is not plain and raises
            except (TypeError, ValueError):
                fill = yield False
                continue
            if (
                not quantity
                or paid.asset != currency
                or fill.wallet != wallet
                or fill.settle != settle
                or (
                    not spot
                    and (
                        fill.position_side is not None
                        or fill.leverage is not None
                        or fill.inverse
                        or (fill.contract_size is not contract_size and fill.contract_size != contract_size)
                    )
                )
            ):
                fill = yield False
                continue
            buying, fee, money = fill.side == "buy", paid.amount, quantity * fill.price
            if sign < 0 if buying else sign > 0:
                rest = rest_money = rest_fee = ZERO
                if quantity >= size:
                    if quantity != size:
                        if spot:
                            fill = yield False
                            continue
                        rest, exit_money, exit_fee = quantity - size, size * fill.price, share(fee, size, quantity)
                        rest_money, rest_fee = money - exit_money, fee - exit_fee
                        quantity, money, fee = size, exit_money, exit_fee
                    size = ZERO
                else:
                    size -= quantity
                if not apart:
                    front, apart = pop(), True
                    have, have_cost, have_fee = front.quantity, front.cost, front.fee  # type: ignore[assignment]  # is known
                cost, entry, left, matches = ZERO, ZERO, quantity, _NONE
                while left >= have:
                    if closings is not None:
                        matches += (Match(front.id, have, have_cost, have_fee, currency),)
                    if cost is ZERO:
                        cost, entry = have_cost, have_fee
                    else:
                        cost += have_cost
                        entry += have_fee
                    left -= have
                    if not left:
                        apart = False
                        break
                    front = pop()
                    have, have_cost, have_fee = front.quantity, front.cost, front.fee  # type: ignore[assignment]  # is known
                else:
                    part = (have_cost * left / have).quantize(QUANTUM)
                    part_fee = (have_fee * left / have).quantize(QUANTUM)
                    have -= left
                    have_cost -= part
                    have_fee -= part_fee
                    if closings is not None:
                        matches += (Match(front.id, left, part, part_fee, currency),)
                    if cost is ZERO:
                        cost, entry = part, part_fee
                    else:
                        cost += part
                        entry += part_fee
                if adding:
                    total -= cost
                    total_fee -= entry
                proceeds = -money - fee if buying else money - fee
                gain, closed_fees = proceeds - cost, entry + fee
                realized += gain
                fees += closed_fees
                if gain > ZERO:
                    wins += 1
                    won += gain
                elif gain:
                    losses += 1
                else:
                    evens += 1
                if closings is not None:
                    closings.append(
                        Closing(
                            fill.account, symbol, fill.id, fill.time_ns, fill.seq, quantity, proceeds, cost,
                            closed_fees, currency, "short" if buying else "long", wallet, fill.order_id, buying,
                            fill.liquidity, fill.type, not size, matches,
                            leverage if fill.leverage is None else fill.leverage, ZERO, ZERO, funding,
                        )
                    )  # fmt: skip
                funding = ZERO
                if not size:
                    sign = 0
                    if rest:
                        sign, size, total_fee, opened = 1 if buying else -1, rest, rest_fee, fill.time_ns
                        total = rest_money + rest_fee if buying else rest_fee - rest_money
                        work.count += 1
                        lot = Lot(work.count, fill.id, None, fill.time_ns, rest, total, rest_fee)
                        if dearest:
                            shelve(lots, lot)
                        else:
                            append(lot)
                if watched:
                    cash = proceeds if spot else gain + entry - rest_fee
                    balance = quote.value = quote.value + cash
                    if balance < ZERO and cash < ZERO and not quote.below and not (spot and fill.margin):
                        work.below(quote, wallet, currency, fill)
            elif buying or not spot:
                if not sign:
                    sign, opened = 1 if buying else -1, fill.time_ns
                cost = money + fee if buying else fee - money
                size += quantity
                if adding:
                    total += cost
                    total_fee += fee
                work.count += 1
                lot = Lot(work.count, fill.id, None, fill.time_ns, quantity, cost, fee)
                if apart and not oldest:
                    _put_back(lots, front, have, have_cost, have_fee, newest)
                    apart = False
                if dearest:
                    shelve(lots, lot)
                else:
                    append(lot)
                if watched:
                    spent = cost if spot else fee
                    balance = quote.value = quote.value - spent
                    if balance < ZERO and spent > ZERO and not quote.below and not (spot and fill.margin):
                        work.below(quote, wallet, currency, fill)
            else:
                fill = yield False
                continue
            last = fill
            fill = yield True
        if apart:
            _put_back(lots, front, have, have_cost, have_fee, newest)
        if last is None:
            lane.begun = False
            continue
        if not adding:
            total, total_fee = _sums(lots)
        line.wins, line.losses, line.evens, line.opened_ns = wins, losses, evens, opened
        if not watched:
            quote.value += realized - line.realized - (total - line.cost if spot else total_fee - line.fee)
        lane.settle_up(last, size if sign > 0 else -size, total, total_fee, realized, fees, won, funding)


def _sums(lots: deque[Lot]) -> tuple[Decimal, Decimal]:
    """Return cost and fees of lots of known cost."""
    cost = fee = ZERO
    for lot in lots:
        cost += lot.cost  # type: ignore[operator]  # is known
        fee += lot.fee
    return cost, fee


def _put_back(lots: deque[Lot], lot: Lot, quantity: Decimal, cost: Decimal, fee: Decimal, newest: bool) -> None:
    """Put the lot that goes next where it was taken from, with what is left of it."""
    if quantity is not lot.quantity:
        lot = remainder(lot, quantity, cost, fee)
    if newest:
        lots.append(lot)
    else:
        lots.appendleft(lot)
