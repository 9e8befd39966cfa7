"""Every order that the exchange states was filled by as much as the facts of it add up to.

Theory. An order's ``filled`` and its fills come by different roads: the one from the order as the exchange states it,
the other from trades. A trade that nobody told is missing in one and not in the other. ``filled`` counts what the
exchange counts, contracts of a contract. What is compared is an order of which every fill must be known: one that was
placed after the time from which on fills are known, and told of lately or listed as open. One that is listed as open no
longer and was not told to have ended (an exchange tells of the last few that ended) is stated by nobody: what was told
of it while it was open says nothing of the fills since. Fills of all that was ordered end it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal, localcontext

from msgspec.structs import replace

from account_cli.domain.events import Fill
from account_cli.domain.identity import order_key
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.observations import TERMINAL, Order
from account_cli.reconciliation.in_flight import LAG_NS, SWEEP_NS
from account_cli.reconciliation.records import Item

_ROUNDED = Decimal("0.00000001")
"""Kraken rounds what was executed to eight digits, of trades that may have more."""

_Name = tuple[str, str]


def compare_orders(
    orders: Iterable[Order], listed: Collection[str], fills: Iterable[Fill], *, read_ns: int, known_from_ns: int
) -> list[Item]:
    """Return an item for each of these orders that can be compared; a difference is ``pending`` until it is judged.

    ``listed`` are the ids of those that the exchange's last complete list has as open, or that opened since;
    ``fills`` all that are known from ``known_from_ns`` on, in any order; ``read_ns`` when the exchange was asked.
    """
    told = {(order.symbol or "", order.id): order for order in orders if _can_be_compared(order, known_from_ns)}
    mine: dict[_Name, list[Fill]] = {name: [] for name in told}
    for fill in fills:
        if (fill.symbol, fill.order_id) in mine:
            mine[fill.symbol, fill.order_id].append(fill)
    with localcontext(MONEY):
        return [_item(told[name], mine[name], listed, read_ns) for name in sorted(told)]


def _can_be_compared(order: Order, known_from_ns: int) -> bool:
    """An older order may have been filled before the first fill that is known."""
    return order.filled is not None and order.created_ns is not None and order.created_ns >= known_from_ns


def _item(order: Order, fills: Sequence[Fill], listed: Collection[str], read_ns: int) -> Item:
    assert order.filled is not None
    symbol = order.symbol or ""
    gone = order.status not in TERMINAL and order.id not in listed
    local = sum((_quantity(fill) for fill in fills), ZERO)
    item = Item(
        kind="order",
        wallet=fills[0].wallet if fills else "futures" if ":" in symbol else "spot",
        key=order.id,
        local=local,
        exchange=order.filled,
        state="clean" if _agree(local, order.filled) else "pending",
    )
    if gone and fills and local >= order.filled:
        if order.quantity is not None and _agree(local, order.quantity):
            return replace(item, exchange=order.quantity, state="clean")
        return _unended(item, max(fill.time_ns for fill in fills), read_ns)
    return item if item.state == "clean" else _late(item, fills, read_ns)


def _quantity(fill: Fill) -> Decimal:
    return fill.contracts if fill.contracts is not None else fill.quantity or ZERO


def _agree(local: Decimal, filled: Decimal) -> bool:
    return local == filled or filled == local.quantize(_ROUNDED)


def _late(item: Item, fills: Sequence[Fill], read_ns: int) -> Item:
    """Return the item; where the exchange states what was so before the newest fills, with when that was."""
    assert item.local is not None
    assert item.exchange is not None
    left = item.local
    for fill in sorted(fills, key=order_key, reverse=True):
        if fill.time_ns <= read_ns - LAG_NS - SWEEP_NS:
            break
        left -= _quantity(fill)
        if _agree(left, item.exchange):
            return replace(item, as_of_ns=fill.time_ns)
    return item


def _unended(item: Item, last_ns: int, read_ns: int) -> Item:
    """An order that is listed no longer and was not told to have ended: how much was filled nobody states."""
    lately = read_ns - last_ns < LAG_NS + SWEEP_NS
    return replace(item, exchange=None, state="pending" if lately else "unknown")
