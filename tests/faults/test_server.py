"""On a PostgreSQL server acct knows what it knows in a file: each fact once, to the digit, whatever happens to it."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from account_cli.errors import LockHeld
from account_cli.storage import collector_lock
from tests.faults.test_truth import SEED, assert_books_agree
from tests.faults.truth import Bench
from tests.services import postgres_schema

KILLS = 5


@pytest.mark.parametrize("venue", ["kraken", "binanceusdm"])
async def test_killed_again_and_again_it_still_knows_all(venue: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with postgres_schema() as url:
        async with Bench(venue, tmp_path, seed=SEED + 5, hours=5, server=url) as bench:
            living = asyncio.create_task(bench.live(pause=0.2))
            for _ in range(KILLS):
                process = await bench.start("watch", "--plain", "main")
                await asyncio.sleep(chance.uniform(1, 3))
                process.send_signal(signal.SIGKILL)
                await process.wait()
            async with bench.watching():
                await living
                assert await bench.settled() == bench.true()
                await asyncio.sleep(5)
            assert_books_agree(bench)


def test_one_process_of_all_machines_collects_an_account() -> None:
    with postgres_schema() as url, collector_lock(url, "main"):
        with (
            pytest.raises(LockHeld, match="account 'main' is being collected by process"),
            collector_lock(url, "main"),
        ):
            pass
        with collector_lock(url, "other"):
            pass
