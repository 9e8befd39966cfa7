"""The unmodified ccxt.pro Binance USDⓈ-M client works against the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from account_cli.simulator import Simulator

BTC = "BTC/USDT:USDT"


@asynccontextmanager
async def client(**options: Any) -> AsyncIterator[tuple[Simulator, Any]]:
    async with Simulator("binanceusdm", history_at_once=True, rate_limit=False, **options) as sim:
        config = {"apiKey": sim.api_key, "secret": sim.secret, "urls": sim.urls, "enableRateLimit": False}
        exchange = ccxt.pro.binanceusdm(config)
        exchange.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        try:
            yield sim, exchange
        finally:
            await exchange.close()
            await asyncio.sleep(0)


async def test_rest_reads() -> None:
    async with client(history_hours=6, speed=None) as (sim, exchange):
        account = (await exchange.fetch_balance())["info"]
        wallets = {row["asset"]: Decimal(row["walletBalance"]) for row in account["assets"]}
        assert wallets == sim.truth_balances()
        held = {
            p["symbol"]: Decimal(str(p["contracts"])) * (1 if p["side"] == "long" else -1)
            for p in await exchange.fetch_positions()
            if p["contracts"]
        }
        assert held == sim.truth_positions()
        assert len(await exchange.fetch_open_orders()) == len(sim.world.book.open)
        assert len(await exchange.fetch_orders(BTC)) > 20
        assert await exchange.fetch_ledger()
        assert await exchange.fetch_funding_history()
        assert set(await exchange.fetch_tickers()) == {market.symbol for market in sim.world.setting.markets}
        assert await exchange.fetch_ohlcv(BTC, "1m")
        assert (await exchange.fetch_leverages())[BTC]["longLeverage"] == sim.world.book.leverage[BTC]
        assert abs(await exchange.fetch_time() - exchange.milliseconds()) < 5000
        assert not sim.violations


async def test_trades_of_a_market_can_be_walked_by_id() -> None:
    async with client(history_hours=6, speed=None) as (sim, exchange):
        mine = [fill for fill in sim.world.book.fills if fill.symbol == BTC]
        found: list[Any] = []
        first = 0
        while page := await exchange.fetch_my_trades(BTC, limit=40, params={"fromId": first}):
            found += page
            first = int(page[-1]["id"]) + 1
        assert [trade["id"] for trade in found] == [fill.id for fill in mine]
        assert [Decimal(t["info"]["realizedPnl"]) for t in found] == [fill.realized for fill in mine]


async def test_streams_tell_balances_trades_orders_and_positions_as_they_happen() -> None:
    async with client(history_hours=1) as (sim, exchange):
        watching = [
            asyncio.ensure_future(watch())
            for watch in (exchange.watch_balance, exchange.watch_my_trades, exchange.watch_orders)
        ]
        positions = asyncio.ensure_future(exchange.watch_positions())
        for _ in range(100):
            await asyncio.sleep(0.05)
            if any(connection.private for connection in sim.stage.connections):
                break
        name = sim.burst(3)
        balance, trades, _ = await asyncio.wait_for(asyncio.gather(*watching), 10)
        await asyncio.wait_for(positions, 10)
        assert Decimal(str(balance["USDT"]["total"])) > 0
        assert {trade["order"] for trade in trades} == {name}
        assert name in {order["id"] for order in exchange.orders}
        ticker = await asyncio.wait_for(exchange.watch_ticker(BTC), 10)
        assert ticker["last"] > 0
        assert BTC in await asyncio.wait_for(exchange.watch_mark_prices([BTC]), 10)
        assert not sim.violations


async def test_the_listen_key_can_be_kept_alive_and_expires() -> None:
    async with client(history_hours=1) as (sim, exchange):
        first = await exchange.fapiPrivatePostListenKey()
        assert await exchange.fapiPrivatePutListenKey() == first
        assert await exchange.fapiPrivatePostListenKey() == first
        sim.expire_session()
        with pytest.raises(ccxt.ExchangeError, match="-1125"):
            await exchange.fapiPrivatePutListenKey()
        assert await exchange.fapiPrivatePostListenKey() != first
        assert not sim.violations
