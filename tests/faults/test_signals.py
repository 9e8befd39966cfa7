"""A signal, whenever it comes, ends a run in order: what was collected is kept, and nobody is said to collect."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.faults.test_truth import SEED, assert_books_agree
from tests.faults.trouble_here import add_to_account, ended, streams
from tests.faults.truth import Bench

TERMINATED, INTERRUPTED = 143, 130


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_terminated_at_random_moments_it_says_stopped_and_loses_nothing(venue: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with Bench(venue, tmp_path, seed=31, hours=4) as bench:
        living = asyncio.create_task(bench.live(pause=0.3))
        for turn in range(8):
            command = ("poll", "main") if turn % 4 == 3 else ("watch", "--plain", "main")
            process = await bench.start(*command)
            await asyncio.sleep(chance.uniform(0.7, 2.5))
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(chance.uniform(0, 0.1))
            status = await ended(process) if process.returncode is None else process.returncode
            # Before Python has begun and after acct has ended the signal itself ends the process.
            assert status in {TERMINATED, -signal.SIGTERM} or command[0] == "poll"
            if (tmp_path / "acct.db").exists():
                assert {row.status for row in streams(tmp_path)} <= {"stopped"}
        async with bench.watching():
            await living
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
        assert_books_agree(bench)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, TERMINATED), (signal.SIGINT, INTERRUPTED)])
async def test_a_start_that_hangs_is_given_up(number: int, status: int, tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=32, hours=1) as bench:
        add_to_account(bench, "timeout = 300")
        bench.sim.http_fault(1000, "timeout")
        process = await bench.start("watch", "--plain", "main")
        await asyncio.sleep(3)
        assert process.returncode is None
        assert await ended(process, number) == status
        assert not (tmp_path / "acct.db").exists(), "nothing was begun"


async def test_a_pass_and_a_catch_up_that_hang_are_given_up(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=33, hours=1) as bench:
        add_to_account(bench, "timeout = 300")
        for command in (("watch", "--plain", "main"), ("poll", "main")):
            await bench.run("poll", "main")
            process = await bench.start(*command)
            await asyncio.sleep(1.2)
            bench.sim.http_fault(1000, "timeout")
            await asyncio.sleep(2)
            if process.returncode is None:
                assert await ended(process) == TERMINATED
            bench.sim.http_fault(0, "timeout")
            assert {row.status for row in streams(tmp_path)} == {"stopped"}
        await bench.live_until(1)
        await bench.run("poll", "main")
        assert await bench.known() == bench.true()
