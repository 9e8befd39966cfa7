"""Whatever happens to acct, in the end it knows exactly what happened at the exchange: each fact once, to the digit."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from account_cli.engine.follow import Follower
from account_cli.storage import open_reader
from account_cli.storage.checking import find_faults
from tests.faults.truth import Bench

VENUES = ["kraken", "binance", "binanceusdm"]
KILLS = int(os.environ.get("ACCT_KILLS", "20"))
SEED = int(os.environ.get("ACCT_SEED", "7"))


def assert_books_agree(bench: Bench, *, unreadable_allowed: bool = False) -> None:
    """The exchange's balances and positions, as stated and as worked out from the facts, are the true ones.

    And the database that holds them is sound.
    """
    assert find_faults(bench.database, lambda *_: None) == []
    reader = open_reader(bench.database)
    try:
        view = Follower(reader).views(["main"])[0]
        true = {asset: total for asset, total in bench.sim.truth_balances().items() if total}
        worked_out = {asset: total for (_, asset), total in view.state.balances().items() if total}
        assert worked_out == true
        assert view.balances is not None
        assert {row.asset: row.total for row in view.balances.rows if row.total} == true
        positions = bench.sim.truth_positions()
        assert {p.symbol: p.quantity for p in view.state.positions() if p.is_contract and p.quantity} == positions
        if view.positions is not None:
            assert {row.symbol: row.quantity for row in view.positions.rows if row.quantity} == positions
        wrong = {"contradiction"} if unreadable_allowed else {"contradiction", "unreadable"}
        assert not [notice for notice in reader.notices(limit=1000) if notice.code in wrong]
    finally:
        reader.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_ten_hours_watched_live_equal_the_truth(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=SEED, hours=10) as bench:
        async with bench.watching():
            await asyncio.sleep(2)
            await bench.live()
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
        assert_books_agree(bench)
        assert not bench.sim.violations


@pytest.mark.parametrize("venue", VENUES)
async def test_ten_hours_read_back_in_one_poll_equal_the_truth(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=SEED + 1, hours=10) as bench:
        bench.sim.run_until(bench.end_ns)
        await bench.run("poll", "main")
        assert await bench.known() == bench.true()
        assert_books_agree(bench)
        assert not bench.sim.violations


@pytest.mark.parametrize("venue", VENUES)
async def test_killed_again_and_again_at_random_moments_it_still_knows_all(venue: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with Bench(venue, tmp_path, seed=SEED + 2, hours=10) as bench:
        living = asyncio.create_task(bench.live(pause=0.2))
        for _ in range(KILLS):
            process = await bench.start("watch", "--plain", "main")
            await asyncio.sleep(chance.uniform(0.3, 2.5))
            process.send_signal(signal.SIGKILL)
            await process.wait()
        async with bench.watching():
            await living
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
        assert_books_agree(bench)
        assert not bench.sim.violations
