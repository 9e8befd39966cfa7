"""What a fill does to the account: spot swaps two assets, a contract moves a position and books what it realised."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from account_cli.simulator.world.book import ZERO, Book
from account_cli.simulator.world.facts import Entry, FeeStyle, Fill, Market, Order, Position


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee: so much of an asset, and what that is worth in the market's quote currency."""

    asset: str
    amount: Decimal
    in_quote: Decimal


def charges(
    book: Book, order: Order, cost: Decimal, price: Decimal, maker: bool, prices: dict[str, Decimal]
) -> list[Charge]:
    """Return the fees of a fill that costs ``cost`` quote units, in the mood that the book is in; one at least.

    ``prices`` are the last prices by symbol. Fees are rounded up to the digits the asset has.
    """
    setting, market = book.setting, book.market(order.symbol)
    rate = setting.maker_rate if maker else setting.taker_rate
    if book.mood == "rebate":
        rate = -rate
    style = order.fee_style
    if book.mood == "switching":
        styles = tuple(dict.fromkeys(setting.fee_styles))
        style = styles[len(order.fills) % len(styles)]
    if book.mood == "several" and market.settle is None:
        half = _round(book, market.quote, cost * rate / 2)
        return [Charge(market.quote, half, half * 2), _charge(book, order, "base", half, price, prices)]
    return [_charge(book, order, style, _round(book, market.quote, cost * rate), price, prices)]


def _charge(
    book: Book, order: Order, style: FeeStyle, in_quote: Decimal, price: Decimal, prices: dict[str, Decimal]
) -> Charge:
    """Return a fee worth ``in_quote`` in that style; in the quote currency when the third asset is short."""
    setting, market = book.setting, book.market(order.symbol)
    in_base = style == "base" or (style == "got" and order.side == "buy")
    if in_base and market.settle is None:
        return Charge(market.base, _round(book, market.base, in_quote / price), in_quote)
    if style == "third":
        dollars = in_quote * _dollars(setting.dollar, market.quote, prices)
        unit = prices[setting.third_market] if setting.third_market else Decimal(1)
        amount = _round(book, setting.third_asset, dollars * setting.third_per_dollar / unit)
        if book.balance(setting.third_asset) >= amount:
            return Charge(setting.third_asset, amount, in_quote)
    return Charge(market.quote, in_quote, in_quote)


def _round(book: Book, asset: str, amount: Decimal) -> Decimal:
    digits = book.setting.fee_digits.get(asset, book.setting.asset_digits)
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_UP)


def _dollars(dollar: str, asset: str, prices: dict[str, Decimal]) -> Decimal:
    """What one unit is worth in dollars; dollars and their stablecoins are one."""
    return Decimal(1) if asset in {"USD", "USDT"} else prices[f"{asset}/{dollar}"]


def settle_spot(book: Book, order: Order, fill: Fill) -> tuple[Fill, tuple[Entry, ...]]:
    """Book a spot fill: what is given, what is got, and a third asset's fee as a line of its own."""
    market = book.market(order.symbol)
    given, got = (market.quote, market.base) if order.side == "buy" else (market.base, market.quote)
    amounts, fees = {market.base: fill.quantity, market.quote: fill.cost}, fill.fees
    entries = [
        book.enter(
            "trade",
            asset,
            sign * amounts[asset],
            fee=fees.pop(asset, ZERO),
            ref=fill.id,
            symbol=market.symbol,
            time_ns=fill.time_ns,
        )
        for asset, sign in ((given, -1), (got, 1))
    ]
    for asset, fee in fees.items():
        entries.append(
            book.enter("trade", asset, ZERO, fee=fee, ref=fill.id, symbol=market.symbol, time_ns=fill.time_ns)
        )
    return dataclasses.replace(fill, entries=tuple(entry.id for entry in entries)), tuple(entries)


def settle_contract(book: Book, order: Order, fill: Fill) -> tuple[Fill, tuple[Entry, ...], Position]:
    """Book a linear contract's fill: the position, the profit it realised, the fee.

    A fill through zero closes all and opens the rest at its own price.
    """
    market = book.market(order.symbol)
    position = book.position(market.symbol, order.position_side)
    after, realized = moved(position, fill.quantity if order.side == "buy" else -fill.quantity, fill)
    entries = []
    if realized:
        entries.append(
            book.enter(
                "realized", str(market.settle), realized, ref=fill.id, symbol=market.symbol, time_ns=fill.time_ns
            )
        )
    entries.append(
        book.enter("commission", fill.fee_asset, -fill.fee, ref=fill.id, symbol=market.symbol, time_ns=fill.time_ns)
    )
    book.hold(after)
    fill = dataclasses.replace(fill, realized=realized, entries=tuple(entry.id for entry in entries))
    return fill, tuple(entries), after


def moved(position: Position, change: Decimal, fill: Fill) -> tuple[Position, Decimal]:
    """Return the position after a signed change of quantity and the profit that it realised, fees left out."""
    before = position.quantity
    if before == 0 or (before > 0) == (change > 0):
        return _add(position, change, fill), ZERO
    closed = min(abs(change), abs(before))
    share = position.cost if closed == abs(before) else position.entry_price * closed * (1 if before > 0 else -1)
    proceeds = closed * fill.price * (1 if before > 0 else -1)
    realized = proceeds - share
    left = before + change
    crossed = left != 0 and (left > 0) != (before > 0)
    cost = left * fill.price if crossed else position.cost - share
    return (
        dataclasses.replace(
            position,
            quantity=left,
            cost=ZERO if left == 0 else cost,
            fees=ZERO if left == 0 or crossed else position.fees,
            realized=position.realized + realized,
            updated_ns=fill.time_ns,
        ),
        realized,
    )


def _add(position: Position, change: Decimal, fill: Fill) -> Position:
    return dataclasses.replace(
        position,
        quantity=position.quantity + change,
        cost=position.cost + change * fill.price,
        fees=position.fees + fill.fee_quote,
        updated_ns=fill.time_ns,
    )


def exactly_shared(position: Position, market: Market, digits: int) -> bool:
    """True when any part of the position can be closed with a profit of at most ``digits`` digits, without rounding."""
    if not position.quantity:
        return True
    price = position.entry_price
    rounded = price.quantize(Decimal(1).scaleb(market.lot_digits - digits))
    return rounded * position.quantity == position.cost
