"""The frames of Binance's user data stream; amounts are strings.

developers.binance.com, USDⓈ-M Futures, User Data Streams: Event Order Update, Event Balance and Position Update, Event
Trade Lite, Event Account Configuration Update, Event User Data Stream Expired.
"""

from __future__ import annotations

from collections.abc import Iterable

from account_cli.simulator.protocols.binanceusdm.account import break_even, entry
from account_cli.simulator.protocols.binanceusdm.endpoint import amount
from account_cli.simulator.protocols.binanceusdm.history import client_id, status
from account_cli.simulator.protocols.binanceusdm.setting import DIGITS, IDS, wire_id
from account_cli.simulator.wire import fixed, milliseconds
from account_cli.simulator.world.facts import Entry, Fill, Market, Order, Position

Row = dict[str, object]


def _market(symbol: str) -> Market:
    return IDS[wire_id(symbol)]


def order_update(order: Order, fill: Fill | None, *, sent_ns: int, time_ns: int) -> Row:
    """``ORDER_TRADE_UPDATE``; commission keys only where there is one, trailing-stop keys never."""
    market = _market(order.symbol)
    digits, lots = market.price_digits, market.lot_digits
    body: Row = {
        "s": wire_id(order.symbol),
        "c": client_id(order),
        "S": order.side.upper(),
        "o": order.type.upper(),
        "f": "GTC",
        "q": fixed(order.quantity, lots),
        "p": fixed(order.price, digits),
        "ap": fixed(round(order.average, 10), digits),
        "sp": "0",
        "x": _traded(fill) if fill else "CANCELED" if order.status == "canceled" else "NEW",
        "X": status(order),
        "i": order.number,
        "l": fixed(fill.quantity, lots) if fill else "0",
        "z": fixed(order.filled, lots),
        "L": fixed(fill.price, digits) if fill else "0",
    }
    if fill:
        body |= {"n": fixed(fill.fee, DIGITS), "N": fill.fee_asset}
    body |= {"T": milliseconds(time_ns), "t": fill.number if fill else 0} | _terms(order, fill)
    return {"e": "ORDER_TRADE_UPDATE", "T": milliseconds(time_ns), "E": milliseconds(sent_ns), "o": body}


def without_fee(update: Row) -> Row:
    """Leave the commission out of an ``ORDER_TRADE_UPDATE``."""
    body = update["o"]
    assert isinstance(body, dict)
    return update | {"o": {key: value for key, value in body.items() if key not in {"n", "N"}}}


def _traded(fill: Fill) -> str:
    """A liquidation's own execution has a word of its own."""
    return "CALCULATED" if fill.forced == "liquidation" else "TRADE"


def _terms(order: Order, fill: Fill | None) -> Row:
    """The part of an order update that hardly ever says anything new."""
    return {
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.maker),
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": order.type.upper(),
        "ps": order.position_side.upper(),
        "cp": False,
        "rp": amount(fill.realized) if fill else "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "NONE",
        "pm": "NONE",
        "gtd": 0,
    }


def trade_lite(order: Order, fill: Fill, *, sent_ns: int) -> Row:
    """``TRADE_LITE``: the same trade, sooner and with less in it."""
    market = _market(fill.symbol)
    return {
        "e": "TRADE_LITE", "E": milliseconds(sent_ns), "T": milliseconds(fill.time_ns), "s": wire_id(fill.symbol),
        "q": fixed(order.quantity, market.lot_digits), "p": fixed(order.price, market.price_digits), "m": fill.maker,
        "c": client_id(order), "S": fill.side.upper(), "L": fixed(fill.price, market.price_digits),
        "l": fixed(fill.quantity, market.lot_digits), "t": fill.number, "i": fill.order_number,
    }  # fmt: skip


def account_update(
    reason: str,
    entries: Iterable[Entry],
    positions: Iterable[Position],
    *,
    sent_ns: int,
    time_ns: int,
    unrealized: dict[str, str],
) -> Row:
    """``ACCOUNT_UPDATE``: the changed balances and positions; ``bc`` leaves profit and commission out."""
    last = {each.asset: each for each in entries}
    balances = [
        {
            "a": asset,
            "wb": amount(each.balance),
            "cw": amount(each.balance),
            "bc": amount(each.amount) if each.kind in {"transfer", "funding"} else "0",
        }
        for asset, each in last.items()
    ]
    body: Row = {"m": reason, "B": balances, "P": [_position(each, unrealized[each.key]) for each in positions]}
    return {"e": "ACCOUNT_UPDATE", "T": milliseconds(time_ns), "E": milliseconds(sent_ns), "a": body}


def _position(position: Position, unrealized: str) -> Row:
    market = _market(position.symbol)
    return {
        "s": wire_id(position.symbol),
        "pa": fixed(position.quantity, market.lot_digits),
        "ep": entry(position, market.price_digits),
        "bep": fixed(round(break_even(position), 10), market.price_digits),
        "cr": amount(position.realized),
        "up": unrealized,
        "mt": "cross",
        "iw": "0",
        "ps": position.side.upper(),
    }


def leverage_update(symbol: str, leverage: int, *, sent_ns: int, time_ns: int) -> Row:
    """``ACCOUNT_CONFIG_UPDATE`` for a market's leverage."""
    return {
        "e": "ACCOUNT_CONFIG_UPDATE",
        "E": milliseconds(sent_ns),
        "T": milliseconds(time_ns),
        "ac": {"s": wire_id(symbol), "l": leverage},
    }


def expired(listen_key: str, *, sent_ns: int) -> Row:
    """``listenKeyExpired``."""
    return {"e": "listenKeyExpired", "E": milliseconds(sent_ns), "listenKey": listen_key}
