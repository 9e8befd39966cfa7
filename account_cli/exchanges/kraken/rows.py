"""Kraken's own words for trades, orders and balances, read one element at a time.

Formats: Kraken REST ``TradesHistory``, ``OpenOrders``, ``ClosedOrders``, ``BalanceEx`` (docs.kraken.com/api, "Account
Data") and WebSocket v2 ``executions`` and ``balances``. One trade told by both gives one and the same ``Fill``: its id
is the trade's transaction id (``exec_id``), its ``seq`` the ``trade_id``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from account_cli.domain.events import Amount, Fill, FillType, Liquidity, Side
from account_cli.domain.money import ZERO
from account_cli.domain.observations import Balance, Order, OrderStatus
from account_cli.exchanges.fields import (
    Row,
    Unreadable,
    choice,
    maybe_number,
    maybe_seconds,
    maybe_text,
    moment,
    nonzero,
    number,
    row_of,
    rows_of,
    seconds,
    text,
    whole,
)
from account_cli.exchanges.kraken.assets import Names

_SIDES: Mapping[str, Side] = {"buy": "buy", "sell": "sell"}
_LIQUIDITY: Mapping[str, Liquidity] = {"t": "taker", "m": "maker"}
_STATUS: Mapping[str, OrderStatus] = {
    "pending": "pending",
    "pending_new": "pending",
    "new": "open",
    "open": "open",
    "partially_filled": "open",
    "closed": "closed",
    "filled": "closed",
    "canceled": "canceled",
    "expired": "expired",
}


def rest_fill(account: str, trade_id: str, row: Row, symbol: str, fees: tuple[Amount, ...] | None) -> Fill:
    """Read a row of ``TradesHistory``. Its own ``fee`` names no asset and is not what was booked."""
    maker = row.get("maker")
    return Fill(
        account=account,
        id=trade_id,
        order_id=text(row, "ordertxid"),
        time_ns=seconds(row, "time"),
        seq=whole(row, "trade_id") if maybe_number(row, "trade_id") else None,
        symbol=symbol,
        side=choice(maybe_text(row, "type"), _SIDES, "side"),
        price=number(row, "price"),
        quantity=number(row, "vol"),
        fees=fees,
        liquidity=None if maker is None else ("maker" if maker is True else "taker"),
        margin=(maybe_number(row, "margin") or ZERO) > 0,
        type=_fill_type("liquidated" in (maybe_text(row, "misc") or "")),
    )


def stream_fill(account: str, row: Row, names: Names) -> Fill:
    """Read an element of ``executions`` whose ``exec_type`` is ``trade``."""
    return Fill(
        account=account,
        id=text(row, "exec_id"),
        order_id=text(row, "order_id"),
        time_ns=moment(row, "timestamp"),
        seq=whole(row, "trade_id") if maybe_number(row, "trade_id") else None,
        symbol=stream_symbol(row, names),
        side=choice(maybe_text(row, "side"), _SIDES, "side"),
        price=number(row, "last_price"),
        quantity=number(row, "last_qty"),
        fees=_stream_fees(row, names),
        liquidity=_LIQUIDITY.get(maybe_text(row, "liquidity_ind") or ""),
        margin=row.get("margin") is True,
        type=_fill_type(row.get("liquidated") is True),
    )


def stream_symbol(row: Row, names: Names) -> str:
    """Return the unified symbol of an element of ``executions``."""
    pair = text(row, "symbol")
    symbol = names.symbol(pair)
    if symbol is None:
        raise Unreadable(f"unknown pair {pair[:40]!r}")
    return symbol


def _fill_type(liquidated: bool) -> FillType:
    return "liquidation" if liquidated else "trade"


def _stream_fees(row: Row, names: Names) -> tuple[Amount, ...] | None:
    """Read all fees of a trade; None when not told, or told with more digits than the ledger can book."""
    if row.get("fees") is None:
        return None
    fees = [
        Amount(names.asset(text(fee, "asset")), number(fee, "qty"))
        for fee in (row_of(item, "fee") for item in rows_of(row["fees"], "fees"))
    ]
    for fee in fees:
        places = names.decimals.get(fee.asset)
        if places is not None and fee.amount != fee.amount.quantize(Decimal(1).scaleb(-places)):
            return None
    return summed(fees)


def summed(fees: Iterable[Amount]) -> tuple[Amount, ...]:
    """Return one amount for each asset, by name, those that are 0 left out: however told, one fee looks one way."""
    totals: dict[str, Decimal] = {}
    for fee in fees:
        totals[fee.asset] = totals.get(fee.asset, ZERO) + fee.amount
    return tuple(Amount(asset, amount) for asset, amount in sorted(totals.items()) if amount)


def rest_order(order_id: str, row: Row, names: Names) -> Order:
    """Read an order of ``OpenOrders`` or ``ClosedOrders``."""
    told = row_of(row.get("descr"), "descr")
    in_quote = "viqc" in (maybe_text(row, "oflags") or "").split(",")  # then both volumes are of the quote currency
    filled = None if in_quote else maybe_number(row, "vol_exec")
    return Order(
        id=order_id,
        symbol=names.symbol(maybe_text(told, "pair") or ""),
        client_id=maybe_text(row, "cl_ord_id") or _userref(row, "userref"),
        type=maybe_text(told, "ordertype"),
        side=_SIDES.get(maybe_text(told, "type") or ""),
        price=nonzero(told, "price"),
        quantity=None if in_quote else maybe_number(row, "vol"),
        filled=filled,
        average=nonzero(row, "price"),
        status=choice(maybe_text(row, "status"), _STATUS, "order status"),
        created_ns=maybe_seconds(row, "opentm"),
        updated_ns=maybe_seconds(row, "closetm"),
    )


def stream_order(row: Row, names: Names) -> Order:
    """Read what an element of ``executions`` of any type says about its order."""
    # A maker's last trade says "partially_filled" all the same; only the order's own events say how it stands.
    status = None if maybe_text(row, "exec_type") == "trade" else maybe_text(row, "order_status")
    at_ns = moment(row, "timestamp")
    pair = maybe_text(row, "symbol")
    new = maybe_text(row, "exec_type") in ("pending_new", "new")
    return Order(
        id=text(row, "order_id"),
        symbol=names.symbol(pair) if pair is not None else None,
        client_id=maybe_text(row, "cl_ord_id") or _userref(row, "order_userref"),
        type=maybe_text(row, "order_type"),
        side=_SIDES.get(maybe_text(row, "side") or ""),
        price=nonzero(row, "limit_price"),
        quantity=maybe_number(row, "order_qty"),
        filled=maybe_number(row, "cum_qty"),
        average=nonzero(row, "avg_price"),
        status=None if status is None else choice(status, _STATUS, "order status"),
        created_ns=at_ns if new else None,
        updated_ns=at_ns,
    )


def _userref(row: Row, key: str) -> str | None:
    value = maybe_text(row, key)
    return None if value in (None, "0") else value


def rest_balances(rows: Sequence[tuple[str, Row]], names: Names) -> list[Balance]:
    """Read ``BalanceEx``: ``balance`` is the total, ``hold_trade`` what open orders hold; suffixes are wallets."""
    found: dict[tuple[str, str], Balance] = {}
    for code, row in rows:
        asset, wallet = names.holding(code)
        total, used = number(row, "balance"), maybe_number(row, "hold_trade")
        if used is None and wallet != "spot":
            used = ZERO  # no order draws on what earns
        total += (maybe_number(row, "credit") or ZERO) - (maybe_number(row, "credit_used") or ZERO)
        before = found.get((wallet, asset))
        if before is not None:
            total += before.total
            used = None if used is None or before.used is None else before.used + used
        free = None if used is None else total - used
        found[wallet, asset] = Balance(asset=asset, wallet=wallet, total=total, used=used, free=free)
    return list(found.values())
