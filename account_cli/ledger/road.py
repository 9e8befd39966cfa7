"""The short road: plain fills of one line, booked flat and with nothing to look up.

A road is a generator: what it works on are its own local variables, which cost a third of attributes, and going on with
it costs half of a call. Sent a fill it books it and answers True, or answers False and has touched nothing; None says
that it booked the fill and that the money must be looked at (``Lane.look``). Sent None it settles up. Its arithmetic is
in the ``MONEY`` context of the fold, half-even.

A pooled position is one quantity, one cost and one sum of fees in it. Lot by lot, what is left of the lot that goes
next is kept apart, and cost and fees are the sums over the lots: they are added up fill by fill only where lots are
many already (else there can be few more lots when settling up than fills went by) or the money is watched by them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from decimal import Decimal

from account_cli.domain.events import Amount, Fill
from account_cli.domain.money import QUANTUM, ZERO
from account_cli.ledger.booking import Lot, remainder, share, shelve
from account_cli.ledger.closings import Closing, Match
from account_cli.ledger.lanes import Lane

_FEW = 32
_NO_MATCHES: tuple[Match, ...] = ()


def travel(lane: Lane) -> Generator[bool | None, Fill | None, None]:
    """Book the plain fills of one lane."""
    line, quote, closings, work = lane.line, lane.quote, lane.closings, lane.work
    wallet, currency, settle, contract_size = lane.wallet, lane.currency, lane.settle, lane.contract_size
    symbol, spot, free = line.symbol, settle is None, Amount(line.currency, ZERO)
    pooled, newest, dearest = work.method.pooled, work.method.newest, work.method.dearest
    lots = line.lots
    pop, append = lots.pop if newest else lots.popleft, lots.append
    have: Decimal
    have_cost: Decimal
    have_fee: Decimal
    opens: Decimal | None
    while True:
        fill = yield False
        if fill is None or not lane.begin(fill):
            continue
        last, apart, watched, exact = None, False, lane.watched, quote.tight
        many = pooled or len(lots) > _FEW
        sum_cost, sum_fee = many or (watched and spot), many or (watched and not spot)
        size, sign = abs(line.quantity), 0 if not line.quantity else 1 if line.quantity > ZERO else -1
        total, total_fee, opened, leverage = line.cost, line.fee, line.opened_ns, line.leverage
        fees, won, wins, losses, evens = line.fees, line.won, line.wins, line.losses, line.evens
        funding = ZERO if line.funding is line.funding_mark else line.funding - line.funding_mark
        # What may be tied up in the position (spot: its cost, else its fees) before the money must be looked at. Gains
        # raise it, so what they came to is how much it rose.
        limit = start = lane.grant + (total if spot else total_fee)
        room = lane.grant
        while fill is not None:
            quantity = fill.quantity
            try:
                (paid,) = fill.fees  # type: ignore[misc]  # None is not plain and raises
            except (TypeError, ValueError):
                if fill.fees is None or fill.fees:
                    fill = yield False
                    continue
                paid = free
            if (
                not quantity
                or paid.asset != currency
                or fill.wallet != wallet
                or (fill.settle is not settle and fill.settle != settle)
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
                opens, whole = None, size
                if quantity < size:
                    size -= quantity
                else:
                    if quantity != size:
                        if spot:
                            fill = yield False
                            continue
                        opens, exit_money, exit_fee = quantity - size, size * fill.price, share(fee, size, quantity)
                        rest_money, rest_fee = money - exit_money, fee - exit_fee
                        quantity, money, fee = size, exit_money, exit_fee
                    size, sign = ZERO, 0
                matches = _NO_MATCHES
                if not pooled:
                    if not apart:
                        front, apart = pop(), True
                        have, have_cost, have_fee = front.quantity, front.cost, front.fee  # type: ignore[assignment]  # is known
                    cost, left = ZERO, quantity
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
                elif sign:
                    cost = (total * quantity / whole).quantize(QUANTUM)
                    entry = (total_fee * quantity / whole).quantize(QUANTUM)
                else:
                    cost, entry = total, total_fee
                if sum_cost:
                    total -= cost
                if sum_fee:
                    total_fee -= entry
                proceeds = -money - fee if buying else money - fee
                gain, closed_fees = proceeds - cost, entry + fee
                limit += gain
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
                            fill.liquidity, fill.type, not sign, matches,
                            leverage if fill.leverage is None else fill.leverage, ZERO, ZERO, funding,
                        )
                    )  # fmt: skip
                funding = ZERO
                if opens is not None:
                    money, fee = rest_money, rest_fee
            elif buying or not spot:
                opens = quantity
            else:
                fill = yield False
                continue
            if opens is not None:
                if not sign:
                    sign, opened = 1 if buying else -1, fill.time_ns
                cost = money + fee if buying else fee - money
                size += opens
                if sum_cost:
                    total += cost
                if sum_fee:
                    total_fee += fee
                if not pooled:
                    if apart and (newest or dearest):
                        _put_back(lots, front, have, have_cost, have_fee, newest)
                        apart = False
                    work.count += 1
                    lot = Lot(work.count, fill.id, None, fill.time_ns, opens, cost, fee)
                    if dearest:
                        shelve(lots, lot)
                    else:
                        append(lot)
            last = fill
            if watched:
                tied = total if spot else total_fee
                if exact:
                    before, room = room, limit - tied
                    quote.value += room - before
                    if room < before and quote.value < ZERO and not (quote.below or (spot and fill.margin)):
                        work.below(quote, wallet, currency, fill)
                elif tied > limit:
                    fill = yield None
                    continue
            fill = yield True
        if apart:
            _put_back(lots, front, have, have_cost, have_fee, newest)
        if last is None:
            lane.end()
            continue
        if not sum_cost:
            total = sum([lot.cost for lot in lots if lot.cost is not None], ZERO)
        if not sum_fee:
            total_fee = sum([lot.fee for lot in lots], ZERO)
        line.wins, line.losses, line.evens, line.opened_ns = wins, losses, evens, opened
        lane.settle_up(
            last, size if sign > 0 else -size, total, total_fee, limit - start, fees, won, funding, watched and exact
        )


def _put_back(lots: deque[Lot], lot: Lot, quantity: Decimal, cost: Decimal, fee: Decimal, newest: bool) -> None:
    """Put the lot that goes next where it was taken from, with what is left of it."""
    if quantity is not lot.quantity:
        lot = remainder(lot, quantity, cost, fee)
    if newest:
        lots.append(lot)
    else:
        lots.appendleft(lot)
