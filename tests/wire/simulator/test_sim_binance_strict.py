"""What Binance refuses, the simulator refuses with the same numbers; its windows and limits hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from account_cli.simulator import Simulator
from tests.wire.simulator.sim_signed import Caller, calling, read

TRADES = "/fapi/v1/userTrades"
INCOME = "/fapi/v1/income"
DAY = 86_400_000


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        Simulator("binanceusdm", history_hours=6, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as made,
    ):
        yield made


async def test_key_signature_and_clock_are_checked(caller: Caller) -> None:
    path = "/fapi/v3/account"
    assert (await caller.binance(path))[0] == 200
    assert (await caller.binance(path, key="other"))[1]["code"] == -2015
    assert (await caller.binance(path, headers={}))[1]["code"] == -2014
    assert (await caller.binance(path, secret="wrong"))[1]["code"] == -1022
    assert (await caller.binance(path, shift_ms=-6000))[1]["code"] == -1021
    assert (await caller.binance(path, shift_ms=-6000, recvWindow="10000"))[0] == 200
    assert (await caller.binance(path, shift_ms=2000))[1]["code"] == -1021
    assert (await caller.binance(path, recvWindow="70000"))[1]["code"] == -1131


async def test_unknown_and_writing_endpoints_are_refused_and_recorded(caller: Caller) -> None:
    assert (await caller.binance("/fapi/v1/everything"))[0] == 404
    status, answer = await caller.binance("/fapi/v1/order", method="POST", symbol="BTCUSDT", side="BUY")
    assert (status, answer["code"]) == (401, -2015)
    assert (await caller.binance("/sapi/v1/capital/withdraw/apply", method="POST"))[0] == 401
    assert [(r.known, r.write) for r in caller.sim.violations] == [(False, False), (False, True), (False, True)]


async def test_the_key_says_that_it_only_reads(caller: Caller) -> None:
    _, info = await caller.binance("/sapi/v1/account/apiRestrictions")
    assert info["enableReading"] is True
    granted = {name for name, value in info.items() if name.startswith(("enable", "permits")) and value is True}
    assert granted == {"enableReading", "enableFixReadOnly"}


async def test_trades_want_a_symbol_a_limit_and_a_week_at_most(caller: Caller) -> None:
    assert (await caller.binance(TRADES))[1]["code"] == -1102
    assert (await caller.binance(TRADES, symbol="NOPE"))[1]["code"] == -1121
    assert (await caller.binance(TRADES, symbol="BTCUSDT", limit="1001"))[1]["code"] == -1130
    assert (await caller.binance(TRADES, symbol="BTCUSDT", fromId="1", startTime="1"))[1]["code"] == -1128
    now = time.time_ns() // 1_000_000
    _, refused = await caller.binance(TRADES, symbol="BTCUSDT", startTime=str(now - 8 * DAY), endTime=str(now))
    assert refused["code"] == -4165
    assert (await caller.binance(TRADES, symbol="BTCUSDT", startTime=str(now - 8 * DAY)))[1] == []


async def test_trades_come_in_rising_order_oldest_with_a_start_newest_without(caller: Caller) -> None:
    mine = [fill.number for fill in caller.sim.world.book.fills if fill.symbol == "BTC/USDT:USDT"]
    _, newest = await caller.binance(TRADES, symbol="BTCUSDT", limit="10")
    assert [row["id"] for row in newest] == mine[-10:]
    start = str(caller.sim.world.start_ns // 1_000_000)
    _, oldest = await caller.binance(TRADES, symbol="BTCUSDT", limit="10", startTime=start)
    assert [row["id"] for row in oldest] == mine[:10]
    _, after = await caller.binance(TRADES, symbol="BTCUSDT", limit="10", fromId=str(mine[5]))
    assert [row["id"] for row in after] == mine[5:15]


async def test_income_adds_up_to_the_wallet(caller: Caller) -> None:
    held: dict[str, Decimal] = {}
    page, rows = 1, []
    start = str(caller.sim.world.start_ns // 1_000_000)
    while True:
        _, found = await caller.binance(INCOME, limit="1000", page=str(page), startTime=start)
        rows += found
        page += 1
        if len(found) < 1000:
            break
    for row in rows:
        held[row["asset"]] = held.get(row["asset"], Decimal(0)) + Decimal(row["income"])
    assert held == caller.sim.truth_balances()
    assert {row["incomeType"] for row in rows} == {"TRANSFER", "REALIZED_PNL", "COMMISSION", "FUNDING_FEE"}
    assert (await caller.binance(INCOME, limit="1001"))[1]["code"] == -1130
    assert (await caller.binance(INCOME, incomeType="GIFT"))[1]["code"] == -1130
    assert len((await caller.binance(INCOME))[1]) == 100


async def test_orders_are_listed_by_id_and_forgotten_when_cancelled_long_ago(caller: Caller) -> None:
    symbol = "ETH/USDT:USDT"
    mine = [order for order in caller.sim.world.book.orders.values() if order.symbol == symbol]
    _, rows = await caller.binance("/fapi/v1/allOrders", symbol="ETHUSDT", orderId=str(mine[3].number), limit="5")
    assert [row["orderId"] for row in rows] == [order.number for order in mine[3:8]]
    assert (await caller.binance("/fapi/v1/allOrders"))[1]["code"] == -1102
    assert (await caller.binance("/fapi/v1/order", symbol="ETHUSDT", orderId="1"))[1]["code"] == -2013


async def test_weights_are_told_and_beyond_the_limit_refused(caller: Caller) -> None:
    caller.sim.stage.rate_limit = True
    async with caller.session.get(caller.sim.url + "/fapi/v1/time") as response:
        assert int(response.headers["X-MBX-USED-WEIGHT-1M"]) >= 1
    statuses = []
    for _ in range(140):
        async with caller.session.get(caller.sim.url + "/fapi/v1/ticker/24hr") as response:
            statuses.append(response.status)
            waits = response.headers.get("Retry-After")
    assert 429 in statuses
    assert statuses[-1] in {418, 429, 200}
    assert waits is None or int(waits) >= 1


async def test_a_stream_of_an_unknown_key_hears_nothing_and_an_expired_one_is_told(caller: Caller) -> None:
    key = {"X-MBX-APIKEY": caller.sim.api_key}
    async with caller.session.post(caller.sim.url + "/fapi/v1/listenKey") as response:
        assert response.status == 401
    async with caller.session.post(caller.sim.url + "/fapi/v1/listenKey", headers=key) as response:
        listen = str(read(await response.text())["listenKey"])
    deaf = await caller.session.ws_connect(f"{caller.sim.url}/private/ws?listenKey=invented")
    mine = await caller.session.ws_connect(f"{caller.sim.url}/private/ws?listenKey={listen}")
    caller.sim.burst(1)
    kinds: list[str] = []
    while kinds[-3:] != ["TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]:
        kinds.append(read(await mine.receive_str(timeout=10))["e"])
    caller.sim.expire_session()
    assert read(await mine.receive_str(timeout=10))["e"] == "listenKeyExpired"
    caller.sim.burst(1)
    for socket in (mine, deaf):
        with pytest.raises(asyncio.TimeoutError):
            await socket.receive_str(timeout=0.3)
    assert not any(listen in str(request.params) for request in caller.sim.requests)
