"""What Binance tells about the account's past: trades and orders market by market, income over all of them.

developers.binance.com, USDⓈ-M Futures: Account Trade List, All Orders, Query Order, Current All Open Orders, Get Income
History. Bounds are inclusive milliseconds; with a start the oldest rows come, without one the newest; always in rising
order.
"""

from __future__ import annotations

from collections.abc import Mapping

from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.endpoint import (
    Endpoint,
    Params,
    amount,
    limit,
    market_of,
    needed_market,
    whole,
)
from account_cli.simulator.protocols.binanceusdm.market import server_time
from account_cli.simulator.protocols.binanceusdm.setting import DIGITS, wire_id
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import fixed, milliseconds
from account_cli.simulator.world.book import Book
from account_cli.simulator.world.facts import Entry, Fill, Forced, Order

Row = dict[str, object]
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
INCOME = {"transfer": "TRANSFER", "realized": "REALIZED_PNL", "commission": "COMMISSION", "funding": "FUNDING_FEE",
          "insurance": "INSURANCE_CLEAR"}  # fmt: skip
_OTHER_INCOME = {
    "WELCOME_BONUS",
    "REFERRAL_KICKBACK",
    "COMMISSION_REBATE",
    "API_REBATE",
    "CONTEST_REWARD",
    "CROSS_COLLATERAL_TRANSFER",
    "OPTIONS_PREMIUM_FEE",
    "OPTIONS_SETTLE_PROFIT",
    "INTERNAL_TRANSFER",
    "AUTO_EXCHANGE",
    "DELIVERED_SETTELMENT",
    "COIN_SWAP_DEPOSIT",
    "COIN_SWAP_WITHDRAW",
    "POSITION_LIMIT_INCREASE_FEE",
    "STRATEGY_UMFUTURES_TRANSFER",
    "BFUSD_REWARD",
}
_FORCED: Mapping[Forced, str] = {
    "": "web_",
    "liquidation": "autoclose-",
    "adl": "adl_autoclose",
    "settlement": "settlement_autoclose-",
}
STATUS = {"open": "NEW", "closed": "FILLED", "canceled": "CANCELED"}


def _window(stage: Stage, params: Params) -> tuple[int, int]:
    """Return inclusive bounds in milliseconds: a week at most, and the last week when nothing is said."""
    start, end = whole(params, "startTime"), whole(params, "endTime")
    now = max(server_time(stage), milliseconds(stage.world.now_ns))
    if start is not None and end is not None:
        if end < start:
            raise errors.invalid("endTime")
        if end - start > WEEK_MS:
            raise errors.too_long()
        return start, end
    if start is not None:
        return start, start + WEEK_MS
    if end is not None:
        return end - WEEK_MS, end
    return now - WEEK_MS, now


def _user_trades(stage: Stage, params: Params) -> object:
    """Account Trade List: default 500, at most 1000; ``fromId`` excludes the bounds."""
    market, most = needed_market(params), limit(params, 500, 1000)
    first, order = whole(params, "fromId"), whole(params, "orderId")
    if first is not None and ("startTime" in params or "endTime" in params):
        raise errors.bad_combination()
    fills = [fill for fill in stage.account().fills if fill.symbol == market.symbol]
    if order is not None:
        fills = [fill for fill in fills if fill.order_number == order]
    if first is not None:
        return [_trade(stage.world.book, fill) for fill in fills if fill.number >= first][:most]
    start, end = _window(stage, params)
    fills = [fill for fill in fills if start <= milliseconds(fill.time_ns) <= end]
    fills = fills[:most] if "startTime" in params else fills[-most:]
    return [_trade(stage.world.book, fill) for fill in fills]


def _trade(book: Book, fill: Fill) -> Row:
    market = book.market(fill.symbol)
    return {
        "symbol": wire_id(fill.symbol),
        "id": fill.number,
        "orderId": fill.order_number,
        "side": fill.side.upper(),
        "price": fixed(fill.price, market.price_digits),
        "qty": fixed(fill.quantity, market.lot_digits),
        "realizedPnl": amount(fill.realized),
        "quoteQty": fixed(fill.cost, market.price_digits + market.lot_digits),
        "commission": fixed(fill.fee, DIGITS),
        "commissionAsset": fill.fee_asset,
        "time": milliseconds(fill.time_ns),
        "positionSide": fill.position_side.upper(),
        "buyer": fill.side == "buy",
        "maker": fill.maker,
    }


def _income(stage: Stage, params: Params) -> object:
    """Get Income History: default 100, at most 1000, ``page`` from 1; only the last three months are kept."""
    most, page = limit(params, 100, 1000), whole(params, "page") or 1
    kind, market = params.get("incomeType", ""), market_of(params)
    if kind and kind not in {*INCOME.values(), *_OTHER_INCOME}:
        raise errors.invalid("incomeType")
    now = max(server_time(stage), milliseconds(stage.world.now_ns))
    start, end = whole(params, "startTime"), whole(params, "endTime")
    low = max(start if start is not None else (end if end is not None else now) - WEEK_MS, now - 90 * DAY_MS)
    rows = [
        entry
        for entry in stage.faults.money.told(stage.account().entries)
        if (not kind or INCOME[entry.kind] == kind)
        and (market is None or entry.symbol == market.symbol)
        and low <= milliseconds(entry.time_ns) <= (end if end is not None else now)
    ]
    if start is None and "page" not in params:
        return [_income_row(entry) for entry in rows[-most:]]
    return [_income_row(entry) for entry in rows[(page - 1) * most : page * most]]


