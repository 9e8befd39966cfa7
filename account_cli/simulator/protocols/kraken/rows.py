"""The rows of Kraken's REST answers, key by key as docs.kraken.com, Spot REST, has them."""

from __future__ import annotations

from account_cli.simulator.protocols.kraken import names
from account_cli.simulator.protocols.kraken.setting import DIGITS
from account_cli.simulator.wire import fixed, seconds
from account_cli.simulator.world.facts import Entry, Fill, Order

_STYLES = {"quote": "fciq", "base": "fcib", "third": "fciq"}


def trade(fill: Fill, *, ledgers: bool) -> dict[str, object]:
    """Get Trades History: ``fee`` is told in the quote currency whatever it was paid in; the ledger has the truth."""
    row: dict[str, object] = {
        "ordertxid": fill.order_id,
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": names.pair(fill.symbol),
        "time": seconds(fill.time_ns),
        "type": fill.side,
        "ordertype": fill.type,
        "price": fixed(fill.price, 5),
        "cost": fixed(fill.cost, 5),
        "fee": fixed(fill.fee_quote, 5),
        "vol": fixed(fill.quantity, 8),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.number,
        "maker": fill.maker,
    }
    if ledgers:
        row["ledgers"] = list(fill.entries)
    return row


def ledger(entry: Entry, kind: str) -> dict[str, object]:
    """Get Ledgers Info: the balance after the line is the one before plus amount minus fee."""
    return {
        "refid": entry.ref,
        "time": seconds(entry.time_ns),
        "type": kind,
        "subtype": entry.subtype,
        "aclass": "currency",
        "asset": names.asset(entry.asset),
        "amount": fixed(entry.amount, DIGITS),
        "fee": fixed(entry.fee, DIGITS),
        "balance": fixed(entry.balance, DIGITS),
    }


def order(order: Order, *, trades: bool) -> dict[str, object]:
    """Get Open Orders, Get Closed Orders; ``descr.order`` has Kraken's own grammar."""
    market = names.by_symbol(order.symbol)
    digits = market.price_digits
    ended = order.status != "open"
    at = f"limit {fixed(order.price, digits)}" if order.type == "limit" else "market"
    row: dict[str, object] = {
        "refid": None,
        "userref": 0,
        "status": order.status,
        "opentm": seconds(order.created_ns),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": names.altname(order.symbol),
            "type": order.side,
            "ordertype": order.type,
            "price": fixed(order.price, digits) if order.type == "limit" else "0",
            "price2": "0",
            "leverage": "none",
            "order": f"{order.side} {fixed(order.quantity, 8)} {names.altname(order.symbol)} @ {at}",
            "close": "",
        },
        "vol": fixed(order.quantity, 8),
        "vol_exec": fixed(order.filled, 8),
        "cost": fixed(order.cost, 5),
        "fee": fixed(order.fee, 5),
        "price": fixed(round(order.average, 10), digits),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": _STYLES[order.fee_style],
    }
    if ended:
        row |= {"reason": order.reason, "closetm": seconds(order.closed_ns or order.updated_ns)}
    if trades:
        row["trades"] = list(order.fills)
    return row


def transfer(entry: Entry, *, confirmed: bool) -> dict[str, object]:
    """Get Status of Recent Deposits and Withdrawals; time in whole seconds, amount unsigned."""
    row: dict[str, object] = {
        "method": "Simulated",
        "aclass": "currency",
        "asset": names.asset(entry.asset),
        "refid": entry.ref,
        "txid": entry.tx if confirmed else None,
        "info": "simulated address",
        "amount": fixed(abs(entry.amount), DIGITS),
        "fee": fixed(entry.fee, DIGITS),
        "time": entry.time_ns // 1_000_000_000,
        "status": "Success" if confirmed else "Pending",
    }
    return row | ({"key": "simulated", "network": "Simulated"} if entry.kind == "withdrawal" else {})
