"""A simulator says how to reach it, catches up with the wall, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import random
import time
import tomllib
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.pro
import pytest
from ccxt.base.errors import DDoSProtection, RateLimitExceeded

from account_cli.errors import InputError
from account_cli.simulator import NAMES, Simulator
from account_cli.simulator.serve import serve
from account_cli.simulator.wire import dumps


def addresses(value: object, at: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in addresses(item, f"{at}.{key}").items()}
    assert isinstance(value, str)
    return {at: value}


@pytest.mark.parametrize("venue", NAMES)
async def test_every_address_of_the_ccxt_class_is_turned_to_loopback(venue: str) -> None:
    async with Simulator(venue, history_hours=0.1) as sim:
        ours, theirs = addresses(sim.urls["api"]), addresses(getattr(ccxt.pro, venue)().urls["api"])
        assert set(theirs) <= set(ours)
        assert all(address.partition("://")[2].startswith(f"127.0.0.1:{sim.port}") for address in ours.values())


@pytest.mark.parametrize("venue", NAMES)
async def test_the_config_section_says_the_same(venue: str) -> None:
    async with Simulator(venue, history_hours=0.1) as sim:
        section = tomllib.loads(sim.config_toml("main"))["accounts"]["main"]
        assert section == {"exchange": venue, "api_key": sim.api_key, "secret": sim.secret, "urls": sim.urls}


async def test_the_world_catches_up_with_the_wall_and_goes_on() -> None:
    async with Simulator("kraken", history_hours=0.5, speed=3600.0) as sim:
        for _ in range(200):
            await asyncio.sleep(0.05)
            if time.time_ns() - sim.now_ns < 10**9:
                break
        seen = sim.now_ns
        assert time.time_ns() - seen < 5 * 10**9
        await asyncio.sleep(0.3)
        assert seen < sim.now_ns <= time.time_ns()


async def test_without_a_speed_nothing_moves_by_itself() -> None:
    async with Simulator("binanceusdm", history_hours=1, speed=None) as sim:
        start = sim.now_ns
        await asyncio.sleep(0.2)
        assert sim.now_ns == start
        await sim.advance(hours=1)
        assert sim.now_ns == start + 3600 * 10**9


async def test_a_client_that_leaves_while_a_long_frame_is_sent_leaves_no_failure_that_nobody_heard() -> None:
    trouble: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
    async with Simulator("kraken", history_hours=0.1) as sim, aiohttp.ClientSession() as session:
        client = await session.ws_connect(f"{sim.url}/ws/v2", compress=15)
        (connection,) = sim.stage.connections
        connection.outgoing.put_nowait(random.Random(1).randbytes(2_000_000).hex())
        await asyncio.sleep(0.01)
        client._response.close()  # without a word: a peer that died
        while sim.stage.connections:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        gc.collect()
    assert not trouble


async def test_stopping_leaves_no_task() -> None:
    sim = Simulator("kraken", history_hours=0.1)
    await sim.start()
    await sim.stop()
    await sim.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_serving_alone_prints_the_config_first_and_ends_when_told() -> None:
    texts: list[str] = []
    stop = asyncio.Event()

    def emit(text: str) -> None:
        texts.append(text)
        if len(texts) == 2:
            stop.set()

    await asyncio.wait_for(serve("kraken", 7, 0, 60.0, emit, stop, account="mine"), 10)
    assert tomllib.loads(texts[0])["accounts"]["mine"]["exchange"] == "kraken"
    assert "\n\n" not in texts[0], "who reads it from a pipe stops at the first empty line"
    assert texts[0].endswith("\n")
    assert "/control/truth" in texts[1]


async def test_whoever_asks_first_finds_the_account_funded_however_slowly_the_world_goes() -> None:
    texts: list[str] = []
    stop = asyncio.Event()
    serving = asyncio.ensure_future(serve("kraken", 7, 0, None, texts.append, stop, account="mine"))
    while len(texts) < 2:
        await asyncio.sleep(0.01)
    account = tomllib.loads(texts[0])["accounts"]["mine"]
    client = ccxt.pro.kraken({"apiKey": account["api_key"], "secret": account["secret"]})
    client.urls["api"] = account["urls"]["api"]
    try:
        held = await client.private_post_balance()
    finally:
        await client.close()
        stop.set()
        await serving
    assert Decimal(held["result"]["XXBT"]) > 0


@pytest.mark.parametrize("limits", [True, False])
async def test_an_exchange_without_limits_says_so_and_refuses_no_number_of_requests(limits: bool) -> None:
    texts: list[str] = []
    answers: list[str] = []
    stop = asyncio.Event()

    def emit(text: str) -> None:
        texts.append(text)

    serving = asyncio.ensure_future(serve("kraken", 7, 0, 60.0, emit, stop, account="mine", limits=limits))
    while len(texts) < 2:
        await asyncio.sleep(0.01)
    account = tomllib.loads(texts[0])["accounts"]["mine"]
    client = ccxt.pro.kraken({"apiKey": account["api_key"], "secret": account["secret"], "enableRateLimit": False})
    client.urls["api"] = account["urls"]["api"]
    try:
        for _ in range(40):
            try:
                await client.private_post_balanceex()
            except (DDoSProtection, RateLimitExceeded) as error:
                answers.append(str(error))
    finally:
        await client.close()
        stop.set()
        await serving
    assert (account.get("rate_limit", True), bool(answers)) == (limits, limits)


async def test_an_unknown_venue_and_a_taken_port_are_input_errors() -> None:
    with pytest.raises(InputError, match="no simulator"):
        Simulator("atlantis")
    async with Simulator("kraken", history_hours=0.1) as sim:
        with pytest.raises(InputError, match="cannot listen"):
            await serve("kraken", 7, sim.port, 60.0, lambda _: None, asyncio.Event())


def test_a_float_never_reaches_the_wire() -> None:
    anything: Any = 0.1
    with pytest.raises(TypeError):
        dumps({"amount": anything})
