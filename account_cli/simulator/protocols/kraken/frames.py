"""The frames of Kraken's private WebSocket channels: amounts are JSON numbers, symbols the common ones.

docs.kraken.com, Spot WebSocket v2, Executions and Balances.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from account_cli.simulator.protocols.kraken import names
from account_cli.simulator.wire import fixed, iso
from account_cli.simulator.world.facts import Entry, Fill, Order

Row = dict[str, object]
_TYPES = {"reward": "staking", "interest": "rollover", "earn": "transfer"}
_EARNING = {"F": "flexible", "S": "bonded", "M": "locked", "B": "liquid"}


def _number(value: Decimal, digits: int) -> Decimal:
    """Give a number the digits that Kraken writes, never fewer than it has."""
    return Decimal(fixed(value, digits))


def placed(order: Order, change: str) -> Row:
    """``pending_new`` and ``new``, and the row of an open order in a snapshot."""
    market = names.by_symbol(order.symbol)
    row: Row = {
        "order_id": order.id,
        "symbol": order.symbol,
        "order_qty": _number(order.quantity, 8),
        "cum_cost": _number(order.cost, 5),
        "time_in_force": "GTC",
        "exec_type": change,
        "side": order.side,
        "order_type": order.type,
        "order_userref": 0,
        "limit_price_type": "static",
        "limit_price": _number(order.price, market.price_digits),
        "stop_price": Decimal("0.0"),
        "order_status": "partially_filled" if order.filled else change,
        "fee_usd_equiv": Decimal("0.0"),
        "fee_ccy_pref": "fcib" if order.fee_style == "base" else "fciq",
        "timestamp": iso(order.created_ns, 6),
    }
    if order.filled:
        row |= {"cum_qty": _number(order.filled, 8), "avg_price": _number(round(order.average, 10), 1)}
    if order.type == "market":
        del row["limit_price"], row["limit_price_type"]
    return row


def traded(fill: Fill, order: Order, usd: Decimal) -> Row:
    """``trade``: one fill. ``usd`` is what one unit of its quote currency is worth in dollars.

    The last trade of an order may still say ``partially_filled``; ``filled`` follows as an element of its own.
    """
    done = order.status == "closed" and not fill.maker
    return {
        "order_id": fill.order_id,
        "exec_id": fill.id,
        "exec_type": "trade",
        "trade_id": fill.number,
        "symbol": fill.symbol,
        "side": fill.side,
        "last_qty": _number(fill.quantity, 8),
        "last_price": _number(fill.price, names.by_symbol(fill.symbol).price_digits),
        "liquidity_ind": "m" if fill.maker else "t",
        "cost": _number(fill.cost, 5),
        "order_userref": 0,
        "order_status": "filled" if done else "partially_filled",
        "order_type": fill.type,
        "fee_usd_equiv": _number(round(fill.fee_quote * usd, 8), 5),
        "fees": [{"asset": asset, "qty": _number(fee, 2)} for asset, fee in sorted(fill.fees.items())],
        "timestamp": iso(fill.time_ns, 6),
    }


def ended(order: Order, change: str, usd: Decimal) -> Row:
    """``filled`` and ``canceled``: the order's last word."""
    row: Row = {
        "order_id": order.id,
        "symbol": order.symbol,
        "exec_type": change,
        "order_status": change,
        "order_userref": 0,
        "cum_qty": _number(order.filled, 8),
        "cum_cost": _number(order.cost, 5),
        "fee_usd_equiv": _number(round(order.fee * usd, 8), 5),
        "avg_price": _number(round(order.average, 10), 1),
        "timestamp": iso(order.closed_ns or order.updated_ns, 6),
    }
    if change == "canceled":
        row |= {"cancel_reason": order.reason, "reason": order.reason}
    return row


def held(balances: Mapping[str, Decimal]) -> list[Row]:
    """The elements of the ``balances`` snapshot: an asset's wallets are in its own."""
    found: dict[str, list[tuple[Row, Decimal]]] = {}
    for name, balance in balances.items():
        asset, wallet = _wallet(name)
        kind, place = wallet["wallet_type"], wallet["wallet_id"]
        found.setdefault(asset, []).append(({"type": kind, "id": place, "balance": _number(balance, 8)}, balance))
    return [
        {
            "asset": asset,
            "asset_class": "currency",
            "balance": _number(sum((balance for _, balance in parts), Decimal(0)), 8),
            "wallets": [row for row, _ in parts],
        }
        for asset, parts in found.items()
    ]


def _wallet(name: str) -> tuple[str, dict[str, str]]:
    """Return the asset and the wallet of what the book calls ``name``; what is set aside has a suffix there."""
    asset, dot, suffix = name.partition(".")
    wallet = ("earn", _EARNING[suffix]) if dot else ("spot", "main")
    return asset, {"wallet_type": wallet[0], "wallet_id": wallet[1]}


def moved(entry: Entry) -> Row:
    """An element of a ``balances`` update: one line of the ledger."""
    kind = _TYPES.get(entry.kind, entry.kind)
    asset, wallet = _wallet(entry.asset)
    row: Row = {
        "ledger_id": entry.id,
        "ref_id": entry.ref,
        "timestamp": iso(entry.time_ns, 6),
        "type": kind,
        "asset": asset,
        "asset_class": "currency",
        "category": kind,
        **wallet,
        "amount": _number(entry.amount, 8),
        "fee": _number(entry.fee, 8),
        "balance": _number(entry.balance, 8),
    }
    if entry.subtype:
        row["subtype"] = entry.subtype
    return row
