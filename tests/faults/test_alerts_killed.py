"""Killed at every point around an alert, at drawn moments too: each condition is told once, or again under its id.

A real collector in a process of its own, a simulated exchange, and a webhook on this machine that hears every telling.
The account holds more and more: each kill meets a deposit of its own that a rule is about.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from account_cli.killing import ALERTING
from tests.faults.truth import Bench
from tests.unit.notify.servers import Server, serving

KILLS = int(os.environ.get("ACCT_ALERT_KILLS", "6"))
"""Twenty and more in the long runs."""


def told(hook: Server) -> list[dict[str, Any]]:
    said = [json.loads(body) for _, _, body in hook.heard]
    return [one for one in said if one["type"] == "LARGE_TRANSFER"]


def amounts(said: list[dict[str, Any]]) -> set[str]:
    return {one["message"] for one in said}


async def until_told(hook: Server, amount: int) -> None:
    async with asyncio.timeout(120):
        while f"deposit of {amount} BTC" not in " ".join(amounts(told(hook))):
            await asyncio.sleep(0.05)


async def test_each_condition_is_told_whenever_the_process_is_killed(tmp_path: Path) -> None:
    source = random.Random(11)
    async with Bench("kraken", tmp_path, seed=3, hours=1, activity=2) as bench, serving("http") as hook:
        bench.sim.run_until(time.time_ns())
        file = tmp_path / "config.toml"
        settings = "[alerts]\nsuppress = 1\n[alerts.rules]\nLARGE_TRANSFER = 60000\n"
        channel = f'[alerts.channels]\nhook = "http://127.0.0.1:{hook.port}/"\n'
        file.write_text(f"{file.read_text()}{settings}{channel}")
        points = [*ALERTING, *[""] * (KILLS - len(ALERTING))]
        process = await bench.start("collect")
        try:
            await bench.heard()
            await first_look(bench)
            for number, point in enumerate(points):
                if point:
                    process.kill()
                    await process.wait()
                    process = await bench.start("collect", environment={"ACCT_FAULT": point})
                    await bench.heard()
                amount = 1 + number
                with bench.sim.world.arithmetic():
                    bench.sim.run_until(time.time_ns())
                    bench.sim.world.move("deposit", "BTC", Decimal(amount))
                if point:
                    async with asyncio.timeout(60):
                        assert await process.wait() == -9, f"{point} is passed when an alert is given"
                else:
                    await asyncio.sleep(source.uniform(0, 1.5))
                    process.kill()
                    await process.wait()
                process = await bench.start("collect")
                await bench.heard()
                await until_told(hook, amount)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
    by_message = {
        message: {one["id"] for one in told(hook) if one["message"] == message} for message in amounts(told(hook))
    }
    assert len(by_message) == KILLS, "each deposit was told"
    assert all(len(ids) == 1 for ids in by_message.values()), "under one id, however often it arrived"
    assert max(Counter(one["id"] for one in told(hook)).values()) <= 3


async def first_look(bench: Bench) -> None:
    """Wait until the rules have looked once: what happened before that is left alone."""
    from contextlib import closing

    from account_cli.storage import open_reader

    async with asyncio.timeout(60):
        while True:
            with closing(open_reader(bench.database)) as reader:
                if reader.alert_reach("main") is not None:
                    return
            await asyncio.sleep(0.1)
