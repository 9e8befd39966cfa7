"""Binance's own words for trades, orders, balances and positions, by REST and by stream.

Formats: USDⓈ-M Futures REST ``userTrades``, ``openOrders``, ``allOrders``, ``account`` (v3), ``positionRisk`` (v3), and
user data stream events ``ORDER_TRADE_UPDATE`` and ``ACCOUNT_UPDATE`` (developers.binance.com, "Derivatives Trading").
One trade told by both gives one and the same ``Fill``: its id and its ``seq`` are the trade id. Commission is positive
when paid; the stream leaves it out where there was none, so it is not known before REST says 0. How a position was
forced closed is told by the prefix of the order's client id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Literal

from account_cli.domain.events import Amount, Fill, FillType, Liquidity, PositionSide, Side
from account_cli.domain.observations import Balance, Order, OrderStatus, Position
from account_cli.exchanges.binance.listing import Names
from account_cli.exchanges.fields import (
    Row,
    Unreadable,
    choice,
    maybe_milliseconds,
    maybe_number,
    maybe_text,
    milliseconds,
    nonzero,
    number,
    text,
    whole,
)

WALLET = "futures"

SIDES: Mapping[str, Side] = {"BUY": "buy", "SELL": "sell"}
_POSITIONSIDES: Mapping[str, PositionSide | None] = {"BOTH": None, "LONG": "long", "SHORT": "short"}
_KEPTSIDES: Mapping[str, Literal["both", "long", "short"]] = {"BOTH": "both", "LONG": "long", "SHORT": "short"}
_STATUS: Mapping[str, OrderStatus] = {
    "NEW": "open",
    "PENDING_NEW": "open",
    "PARTIALLY_FILLED": "open",
    "PENDING_CANCEL": "open",
    "NEW_INSURANCE": "open",
    "NEW_ADL": "open",
    "FILLED": "closed",
    "CANCELED": "canceled",
    "REJECTED": "rejected",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",
}
_FORCED: tuple[tuple[str, FillType], ...] = (
    ("autoclose-", "liquidation"),
    ("adl_autoclose", "adl"),
    ("settlement_autoclose-", "settlement"),
)


def forced_type(client_id: str | None) -> FillType:
    """Return what kind of trades an order of this client id makes."""
    for prefix, kind in _FORCED:
        if client_id is not None and client_id.startswith(prefix):
            return kind
    return "trade"


def order_name(row: Row) -> str:
    """Return what names an order of a row or frame: its market and its id, which counts within the market only."""
    return f"{maybe_text(row, 'symbol') or text(row, 's')}:{maybe_text(row, 'orderId') or text(row, 'i')}"


def rest_fill(account: str, row: Row, contracts: Names, forced: Mapping[str, FillType]) -> Fill:
    """Read a row of ``userTrades``; ``forced`` are the orders (``order_name``) known to have been forced, and how."""
    instrument = contracts.instrument(text(row, "symbol"))
    quantity, order_id = number(row, "qty"), text(row, "orderId")
    return Fill(
        account=account,
        wallet=WALLET,
        id=str(whole(row, "id")),
        order_id=order_id,
        time_ns=milliseconds(row, "time"),
        seq=whole(row, "id"),
        symbol=instrument.symbol,
        side=choice(maybe_text(row, "side"), SIDES, "side"),
        price=number(row, "price"),
        quantity=quantity * instrument.contract_size,
        fees=fees_of(row, "commission", "commissionAsset"),
        liquidity=liquidity_of(row, "maker"),
        position_side=choice(maybe_text(row, "positionSide") or "BOTH", _POSITIONSIDES, "position side"),
        type=forced.get(order_name(row), "trade"),
        contracts=quantity,
        contract_size=instrument.contract_size,
        settle=instrument.settle,
    )


def stream_fill(account: str, row: Row, contracts: Names) -> Fill:
    """Read the ``o`` of an ``ORDER_TRADE_UPDATE`` whose ``x`` is ``TRADE`` or ``CALCULATED``."""
    instrument = contracts.instrument(text(row, "s"))
    quantity = number(row, "l")
    kind = forced_type(maybe_text(row, "c"))
    return Fill(
        account=account,
        wallet=WALLET,
        id=str(whole(row, "t")),
        order_id=text(row, "i"),
        time_ns=milliseconds(row, "T"),
        seq=whole(row, "t"),
        symbol=instrument.symbol,
        side=choice(maybe_text(row, "S"), SIDES, "side"),
        price=number(row, "L"),
        quantity=quantity * instrument.contract_size,
        fees=fees_of(row, "n", "N"),
        liquidity=liquidity_of(row, "m"),
        position_side=choice(maybe_text(row, "ps") or "BOTH", _POSITIONSIDES, "position side"),
        type="liquidation" if row.get("x") == "CALCULATED" and kind == "trade" else kind,
        contracts=quantity,
        contract_size=instrument.contract_size,
        settle=instrument.settle,
    )


def tells_fill(row: Row, kinds: Collection[str]) -> bool:
    """Return whether an order's update tells a fill; one of no known kind that filled something is unreadable."""
    kind = text(row, "x")
    if kind not in kinds and nonzero(row, "l") is not None:
        raise Unreadable(f"a fill in an execution of kind {kind[:40]!r}")
    return kind in kinds


