"""The short road under average cost: a position is one quantity, one cost and one sum of fees in it."""

from __future__ import annotations

from collections.abc import Generator

from account_cli.domain.events import Fill
from account_cli.domain.money import QUANTUM, ZERO
from account_cli.ledger.booking import share
from account_cli.ledger.closings import Closing
from account_cli.ledger.lanes import Lane


def pooled_road(lane: Lane) -> Generator[bool, Fill | None, None]:
    """Book the plain fills of one lane (see ``roads``)."""
    line, quote, closings, work = lane.line, lane.quote, lane.closings, lane.work
    wallet, currency, settle, contract_size = lane.wallet, lane.currency, lane.settle, lane.contract_size
    symbol, spot = line.symbol, settle is None
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
                    cost, entry = total, total_fee
                    size = total = total_fee = ZERO
                else:
                    cost = (total * quantity / size).quantize(QUANTUM)
                    entry = (total_fee * quantity / size).quantize(QUANTUM)
                    size -= quantity
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
                            fill.liquidity, fill.type, not size, (),
                            leverage if fill.leverage is None else fill.leverage, ZERO, ZERO, funding,
                        )
                    )  # fmt: skip
                funding = ZERO
                if not size:
                    sign = 0
                    if rest:
                        sign, size, total_fee, opened = 1 if buying else -1, rest, rest_fee, fill.time_ns
                        total = rest_money + rest_fee if buying else rest_fee - rest_money
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
                total += cost
                total_fee += fee
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
        if last is None:
            lane.begun = False
            continue
        line.wins, line.losses, line.evens, line.opened_ns = wins, losses, evens, opened
        if not watched:
            quote.value += realized - line.realized - (total - line.cost if spot else total_fee - line.fee)
        lane.settle_up(last, size if sign > 0 else -size, total, total_fee, realized, fees, won, funding)
