"""What a fact moves, balance by balance and position by position: added up, they are what is held.

Theory. A spot fill moves its base and its quote; fees move their own asset; a contract moves nothing but its settle
asset, by what a closing realised before fees, and by its fees. The rest of the facts say themselves what they move.
What a closing realised comes out of the fold and not of one fact alone, so it is handed in, as it is kept beside its
fact. Then, to the last digit (a law holds it), the sum of the effects of all facts is ``LedgerState.balances``.

Arithmetic is in the context of the caller, who enters ``MONEY``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, assert_never, get_args

from account_cli.domain.events import (
    Adjustment,
    Borrowed,
    Converted,
    CostGiven,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    RebateReceived,
    Retracted,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import ZERO
from account_cli.ledger.closings import Closing
from account_cli.reconciliation.sides import Key

Movement = Literal[
    "held before the history", "deposits", "withdrawals", "internal transfers", "bought", "sold", "paid for purchases",
    "received from sales", "realised by contracts", "trading fees", "transfer fees", "other fees", "funding",
    "interest", "rewards", "rebates", "conversions", "conversion fees", "borrowed and paid back", "settlements",
    "adjustments",
]  # fmt: skip
"""Why a balance moved, in the order in which it is told."""
MOVEMENTS: tuple[Movement, ...] = get_args(Movement)
Markets = Callable[[str], Instrument | None]
"""The market of a unified symbol, as the ledger knows it; None when nothing is known of it."""
Leg = tuple[str, str, Movement, Decimal]
"""Wallet, asset, what for, signed amount."""


class Effect(NamedTuple):
    """So much of an asset came to a wallet (negative: left it) by one fact; ``fact`` is its identity."""

    wallet: str
    asset: str
    kind: Movement
    amount: Decimal
    fact: str
    id: str
    time_ns: int


def effects(event: Event, closings: Sequence[Closing], markets: Markets) -> list[Effect]:
    """Return what one fact moves; ``closings`` are those kept beside it, of average cost."""
    moved = [leg for leg in legs(event, closings, markets) if leg[3]]
    if not moved:
        return []
    name = identity(event)
    return [Effect(*leg, name, event.id, event.time_ns) for leg in moved]


def legs(event: Event, closings: Sequence[Closing], markets: Markets) -> Iterator[Leg]:
    """Yield what one fact moves, zeros included."""
    wallet = event.wallet
    match event:
        case Fill():
            yield from _fill(event, closings, markets)
        case TransferArrived():
            yield wallet, event.asset, _TRANSFERS[event.type], event.amount
            if event.type == "internal" and event.to_wallet is not None and event.to_account in {None, event.account}:
                yield event.to_wallet, event.asset, "internal transfers", -event.amount
            if event.fee is not None:
                yield wallet, event.fee.asset, "transfer fees", -event.fee.amount
        case Converted():
            yield wallet, event.from_.asset, "conversions", -event.from_.amount
            yield wallet, event.to.asset, "conversions", event.to.amount
            for fee in event.fees:
                yield wallet, fee.asset, "conversion fees", -fee.amount
        case Opening():
            if not _is_contract(event.symbol, markets):
                yield wallet, event.asset, "held before the history", event.amount
        case Adjustment():
            if event.raw_type is not None or not _is_contract(event.symbol, markets):
                yield wallet, event.asset, "adjustments", event.amount
        case FundingPaid():
            yield wallet, event.asset, "funding", event.amount
        case InterestPaid():
            yield wallet, event.asset, "interest", event.amount
        case RewardReceived():
            yield wallet, event.asset, "rewards", event.amount
        case RebateReceived():
            yield wallet, event.asset, "rebates", event.amount
        case FeePaid():
            yield wallet, event.asset, "other fees", event.amount
        case Borrowed():
            yield wallet, event.asset, "borrowed and paid back", event.amount
        case Settled():
            yield wallet, event.asset, "settlements", event.amount
        case CostGiven() | Retracted():
            pass
        case _:
            assert_never(event)


_TRANSFERS: dict[str, Movement] = {
    "deposit": "deposits",
    "withdrawal": "withdrawals",
    "internal": "internal transfers",
}


def _fill(fill: Fill, closings: Sequence[Closing], markets: Markets) -> Iterator[Leg]:
    settle, inverse = fill.settle, fill.inverse
    if settle is None:
        market = markets(fill.symbol)
        if market is None:
            return
        settle, inverse = market.settle, market.inverse
        if settle is None:
            yield from _spot(fill, market)
            return
    if (fill.quantity is None and fill.contracts is None) or (inverse and fill.price <= ZERO):
        return
    for closing in closings:
        if not closing.fact and closing.currency == settle and closing.symbol == fill.symbol:
            yield fill.wallet, settle, "realised by contracts", closing.gross_realized_pnl or ZERO
    yield from _fees(fill)


def _spot(fill: Fill, market: Instrument) -> Iterator[Leg]:
    if fill.quantity is None:
        return
    money = fill.quantity * fill.price
    if fill.side == "buy":
        yield fill.wallet, market.base, "bought", fill.quantity
        yield fill.wallet, market.quote, "paid for purchases", -money
    else:
        yield fill.wallet, market.base, "sold", -fill.quantity
        yield fill.wallet, market.quote, "received from sales", money
    yield from _fees(fill)


def _fees(fill: Fill) -> Iterator[Leg]:
    for fee in fill.fees or ():
        if fee.asset:
            yield fill.wallet, fee.asset, "trading fees", -fee.amount


def moved_position(event: Event, markets: Markets) -> tuple[Key, Decimal] | None:
    """Return which contract position a fact moves and by how much: base units, contracts when inverse; else None."""
    if isinstance(event, Fill):
        market = markets(event.symbol)
        inverse = event.inverse if event.settle is not None or market is None else market.inverse
        size = event.contract_size or (None if market is None else market.contract_size) or Decimal(1)
        if event.settle is None and (market is None or market.settle is None):
            return None
        amount = event.quantity
        if event.contracts is not None and (inverse or amount is None):
            amount = event.contracts if inverse else event.contracts * size
        if amount is None:
            return None
        return Key(
            event.wallet, event.symbol, event.position_side or "both"
        ), amount if event.side == "buy" else -amount
    if isinstance(event, Opening | Adjustment) and event.symbol is not None and _is_contract(event.symbol, markets):
        if not isinstance(event, Adjustment):
            return Key(event.wallet, event.symbol, "both"), event.amount
        if event.raw_type is None:
            return Key(event.wallet, event.symbol, event.position_side or "both"), event.amount
    return None


def _is_contract(symbol: str | None, markets: Markets) -> bool:
    market = None if symbol is None else markets(symbol)
    return market is not None and market.settle is not None
