"""Simulated Binance spot: strict as the venue, alike its recorded words, and good for the unmodified ccxt.pro."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from account_cli.simulator import Simulator
from tests.wire.simulator.sim_signed import Caller, calling
from tests.wire.simulator.test_sim_recorded import RECORDED, alike, recorded

BTC = "BTC/USDT"
recorded_only = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded samples at {RECORDED}")


@pytest.fixture
async def spot() -> AsyncIterator[Caller]:
    async with (
        Simulator("binance", history_hours=6, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as made,
    ):
        yield made


@recorded_only
async def test_rest_rows_are_alike(spot: Caller) -> None:
    _, ours = await spot.binance("/api/v3/account")
    theirs = recorded("binance/http_account_response.json")
    alike(ours, theirs)
    alike(ours["balances"][0], theirs["balances"][0])
    alike(ours["commissionRates"], theirs["commissionRates"])
    _, trades = await spot.binance("/api/v3/myTrades", symbol="BTCUSDT")
    alike(trades[0], recorded("binance/http_account_trades_response.json")[0])
    _, orders = await spot.binance("/api/v3/openOrders")
    alike(orders[0], recorded("binance/http_open_orders_response.json")[0])
    _, orders = await spot.binance("/api/v3/allOrders", symbol="BTCUSDT")
    alike(orders[0], recorded("binance/http_all_orders_response.json")[0])


async def subscribed(exchange: Any, sim: Simulator, watch: Any) -> asyncio.Future[Any]:
    watching: asyncio.Future[Any] = asyncio.ensure_future(watch())
    async with asyncio.timeout(10):
        while not any(connection.private for connection in sim.stage.connections):
            await asyncio.sleep(0.02)
    return watching


@pytest.fixture
async def client() -> AsyncIterator[tuple[Simulator, Any]]:
    async with Simulator("binance", history_hours=6, history_at_once=True, speed=None, rate_limit=False) as sim:
        exchange = ccxt.pro.binance(
            {"apiKey": sim.api_key, "secret": sim.secret, "urls": sim.urls, "enableRateLimit": False}
        )
        exchange.options |= {
            "fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, "fetchMargins": False,
            "warnOnFetchOpenOrdersWithoutSymbol": False,
        }  # fmt: skip
        exchange.number = str
        try:
            yield sim, exchange
        finally:
            await exchange.close()
            await asyncio.sleep(0)


async def test_ccxt_reads_what_the_book_says(client: tuple[Simulator, Any]) -> None:
    sim, exchange = client
    totals = (await exchange.fetch_balance())["total"]
    assert {asset: Decimal(total) for asset, total in totals.items()} == sim.truth_balances()
    assert len(await exchange.fetch_open_orders()) == len(sim.world.book.open)
    found: list[Any] = []
    first = 0
    while page := await exchange.fetch_my_trades(BTC, limit=40, params={"fromId": first}):
        found += page
        first = int(page[-1]["id"]) + 1
    assert [trade["id"] for trade in found] == [fill.id for fill in sim.world.book.fills if fill.symbol == BTC]
    entries = sim.world.book.entries
    since = sim.world.start_ns // 1_000_000
    assert len(await exchange.fetch_deposits()) == len([e for e in entries if e.kind == "deposit"])
    assert len(await exchange.fetch_withdrawals()) == len([e for e in entries if e.kind == "withdrawal"])
    swaps = await exchange.fetch_convert_trade_history(None, since)
    assert len(swaps) == len([e for e in entries if e.kind == "conversion"]) / 2
    dust = await exchange.fetch_my_dust_trades(None, since)
    assert len(dust) == len([e for e in entries if e.kind == "dust"]) / 2
    assert sim.violations == []


async def test_ccxt_subscribes_by_signature_and_hears(client: tuple[Simulator, Any]) -> None:
    sim, exchange = client
    watching = await subscribed(exchange, sim, exchange.watch_my_trades)
    name = sim.burst(3)
    trades = await asyncio.wait_for(watching, 10)
    assert {trade["order"] for trade in trades} == {name}
    asked = [request.method for request in sim.requests if request.kind == "WS"]
    assert asked == ["open", "userDataStream.subscribe.signature"]
    assert sim.violations == []


@recorded_only
async def test_frames_are_alike_and_deltas_are_deltas(client: tuple[Simulator, Any]) -> None:
    sim, exchange = client
    watching = await subscribed(exchange, sim, exchange.watch_balance)
    (connection,) = sim.stage.connections
    with sim.world.arithmetic():
        sim.world.move("deposit", "BTC", Decimal("0.001"))
    sim.burst(1)
    waiting = [json.loads(str(connection.outgoing.get_nowait())) for _ in range(connection.outgoing.qsize())]
    watching.cancel()
    sent = [frame for frame in waiting if "event" in frame]  # the answer to the subscription may still be among them
    events = [frame["event"] for frame in sent]
    report = recorded("binance/ws_execution_report_wrapped.json")
    assert set(sent[0]) == set(report)
    reports = [event for event in events if event["e"] == "executionReport"]
    assert {event["x"] for event in reports} == {"NEW", "TRADE"}
    for event in reports:
        alike(event, report["event"])
    position = recorded("binance/ws_account_position_wrapped.json")["event"]
    for event in events:
        if event["e"] == "outboundAccountPosition":
            alike(event, position)
            alike(event["B"][0], position["B"][0])
    (delta,) = [event for event in events if event["e"] == "balanceUpdate"]
    alike(delta, recorded("binance/ws_balance_update.json"))
    assert delta["d"] == "0.00100000"


async def test_what_is_wrong_is_refused_in_the_venues_words(spot: Caller) -> None:
    for wanted, told in (
        (-2015, await spot.binance("/api/v3/account", key="nobody")),
        (-1022, await spot.binance("/api/v3/account", secret="x")),
        (-1021, await spot.binance("/api/v3/account", shift_ms=-60_000)),
        (-1021, await spot.binance("/api/v3/account", shift_ms=5_000)),
        (-1102, await spot.binance("/api/v3/myTrades")),
        (-1121, await spot.binance("/api/v3/myTrades", symbol="NOSUCH")),
        (-1128, await spot.binance("/api/v3/myTrades", symbol="BTCUSDT", fromId="1", startTime="1")),
        (-1127, await spot.binance("/api/v3/myTrades", symbol="BTCUSDT", startTime="1", endTime="86400002")),
        (-1130, await spot.binance("/api/v3/myTrades", symbol="BTCUSDT", limit="1001")),
        (-1102, await spot.binance("/sapi/v1/convert/tradeFlow")),
        (-1102, await spot.binance("/sapi/v1/asset/transfer")),
    ):
        assert told[1]["code"] == wanted
    assert spot.sim.violations == []


@pytest.mark.violates
async def test_writes_and_unknown_paths_are_refused_and_remembered(spot: Caller) -> None:
    for method, path in (("POST", "/api/v3/order"), ("POST", "/sapi/v1/asset/transfer"), ("GET", "/api/v3/nothing")):
        status, told = await spot.binance(path, method=method)
        assert status in {401, 404}
        assert told["code"] < 0
    assert [request.write for request in spot.sim.violations] == [True, True, False]


async def test_beyond_the_weight_of_a_minute_comes_429_then_418_each_with_its_wait() -> None:
    async with Simulator("binance", history_hours=0.1, history_at_once=True, speed=None) as sim, calling(sim) as caller:
        sim.stage.wall_ns = lambda: 1_790_000_000_000_000_000  # the minute does not end
        statuses: list[int] = []
        while 418 not in statuses:
            async with caller.session.get(sim.url + "/api/v3/exchangeInfo") as response:
                statuses.append(response.status)
                assert ("Retry-After" in response.headers) == (response.status != 200)
        assert statuses.count(200) == 6000 // 20
        assert statuses.count(429) == 20
        async with caller.session.get(sim.url + "/sapi/v1/asset/dribblet") as response:
            assert response.status == 401, "sapi has a budget of its own"
