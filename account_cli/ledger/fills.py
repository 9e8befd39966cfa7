"""A fill moves one position, one balance of money and, by its fees, whatever they were paid in.

Fees are of three kinds. In the money of the market they are part of what was paid. In the base of a spot market they
make the quantity smaller (bought) or larger (sold) and are reported at the fill's price. In a third asset they are a
disposal of that asset at its stored price and a cost of the fill; without a price they are unpriced, never 0.
"""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Amount, Fill
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import ZERO, round_to_quantum
from account_cli.ledger.closings import ClosingKind
from account_cli.ledger.inventory import earn, sell, spend, track
from account_cli.ledger.lines import Line
from account_cli.ledger.trading import trade
from account_cli.ledger.work import Work


def book_fill(work: Work, fill: Fill) -> None:
    """Book a fill of any kind; one of which nothing can be known is noted and left out."""
    settle = fill.settle
    if settle is None:
        market = work.instrument(fill.symbol)
        if market is None:
            work.note("unknown-instrument", fill.symbol, fill)
        elif market.settle is None:
            _book_spot(work, fill, market)
        else:
            _book_contract(work, fill, market.settle, market.inverse, fill.contract_size or market.contract_size)
        return
    size = fill.contract_size
    if size is None:
        market = work.refs.instrument(fill.symbol)
        size = Decimal(1) if market is None else market.contract_size
    _book_contract(work, fill, settle, fill.inverse, size)


def _book_spot(work: Work, fill: Fill, market: Instrument) -> None:
    quantity, price, wallet = fill.quantity, fill.price, fill.wallet
    if quantity is None:
        work.note("unusable-fill", fill.symbol, fill)
        return
    line, holding = work.pool(market.base, market.quote), track(work, market.base)
    bought = fill.side == "buy"
    fee, fee_base, thirds = _sort_fees(work, line, fill)
    third_value = sum((value for _, value in thirds if value is not None), ZERO)
    all_fees = fee + fee_base * price + third_value
    line.fees_paid += all_fees
    line.updated_ns, holding.home = fill.time_ns, holding.home or line.symbol
    n = (quantity if bought else -quantity) - fee_base
    kind: ClosingKind = fill.type
    if n > ZERO:
        trade(work, line, n, n * price, all_fees, price, fill, kind)
    elif n < ZERO:
        sell(work, line, -n, n * price, all_fees, price, fill, kind, margin=fill.margin)
    else:
        line.other_income -= all_fees
    cash = (-quantity if bought else quantity) * price - fee
    work.add(wallet, market.base, n, fill, may_owe=fill.margin)
    work.add(wallet, market.quote, cash, fill, may_owe=fill.margin)
    if cash > ZERO:
        earn(work, market.quote, cash, fill)
    elif cash:
        spend(work, market.quote, -cash)
    _pay_thirds(work, line, thirds, fill)


def _book_contract(work: Work, fill: Fill, settle: str, inverse: bool, size: Decimal) -> None:
    quantity = _contract_quantity(fill, inverse, size)
    if quantity is None or (inverse and fill.price <= ZERO):
        work.note("unusable-fill", fill.symbol, fill)
        return
    key = (fill.wallet, fill.symbol, fill.position_side or "", settle)
    line = work.line(key, "inverse" if inverse else "linear")
    line.size, line.updated_ns = size, fill.time_ns
    fee, _, thirds = _sort_fees(work, line, fill)
    all_fees = fee + sum((value for _, value in thirds if value is not None), ZERO)
    line.fees_paid += all_fees
    n = quantity if fill.side == "buy" else -quantity
    price = None if inverse else fill.price
    leg = round_to_quantum(-n / fill.price) if inverse else n * fill.price
    gross = trade(work, line, n, leg, all_fees, price, fill, fill.type) if n else ZERO
    move_cash(work, fill.wallet, settle, gross - fee, fill)
    _pay_thirds(work, line, thirds, fill)


def notional(fill: Fill, market: Instrument | None) -> tuple[str, Decimal] | None:
    """Return in what a fill was paid, and how much changed hands, fees apart (≥ 0); None when nobody can say.

    ``market`` is what is known of its symbol; what the fill says itself goes before it.
    """
    settle = fill.settle or (None if market is None else market.settle)
    if settle is None:
        if market is None or fill.quantity is None:
            return None
        return market.quote, fill.quantity * fill.price
    inverse = fill.inverse if fill.settle is not None or market is None else market.inverse
    size = fill.contract_size or (Decimal(1) if market is None else market.contract_size)
    quantity = _contract_quantity(fill, inverse, size)
    if quantity is None or (inverse and fill.price <= ZERO):
        return None
    return settle, round_to_quantum(quantity / fill.price) if inverse else quantity * fill.price


def _contract_quantity(fill: Fill, inverse: bool, size: Decimal) -> Decimal | None:
    """Base units; for an inverse contract units of quote currency (contracts × size)."""
    if inverse:
        if fill.contracts is not None:
            return fill.contracts * size
        return None if fill.quantity is None else round_to_quantum(fill.quantity * fill.price)
    if fill.quantity is not None:
        return fill.quantity
    return None if fill.contracts is None else fill.contracts * size


def move_cash(work: Work, wallet: str, asset: str, amount: Decimal, fill: Fill) -> None:
    """Change a balance of money, and its lots where that money is itself inventory."""
    work.add(wallet, asset, amount, fill)
    if amount > ZERO:
        earn(work, asset, amount, fill)
    elif amount:
        spend(work, asset, -amount)


Thirds = list[tuple[Amount, Decimal | None]]


def _sort_fees(work: Work, line: Line, fill: Fill) -> tuple[Decimal, Decimal, Thirds]:
    """Return fees in the line's currency, fees in the base of a spot market, and third assets with their value."""
    if fill.fees is None:
        work.note("unknown-fee", fill.symbol, fill)
        return ZERO, ZERO, []
    own = base = ZERO
    thirds: Thirds = []
    for paid in fill.fees:
        if not paid.asset:
            work.note("unknown-fee", fill.symbol, fill)
            line.unpriced_fees += 1
        elif paid.asset == line.currency:
            own += paid.amount
        elif paid.asset == line.asset:
            base += paid.amount
        elif paid.amount:
            price = work.price(paid.asset, line.currency, fill.time_ns)
            if price is None:
                line.unpriced_fees += 1
                work.note("missing-price", f"{paid.asset}/{line.currency}", fill, paid.amount)
            thirds.append((paid, None if price is None else paid.amount * price))
    return own, base, thirds


def _pay_thirds(work: Work, line: Line, thirds: Thirds, fill: Fill) -> None:
    """Dispose of what fees were paid in; a rebate in kind is a lot bought at its value."""
    for paid, value in thirds:
        track(work, paid.asset)
        if value is None:
            if paid.amount > ZERO:
                spend(work, paid.asset, paid.amount)
            else:
                earn(work, paid.asset, -paid.amount, fill)
        else:
            pool = work.pool(paid.asset, line.currency)
            pool.updated_ns = fill.time_ns
            if paid.amount > ZERO:
                sell(work, pool, paid.amount, -value, ZERO, None, fill, "fee")
            else:
                trade(work, pool, -paid.amount, -value, ZERO, None, fill, "fee")
            holding = work.holding(paid.asset)
            holding.home = holding.home or pool.symbol
        work.add(fill.wallet, paid.asset, -paid.amount, fill)