def fees_of(row: Row, amount_key: str, asset_key: str) -> tuple[Amount, ...] | None:
    """Read the commission, negative for a rebate; none when it is 0, not known when it is not told."""
    amount = maybe_number(row, amount_key)
    if amount is None:
        return None
    return (Amount(text(row, asset_key), amount),) if amount else ()


def liquidity_of(row: Row, key: str) -> Liquidity | None:
    """Read who rested; not known when it is not told."""
    maker = row.get(key)
    return None if not isinstance(maker, bool) else "maker" if maker else "taker"


def rest_order(row: Row, contracts: Names) -> Order:
    """Read an order of ``openOrders`` or ``allOrders``."""
    filled = maybe_number(row, "executedQty")
    return Order(
        id=text(row, "orderId"),
        symbol=contracts.instrument(text(row, "symbol")).symbol,
        client_id=maybe_text(row, "clientOrderId"),
        type=_lower(maybe_text(row, "type")),
        side=SIDES.get(maybe_text(row, "side") or ""),
        price=nonzero(row, "price"),
        quantity=maybe_number(row, "origQty"),
        filled=filled,
        average=nonzero(row, "avgPrice"),
        status=choice(maybe_text(row, "status"), _STATUS, "order status"),
        created_ns=maybe_milliseconds(row, "time"),
        updated_ns=maybe_milliseconds(row, "updateTime"),
    )


def stream_order(row: Row, contracts: Names) -> Order:
    """Read the ``o`` of an ``ORDER_TRADE_UPDATE``."""
    at_ns = maybe_milliseconds(row, "T")
    return Order(
        id=text(row, "i"),
        symbol=contracts.instrument(text(row, "s")).symbol,
        client_id=maybe_text(row, "c"),
        type=_lower(maybe_text(row, "o")),
        side=SIDES.get(maybe_text(row, "S") or ""),
        price=nonzero(row, "p"),
        quantity=maybe_number(row, "q"),
        filled=maybe_number(row, "z"),
        average=nonzero(row, "ap"),
        status=choice(maybe_text(row, "X"), _STATUS, "order status"),
        created_ns=at_ns if row.get("x") == "NEW" else None,
        updated_ns=at_ns,
    )


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def rest_balance(row: Row) -> Balance:
    """Read an asset of ``account``: the wallet balance is without unrealised profit, as ``total`` must be."""
    return Balance(
        asset=text(row, "asset"),
        wallet=WALLET,
        total=number(row, "walletBalance"),
        free=maybe_number(row, "availableBalance"),
        used=maybe_number(row, "initialMargin"),
    )


def stream_balance(row: Row) -> Balance:
    """Read an element of ``B`` of an ``ACCOUNT_UPDATE``."""
    return Balance(asset=text(row, "a"), wallet=WALLET, total=number(row, "wb"))


def rest_position(row: Row, contracts: Names, leverage: Decimal | None) -> Position:
    """Read a row of ``positionRisk``, without its leverage since v3; a cross position's isolated amounts are 0."""
    instrument = contracts.instrument(text(row, "symbol"))
    isolated = nonzero(row, "isolatedMargin")
    told = _lower(maybe_text(row, "marginType"))
    return Position(
        symbol=instrument.symbol,
        quantity=number(row, "positionAmt") * instrument.contract_size,
        side=choice(maybe_text(row, "positionSide") or "BOTH", _KEPTSIDES, "position side"),
        entry_price=nonzero(row, "entryPrice"),
        mark_price=nonzero(row, "markPrice"),
        unrealized_pnl=maybe_number(row, "unRealizedProfit"),
        leverage=nonzero(row, "leverage") or leverage,
        margin=isolated or nonzero(row, "positionInitialMargin"),
        liquidation_price=nonzero(row, "liquidationPrice"),
        margin_mode="isolated" if told == "isolated" or isolated else "cross",
        wallet=WALLET,
    )


def stream_position(row: Row, contracts: Names, leverage: Decimal | None) -> Position:
    """Read an element of ``P`` of an ``ACCOUNT_UPDATE``."""
    instrument = contracts.instrument(text(row, "s"))
    mode = maybe_text(row, "mt")
    return Position(
        symbol=instrument.symbol,
        quantity=number(row, "pa") * instrument.contract_size,
        side=choice(maybe_text(row, "ps") or "BOTH", _KEPTSIDES, "position side"),
        entry_price=nonzero(row, "ep"),
        unrealized_pnl=maybe_number(row, "up"),
        leverage=leverage,
        margin=nonzero(row, "iw"),
        margin_mode="isolated" if mode == "isolated" else "cross" if mode in ("cross", "crossed") else None,
        wallet=WALLET,
    )
