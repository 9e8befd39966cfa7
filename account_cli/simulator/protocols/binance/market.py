"""Binance spot's public answers: time, markets, prices, candles (developers.binance.com, Spot, Market Data)."""

from __future__ import annotations

from collections.abc import Mapping

from account_cli.simulator.protocols.binance.endpoint import market_of, needed_market
from account_cli.simulator.protocols.binance.setting import DIGITS, LISTED, wire_id
from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.endpoint import Endpoint, Params, limit, whole
from account_cli.simulator.protocols.binanceusdm.market import MINUTE_MS, server_time
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import MILLISECOND, fixed
from account_cli.simulator.world.facts import Market

Row = dict[str, object]


def _exchange_info(stage: Stage, _params: Params) -> object:
    """Exchange Information."""
    return {
        "timezone": "UTC",
        "serverTime": server_time(stage),
        "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}],
        "exchangeFilters": [],
        "symbols": [_listed(market) for market in LISTED if market.symbol not in stage.faults.money.unlisted],
    }


def _listed(market: Market) -> Row:
    tick, lot = fixed(market.tick, DIGITS), fixed(market.lot, DIGITS)
    return {
        "symbol": wire_id(market.symbol),
        "status": "TRADING",
        "baseAsset": market.base,
        "baseAssetPrecision": 8,
        "quoteAsset": market.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000.00000000", "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True, "avgPriceMins": 5},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def _price(stage: Stage, market: Market) -> str:
    walk = stage.world.walks.get(market.symbol)
    return fixed(walk.price if walk else market.start_price, DIGITS)


def _prices(stage: Stage, params: Params) -> object:
    """Symbol Price Ticker: an object for one market, a list for all."""
    market = market_of(params)
    if market is not None:
        return {"symbol": wire_id(market.symbol), "price": _price(stage, market)}
    return [
        {"symbol": wire_id(each.symbol), "price": _price(stage, each)}
        for each in LISTED
        if each.symbol not in stage.faults.money.unlisted
    ]


def _klines(stage: Stage, params: Params) -> object:
    """Kline/Candlestick Data: one-minute candles only; default 500, at most 1000."""
    market, most = needed_market(params), limit(params, 500, 1000)
    if params.get("interval") != "1m":
        raise errors.missing("interval")
    start, end = whole(params, "startTime"), whole(params, "endTime")
    walk = stage.world.walks.get(market.symbol)
    rows = [
        [
            start_ns // MILLISECOND,
            *(fixed(price, DIGITS) for price in prices),
            "60.00000000",
            start_ns // MILLISECOND + MINUTE_MS - 1,
            "60.00000000",
            60,
            "30.00000000",
            "30.00000000",
            "0",
        ]
        for start_ns, *prices in (walk.minutes if walk else ())
        if (start is None or start_ns // MILLISECOND >= start) and (end is None or start_ns // MILLISECOND <= end)
    ]
    return rows[:most] if start is not None else rows[-most:]


ENDPOINTS: Mapping[str, Endpoint] = {
    "/api/v3/ping": Endpoint(lambda _stage, _params: {}, "none", 1),
    "/api/v3/time": Endpoint(lambda stage, _params: {"serverTime": server_time(stage)}, "none", 1),
    "/api/v3/exchangeInfo": Endpoint(_exchange_info, "none", 20),
    "/api/v3/ticker/price": Endpoint(_prices, "none", 4),
    "/api/v3/klines": Endpoint(_klines, "none", 2),
}
