"""Every fault changes how the truth is told, and can be pulled from Python and from the control plane."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from account_cli.simulator import Simulator
from tests.wire.simulator.sim_signed import Caller, calling, read


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        Simulator("kraken", history_hours=1, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as made,
    ):
        yield made


async def executions(caller: Caller) -> aiohttp.ClientWebSocketResponse:
    socket = await caller.session.ws_connect(caller.sim.url + "/ws-auth/v2")
    token = (await caller.kraken("GetWebSocketsToken"))["result"]["token"]
    params = {"channel": "executions", "token": token, "snap_orders": False}
    await socket.send_json({"method": "subscribe", "params": params, "req_id": 1})
    assert json.loads(await socket.receive_str())["channel"] == "status"
    assert read(await socket.receive_str(timeout=5))["req_id"] == 1
    return socket


async def frames(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[Any]:
    found: list[Any] = []
    while len(found) < count:
        frame = read(await socket.receive_str(timeout=5))
        if frame.get("channel") == "executions":
            found.append(frame)
    return found


async def test_cut_connections_end_without_a_closing_frame(caller: Caller) -> None:
    socket = await executions(caller)
    caller.sim.drop_connections()
    message = await socket.receive(timeout=5)
    assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSING}


async def test_a_silent_stream_still_answers_pings_and_what_it_swallowed_shows_in_the_sequence(caller: Caller) -> None:
    socket = await executions(caller)
    caller.sim.silence(True)
    caller.sim.burst(2)
    await socket.send_json({"method": "ping", "req_id": 5})
    assert read(await socket.receive_str(timeout=5))["method"] == "pong"
    caller.sim.silence(False)
    caller.sim.burst(1)
    assert (await frames(socket, 1))[0]["sequence"] == 6


async def test_the_next_subscription_is_refused_once(caller: Caller) -> None:
    caller.sim.reject_next_subscription("EAccount:Invalid permissions")
    socket = await caller.session.ws_connect(caller.sim.url + "/ws-auth/v2")
    token = (await caller.kraken("GetWebSocketsToken"))["result"]["token"]
    await socket.receive_str()
    for success in (False, True):
        params = {"channel": "balances", "token": token}
        await socket.send_json({"method": "subscribe", "params": params, "req_id": 1})
        assert read(await socket.receive_str(timeout=5))["success"] is success


async def test_frames_are_doubled_and_broken(caller: Caller) -> None:
    socket = await executions(caller)
    caller.sim.duplicate_frames(2)
    caller.sim.burst(1)
    assert [frame["sequence"] for frame in await frames(socket, 6)] == [1, 1, 2, 2, 3, 4]
    caller.sim.malformed_frame()
    broken = await socket.receive_str(timeout=5)
    with pytest.raises(ValueError):
        read(broken)


async def test_an_orders_last_word_and_last_trade_can_share_a_frame(caller: Caller) -> None:
    socket = await executions(caller)
    caller.sim.mix_frames(True)
    caller.sim.burst(2)
    told = await frames(socket, 4)
    assert [[row["exec_type"] for row in frame["data"]] for frame in told] == [
        ["pending_new"], ["new"], ["trade"], ["filled", "trade"],
    ]  # fmt: skip


async def test_http_faults_are_played_as_often_as_asked(caller: Caller) -> None:
    url = caller.sim.url + "/0/public/Time"
    for kind, status in (("429", 429), ("503html", 503)):
        caller.sim.http_fault(2, kind)  # type: ignore[arg-type]
        statuses = []
        for _ in range(3):
            async with caller.session.get(url) as response:
                statuses.append(response.status)
        assert statuses == [status, status, 200]
    caller.sim.http_fault(1, "badjson")
    async with caller.session.get(url) as response:
        with pytest.raises(ValueError):
            json.loads(await response.text())
    caller.sim.http_fault(1, "timeout")
    with pytest.raises(asyncio.TimeoutError):
        await caller.session.get(url, timeout=aiohttp.ClientTimeout(total=0.3))
    assert (await caller.get("/0/public/Time"))["error"] == []


async def test_rest_lags_while_the_stream_does_not(caller: Caller) -> None:
    socket = await executions(caller)
    before = (await caller.kraken("BalanceEx"))["result"]
    count = (await caller.kraken("TradesHistory"))["result"]["count"]
    caller.sim.rest_lag(3600)
    caller.sim.burst(3)
    assert len(await frames(socket, 6)) == 6
    assert (await caller.kraken("BalanceEx"))["result"] == before
    assert (await caller.kraken("TradesHistory"))["result"]["count"] == count
    caller.sim.rest_lag(0)
    assert (await caller.kraken("TradesHistory"))["result"]["count"] == count + 3


async def post(caller: Caller, path: str) -> tuple[int, str]:
    async with caller.session.post(f"{caller.sim.url}/control/{path}") as response:
        return response.status, await response.text()


async def test_the_control_plane_tells_the_truth_and_pulls_the_strings(caller: Caller) -> None:
    sim = caller.sim
    async with caller.session.get(sim.url + "/control/truth?account=main") as response:
        assert await response.text() == sim.truth("main")
    balances = await caller.get("/control/balances")
    assert set(balances["balances"]) == set(sim.truth_balances())
    fills = len(sim.world.book.fills)
    assert (await post(caller, "burst?n=5"))[0] == 200
    assert len(sim.world.book.fills) == fills + 5
    now = sim.now_ns
    assert (await post(caller, "advance?hours=0.5"))[0] == 200
    assert sim.now_ns >= now + 1800 * 10**9 - 10**9
    assert (await post(caller, "fault/silence?on=1"))[0] == 200
    assert sim.stage.faults.delivery.silent
    assert (await post(caller, "fault/http_fault?n=1&kind=no"))[0] == 400
    assert (await post(caller, "fault/nothing"))[0] == 400
    await caller.kraken("BalanceEx")
    requests = await caller.get("/control/requests")
    assert [request["path"] for request in requests] == ["/0/private/BalanceEx"]
    assert (await caller.get("/control/status"))["violations"] == 0
