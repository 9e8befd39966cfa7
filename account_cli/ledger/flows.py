"""Money that comes and goes without a trade: transfers, funding, interest, rewards, fees, loans, corrections.

Income and charges count in their own asset, as ``other_income`` of the market they name when it has that currency, else
of the asset itself. What arrives in kind has unknown cost in the trading book; what leaves takes lots at cost. A fee in
kind that has a price is a disposal at that price and a charge of as much: gain and expense apart, net effect minus the
cost of what was paid.
"""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import (
    Adjustment,
    Borrowed,
    FeePaid,
    FundingPaid,
    InterestPaid,
    RebateReceived,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.money import ZERO
from account_cli.ledger.inventory import Left, arrive, earn, spend
from account_cli.ledger.lines import Line
from account_cli.ledger.openings import adjust_position
from account_cli.ledger.trading import settle
from account_cli.ledger.work import Work


def book_transfer(work: Work, event: TransferArrived) -> None:
    """Move a balance; lots stay within the account for an internal transfer and leave or arrive otherwise."""
    within = event.type == "internal" and event.to_account in {None, event.account}
    if within and event.to_wallet is not None:
        work.add(event.to_wallet, event.asset, -event.amount, event)
    elif within:
        work.holding(event.asset).in_transit -= event.amount
    elif event.amount > ZERO:
        arrive(work, event.asset, event.amount, event)
    else:
        spend(work, event.asset, -event.amount)
    work.add(event.wallet, event.asset, event.amount, event)
    if event.fee is not None and event.fee.amount:
        work.add(event.wallet, event.fee.asset, -event.fee.amount, event)
        charge(work, event.fee.asset, event.fee.amount, event)


def book_funding(work: Work, event: FundingPaid) -> None:
    """Add funding to the contract's line in the asset it was paid in."""
    line = _contract_line(work, event.wallet, event.symbol, event.asset)
    line.funding += event.amount
    line.updated_ns = event.time_ns
    _cash(work, event)


def book_income(work: Work, event: InterestPaid | RewardReceived | RebateReceived) -> None:
    """Count interest, rewards and rebates in their own asset."""
    line = _line_named(work, event.symbol if isinstance(event, RebateReceived) else None, event.asset, event.wallet)
    line.other_income += event.amount
    line.updated_ns = event.time_ns
    if event.amount > ZERO:
        arrive(work, event.asset, event.amount, event)
        work.add(event.wallet, event.asset, event.amount, event)
    else:
        _cash(work, event)


def book_fee(work: Work, event: FeePaid) -> None:
    """Charge a fee that belongs to no fill; a positive amount is a fee given back."""
    work.add(event.wallet, event.asset, event.amount, event)
    if event.amount > ZERO:
        earn(work, event.asset, event.amount, event)
        line = _line_named(work, event.symbol, event.asset, event.wallet)
        line.other_income += event.amount
        line.fees_paid -= event.amount
        line.updated_ns = event.time_ns
    elif event.symbol is not None and _line_named(work, event.symbol, event.asset, event.wallet).symbol == event.symbol:
        spend(work, event.asset, -event.amount)
        _expense(_line_named(work, event.symbol, event.asset, event.wallet), -event.amount, event)
    else:
        charge(work, event.asset, -event.amount, event)


def book_loan(work: Work, event: Borrowed) -> None:
    """Change what is owed; borrowed coins are no lots, selling them is a short."""
    work.holding(event.asset).borrowed += event.amount
    work.add(event.wallet, event.asset, event.amount, event)


def book_settlement(work: Work, event: Settled) -> None:
    """Realise cash that a contract settled for; it has no cost, and the position stays as it is."""
    if event.symbol is None:
        line = work.income(event.asset)
    else:
        line = _contract_line(work, event.wallet, event.symbol, event.asset)
    line.updated_ns = event.time_ns
    settle(work, line, [], ZERO, -event.amount, ZERO, None, event, "settlement")
    _cash(work, event)


def book_adjustment(work: Work, event: Adjustment) -> None:
    """Book a change nobody explained, and say so; of a contract's position when it names one and is no ledger row.

    One of zero is what is left of a correction that facts explained: nothing.
    """
    if not event.amount:
        return
    if event.raw_type is not None:
        work.note("unclassified", event.raw_type, event, event.amount)
    else:
        work.note("adjustment", f"{event.symbol or event.asset} {event.id}", event, event.amount)
        if event.symbol is not None and adjust_position(work, event.symbol, event.amount, event):
            return
    if event.amount > ZERO:
        arrive(work, event.asset, event.amount, event)
    else:
        spend(work, event.asset, -event.amount)
    work.add(event.wallet, event.asset, event.amount, event)


def charge(work: Work, asset: str, quantity: Decimal, event: TransferArrived | FeePaid) -> None:
    """Charge a fee paid in kind: lots leave, at their price where there is one."""
    if quantity < ZERO:
        earn(work, asset, -quantity, event)
        _expense(work.income(asset), quantity, event)
        return
    left = spend(work, asset, quantity)
    if not left:
        _expense(work.income(asset), quantity, event)
    for part in left:
        _charge_part(work, asset, part, event)


def _charge_part(work: Work, asset: str, part: Left, event: TransferArrived | FeePaid) -> None:
    line, pieces = part
    quantity = sum((piece.quantity for piece in pieces), ZERO)
    home = work.holding(asset).home
    pool = line or (work.pool(asset, home.rpartition("/")[2]) if home is not None else None)
    price = None if pool is None else work.price(asset, pool.currency, event.time_ns)
    if pool is None or price is None:
        if pool is not None:
            pool.unpriced_fees += 1
            work.note("missing-price", f"{asset}/{pool.currency}", event, quantity)
        _expense(work.income(asset), quantity, event)
        return
    value = quantity * price
    if line is not None:
        line.moved_cost -= sum((piece.cost for piece in pieces if piece.cost is not None), ZERO)
    pool.updated_ns = event.time_ns
    settle(work, pool, pieces, quantity, -value, ZERO, price, event, "fee")
    _expense(pool, value, event)


def _expense(line: Line, amount: Decimal, event: TransferArrived | FeePaid) -> None:
    line.other_income -= amount
    line.fees_paid += amount
    line.updated_ns = event.time_ns


def _cash(work: Work, event: FundingPaid | InterestPaid | RewardReceived | RebateReceived | Settled) -> None:
    work.add(event.wallet, event.asset, event.amount, event)
    if event.amount > ZERO:
        earn(work, event.asset, event.amount, event)
    elif event.amount:
        spend(work, event.asset, -event.amount)


def _line_named(work: Work, symbol: str | None, asset: str, wallet: str) -> Line:
    """Return the market's line when its currency is ``asset``, else the asset's own."""
    market = None if symbol is None else work.instrument(symbol)
    if market is None or symbol is None:
        return work.income(asset)
    if market.settle is None:
        return work.pool(market.base, market.quote) if market.quote == asset else work.income(asset)
    return _contract_line(work, wallet, symbol, asset) if market.settle == asset else work.income(asset)


def _contract_line(work: Work, wallet: str, symbol: str, asset: str) -> Line:
    """Return the line of a contract in ``asset``; in hedge mode the side's that is open, the long's first."""
    for side in ("", "long", "short"):
        line = work.find((wallet, symbol, side, asset))
        if line is not None and (line.open_quantity or side == ""):
            return line
    market = work.instrument(symbol)
    kind = "inverse" if market is not None and market.inverse else "linear"
    line = work.line((wallet, symbol, "", asset), kind)  # type: ignore[arg-type]  # one of two literals
    if market is not None:
        line.size = market.contract_size
    return line
