"""When the process that collects an account dies, another that stands by takes over, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from account_cli.storage import open_reader
from tests.faults.test_truth import SEED, assert_books_agree
from tests.faults.truth import Bench
from tests.services import DATABASES


def collector_of(bench: Bench) -> int | None:
    """Return which process has the lease of the account."""
    reader = open_reader(bench.database)
    try:
        pids = {process.id: process.pid for process in reader.processes()}
        return next((pids.get(lease.process or "") for lease in reader.leases()), None)
    finally:
        reader.close()


async def collected_by(bench: Bench, *pids: int) -> int:
    """Wait until one of these processes has the lease; return which."""
    async with asyncio.timeout(60):
        while (pid := collector_of(bench)) not in pids:
            await asyncio.sleep(0.2)
    assert pid is not None
    return pid


@pytest.mark.parametrize("database", sorted(DATABASES))
async def test_a_standby_takes_over_from_one_that_was_killed(database: str, tmp_path: Path) -> None:
    with DATABASES[database](tmp_path) as location:
        server = location if isinstance(location, str) else None
        async with Bench("kraken", tmp_path, seed=SEED, hours=4, server=server) as bench:
            first = await bench.start("collect")
            await bench.heard()
            await collected_by(bench, first.pid)
            second = await bench.start("collect")
            living = asyncio.create_task(bench.live(pause=0.1))
            await asyncio.sleep(3)
            assert collector_of(bench) == first.pid
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await collected_by(bench, second.pid)
            await living
            assert await bench.settled() == bench.true()
            await asyncio.sleep(3)
            assert_books_agree(bench)
            said = await bench.run("collect", "--stop")
            assert said == ""
            async with asyncio.timeout(30):
                assert await second.wait() == 0
            assert collector_of(bench) is None
