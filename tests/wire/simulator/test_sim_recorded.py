"""Answers and frames have the keys and JSON types of recorded ones; what differs is named and documented."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from account_cli.simulator import Simulator
from tests.wire.simulator.sim_signed import Caller, calling

RECORDED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "recorded"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded samples at {RECORDED}")


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text())


def kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "number"


def alike(ours: dict[str, Any], theirs: dict[str, Any], *, more: Iterable[str] = (), fewer: Iterable[str] = ()) -> None:
    """Same keys and JSON types; ``more`` are documented keys the sample lacks, ``fewer`` documented as conditional."""
    assert set(ours) - set(theirs) <= set(more)
    assert set(theirs) - set(ours) <= set(fewer)
    for key in set(ours) & set(theirs):
        kinds = {kind(ours[key]), kind(theirs[key])}
        assert len(kinds - {"null"}) <= 1, (key, ours[key], theirs[key])


def first(rows: dict[str, Any]) -> Any:
    return next(iter(rows.values()))


@pytest.fixture
async def kraken() -> AsyncIterator[Caller]:
    async with (
        Simulator("kraken", history_hours=3, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as made,
    ):
        yield made


async def test_kraken_rest_rows(kraken: Caller) -> None:
    alike(await kraken.get("/0/public/Time"), recorded("kraken/http_server_time.json"))
    pairs = (await kraken.get("/0/public/AssetPairs"))["result"]
    alike(first(pairs), first(recorded("kraken/http_asset_pairs.json")["result"]))
    for ours, theirs in zip(pairs["XXBTZUSD"]["fees"][0], [0, 0.4], strict=True):
        assert kind(ours) == kind(theirs)
    balance = await kraken.kraken("Balance")
    assert {kind(v) for v in balance["result"].values()} == {
        kind(v) for v in recorded("kraken/http_spot_balance.json")["result"].values()
    }
    trades, sample = await kraken.kraken("TradesHistory", ledgers="true"), recorded("kraken/http_trades_history.json")
    alike(trades["result"], sample["result"])
    alike(first(trades["result"]["trades"]), first(sample["result"]["trades"]), more=["leverage"])
    closed, sample = await kraken.kraken("ClosedOrders"), recorded("kraken/http_closed_orders.json")
    alike(closed["result"], sample["result"])
    alike(first(closed["result"]["closed"]), first(sample["result"]["closed"]))
    alike(first(closed["result"]["closed"])["descr"], first(sample["result"]["closed"])["descr"])
    kraken.sim.run_until(kraken.sim.now_ns)
    while not kraken.sim.world.book.open:
        await kraken.sim.advance(0.1)
    opened, sample = await kraken.kraken("OpenOrders"), recorded("kraken/http_open_orders.json")
    alike(opened["result"], sample["result"])
    alike(first(opened["result"]["open"]), first(sample["result"]["open"]))


async def test_kraken_acknowledgements(kraken: Caller) -> None:
    socket = await kraken.session.ws_connect(kraken.sim.url + "/ws/v2")
    assert json.loads(await socket.receive_str())["channel"] == "status"
    await socket.send_json({"method": "ping", "req_id": 42})
    alike(json.loads(await socket.receive_str()), recorded("kraken/ws_pong.json"))
    params = {"channel": "ticker", "symbol": ["BTC/USD"]}
    await socket.send_json({"method": "subscribe", "params": params, "req_id": 1})
    ours, theirs = json.loads(await socket.receive_str()), recorded("kraken/ws_subscribe_response.json")
    alike(ours, theirs)
    alike(ours["result"], theirs["result"])


@pytest.fixture
async def binance() -> AsyncIterator[Caller]:
    async with (
        Simulator("binanceusdm", history_hours=3, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as made,
    ):
        yield made


async def test_binance_rest_rows(binance: Caller) -> None:
    _, ours = await binance.binance("/fapi/v2/account")
    theirs = recorded("binanceusdm/http_account_info_v2.json")
    alike(ours, theirs)
    alike(ours["assets"][0], theirs["assets"][0])
    alike(ours["positions"][0], theirs["positions"][0])
    _, balances = await binance.binance("/fapi/v2/balance")
    alike(balances[0], recorded("binanceusdm/http_balance.json")[0])
    _, risks = await binance.binance("/fapi/v2/positionRisk")
    alike(risks[0], recorded("binanceusdm/http_position_risk.json")[0])


async def test_binance_user_data_frames(binance: Caller) -> None:
    key = {"X-MBX-APIKEY": binance.sim.api_key}
    async with binance.session.post(binance.sim.url + "/fapi/v1/listenKey", headers=key) as response:
        listen = (await response.json())["listenKey"]
    socket = await binance.session.ws_connect(f"{binance.sim.url}/private/ws?listenKey={listen}")
    binance.sim.burst(1)
    frames: dict[str, Any] = {}
    while len(frames) < 3:
        frame = json.loads(await socket.receive_str(timeout=10))
        frames[frame["e"] + frame.get("o", {}).get("x", "")] = frame
        frames.pop("TRADE_LITE", None)
        frames.pop("ORDER_TRADE_UPDATECANCELED", None)
    trailing = ["AP", "cr"]  # "only pushed with TRAILING_STOP_MARKET order"
    since = ["pm", "gtd"]  # price match mode and good-till date, in the documentation since 2023
    for name, sample, unpaid in (
        ("ORDER_TRADE_UPDATENEW", "ws_order_update_new", ["n", "N"]),
        ("ORDER_TRADE_UPDATETRADE", "ws_order_update_trade", []),
    ):
        theirs = recorded(f"binanceusdm/{sample}.json")
        alike(frames[name], theirs)
        alike(frames[name]["o"], theirs["o"], more=since, fewer=[*trailing, *unpaid])
    theirs = recorded("binanceusdm/ws_account_update.json")
    ours = frames["ACCOUNT_UPDATE"]
    alike(ours, theirs)
    alike(ours["a"], theirs["a"])
    alike(ours["a"]["B"][0], theirs["a"]["B"][0])
    alike(ours["a"]["P"][0], theirs["a"]["P"][0])
