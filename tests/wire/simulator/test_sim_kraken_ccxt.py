"""The unmodified ccxt.pro Kraken client works against the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from account_cli.simulator import Simulator


@asynccontextmanager
async def client(**options: Any) -> AsyncIterator[tuple[Simulator, Any]]:
    async with Simulator("kraken", history_at_once=True, rate_limit=False, **options) as sim:
        config = {"apiKey": sim.api_key, "secret": sim.secret, "urls": sim.urls, "enableRateLimit": False}
        exchange = ccxt.pro.kraken(config)
        exchange.number = str
        try:
            yield sim, exchange
        finally:
            await exchange.close()
            await asyncio.sleep(0)


async def test_rest_reads() -> None:
    async with client(history_hours=4) as (sim, exchange):
        sim.run_until(sim.now_ns)
        balance = await exchange.fetch_balance()
        for asset, amount in sim.truth_balances().items():
            assert Decimal(balance[asset]["total"]) == amount
        held = {o.symbol for o in sim.world.book.open.values()}
        assert {order["symbol"] for order in await exchange.fetch_open_orders()} == held
        assert len(await exchange.fetch_closed_orders()) == 50
        assert await exchange.fetch_positions() == []
        assert set(await exchange.fetch_tickers()) == {"BTC/USD", "ETH/USD", "ETH/BTC", "DOGE/USD"}
        assert {row["type"] for row in await exchange.fetch_ledger()} <= {"trade", "transaction", "transfer", "staking"}
        assert len(await exchange.fetch_deposits("USD")) >= 1
        assert await exchange.fetch_ohlcv("BTC/USD", "1m")
        assert (await exchange.fetch_status())["status"] == "ok"
        assert abs(await exchange.fetch_time() - exchange.milliseconds()) < 5000
        assert not sim.violations


async def test_all_trades_can_be_walked_by_pages_of_fifty() -> None:
    async with client(history_hours=3) as (sim, exchange):
        found: dict[str, Any] = {}
        while True:
            page = await exchange.fetch_my_trades(params={"ofs": len(found)})
            assert len(page) <= 50
            if not page:
                break
            found |= {trade["id"]: trade for trade in page}
        truth = {fill.id: fill for fill in sim.world.book.fills}
        assert len(truth) > 150
        # ccxt names a trade by postxid where there is no id: the raw rows are keyed by the real one
        assert set(found) <= set(truth)
        assert sum(Decimal(trade["amount"]) for trade in found.values()) == sum(truth[name].quantity for name in found)


async def test_streams_tell_balances_trades_and_orders_as_they_happen() -> None:
    async with client(history_hours=1) as (sim, exchange):
        balance = await asyncio.wait_for(exchange.watch_balance(), 10)
        assert Decimal(balance["BTC"]["total"]) == sim.truth_balances()["BTC"]
        snapshot = await asyncio.wait_for(exchange.watch_my_trades(), 10)
        assert len(snapshot) == 50
        trades = asyncio.ensure_future(exchange.watch_my_trades())
        orders = asyncio.ensure_future(exchange.watch_orders())
        balances = asyncio.ensure_future(exchange.watch_balance())
        await asyncio.sleep(0.1)
        name = sim.burst(3)
        await asyncio.wait_for(asyncio.gather(trades, orders, balances), 10)
        assert {trade["order"] for trade in trades.result()} == {name}
        assert name in {order["id"] for order in orders.result()}
        fills = [fill for fill in sim.world.book.fills if fill.order_id == name]
        assert {trade["id"] for trade in exchange.myTrades} >= {fill.id for fill in fills}
        ticker = await asyncio.wait_for(exchange.watch_ticker("BTC/USD"), 10)
        assert Decimal(ticker["last"]) > 0
        assert not sim.violations


async def test_pings_are_answered_and_the_client_reconnects_after_a_cut() -> None:
    async with client(history_hours=1) as (sim, exchange):
        exchange.streaming["keepAlive"] = 200
        await asyncio.wait_for(exchange.watch_balance(), 10)
        socket = next(client for client in exchange.clients.values() if client.isConnected)
        waiting = asyncio.ensure_future(exchange.watch_balance())
        for _ in range(50):
            await asyncio.sleep(0.1)
            if socket.lastPong and any(r.method == "ping" for r in sim.requests):
                break
        assert any(request.method == "ping" for request in sim.requests)
        sim.drop_connections()
        with pytest.raises(ccxt.NetworkError):
            await asyncio.wait_for(waiting, 10)
        await asyncio.wait_for(exchange.watch_balance(), 10)
