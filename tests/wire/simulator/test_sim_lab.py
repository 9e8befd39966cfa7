"""What the lab switches on happens on the wire, and what it switches off is off."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from account_cli.simulator import Simulator
from account_cli.simulator.delivery import Delivery, Text
from account_cli.simulator.lab import FAULTS, Fault, damage
from account_cli.simulator.lab.schedule import names_for, planned, play
from tests.wire.simulator.sim_signed import Caller, calling, read

VENUES = ("kraken", "binance", "binanceusdm")
FRAME = '{"channel":"executions","type":"update","data":[{"exec_type":"trade","last_qty":0.00000010,"side":"buy"}]}'


@pytest.mark.parametrize("venue", VENUES)
async def test_what_lasts_leaves_nothing_switched_on_when_it_ends(venue: str) -> None:
    lasting = [name for name in names_for(venue) if FAULTS[name].end]
    assert len(lasting) > 10
    for name in lasting:
        async with Simulator(venue, history_hours=0.2, history_at_once=True, speed=None) as sim:
            before = dataclasses.replace(sim.stage.faults, steps={})
            await play(sim, [planned(f"{name}@for=0.01s", venue)])
            after = dataclasses.replace(sim.stage.faults, steps={})
            assert (after, sim.frozen) == (before, False), name
            assert sim.stage.faults.delivery == Delivery(source=sim.stage.faults.delivery.source), name


@pytest.mark.parametrize("venue", VENUES)
async def test_no_fault_fails_when_nobody_is_connected(venue: str) -> None:
    async with Simulator(venue, history_hours=1, history_at_once=True, speed=None) as sim:
        for name in names_for(venue, forgetting=True):
            fault = FAULTS[name]
            assert isinstance(fault, Fault)
            fault.begin(sim)
            if fault.end is not None:
                fault.end(sim)


async def left(delivery: Delivery, texts: list[str], *, wait: int) -> list[Text]:
    """Return what leaves when these frames are sent, as soon as so many have."""
    out: list[Text] = []
    for text in texts:
        delivery.send(text, out.append)
    async with asyncio.timeout(10):
        while len(out) < wait:
            await asyncio.sleep(0.01)
    return out


async def test_frames_leave_late_again_shuffled_or_never() -> None:
    texts = [str(number) for number in range(40)]
    assert await left(Delivery(), texts, wait=40) == texts
    assert await left(Delivery(lost=3), texts, wait=37) == texts[3:]
    assert await left(Delivery(late=2, late_s=0.05), texts, wait=40) == [*texts[2:], *texts[:2]]
    assert await left(Delivery(duplicates=2), texts[:3], wait=5) == ["0", "0", "1", "1", "2"]
    assert await left(Delivery(doubled=True), texts[:2], wait=4) == ["0", "0", "1", "1"]
    shuffled = await left(Delivery(window_s=0.05), texts, wait=40)
    assert shuffled != texts
    assert sorted(map(str, shuffled), key=int) == texts
    echoed = await left(Delivery(echoes=5, late_s=0.05), texts, wait=45)
    assert len(echoed) > len(set(echoed)) == 40
    assert await left(Delivery(silent=True), texts, wait=0) == []


def test_a_damaged_frame_differs_in_one_place_and_keeps_its_digits() -> None:
    for seed in range(200):
        source = random.Random(seed)
        assert FRAME.startswith(damage.cut_off(FRAME, source))
        with pytest.raises(UnicodeDecodeError):
            damage.not_utf8(FRAME, source).decode()
        for how in (damage.null_field, damage.dropped_field, damage.renamed_field, damage.unknown_word):
            made = how(FRAME, source)
            assert json.loads(made) != json.loads(FRAME)
            assert "last_qty" not in made or '"last_qty":null' in made or "0.00000010" in made
        assert "no_such_word" in damage.unknown_word(FRAME, source)


async def _asked(caller: Caller) -> Any:
    """Ask for the trades and return the text of the answer and its status."""
    async with caller.session.get(caller.sim.url + "/0/public/Time") as response:
        return response.status, dict(response.headers), await response.text()


async def _packed(caller: Caller) -> None:
    caller.sim.http_fault(1, "gzip")
    _, _, cut = await _asked(caller)
    assert len(cut) < len((await _asked(caller))[2])


async def _refused(caller: Caller) -> None:
    caller.sim.http_fault(1, "429bare")
    status, headers, _ = await _asked(caller)
    assert (status, "Retry-After" in headers) == (429, False)


async def _gateway(caller: Caller) -> None:
    caller.sim.http_fault(1, "502html")
    status, _, body = await _asked(caller)
    assert status == 502
    assert len(body) > 90_000


async def _error(caller: Caller) -> None:
    caller.sim.http_fault(1, "error")
    status, _, body = await _asked(caller)
    answer = json.loads(body)
    assert (status, answer["error"]) == (200, ["EService:Busy"])
    assert answer["result"], "an error with a result beside it"


async def _nonces(caller: Caller) -> None:
    caller.sim.stage.faults.nonces = 1
    assert (await caller.kraken("Balance"))["error"] == ["EAPI:Invalid nonce"]
    assert not (await caller.kraken("Balance"))["error"]
    caller.sim.stage.faults.nonce_ahead = 10**18
    assert (await caller.kraken("Balance"))["error"] == ["EAPI:Invalid nonce"]
    caller.sim.stage.faults.nonce_ahead = 0
    assert not (await caller.kraken("Balance"))["error"]


async def _pages(caller: Caller) -> None:
    caller.sim.burst(60)
    whole = list((await caller.kraken("TradesHistory"))["result"]["trades"])
    caller.sim.stage.faults.pages.extend(["short", "reversed", "empty"])
    assert list((await caller.kraken("TradesHistory"))["result"]["trades"]) == whole[:25]
    assert list((await caller.kraken("TradesHistory"))["result"]["trades"]) == whole[::-1]
    told = (await caller.kraken("TradesHistory"))["result"]
    assert (told["trades"], int(told["count"]) > 60) == ({}, True)
    assert list((await caller.kraken("TradesHistory"))["result"]["trades"]) == whole


async def _dials(caller: Caller) -> None:
    caller.sim.stage.faults.dials = (1, 60.0)
    await caller.session.ws_connect(caller.sim.url + "/ws-auth/v2")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await caller.session.ws_connect(caller.sim.url + "/ws-auth/v2")
    assert refused.value.status == 429
    caller.sim.stage.faults.dials, caller.sim.stage.faults.handshake = None, "403"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await caller.session.ws_connect(caller.sim.url + "/ws-auth/v2")
    assert refused.value.status == 403


async def _sequence(caller: Caller) -> None:
    socket = await caller.session.ws_connect(caller.sim.url + "/ws-auth/v2")
    token = (await caller.kraken("GetWebSocketsToken"))["result"]["token"]
    params = {"channel": "executions", "token": token, "snap_orders": False}
    await socket.send_json({"method": "subscribe", "params": params, "req_id": 1})
    async with asyncio.timeout(10):
        while "result" not in read(await socket.receive_str()):
            continue
    numbers = []
    for skipped in (0, 2, -1):
        caller.sim.stage.faults.skipped = skipped
        caller.sim.burst(1)
        async with asyncio.timeout(10):
            while "sequence" not in (frame := read(await socket.receive_str())):
                continue
        numbers.append(frame["sequence"])
        async with asyncio.timeout(10):  # pending, new, trade and the order's end are a frame each
            for _ in range(3):
                await socket.receive_str()
    assert numbers == [1, 7, 1]


WIRE: tuple[Callable[[Caller], Awaitable[None]], ...] = (
    *(_packed, _refused, _gateway, _error, _nonces, _pages, _dials, _sequence),
)


@pytest.mark.parametrize("look", WIRE, ids=lambda look: look.__name__)
async def test_it_happens_on_the_wire(look: Callable[[Caller], Awaitable[None]]) -> None:
    async with (
        Simulator("kraken", history_hours=1, history_at_once=True, speed=None, rate_limit=False) as sim,
        calling(sim) as caller,
    ):
        await look(caller)
