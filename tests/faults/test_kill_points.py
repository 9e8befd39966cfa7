"""Killed at every named point, one after the other, acct knows in the end exactly what happened: start is recovery."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from account_cli.engine.ingest import SNAPSHOT_EVERY
from account_cli.killing import POINTS
from tests.faults.test_truth import assert_books_agree
from tests.faults.truth import Bench

VENUES = os.environ.get("ACCT_KILL_VENUES", "kraken").split()
SEED = int(os.environ.get("ACCT_SEED", "11"))
_REACHED_WITHIN = 60.0
# Starting anew each time, the first pass of most points comes too early to cut into anything.
_PASSES = {"after_receiving": 5, "after_inbox_commit": 4, "before_ledger_commit": 2, "after_ledger_commit": 3}


async def killed_at(bench: Bench, point: str) -> int | None:
    """Run acct until it is killed at ``point``; return how it ended, None when it never came there."""
    armed = f"{point}:{_PASSES.get(point, 1)}"
    process = await bench.start("watch", "--plain", "main", environment={"ACCT_FAULT": armed})
    bursts = asyncio.create_task(_bursts(bench)) if point == "during_snapshot" else None
    try:
        return await asyncio.wait_for(process.wait(), _REACHED_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    finally:
        if bursts is not None:
            bursts.cancel()


async def _bursts(bench: Bench) -> None:
    """Let so many fills happen while acct listens that it stores a snapshot."""
    while True:
        await asyncio.sleep(1)
        bench.sim.burst(SNAPSHOT_EVERY // 4)


@pytest.mark.parametrize("venue", VENUES)
async def test_killed_at_every_named_point_it_still_knows_all(venue: str, tmp_path: Path) -> None:
    first = ["during_migration", "during_snapshot"]  # an empty database comes to them, a full one not again
    async with Bench(venue, tmp_path, seed=SEED, hours=3) as bench:
        bench.sim.run_until(bench.start_ns + (bench.end_ns - bench.start_ns) // 2)
        reached = {point: await killed_at(bench, point) for point in first}
        living = asyncio.create_task(bench.live(step_hours=0.02, pause=0.2))
        for point in POINTS:
            if point not in first:
                reached[point] = await killed_at(bench, point)
        async with bench.watching():
            await living
            assert await bench.settled() == bench.true()
            await asyncio.sleep(3)
        assert_books_agree(bench)
    assert reached == dict.fromkeys(POINTS, -signal.SIGKILL), "every point was reached"
