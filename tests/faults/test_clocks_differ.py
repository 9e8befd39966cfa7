"""The clocks of the machines that share a server differ: leases go by the server's, and what is live looks live."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from account_cli.storage import open_reader
from tests.faults.test_standby import collected_by
from tests.faults.test_truth import SEED
from tests.faults.truth import Bench
from tests.services import postgres_schema

_ANOTHER_CLOCK = """
import runpy, sys, time
ahead_s, now, now_ns = int(sys.argv.pop(1)), time.time, time.time_ns
time.time, time.time_ns = lambda: now() + ahead_s, lambda: now_ns() + ahead_s * 1_000_000_000
runpy.run_module("account_cli", run_name="__main__", alter_sys=True)
"""


class Machines(Bench):
    """Each command runs on a machine whose clock is ``ahead_s`` seconds ahead."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ahead_s = 0
        self.started: list[asyncio.subprocess.Process] = []

    async def __aexit__(self, *error: object) -> None:
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await super().__aexit__(*error)

    async def collect(self, ahead_s: int) -> asyncio.subprocess.Process:
        """Start a collector on a machine whose clock is so far ahead; it ends with this bench at the latest."""
        self.ahead_s = ahead_s
        process = await self.start("collect")
        self.started.append(process)
        self.ahead_s = 0
        return process

    def command(self, *arguments: str) -> list[str]:
        there = ["-c", _ANOTHER_CLOCK, str(self.ahead_s)]
        return [sys.executable, *there, "--config", str(self.folder / "config.toml"), *arguments]

    async def seen(self, ahead_s: int) -> dict[str, Any]:
        """Return what ``acct status`` says of the account on a machine whose clock is so far ahead."""
        self.ahead_s = ahead_s
        told = json.loads(await self.run("status", "--json"))
        self.ahead_s = 0
        assert any("the clock of this machine" in line for line in told["incomplete"]) == (ahead_s != 0)
        return dict(told["items"][0])

    def fence(self) -> int:
        reader = open_reader(self.database)
        try:
            return next(lease.fence for lease in reader.leases() if lease.account == "main")
        finally:
            reader.close()


@pytest.mark.slow
@pytest.mark.parametrize("ahead_s", [-600, -30, 30, 600])
async def test_a_collector_with_another_clock_keeps_loses_and_takes_its_accounts_as_any(
    ahead_s: int, tmp_path: Path
) -> None:
    with postgres_schema() as url:
        async with Machines("binanceusdm", tmp_path, seed=SEED, hours=4, server=url) as bench:
            first = await bench.collect(ahead_s)
            await bench.heard()
            await collected_by(bench, first.pid)
            second = await bench.collect(0)
            living = asyncio.create_task(bench.live(pause=0.1))
            await asyncio.sleep(10)
            assert bench.fence() == 1, "nobody takes it from who beats"
            for viewer in (0, ahead_s, -ahead_s):
                row = await bench.seen(viewer)
                assert (row["role"], row["pid"], row["liveness"]) == ("collecting", first.pid, "LIVE"), viewer
                assert row["lag_seconds"] < 30
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await collected_by(bench, second.pid)
            third = await bench.collect(ahead_s)
            second.send_signal(signal.SIGKILL)
            await second.wait()
            await collected_by(bench, third.pid)
            await living
            assert await bench.settled() == bench.true()
            assert bench.fence() == 3
            assert json.loads(await bench.run("poll", "--json"))["ok"]