def _income_row(entry: Entry) -> Row:
    kind = INCOME[entry.kind]
    return {
        "symbol": wire_id(entry.symbol) if entry.symbol else "",
        "incomeType": kind,
        "income": amount(entry.amount),
        "asset": entry.asset,
        "info": entry.ref if entry.kind in {"realized", "commission"} else kind,
        "time": milliseconds(entry.time_ns),
        "tranId": entry.number,
        "tradeId": entry.ref if entry.kind in {"realized", "commission"} else "",
    }


def status(order: Order) -> str:
    """The order's state in Binance's words."""
    return "PARTIALLY_FILLED" if order.status == "open" and order.filled else STATUS[order.status]


def client_id(order: Order) -> str:
    """The id a client would have given the order; the exchange's own begin with why it placed them."""
    return f"{_FORCED[order.forced]}{order.number % 10**12}" if order.forced != "adl" else _FORCED["adl"]


def _order(book: Book, order: Order) -> Row:
    market = book.market(order.symbol)
    digits = market.price_digits
    return {
        "orderId": order.number,
        "symbol": wire_id(order.symbol),
        "status": status(order),
        "clientOrderId": client_id(order),
        "price": fixed(order.price, digits),
        "avgPrice": fixed(round(order.average, 10), digits),
        "origQty": fixed(order.quantity, market.lot_digits),
        "executedQty": fixed(order.filled, market.lot_digits),
        "cumQuote": fixed(order.cost, digits + market.lot_digits),
        "timeInForce": "GTC",
        "type": order.type.upper(),
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.upper(),
        "positionSide": order.position_side.upper(),
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "priceProtect": False,
        "origType": order.type.upper(),
        "time": milliseconds(order.created_ns),
        "updateTime": milliseconds(order.updated_ns),
    }


def _open_orders(stage: Stage, params: Params) -> object:
    """Current All Open Orders; dear (40) without a symbol."""
    market = market_of(params)
    return [
        _order(stage.world.book, order)
        for order in stage.account().open_orders
        if market is None or order.symbol == market.symbol
    ]


def _kept(stage: Stage, order: Order) -> bool:
    """A cancelled order without a fill is forgotten after three days, any other after ninety."""
    age = max(server_time(stage), milliseconds(stage.world.now_ns)) - milliseconds(order.created_ns)
    return age < (3 if order.status == "canceled" and not order.filled else 90) * DAY_MS


def _all_orders(stage: Stage, params: Params) -> object:
    """All Orders: default 500, at most 1000; ``orderId`` and later, else a week."""
    market, most, first = needed_market(params), limit(params, 500, 1000), whole(params, "orderId")
    orders = [
        order for order in stage.account().orders.values() if order.symbol == market.symbol and _kept(stage, order)
    ]
    if first is not None:
        orders = [order for order in orders if order.number >= first][:most]
    else:
        start, end = _window(stage, params)
        orders = [order for order in orders if start <= milliseconds(order.created_ns) <= end]
        orders = orders[:most] if "startTime" in params else orders[-most:]
    return [_order(stage.world.book, order) for order in orders]


def _one_order(stage: Stage, params: Params) -> object:
    """Query Order."""
    market, number = needed_market(params), whole(params, "orderId")
    for order in stage.account().orders.values():
        mine = order.number == number or client_id(order) == params.get("origClientOrderId")
        if mine and order.symbol == market.symbol and _kept(stage, order):
            return _order(stage.world.book, order)
    raise errors.Refused(-2013, "Order does not exist.")


def _force_orders(stage: Stage, params: Params) -> object:
    """User's Force Orders: default 50, at most 100, within the last 90 days; liquidations and ADL only."""
    most, wanted = limit(params, 50, 100), params.get("autoCloseType", "")
    if wanted not in {"", "LIQUIDATION", "ADL"}:
        raise errors.invalid("autoCloseType")
    kinds = {wanted.lower()} if wanted else {"liquidation", "adl"}
    market = market_of(params)
    found = [
        order
        for order in stage.account().orders.values()
        if order.forced in kinds and (market is None or order.symbol == market.symbol)
    ]
    return [_order(stage.world.book, order) for order in found[-most:]]


ENDPOINTS: Mapping[str, Endpoint] = {
    "/fapi/v1/userTrades": Endpoint(_user_trades),
    "/fapi/v1/income": Endpoint(_income, weight=30),
    "/fapi/v1/openOrders": Endpoint(_open_orders, weight=1),
    "/fapi/v1/allOrders": Endpoint(_all_orders),
    "/fapi/v1/order": Endpoint(_one_order, weight=1),
    "/fapi/v1/forceOrders": Endpoint(_force_orders, weight=50),
}
