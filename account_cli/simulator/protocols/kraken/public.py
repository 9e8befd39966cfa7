"""Kraken's public methods: time, status, assets, pairs, tickers, candles.

docs.kraken.com, Spot REST, Market Data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from account_cli.simulator.protocols.kraken import names
from account_cli.simulator.protocols.kraken.errors import Refused
from account_cli.simulator.protocols.kraken.setting import SETTING
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import SECOND, fixed, shortest_iso

Method = Callable[[Stage, Mapping[str, str]], object]
_OHLC_ROWS = 720


def _time(stage: Stage, _params: Mapping[str, str]) -> object:
    now = stage.wall_ns() // SECOND
    return {"unixtime": now, "rfc1123": datetime.fromtimestamp(now, UTC).strftime("%a, %d %b %y %H:%M:%S +0000")}


def _status(stage: Stage, _params: Mapping[str, str]) -> object:
    return {"status": "online", "timestamp": shortest_iso(stage.wall_ns() // SECOND * SECOND)}


def _assets(_stage: Stage, _params: Mapping[str, str]) -> object:
    return names.assets()


def _pairs(stage: Stage, params: Mapping[str, str]) -> object:
    return names.pairs(_wanted(stage, params), but=stage.faults.money.unlisted)


def _wanted(stage: Stage, params: Mapping[str, str]) -> set[str] | None:
    if not params.get("pair"):
        return None
    return {_listed(stage, name) for name in params["pair"].split(",")}


def _listed(stage: Stage, name: str) -> str:
    """Return the common symbol of a pair that is listed now."""
    symbol = names.find_symbol(name)
    if symbol is None or symbol in stage.faults.money.unlisted:
        raise Refused("EQuery:Unknown asset pair")
    return symbol


def _ticker(stage: Stage, params: Mapping[str, str]) -> object:
    """docs.kraken.com, Spot REST, Get Ticker Information: a, b, c, v, p, t, l, h, o."""
    wanted = _wanted(stage, params)
    listed = (market.symbol for market in SETTING.markets if market.symbol not in stage.faults.money.unlisted)
    return {names.pair(each): _quote(stage, each) for each in listed if wanted is None or each in wanted}


def _quote(stage: Stage, symbol: str) -> dict[str, object]:
    walk = stage.world.walks[symbol]
    digits, last = walk.market.price_digits, walk.price
    ask, bid = fixed(walk.level(1), digits), fixed(walk.level(-1), digits)
    highs, lows = [row[2] for row in walk.minutes[-1440:]], [row[3] for row in walk.minutes[-1440:]]
    day = [fixed(Decimal(1440), 8)] * 2
    opened = walk.minutes[-1440:][0][1] if walk.minutes else last
    return {
        "a": [ask, "1", "1.000"],
        "b": [bid, "1", "1.000"],
        "c": [fixed(last, digits), "0.01000000"],
        "v": day,
        "p": [fixed(last, digits)] * 2,
        "t": [1440, 1440],
        "l": [fixed(min(lows, default=last), digits)] * 2,
        "h": [fixed(max(highs, default=last), digits)] * 2,
        "o": fixed(opened, digits),
    }


def _ohlc(stage: Stage, params: Mapping[str, str]) -> object:
    """docs.kraken.com, Spot REST, Get OHLC Data: at most the last 720 entries, the last one not committed.

    Only the interval of one minute is simulated; ``since`` is exclusive.
    """
    symbol = _listed(stage, params.get("pair", ""))
    if params.get("interval", "1") != "1":
        raise Refused("EGeneral:Invalid arguments:interval")
    digits = names.by_symbol(symbol).price_digits
    rows = [
        [
            start // SECOND,
            *(fixed(price, digits) for price in (opened, high, low, close)),
            fixed(close, digits),
            "1.00000000",
            60,
        ]
        for start, opened, high, low, close in stage.world.walks[symbol].minutes
        if start > int(params.get("since", "-1")) * SECOND
    ][-_OHLC_ROWS:]
    last = stage.world.walks[symbol].minutes[-2:][0][0] // SECOND if stage.world.walks[symbol].minutes else 0
    return {names.pair(symbol): rows, "last": last}


METHODS: Mapping[str, Method] = {
    "Time": _time,
    "SystemStatus": _status,
    "Assets": _assets,
    "AssetPairs": _pairs,
    "Ticker": _ticker,
    "OHLC": _ohlc,
}
