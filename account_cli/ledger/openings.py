"""What was there before the history began, what a person says it had cost, and repairs of a position."""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Adjustment, Converted, CostGiven, Opening
from account_cli.domain.identity import identity
from account_cli.domain.money import ZERO
from account_cli.ledger.booking import Lot, Piece, put, put_unknown, share, take_both
from account_cli.ledger.fills import move_cash
from account_cli.ledger.inventory import add_lot, arrive, earn, sell, spend, track
from account_cli.ledger.lines import Holding, Line
from account_cli.ledger.state import Given
from account_cli.ledger.trading import trade
from account_cli.ledger.work import Work


def book_opening(work: Work, event: Opening) -> None:
    """Add what was there before the oldest known fact; older than every other lot."""
    if event.symbol is not None and _open_position(work, event, event.symbol):
        return
    quantity, currency = event.amount, event.cost_asset
    if quantity <= ZERO:
        work.holding(event.asset).borrowed += quantity
    elif event.cost is None or currency is None or currency == event.asset:
        arrive(work, event.asset, quantity, event, oldest=True)
    else:
        track(work, event.asset)
        lot = work.lot(event, quantity, event.cost)
        lot.n = -1
        add_lot(work, work.pool(event.asset, currency), lot, event)
    work.add(event.wallet, event.asset, quantity, event)


def _open_position(work: Work, event: Opening, symbol: str) -> bool:
    """Add an open contract position, less what is open the other way; False when the symbol is no contract."""
    market = work.instrument(symbol)
    if market is None or market.settle is None:
        return False
    line = work.line((event.wallet, symbol, "", market.settle), "inverse" if market.inverse else "linear")
    line.size, line.updated_ns = market.contract_size, event.time_ns
    n = event.amount * market.contract_size if market.inverse else event.amount
    cost, currency = event.cost, event.cost_asset
    if cost is None:
        given = work.given.pop(identity(event), None)
        cost, currency = (None, None) if given is None else (given.cost, given.asset)
    left = _less_at_cost(work, line, n)
    if not left:
        return True
    if cost is not None:
        cost = share(cost, abs(left), abs(n))
    n, sign = left, 1 if left > ZERO else -1
    if not line.open_quantity:
        line.opened_ns = event.time_ns
    if cost is None or currency not in {None, market.settle}:
        _put_unknown_position(work, line, n, event)
        return True
    lot = work.lot(event, abs(n), -abs(cost) * sign if market.inverse else abs(cost) * sign)
    lot.n = -1
    put(line, lot, sign, work.method)
    return True


def _less_at_cost(work: Work, line: Line, n: Decimal) -> Decimal:
    """Let what is open the other way leave at cost, which realises nothing; return what is left of ``n`` then."""
    there = line.open_quantity
    if not there or (there > ZERO) == (n > ZERO):
        return n
    pieces: list[Piece] = []
    left = take_both(line, line, abs(n), work.method, pieces)
    line.moved_cost += sum((piece.cost for piece in pieces if piece.cost is not None), ZERO)
    return left if n > ZERO else -left


def _put_unknown_position(work: Work, line: Line, n: Decimal, event: Opening | Adjustment) -> None:
    line.unknown_sign = 1 if n > ZERO else -1
    lot = work.lot(event, abs(n), None)
    if isinstance(event, Opening):
        lot.n = -1
    put_unknown(line, lot)


def adjust_position(work: Work, symbol: str, amount: Decimal, event: Adjustment) -> bool:
    """Change a contract position by ``amount`` (contracts when inverse): more has unknown cost, less leaves at cost.

    False when the symbol is no contract.
    """
    market = work.instrument(symbol)
    if market is None or market.settle is None:
        return False
    key = (event.wallet, symbol, event.position_side or "", market.settle)
    line = work.find(key)
    if line is None:
        line = work.line(key, "inverse" if market.inverse else "linear")
        line.size = market.contract_size  # else as its fills told it
    line.updated_ns = event.time_ns
    n = amount * line.size if line.kind == "inverse" else amount
    n = _less_at_cost(work, line, n)
    if n:
        if not line.open_quantity:
            line.opened_ns = event.time_ns
        _put_unknown_position(work, line, n, event)
    return True


