"""What happens to an account out of turn: odd fees, forced closings, shared ids, conversions, corrections, odd amounts.

Whoever calls is outside the world's clock and enters its arithmetic first (``World.arithmetic``). On a contract a
position is only ever enlarged, or closed whole in one fill, so that what it realises has no digit too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from account_cli.simulator.world.facts import Entry, EntryKind, FeeMood, Forced, Market, Order, Position, Side
from account_cli.simulator.world.world import World

_ROOM = Decimal("1.05")


def fees(world: World, mood: FeeMood, market: Market | None = None) -> None:
    """Charge fees in that mood from now on; where it is an odd one, an order with six fills shows it at once."""
    world.book.mood = mood
    if mood != "usual":
        traded(world, market or world.setting.markets[0], 6, maker=mood == "rebate")


def traded(world: World, market: Market, count: int, *, maker: bool = False, secret: bool = False) -> Order:
    """Let one order be filled ``count`` times, in the direction that the account has there."""
    side: Side = "sell" if _position(world, market).quantity < 0 else "buy"
    piece = max(market.lot, (market.unit / 10).quantize(market.lot))
    return _filled(world, market, side, [piece] * count, maker=maker, secret=secret)


def forced(world: World, why: Forced) -> None:
    """Let the exchange close a position whole, by an order that is its own; a liquidation costs a fee besides."""
    market = next((m for m in world.setting.markets if _held(world, m)), None)
    if market is None:
        market = world.setting.markets[0]
        traded(world, market, 2)
    _flatten(world, market, why)
    if why == "liquidation":
        world.move("insurance", str(market.settle), Decimal("-0.01234567"), symbol=market.symbol)


def self_trade(world: World) -> None:
    """Let two orders of the account trade with each other: both fills have one trade number."""
    market = world.setting.markets[0]
    if market.settle is not None:
        _flatten(world, market)
    quantity = [max(market.lot, (market.unit / 10).quantize(market.lot))]
    bought = _filled(world, market, "buy", quantity, maker=True)
    fill = next(fill for fill in reversed(world.book.fills) if fill.order_id == bought.id)
    _filled(world, market, "sell", quantity, numbers=[fill.number], price=fill.price)


def same_number(world: World) -> None:
    """Let trades in two markets have the same numbers."""
    one, other = world.setting.markets[:2]
    order = traded(world, one, 3)
    last = [fill.number for fill in world.book.fills if fill.symbol == other.symbol]
    numbers = [fill.number for fill in world.book.fills if fill.order_id == order.id]
    ahead = max(0, max(last, default=0) - numbers[0] + 1)
    wanted = [number + ahead for number in numbers]
    if ahead:
        _again(world, one, wanted)
    _again(world, other, wanted)


def corrected(world: World) -> list[Entry]:
    """Pay funding twice and take most of it back, all in one instant; return the entries."""
    market = world.setting.markets[0]
    if not _position(world, market).quantity:
        traded(world, market, 2)
    settle = str(market.settle)
    amounts = [Decimal("-0.12345678"), Decimal("-0.12345678"), Decimal("0.23456789")]
    return [world.move("funding", settle, amount, symbol=market.symbol) for amount in amounts]


def charged_interest(world: World, count: int) -> list[Entry]:
    """Charge interest on what is borrowed, so many times in one instant, as a fee on nothing; return the entries."""
    dollar = world.setting.dollar
    _fund(world, dollar, Decimal(count))
    return [world.move("interest", dollar, Decimal(0), fee=Decimal("0.0123456789")) for _ in range(count)]


def converted(world: World) -> None:
    """Turn dollars into another asset twice in one instant, and sweep up a little of two assets."""
    setting = world.setting
    names, dollar = world.book.names, setting.dollar
    asset = setting.markets[-1].base
    _fund(world, dollar, Decimal(50))
    for given in (Decimal("12.34"), Decimal("12.34")):
        ref = names.transfer("conversion")
        world.convert("conversion", (dollar, given), (asset, Decimal("98.7654321")), ref=ref)
    ref = names.transfer("dust")
    for each in (asset, setting.markets[1].base):
        amount = Decimal("0.00000123")
        _fund(world, each, amount)
        got, fee = Decimal("0.00004321"), Decimal("0.00000086")
        name = f"{ref}:{each}" if setting.converts else names.transfer("dust")
        subtype = "" if setting.converts else "dustsweeping"
        world.convert("dust", (each, amount), (setting.third_asset, got), fee=fee, ref=name, subtype=subtype)


def hedge(world: World, on: bool) -> None:
    """Switch between one-way and hedge mode, flat as the exchange demands; hedged, hold both sides of two markets."""
    for market in world.setting.markets:
        _flatten(world, market)
    world.book.hedged = on
    if on:
        one, other = world.setting.markets[:2]
        for market, side, count in ((one, "buy", 4), (one, "sell", 2), (other, "sell", 3), (other, "buy", 1)):
            _filled(world, market, side, [max(market.lot, (market.unit / 10).quantize(market.lot))] * count)  # type: ignore[arg-type]
        short = world.book.position(one.symbol, "short")
        order = world.place(one.symbol, "buy", "market", -short.quantity, position_side="short")
        world.fill(order.id, -short.quantity, world.price(one.symbol), maker=False)
        _filled(world, one, "sell", [one.lot])


def odd_amounts(world: World) -> None:
    """Receive an amount with 27 digits before the point and the least ones after it; on Kraken a debt arises too."""
    setting = world.setting
    spot = setting.wallet == "spot"
    kind: EntryKind = "deposit" if spot else "transfer"
    asset = setting.markets[-1].base if spot else str(setting.markets[-1].settle)
    grain = Decimal(1).scaleb(-18 if setting.venue == "kraken" else -setting.asset_digits)
    for amount in (Decimal("91281897308368.59"), Decimal(10) ** 26 + 1, grain, 3 * grain):
        world.move(kind, asset, amount)
    if setting.venue == "kraken":
        world.move("interest", "ADA", Decimal(0), fee=Decimal("0.00000032"), below_zero=True)


def set_aside(world: World, suffixes: Sequence[str]) -> None:
    """Set some of two assets aside to earn on them, one wallet a suffix, and take half of it back."""
    for asset in ("ETH", "BTC"):
        for suffix in suffixes:
            amount = Decimal("0.0123456789")
            _fund(world, asset, amount)
            for part in (amount, -amount / 2):
                for name, moved in ((asset, -part), (f"{asset}.{suffix}", part)):
                    subtype = "allocation" if part > 0 else "deallocation"
                    world.move("earn", name, moved, subtype=subtype)


def _again(world: World, market: Market, numbers: list[int]) -> None:
    side: Side = "sell" if _position(world, market).quantity < 0 else "buy"
    piece = max(market.lot, (market.unit / 10).quantize(market.lot))
    _filled(world, market, side, [piece] * len(numbers), numbers=numbers)


def _flatten(world: World, market: Market, why: Forced = "") -> None:
    """Cancel what is open in a market and close its position whole in one fill."""
    _cancel_all(world, market)
    for position in _held(world, market):
        side: Side = "sell" if position.quantity > 0 else "buy"
        quantity, price = abs(position.quantity), world.price(market.symbol)
        order = world.place(
            market.symbol,
            side,
            "limit" if why else "market",
            quantity,
            price=price if why else Decimal(0),
            forced=why,
            secret=bool(why),
            position_side=position.side,
        )
        world.fill(order.id, quantity, price, maker=False)


def _filled(
    world: World,
    market: Market,
    side: Side,
    pieces: Sequence[Decimal],
    *,
    maker: bool = False,
    secret: bool = False,
    numbers: Sequence[int] = (),
    price: Decimal | None = None,
) -> Order:
    price = price or world.price(market.symbol)
    total = sum(pieces, Decimal(0))
    if market.settle is not None:
        _cancel_all(world, market)  # one that waits to close a part was placed when the mean price had fewer digits
    else:
        _fund(world, market.quote if side == "buy" else market.base, total * (price if side == "buy" else 1) * _ROOM)
    style = world.setting.fee_styles[0]
    order = world.place(market.symbol, side, "limit", total, price=price, fee_style=style, secret=secret)
    for place, piece in enumerate(pieces):
        world.fill(order.id, piece, price, maker=maker, number=numbers[place] if numbers else 0)
    return order


def _fund(world: World, asset: str, amount: Decimal) -> None:
    """Deposit what is needed and not there."""
    if world.book.free(asset) < amount:
        world.move("deposit", asset, amount.quantize(Decimal("0.0001")) + 1)


def _cancel_all(world: World, market: Market) -> None:
    for order in [order for order in world.book.open.values() if order.symbol == market.symbol]:
        world.cancel(order.id)


def _position(world: World, market: Market) -> Position:
    return world.book.position(market.symbol)


def _held(world: World, market: Market) -> list[Position]:
    """Return the open positions of a market, of either side."""
    return [each for each in list(world.book.positions.values()) if each.symbol == market.symbol and each.quantity]
