"""What Binance spot tells of an account: balances, orders, trades (developers.binance.com, Spot, Account Endpoints)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from account_cli.simulator.protocols.binance.endpoint import market_of, needed_market, window
from account_cli.simulator.protocols.binance.setting import DIGITS, wire_id
from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.endpoint import Endpoint, Params, limit, whole
from account_cli.simulator.protocols.binanceusdm.history import client_id, status
from account_cli.simulator.protocols.binanceusdm.market import server_time
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import fixed, milliseconds
from account_cli.simulator.world.book import State
from account_cli.simulator.world.facts import Fill, Order

Row = dict[str, object]
ZERO = Decimal(0)


def digits(value: Decimal) -> str:
    """Write an amount, price or quantity as Binance spot does."""
    return fixed(value, DIGITS)


def locked(state: State) -> dict[str, Decimal]:
    """What open orders hold back of each asset."""
    held: dict[str, Decimal] = {}
    for order in state.open_orders:
        base, _, quote = order.symbol.partition("/")
        asset, amount = (quote, order.remaining * order.price) if order.side == "buy" else (base, order.remaining)
        held[asset] = held.get(asset, ZERO) + amount
    return held


def free_and_locked(state: State, asset: str) -> tuple[str, str]:
    """Return both parts of a balance as written."""
    held = locked(state).get(asset, ZERO)
    return digits(state.balances.get(asset, ZERO) - held), digits(held)


def _account(stage: Stage, params: Params) -> object:
    """Account Information."""
    state = stage.account()
    balances = []
    for asset, total in sorted(state.balances.items()):
        if total or params.get("omitZeroBalances") != "true":
            free, held = free_and_locked(state, asset)
            balances.append({"asset": asset, "free": free, "locked": held})
    balances += [
        {"asset": f"LD{asset}", "free": digits(held), "locked": digits(ZERO)}
        for asset, held in sorted(stage.earning.items())
    ]
    rates = {"maker": "0.00100000", "taker": "0.00100000", "buyer": "0.00000000", "seller": "0.00000000"}
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates,
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": milliseconds(max((entry.time_ns for entry in state.entries), default=0)),
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": 354_937_868,
    }


def _now(stage: Stage) -> int:
    return max(server_time(stage), milliseconds(stage.world.now_ns))


def _my_trades(stage: Stage, params: Params) -> object:
    """Account Trade List: default 500, at most 1000; a window of at most 24 hours; the newest when nothing is said."""
    market, most = needed_market(params), limit(params, 500, 1000)
    first, order = whole(params, "fromId"), whole(params, "orderId")
    bounded = bool(params.get("startTime") or params.get("endTime"))
    if first is not None and bounded:
        raise errors.bad_combination()
    fills = [fill for fill in stage.account().fills if fill.symbol == market.symbol]
    if order is not None:
        fills = [fill for fill in fills if fill.order_number == order]
    if first is not None:
        fills = [fill for fill in fills if fill.number >= first][:most]
    elif bounded:
        low, high = window(params, _now(stage), default_days=1, most_days=1)
        fills = [fill for fill in fills if low <= milliseconds(fill.time_ns) <= high][:most]
    else:
        fills = fills[-most:]
    return [_trade(fill) for fill in fills]


def _trade(fill: Fill) -> Row:
    return {
        "symbol": wire_id(fill.symbol),
        "id": fill.number,
        "orderId": fill.order_number,
        "orderListId": -1,
        "price": digits(fill.price),
        "qty": digits(fill.quantity),
        "quoteQty": digits(fill.cost),
        "commission": digits(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": milliseconds(fill.time_ns),
        "isBuyer": fill.side == "buy",
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def _order(order: Order) -> Row:
    return {
        "symbol": wire_id(order.symbol),
        "orderId": order.number,
        "orderListId": -1,
        "clientOrderId": client_id(order),
        "price": digits(order.price),
        "origQty": digits(order.quantity),
        "executedQty": digits(order.filled),
        "cummulativeQuoteQty": digits(order.cost),
        "status": status(order),
        "timeInForce": "GTC",
        "type": order.type.upper(),
        "side": order.side.upper(),
        "stopPrice": "0.00000000",
        "icebergQty": "0.00000000",
        "time": milliseconds(order.created_ns),
        "updateTime": milliseconds(order.updated_ns),
        "isWorking": True,
        "workingTime": milliseconds(order.created_ns),
        "origQuoteOrderQty": "0.00000000",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def _open_orders(stage: Stage, params: Params) -> object:
    """Current Open Orders; dear (80) without a symbol."""
    market = market_of(params)
    orders = stage.account().open_orders
    return [_order(order) for order in orders if market is None or order.symbol == market.symbol]


def _all_orders(stage: Stage, params: Params) -> object:
    """All Orders: default 500, at most 1000; ``orderId`` and later, else 24 hours, else the newest."""
    market, most, first = needed_market(params), limit(params, 500, 1000), whole(params, "orderId")
    orders = [order for order in stage.account().orders.values() if order.symbol == market.symbol]
    if first is not None:
        return [_order(order) for order in orders if order.number >= first][:most]
    if params.get("startTime") or params.get("endTime"):
        low, high = window(params, _now(stage), default_days=1, most_days=1)
        return [_order(order) for order in orders if low <= milliseconds(order.created_ns) <= high][:most]
    return [_order(order) for order in orders[-most:]]


ENDPOINTS: Mapping[str, Endpoint] = {
    "/api/v3/account": Endpoint(_account, weight=20),
    "/api/v3/myTrades": Endpoint(_my_trades, weight=20),
    "/api/v3/openOrders": Endpoint(_open_orders, weight=80),
    "/api/v3/allOrders": Endpoint(_all_orders, weight=20),
}
