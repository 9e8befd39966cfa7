"""Binance's public answers: time, contracts, prices, candles; and the sapi lists that ccxt loads with its markets.

developers.binance.com, USDⓈ-M Futures, Market Data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

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
from account_cli.simulator.protocols.binanceusdm.setting import DIGITS, SETTING, wire_id
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import MILLISECOND, fixed, milliseconds
from account_cli.simulator.world.facts import Market

MINUTE_MS = 60_000
_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]


def server_time(stage: Stage) -> int:
    """The exchange's clock, which is the wall's, in milliseconds."""
    return milliseconds(stage.wall_ns())


def _time(stage: Stage, _params: Params) -> object:
    return {"serverTime": server_time(stage)}


def _exchange_info(stage: Stage, _params: Params) -> object:
    """Exchange Information."""
    return {
        "timezone": "UTC",
        "serverTime": server_time(stage),
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": "-10000"} for asset in ("USDT", "BNB")
        ],
        "symbols": [
            _contract(market) for market in SETTING.markets if market.symbol not in stage.faults.money.unlisted
        ],
    }


def _contract(market: Market) -> dict[str, object]:
    return {
        "symbol": wire_id(market.symbol),
        "pair": wire_id(market.symbol),
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": market.price_digits,
        "quantityPrecision": market.lot_digits,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(market),
        "orderTypes": _TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def _filters(market: Market) -> list[dict[str, object]]:
    """Common Definition, Symbol filters."""
    lot, tick = str(market.lot), str(market.tick)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "10000", "stepSize": lot},
        {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "1000", "stepSize": lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500", "multiplierDecimal": "4"},
    ]


def _for_each(one: Callable[[Stage, Market], dict[str, object]]) -> Callable[[Stage, Params], object]:
    """Answer one market when ``symbol`` is sent and a list of all otherwise."""

    def answer(stage: Stage, params: Params) -> object:
        market = market_of(params)
        return (
            one(stage, market)
            if market
            else [one(stage, each) for each in SETTING.markets if each.symbol not in stage.faults.money.unlisted]
        )

    return answer


def _price(stage: Stage, market: Market) -> dict[str, object]:
    """Symbol Price Ticker."""
    last = fixed(stage.world.price(market.symbol), market.price_digits)
    return {"symbol": wire_id(market.symbol), "price": last, "time": milliseconds(stage.world.now_ns)}


def _book(stage: Stage, market: Market) -> dict[str, object]:
    """Symbol Order Book Ticker."""
    walk, digits = stage.world.walks[market.symbol], market.price_digits
    return {
        "symbol": wire_id(market.symbol),
        "bidPrice": fixed(walk.level(-1), digits),
        "bidQty": "10.000",
        "askPrice": fixed(walk.level(1), digits),
        "askQty": "10.000",
        "time": milliseconds(stage.world.now_ns),
    }


def day(stage: Stage, market: Market) -> dict[str, object]:
    """24hr Ticker Price Change Statistics."""
    walk, digits = stage.world.walks[market.symbol], market.price_digits
    rows, last = walk.minutes[-1440:], walk.price
    opened = rows[0][1] if rows else last
    now = milliseconds(stage.world.now_ns)
    return {
        "symbol": wire_id(market.symbol),
        "priceChange": fixed(last - opened, digits),
        "priceChangePercent": format(round((last - opened) * 100 / opened, 3), "f"),
        "weightedAvgPrice": fixed(last, digits),
        "lastPrice": fixed(last, digits),
        "lastQty": fixed(market.lot, market.lot_digits),
        "openPrice": fixed(opened, digits),
        "highPrice": fixed(max((row[2] for row in rows), default=last), digits),
        "lowPrice": fixed(min((row[3] for row in rows), default=last), digits),
        "volume": "1440.000",
        "quoteVolume": fixed(last * 1440, 2),
        "openTime": now - 86_400_000,
        "closeTime": now,
        "firstId": market.first_trade,
        "lastId": market.first_trade + 1440,
        "count": 1440,
    }


def _premium(stage: Stage, market: Market) -> dict[str, object]:
    """Mark Price: the simulated mark is the last price."""
    mark = fixed(stage.world.price(market.symbol), DIGITS)
    now = milliseconds(stage.world.now_ns)
    return {
        "symbol": wire_id(market.symbol),
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": now - now % 28_800_000 + 28_800_000,
        "time": now,
    }


def _klines(stage: Stage, params: Params) -> object:
    """Kline/Candlestick Data: one-minute candles only; default 500, at most 1500; the newest unless ``startTime``."""
    market, most = needed_market(params), limit(params, 500, 1500)
    if params.get("interval") != "1m":
        raise errors.missing("interval")
    start, end = whole(params, "startTime"), whole(params, "endTime")
    rows = [
        [
            start_ns // MILLISECOND,
            *(fixed(price, market.price_digits) for price in prices),
            "60.000",
            start_ns // MILLISECOND + MINUTE_MS - 1,
            "60.00",
            60,
            "30.000",
            "30.00",
            "0",
        ]
        for start_ns, *prices in stage.world.walks[market.symbol].minutes
        if (start is None or start_ns // MILLISECOND >= start) and (end is None or start_ns // MILLISECOND <= end)
    ]
    return rows[:most] if start is not None else rows[-most:]


def _coins(_stage: Stage, _params: Params) -> object:
    """Spot and Margin, Wallet, All Coins' Information."""
    return [
        {
            "coin": coin,
            "depositAllEnable": True,
            "free": "0",
            "freeze": "0",
            "ipoable": "0",
            "ipoing": "0",
            "isLegalMoney": False,
            "locked": "0",
            "name": coin,
            "networkList": [],
            "storage": "0",
            "trading": True,
            "withdrawAllEnable": True,
            "withdrawing": "0",
        }
        for coin in sorted({"USDT", *(market.base for market in SETTING.markets)})
    ]


