"""The database refuses for a while, or is gone: acct says so, goes on as soon as it can, and in the end knows all."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from pathlib import Path

import pytest

from tests.faults.test_truth import VENUES, assert_books_agree
from tests.faults.trouble_here import ended, liveness, until, until_live
from tests.faults.truth import Bench


@pytest.mark.parametrize("venue", VENUES)
async def test_locked_for_ten_seconds_by_another_process(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=51, hours=1) as bench, bench.watching():
        await asyncio.sleep(2)
        await bench.live_until(0.4)
        await until_live(bench)
        other = sqlite3.connect(tmp_path / "acct.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await bench.live_until(0.7)
        await asyncio.sleep(10)
        other.execute("ROLLBACK")
        other.close()
        await until_live(bench)
        await bench.live_until(1)
        assert await bench.settled() == bench.true()
        await asyncio.sleep(5)
        assert await liveness(bench) == "LIVE"
        assert_books_agree(bench)


async def test_locked_while_nothing_happens_it_is_live_again_afterwards(tmp_path: Path) -> None:
    """No frame fails, so no connection breaks: what was in doubt must be trusted again all the same."""
    async with Bench("kraken", tmp_path, seed=52, hours=1) as bench, bench.watching():
        await asyncio.sleep(2)
        await bench.live()
        await until_live(bench)
        other = sqlite3.connect(tmp_path / "acct.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(8)
        other.execute("ROLLBACK")
        other.close()
        await until_live(bench)
        assert await bench.settled() == bench.true()


@pytest.mark.parametrize("venue", VENUES)
async def test_no_file_may_grow_for_a_while(venue: str, tmp_path: Path) -> None:
    """As a full disk does: every write fails, in the middle of whatever was being written."""
    async with Bench(venue, tmp_path, seed=53, hours=1) as bench:
        process = await bench.start("watch", "--plain", "main")
        await asyncio.sleep(2)
        await bench.live_until(0.3)
        await until_live(bench)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1024, hard))
        await bench.live_until(0.6)
        await asyncio.sleep(17)
        assert process.returncode is None
        assert await liveness(bench) != "LIVE"
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await until_live(bench)
        await bench.live_until(1)
        assert await bench.settled() == bench.true()
        await asyncio.sleep(5)
        assert await ended(process) == 143
        assert_books_agree(bench)


async def test_a_database_deleted_under_it_ends_the_run_and_the_next_one_reads_all_back(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=54, hours=1) as bench:
        process = await bench.start("watch", "--plain", "main")
        await asyncio.sleep(2)
        await bench.live_until(0.5)
        await until_live(bench)
        for name in ("acct.db", "acct.db-wal", "acct.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        await until(lambda: process.returncode is not None)
        assert process.returncode == 9
        async with bench.watching():
            await asyncio.sleep(2)
            await bench.live_until(1)
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
        assert_books_agree(bench)
