"""What Kraken refuses, the simulator refuses in the same words; what it pages, it pages alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from account_cli.simulator import Simulator
from tests.wire.simulator.sim_signed import Caller, calling, nonce, read


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        Simulator("kraken", history_hours=3, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as made,
    ):
        yield made


async def test_a_wrong_key_signature_or_nonce_is_refused(caller: Caller) -> None:
    assert (await caller.kraken("BalanceEx", key="someone else"))["error"] == ["EAPI:Invalid key"]
    assert (await caller.kraken("BalanceEx", sign="bm90aGluZw=="))["error"] == ["EAPI:Invalid signature"]
    used = nonce()
    assert (await caller.kraken("BalanceEx", number=used))["error"] == []
    assert (await caller.kraken("BalanceEx", number=used))["error"] == ["EAPI:Invalid nonce"]
    assert (await caller.kraken("BalanceEx", number=str(int(used) - 1)))["error"] == ["EAPI:Invalid nonce"]
    assert (await caller.kraken("BalanceEx"))["error"] == []


async def test_an_unknown_method_is_refused_and_recorded(caller: Caller) -> None:
    assert (await caller.kraken("GiveMeAll"))["error"] == ["EGeneral:Unknown method"]
    assert (await caller.get("/0/public/GiveMeAll"))["error"] == ["EGeneral:Unknown method"]
    assert (await caller.get("/elsewhere"))["error"] == ["EGeneral:Unknown method"]
    assert [request.known for request in caller.sim.violations] == [False, False, False]


async def test_a_writing_method_is_refused_and_recorded(caller: Caller) -> None:
    fills = len(caller.sim.world.book.fills)
    answer = await caller.kraken("AddOrder", pair="XBTUSD", type="buy", ordertype="market", volume="1")
    assert answer["error"] == ["EGeneral:Permission denied"]
    assert (await caller.kraken("Withdraw", asset="XBT", key_name="x", amount="1"))["error"]
    assert [request.write for request in caller.sim.violations] == [True, True]
    assert len(caller.sim.world.book.fills) == fills


async def test_the_key_says_that_it_only_reads(caller: Caller) -> None:
    info = (await caller.kraken("GetApiKeyInfo"))["result"]
    assert info["permissions"]
    assert not {name for name in info["permissions"] if "modify" in name or "withdraw" in name or "close-" in name}


async def walk(caller: Caller, name: str, inside: str, **params: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while True:
        result = (await caller.kraken(name, ofs=str(len(found)), **params))["result"]
        assert len(result[inside]) <= 50
        if not result[inside]:
            assert len(found) == result["count"]
            return found
        found |= result[inside]


async def test_pages_are_of_fifty_newest_first_and_counted(caller: Caller) -> None:
    trades = await walk(caller, "TradesHistory", "trades")
    assert list(trades) == [fill.id for fill in reversed(caller.sim.world.book.fills)]
    ledger = await walk(caller, "Ledgers", "ledger")
    assert list(ledger) == [entry.id for entry in reversed(caller.sim.world.book.entries)]
    closed = await walk(caller, "ClosedOrders", "closed")
    assert [row["closetm"] for row in closed.values()] == sorted((r["closetm"] for r in closed.values()), reverse=True)


async def test_start_is_excluded_and_end_included_by_time_and_by_id(caller: Caller) -> None:
    trades = await walk(caller, "TradesHistory", "trades")
    by_time = sorted({row["time"] for row in trades.values()})
    low, high = by_time[10], by_time[20]
    wanted = [name for name, row in trades.items() if low < row["time"] <= high]
    assert list(await walk(caller, "TradesHistory", "trades", start=str(low), end=str(high))) == wanted
    first = next(name for name, row in trades.items() if row["time"] == low)
    last = next(name for name, row in trades.items() if row["time"] == high)
    assert list(await walk(caller, "TradesHistory", "trades", start=first, end=last)) == wanted


async def test_wrong_arguments_are_refused(caller: Caller) -> None:
    assert (await caller.kraken("TradesHistory", ofs="-1"))["error"] == ["EGeneral:Invalid arguments:ofs"]
    assert (await caller.kraken("Ledgers", asset="NOPE"))["error"] == ["EQuery:Unknown asset"]
    assert (await caller.kraken("QueryTrades", txid=",".join("T" * 21)))["error"]
    assert (await caller.get("/0/public/Ticker", pair="NOPE"))["error"] == ["EQuery:Unknown asset pair"]


async def test_the_ledger_carries_the_real_fees_and_a_running_balance(caller: Caller) -> None:
    ledger = await walk(caller, "Ledgers", "ledger")
    held: dict[str, Decimal] = {}
    for row in reversed(ledger.values()):
        held[row["asset"]] = held.get(row["asset"], Decimal(0)) + Decimal(row["amount"]) - Decimal(row["fee"])
        assert held[row["asset"]] == Decimal(row["balance"])
    balances = (await caller.kraken("BalanceEx"))["result"]
    assert {asset: Decimal(row["balance"]) for asset, row in balances.items()} == held
    trades = await walk(caller, "TradesHistory", "trades", ledgers="true")
    fees = {row["asset"] for row in ledger.values() if row["type"] == "trade" and Decimal(row["fee"])}
    assert {"ZUSD", "XXBT", "KFEE"} <= fees
    for name, row in trades.items():
        assert all(ledger[line]["refid"] == name for line in row["ledgers"])
        assert Decimal(row["fee"]) > 0


async def test_history_costs_two_and_the_counter_decays(caller: Caller) -> None:
    caller.sim.stage.rate_limit = True
    answers = [await caller.kraken("TradesHistory") for _ in range(12)]
    refused = [answer for answer in answers if answer["error"]]
    assert refused
    assert refused[0]["error"] == ["EAPI:Rate limit exceeded"]
    assert not answers[0]["error"]


class Socket:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.skipped: list[Any] = []

    async def send(self, **message: object) -> None:
        await self.socket.send_json(message)

    async def next(self, **wanted: object) -> Any:
        """The first frame like this, among those skipped before too."""
        for frame in self.skipped:
            if wanted and all(frame.get(key) == value for key, value in wanted.items()):
                self.skipped.remove(frame)
                return frame
        async with asyncio.timeout(10):
            while True:
                frame = read(await self.socket.receive_str())
                if all(frame.get(key) == value for key, value in wanted.items()):
                    return frame
                self.skipped.append(frame)


async def connected(caller: Caller, path: str = "/ws-auth/v2") -> Socket:
    return Socket(await caller.session.ws_connect(caller.sim.url + path))


async def token(caller: Caller) -> str:
    result = (await caller.kraken("GetWebSocketsToken"))["result"]
    assert result["expires"] == 900
    return str(result["token"])


async def test_a_private_channel_wants_a_living_token_and_the_private_address(caller: Caller) -> None:
    socket = await connected(caller)
    assert (await socket.next())["channel"] == "status"
    await socket.send(method="subscribe", params={"channel": "balances", "token": "invented"}, req_id=1)
    assert (await socket.next(req_id=1))["error"] == "ESession:Invalid session"
    mine = await token(caller)
    caller.sim.expire_session()
    await socket.send(method="subscribe", params={"channel": "balances", "token": mine}, req_id=2)
    assert (await socket.next(req_id=2))["error"] == "ESession:Invalid session"
    public = await connected(caller, "/ws/v2")
    await public.send(method="subscribe", params={"channel": "balances", "token": await token(caller)}, req_id=3)
    assert (await public.next(req_id=3))["success"] is False
    await socket.send(method="add_order", params={"token": await token(caller)}, req_id=4)
    assert (await socket.next(req_id=4))["error"] == "EGeneral:Permission denied"
    assert [request.method for request in caller.sim.violations] == ["add_order"]
    assert not any(mine in str(request.params) for request in caller.sim.requests)


async def test_frames_are_acknowledged_numbered_and_digit_exact(caller: Caller) -> None:
    socket = await connected(caller)
    await socket.send(method="ping", req_id=9)
    assert set(await socket.next(method="pong")) == {"method", "req_id", "time_in", "time_out"}
    await socket.send(
        method="subscribe",
        req_id=10,
        params={"channel": "executions", "token": await token(caller), "snap_trades": True, "snap_orders": True},
    )
    acknowledged = await socket.next(req_id=10)
    assert acknowledged["success"] is True
    assert acknowledged["result"]["snap_trades"] is True
    trades = await socket.next(channel="executions", sequence=1)
    assert [row["exec_id"] for row in trades["data"]] == [f.id for f in caller.sim.world.book.fills[-50:][::-1]]
    assert len((await socket.next(channel="executions", sequence=2))["data"]) == len(caller.sim.world.book.open)
    await socket.send(method="subscribe", req_id=11, params={"channel": "balances", "token": await token(caller)})
    held = await socket.next(channel="balances", sequence=1)
    assert {row["asset"]: row["balance"] for row in held["data"]} == caller.sim.truth_balances()
    name = caller.sim.burst(2)
    steps = [(await socket.next(channel="executions", sequence=n))["data"][0] for n in range(3, 8)]
    assert [step["exec_type"] for step in steps] == ["pending_new", "new", "trade", "trade", "filled"]
    fills = [fill for fill in caller.sim.world.book.fills if fill.order_id == name]
    assert [step["fees"][0]["qty"] for step in steps[2:4]] == [fill.fee for fill in fills]
    assert [step["last_qty"] for step in steps[2:4]] == [fill.quantity for fill in fills]
    moved = (await socket.next(channel="balances", sequence=3))["data"]
    assert {row["asset"]: row["balance"] for row in moved}.items() <= caller.sim.truth_balances().items()
    assert await socket.next(channel="heartbeat")


async def test_rest_and_stream_tell_the_same_time(caller: Caller) -> None:
    socket = await connected(caller)
    await socket.send(
        method="subscribe", params={"channel": "executions", "token": await token(caller), "snap_trades": True}
    )
    frame = await socket.next(channel="executions", sequence=1)
    trades = await walk(caller, "TradesHistory", "trades")
    for row in frame["data"]:
        digits = str(trades[row["exec_id"]]["time"]).partition(".")[2]
        assert row["timestamp"].partition(".")[2].rstrip("Z").rstrip("0") == digits
