"""Binance spot's own words for trades, orders and balances, by REST and by stream.

Formats: Spot REST ``myTrades``, ``openOrders``, ``allOrders``, ``account``; user data stream ``executionReport`` and
``outboundAccountPosition`` (developers.binance.com, "Spot Trading"). One trade told by both gives one and the same
``Fill``: its id and its ``seq`` are the trade id. Commission is positive when paid, in whatever asset it was taken.
"""

from __future__ import annotations

from decimal import Context

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.observations import Balance, Order
from account_cli.exchanges.binance.listing import Names
from account_cli.exchanges.binance.rows import SIDES, fees_of, liquidity_of
from account_cli.exchanges.binance.rows import rest_order as any_rest_order
from account_cli.exchanges.binance.rows import stream_order as any_stream_order
from account_cli.exchanges.binance.spot.listing import Pairs
from account_cli.exchanges.fields import (
    Row,
    Unreadable,
    choice,
    maybe_number,
    maybe_text,
    milliseconds,
    number,
    text,
    whole,
)

_MEAN = Context(prec=28)
"""A mean price need not end."""


def rest_fill(account: str, row: Row, pairs: Names) -> Fill:
    """Read a row of ``myTrades``."""
    bought = row.get("isBuyer")
    if not isinstance(bought, bool):
        raise Unreadable("no isBuyer")
    return Fill(
        account=account,
        id=str(whole(row, "id")),
        order_id=text(row, "orderId"),
        time_ns=milliseconds(row, "time"),
        seq=whole(row, "id"),
        symbol=pairs.instrument(text(row, "symbol")).symbol,
        side="buy" if bought else "sell",
        price=number(row, "price"),
        quantity=number(row, "qty"),
        fees=fees_of(row, "commission", "commissionAsset"),
        liquidity=liquidity_of(row, "isMaker"),
    )


def stream_fill(account: str, row: Row, pairs: Names) -> Fill:
    """Read an ``executionReport`` whose ``x`` is ``TRADE``."""
    return Fill(
        account=account,
        id=str(whole(row, "t")),
        order_id=text(row, "i"),
        time_ns=milliseconds(row, "T"),
        seq=whole(row, "t"),
        symbol=pairs.instrument(text(row, "s")).symbol,
        side=choice(maybe_text(row, "S"), SIDES, "side"),
        price=number(row, "L"),
        quantity=number(row, "l"),
        fees=fees_of(row, "n", "N"),
        liquidity=liquidity_of(row, "m"),
    )


def rest_order(row: Row, pairs: Names) -> Order:
    """Read an order of ``openOrders`` or ``allOrders``; Binance tells what it cost, not its mean price."""
    return _with_average(any_rest_order(row, pairs), row, "cummulativeQuoteQty")


def stream_order(row: Row, pairs: Names) -> Order:
    """Read the order of an ``executionReport``; of a cancelled one ``C`` is the client's id, ``c`` the cancelling's."""
    order = _with_average(any_stream_order(row, pairs), row, "Z")
    mine = maybe_text(row, "C")
    return msgspec.structs.replace(order, client_id=mine) if mine is not None else order


def _with_average(order: Order, row: Row, cost_key: str) -> Order:
    cost = maybe_number(row, cost_key)
    if not cost or cost < 0 or not order.filled:  # negative where Binance does not know it (very old orders)
        return order
    return msgspec.structs.replace(order, average=_MEAN.divide(cost, order.filled))


def rest_balance(row: Row, pairs: Pairs) -> Balance:
    """Read an element of ``balances``."""
    return _balance(row, pairs, "asset", "free", "locked")


def stream_balance(row: Row, pairs: Pairs) -> Balance:
    """Read an element of ``B`` of an ``outboundAccountPosition``."""
    return _balance(row, pairs, "a", "f", "l")


def _balance(row: Row, pairs: Pairs, asset: str, free: str, locked: str) -> Balance:
    name, wallet = pairs.holding(text(row, asset))
    kept, held = number(row, free), number(row, locked)
    return Balance(asset=name, wallet=wallet, total=kept + held, free=kept, used=held)