def _nothing(_stage: Stage, _params: Params) -> object:
    """An empty list: there are no margin pairs here."""
    return []


def _funding_info(_stage: Stage, _params: Params) -> object:
    """Get Funding Rate Info: an empty list, all contracts have the usual terms."""
    return []


def maintenance(notional: Decimal) -> Decimal:
    """The maintenance margin of a position: one bracket only."""
    return abs(notional) * Decimal("0.004")


def brackets(_stage: Stage, params: Params) -> object:
    """Notional and Leverage Brackets; one element even when a symbol is sent."""
    market = market_of(params)
    return [
        {"symbol": wire_id(each.symbol), "notionalCoef": Decimal("1.50"), "brackets": [
            {"bracket": 1, "initialLeverage": 125, "notionalCap": 50_000_000, "notionalFloor": 0,
             "maintMarginRatio": Decimal("0.004"), "cum": Decimal("0.0")}]}
        for each in ([market] if market else SETTING.markets)
    ]  # fmt: skip


ENDPOINTS: Mapping[str, Endpoint] = {
    "/fapi/v1/ping": Endpoint(lambda _stage, _params: {}, "none", 1),
    "/fapi/v1/time": Endpoint(_time, "none", 1),
    "/api/v3/time": Endpoint(_time, "none", 1),
    "/fapi/v1/exchangeInfo": Endpoint(_exchange_info, "none", 1),
    "/fapi/v1/ticker/price": Endpoint(_for_each(_price), "none", 2),
    "/fapi/v2/ticker/price": Endpoint(_for_each(_price), "none", 2),
    "/fapi/v1/ticker/bookTicker": Endpoint(_for_each(_book), "none", 5),
    "/fapi/v1/ticker/24hr": Endpoint(_for_each(day), "none", 40),
    "/fapi/v1/premiumIndex": Endpoint(_for_each(_premium), "none", 10),
    "/fapi/v1/fundingInfo": Endpoint(_funding_info, "none", 1),
    "/fapi/v1/klines": Endpoint(_klines, "none", 5),
    "/fapi/v1/leverageBracket": Endpoint(brackets, "signed", 1),
    "/sapi/v1/capital/config/getall": Endpoint(_coins, "signed", 10),
    "/sapi/v1/margin/allPairs": Endpoint(_nothing, "key", 1),
    "/sapi/v1/margin/isolated/allPairs": Endpoint(_nothing, "key", 10),
}
__all__ = ["ENDPOINTS", "amount", "brackets", "day", "maintenance", "server_time"]