def book_cost(work: Work, event: CostGiven) -> None:
    """Give a lot its cost; one partly used up gets the part that is left, one that has not come yet waits for it."""
    for asset in work.old.holdings | work.holdings:
        holding = work.holding(asset)
        if _find(holding, event.lot) is not None:
            track(work, asset)
            lot = _find(holding, event.lot)
            if lot is not None:
                _forget(holding, lot)
                add_lot(work, work.pool(asset, event.cost_asset), _priced(lot, event.cost), event)
            return
    for key in list(work.old.lines | work.lines):
        line = work.line(key, "linear")
        found = _find(line, event.lot)
        if found is not None and line.currency == event.cost_asset:
            _forget(line, found)
            sign = line.unknown_sign if line.kind == "linear" else -line.unknown_sign
            put(line, _priced(found, abs(event.cost) * sign), line.unknown_sign, work.method)
            return
    work.given[event.lot] = Given(event.cost, event.cost_asset, event.time_ns, identity(event))


def _find(owner: Holding | Line, name: str) -> Lot | None:
    return next((lot for lot in owner.unknown if lot.identity == name), None)


def _forget(owner: Holding | Line, lot: Lot) -> None:
    owner.unknown.remove(lot)
    owner.unknown_quantity -= lot.quantity


def _priced(lot: Lot, cost: Decimal) -> Lot:
    """Return what is left of the lot with its share of what the whole lot had cost."""
    part = share(cost, lot.quantity, lot.whole or lot.quantity)
    return Lot(lot.n, lot.id, lot.identity, lot.time_ns, lot.quantity, part, ZERO, lot.whole)


def book_conversion(work: Work, event: Converted) -> None:
    """Book a conversion as the trade it is.

    What was given is sold for what was received where it is inventory, else what was received is bought with it.
    """
    given, got = event.from_, event.to
    fees = {fee.asset: ZERO for fee in event.fees}
    for fee in event.fees:
        fees[fee.asset] += fee.amount
    out, into = given.amount + fees.pop(given.asset, ZERO), got.amount - fees.pop(got.asset, ZERO)
    if work.holding(given.asset).tracked:
        pool = work.pool(given.asset, got.asset)
        fee_paid = got.amount - into
        pool.fees_paid += fee_paid
        pool.updated_ns = event.time_ns
        sell(work, pool, out, -got.amount, fee_paid, None, event, "conversion")
        work.add(event.wallet, given.asset, -out, event)
        work.add(event.wallet, got.asset, into, event)
        earn(work, got.asset, into, event)
    else:
        track(work, got.asset)
        pool = work.pool(got.asset, given.asset)
        fee_paid = out - given.amount
        pool.fees_paid += fee_paid
        pool.updated_ns = event.time_ns
        trade(work, pool, into, given.amount, fee_paid, None, event, "conversion")
        work.holding(got.asset).home = work.holding(got.asset).home or pool.symbol
        work.add(event.wallet, given.asset, -out, event)
        work.add(event.wallet, got.asset, into, event)
    for asset, amount in fees.items():
        _third(work, asset, amount, event)


def _third(work: Work, asset: str, amount: Decimal, event: Converted) -> None:
    work.add(event.wallet, asset, -amount, event)
    if amount > ZERO:
        spend(work, asset, amount)
    else:
        earn(work, asset, -amount, event)
    line = work.income(asset)
    line.other_income -= amount
    line.fees_paid += amount
    line.updated_ns = event.time_ns


__all__ = ["adjust_position", "book_conversion", "book_cost", "book_opening", "move_cash"]
