"""Makes ``account_cli/exchanges/reads.json``: what every venue is asked when acct reads, recorded without a network.

Run ``python tests/unit/exchanges/record_reads.py [VENUE…]``. For each exchange of ccxt the reads that the adapters
use are called on a real ccxt object whose transport answers from a few empty envelopes; what it signs is its read
list. What looks like a write is left out and printed, and a venue whose essential reads were not met is not offered.
The lists of the first-class venues are written by hand, because their adapters ask by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[3] / "account_cli" / "exchanges" / "reads.json"
FIRST_CLASS = {
    "binance": [
        "GET private account",
        "GET private allOrders",
        "GET private myTrades",
        "GET private openOrders",
        "GET public exchangeInfo",
        "GET public klines",
        "GET public ticker/price",
        "GET public time",
        "GET sapi account/apiRestrictions",
        "GET sapi asset/assetDividend",
        "GET sapi asset/dribblet",
        "GET sapi asset/transfer",
        "GET sapi capital/deposit/hisrec",
        "GET sapi capital/withdraw/history",
        "GET sapi convert/tradeFlow",
    ],
    "binanceusdm": [
        "GET fapiPrivate allOrders",
        "GET fapiPrivate forceOrders",
        "GET fapiPrivate income",
        "GET fapiPrivate openOrders",
        "GET fapiPrivate symbolConfig",
        "GET fapiPrivate userTrades",
        "GET fapiPrivateV3 account",
        "GET fapiPrivateV3 positionRisk",
        "GET fapiPublic exchangeInfo",
        "GET fapiPublic klines",
        "GET fapiPublic premiumIndex",
        "GET fapiPublic time",
        "GET sapi account/apiRestrictions",
        "POST fapiPrivate listenKey",
        "PUT fapiPrivate listenKey",
    ],
    "kraken": [
        "GET public AssetPairs",
        "GET public Assets",
        "GET public OHLC",
        "GET public Ticker",
        "POST private BalanceEx",
        "POST private ClosedOrders",
        "POST private DepositStatus",
        "POST private GetApiKeyInfo",
        "POST private GetWebSocketsToken",
        "POST private Ledgers",
        "POST private OpenOrders",
        "POST private QueryOrders",
        "POST private TradesHistory",
        "POST private WithdrawStatus",
    ],
}
READS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "fetchMarkets": ("fetch_markets", [()]),
    "fetchCurrencies": ("fetch_currencies", [()]),
    "fetchTime": ("fetch_time", [()]),
    "fetchBalance": ("fetch_balance", [()]),
    "fetchOpenOrders": ("fetch_open_orders", [(), ("S",)]),
    "fetchClosedOrders": ("fetch_closed_orders", [()]),
    "fetchMyTrades": ("fetch_my_trades", [(), ("S",), (None, 1_700_000_000_000), ("S", 1_700_000_000_000)]),
    "fetchPositions": ("fetch_positions", [()]),
    "fetchDeposits": ("fetch_deposits", [(), (None, 1_700_000_000_000)]),
    "fetchWithdrawals": ("fetch_withdrawals", [(), (None, 1_700_000_000_000)]),
    "fetchDepositsWithdrawals": ("fetch_deposits_withdrawals", [(), (None, 1_700_000_000_000)]),
    "fetchFundingHistory": ("fetch_funding_history", [(), (None, 1_700_000_000_000)]),
    "fetchTickers": ("fetch_tickers", [(["S"],)]),
    "fetchTicker": ("fetch_ticker", [("S",)]),
    "fetchOHLCV": ("fetch_ohlcv", [("S", "1m", 1_700_000_000_000)]),
    "watchBalance": ("watch_balance", [()]),
    "watchOrders": ("watch_orders", [()]),
    "watchMyTrades": ("watch_my_trades", [()]),
    "watchPositions": ("watch_positions", [()]),
}
NEEDED = {"fetchBalance", "fetchMarkets"}
CREDENTIALS = {"apiKey", "secret", "password", "walletAddress", "privateKey"}
ENVELOPES: list[Any] = [
    {},
    [],
    {"data": {}},
    {"data": []},
    {"result": {}},
    {"result": []},
    {"result": {"list": []}},
    {"data": {"list": []}},
    {"code": "0", "data": [{}]},
    {"success": True, "result": [{}], "data": {"items": []}},
    {"listenKey": "k" * 32, "token": "t" * 32, "accounts": [], "data": {"token": "t" * 32, "instanceServers": [
        {"endpoint": "wss://x", "pingInterval": 1}]}},
]  # fmt: skip
WRITES = re.compile(
    r"(?i)(create|place|cancel|amend|edit|modify|delete|remove|withdraw(?!al)|transfer(?!s|histor|_?histor|-histor|/list)"
    r"|batch|leverage$|borrow|repay|redeem|subscribe|convert|close_?position|approve|orders?/?(new|add)|/buy|/sell)"
)
HARMLESS = re.compile(
    r"(?i)histor|list|query|/get|get_|records?$|details?$|info$|status|withdrawals|canceled|cancelled"
    r"|^GET sapi (convert/tradeFlow|asset/transfer)$"
    r"|withdraws$|withdrawOrders$|withdrawConfigs$|market/detail/batch_merged$"
)


KEYS = re.compile(r"POST \S+ \S*(listen_?key|user-?data-?stream)", re.IGNORECASE)


class Stop(Exception):
    """The stubbed transport ends a call here."""


def recording(base: Any, log: set[str], reached: set[str]) -> Any:
    """Return a class of ``base`` that writes down what it signs, and which watches would have subscribed."""

    def sign(self: Any, path: str, api: Any = "public", method: str = "GET", *rest: Any, **named: Any) -> Any:
        section = api if isinstance(api, str) else ".".join(str(part) for part in api)
        log.add(f"{method} {section} {path}")
        return {"url": "", "method": method, "headers": None, "body": None}

    async def fetch(self: Any, *_: Any, **__: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Stop
        return json.loads(json.dumps(self.answer))

    def watch(self: Any, *_: Any, **__: Any) -> Any:
        reached.add(self.calling)
        raise Stop

    async def nothing(*_: Any, **__: Any) -> None:
        return None

    return type(base.__name__, (base,), {
        "sign": sign, "fetch": fetch, "watch": watch, "watch_multiple": watch, "sleep": nothing, "throttle": nothing,
    })  # fmt: skip


def markets(exchange: Any) -> list[Any]:
    made = []
    for symbol, kind in (
        ("BTC/USD", "spot"),
        ("BTC/USDT", "spot"),
        ("BTC/USDC:USDC", "swap"),
        ("BTC/USDT:USDT", "swap"),
    ):
        base, rest = symbol.split("/")
        quote, _, settle = rest.partition(":")
        made.append(exchange.extend(exchange.safe_market_structure(), {
            "id": f"{base}{quote}", "symbol": symbol, "base": base, "quote": quote, "settle": settle or None,
            "baseId": base, "quoteId": quote, "settleId": settle or None, "type": kind, "spot": kind == "spot",
            "swap": kind == "swap", "future": False, "option": False, "contract": kind == "swap", "active": True,
            "linear": True if kind == "swap" else None, "inverse": False if kind == "swap" else None,
            "contractSize": 1 if kind == "swap" else None, "taker": 0.001, "maker": 0.001, "margin": False,
            "precision": {"price": 0.01, "amount": 0.0001}, "info": {"symbol": f"{base}{quote}"},
            "baseNumericId": 1, "quoteNumericId": 2, "lowercaseId": "btcusd", "limits": {
                "amount": {}, "price": {}, "cost": {}, "leverage": {}},
        }))  # fmt: skip
    return made


async def record(venue: str, base: Any) -> tuple[set[str], set[str]]:
    """Return (what was signed, which reads led to a request)."""
    log: set[str] = set()
    met: set[str] = set()
    reached: set[str] = set()
    made = recording(base, log, reached)
    probe = made()
    symbols = [market["symbol"] for market in markets(probe)]
    streams = "watch" if probe.has.get("ws") else None
    for has, (name, calls) in READS.items():
        if not probe.has.get(has) or (name.startswith("watch") and streams is None):
            continue
        before = len(log)
        for arguments in calls:
            for symbol in symbols if any("S" in str(part) for part in arguments) else symbols[:1]:
                for answer in ENVELOPES:
                    await once(made, venue, name, arguments, symbol, answer)
        streamed = name.startswith("watch")
        static = has == "fetchMarkets" and bool(probe.describe().get("markets"))
        if (
            name in reached
            or static
            or (not streamed and (len(log) > before or await signs(made, venue, name, calls, symbols)))
        ):
            met.add(has)
    renewals = {f"PUT{entry.removeprefix('POST')}" for entry in log if KEYS.match(entry)}
    return log | renewals, met


async def signs(made: Any, venue: str, name: str, calls: Any, symbols: list[str]) -> bool:
    """True when the read signs something, be it something that another read signed before."""
    fresh: set[str] = set()
    again = recording(made.__mro__[1], fresh, set())
    for arguments in calls:
        for symbol in symbols:
            await once(again, venue, name, arguments, symbol, {})
    return bool(fresh)


async def once(made: Any, venue: str, name: str, arguments: Any, symbol: str, answer: Any) -> None:
    exchange = made({
        "apiKey": "k" * 32, "secret": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "password": "p" * 8,
        "walletAddress": "0x" + "1" * 40, "enableRateLimit": False,
        "options": {"warnOnFetchOpenOrdersWithoutSymbol": False},
    })  # fmt: skip
    exchange.number = str
    exchange.answer, exchange.left, exchange.calling = answer, 8, name
    exchange.set_markets(markets(exchange))
    given = [symbol if part == "S" else [symbol] if part == ["S"] else part for part in arguments]
    with contextlib.suppress(Exception, asyncio.TimeoutError):
        await asyncio.wait_for(getattr(exchange, name)(*given), 2)
    for client in (exchange.clients or {}).values():
        for future in client.futures.values():
            future.cancel()
    exchange.clients = {}
    if exchange.session is not None:
        await exchange.session.close()
        exchange.session = None
    if exchange.tcp_connector is not None:
        await exchange.tcp_connector.close()
        exchange.tcp_connector = None


def offered(venue: str, base: Any, entries: set[str], met: set[str]) -> str | None:
    """Return why the venue cannot be offered, or None."""
    needs = {name for name, needed in base().requiredCredentials.items() if needed}
    if needs - CREDENTIALS:
        return f"needs {', '.join(sorted(needs - CREDENTIALS))}"
    if "privateKey" in needs and "walletAddress" not in needs:
        return "needs a private key"
    if NEEDED - met:
        return f"not met: {', '.join(sorted(NEEDED - met))}"
    return None


async def main(only: list[str]) -> None:
    import ccxt
    import ccxt.async_support
    import ccxt.pro

    logging.disable(logging.CRITICAL)
    found: dict[str, Any] = {venue: {"reads": reads, "has": []} for venue, reads in FIRST_CLASS.items()}
    if only and FILE.exists():
        found |= json.loads(FILE.read_text())
    for venue in only or ccxt.exchanges:
        if venue in FIRST_CLASS:
            continue
        base = getattr(ccxt.pro if venue in ccxt.pro.exchanges else ccxt.async_support, venue)
        entries, met = await record(venue, base)
        bad = {entry for entry in entries if WRITES.search(entry) and not HARMLESS.search(entry)}
        why = offered(venue, base, entries - bad, met)
        print(  # noqa: T201
            f"{venue}: {len(entries)} entries, {'offered' if why is None else why}",
            *(f"  - {e}" for e in sorted(bad)),
            sep="\n",
        )
        if why is None:
            found[venue] = {"reads": sorted(entries - bad), "has": sorted(met)}
    FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
