"""Beside a running collector a command asks that one, and does the work itself when that one is gone."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.errors import Unavailable
from account_cli.storage import has_database, open_reader, reconciling_lock
from tests.faults.truth import Bench


class Rarely(Bench):
    """A bench on which acct asks by itself once an hour at most."""

    async def __aenter__(self) -> Rarely:
        await super().__aenter__()
        config = self.folder / "config.toml"
        config.write_text(config.read_text().replace("poll_interval = 2\n", 'poll_interval = "1h"\n'))
        return self

    async def start_heard(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command whose words can be read."""
        return await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            env=self.environment,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def spoken(self, *arguments: str) -> tuple[int, str, str]:
        """Reconcile; return the exit status and what was said on either stream."""
        process = await self.start_heard("reconcile", *arguments)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def asked(self, *arguments: str) -> tuple[int, Any]:
        """Run a command with ``--json``; return its exit status and what it said."""
        process = await self.start_heard(*arguments, "--json")
        out, err = await process.communicate()
        return process.returncode or 0, json.loads(out or err)

    def state(self) -> str | None:
        if not has_database(self.database):
            return None
        try:
            with closing(open_reader(self.database)) as reader:
                runs = reader.runs("main", limit=1)
        except Unavailable:  # it is being created
            return None
        return runs[0][1].state if runs else None

    def waiting(self) -> int:
        with closing(open_reader(self.database)) as reader:
            return len(reader.waiting())


DEAF = """
import sys, time
from pathlib import Path
from account_cli.storage import collector_lock
with collector_lock(Path(sys.argv[1]), "main"):
    print("held", flush=True)
    time.sleep(600)
"""


async def deaf(database: object) -> asyncio.subprocess.Process:
    """Start a process that holds the account and answers nobody."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DEAF, str(database), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    return process


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_the_collector_reads_at_once_for_whoever_asks(tmp_path: Path) -> None:
    async with Rarely("binanceusdm", tmp_path, seed=21, hours=1.0) as bench:
        await bench.live()
        async with bench.watching():
            await until(lambda: bench.state() == "clean")
            assert await bench.settled() == bench.true()
            assert (await bench.asked("reconcile", "--settle", "1s"))[0] == 0
            bench.sim.world.book.balances["USDT"] += Decimal("1.5")
            code, told = await bench.asked("reconcile", "--settle", "1s")
            assert (code, [row["difference"] for row in told["items"]]) == (3, ["1.5"])
            code, said = await bench.asked("poll")
            assert (code, said["ok"], said["attached"]) == (0, True, True)
            assert bench.waiting() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("venue", "calls"),
    [
        ("kraken", ("BalanceEx", "OpenOrders")),
        ("binanceusdm", ("account", "positionRisk", "openOrders")),
    ],
)
async def test_one_cycle_on_a_quiet_account_costs_one_call_of_each_kind_and_comparing_none(
    venue: str, calls: tuple[str, ...], tmp_path: Path
) -> None:
    async with Rarely(venue, tmp_path, seed=26, hours=0.5) as bench:
        await bench.live()
        async with bench.watching():
            await until(lambda: bench.state() == "clean")
            assert await bench.settled() == bench.true()
            for _ in range(3):  # which may still make sure of what lay before history
                assert (await bench.asked("poll"))[0] == 0
            for command in ("poll", "reconcile"):
                before = len(bench.sim.requests)
                assert (await bench.asked(command))[0] == 0
                paths = [request.path.rpartition("/")[2] for request in bench.sim.requests[before:]]
                assert [paths.count(kind) for kind in calls] == [1] * len(calls), " ".join(paths)


async def test_when_the_collector_is_gone_whoever_waits_does_it(tmp_path: Path) -> None:
    async with Rarely("binanceusdm", tmp_path, seed=22, hours=1.0) as bench:
        await bench.live()
        assert (await bench.asked("poll"))[0] == 0
        collector = await deaf(bench.database)
        asking = asyncio.ensure_future(bench.asked("reconcile", "--settle", "1s"))
        await until(lambda: bench.waiting() == 1)
        assert not asking.done()
        collector.kill()
        await collector.wait()
        code, told = await asking
        assert (code, told["items"]) == (0, [])
        assert bench.waiting() == 0


async def test_a_collector_that_does_not_answer_is_named_and_the_request_is_taken_back(tmp_path: Path) -> None:
    async with Rarely("binanceusdm", tmp_path, seed=23, hours=1.0) as bench:
        await bench.live()
        assert (await bench.asked("poll"))[0] == 0
        collector = await deaf(bench.database)
        process = await bench.start_heard("reconcile", "--timeout", "1s")
        _, err = await process.communicate()
        collector.kill()
        await collector.wait()
        assert process.returncode == 7
        assert f"is being collected by process {collector.pid}, which did not answer within 6 s" in err.decode()
        assert bench.waiting() == 0


async def test_a_run_that_is_young_enough_is_shown_again_and_quiet_says_a_line_a_finding(tmp_path: Path) -> None:
    async with Rarely("binanceusdm", tmp_path, seed=25, hours=1.0) as bench:
        await bench.live()
        assert await bench.spoken("--quiet", "--settle", "1s") == (0, "", "")
        assert await bench.spoken("--jitter", "0.1s", "--settle", "1s", "-q") == (0, "", "")
        bench.sim.world.book.balances["USDT"] += Decimal("1.5")
        asked = len(bench.sim.requests)
        assert await bench.spoken("--max-age", "1h", "-q") == (0, "", "")
        assert len(bench.sim.requests) == asked
        code, out, err = await bench.spoken("--max-age", "1ms", "--quiet", "--settle", "1s")
        assert (code, err, out.count("\n")) == (3, "", 1)
        assert out.startswith("main: unexplained since 2")
        assert "balance of USDT (futures): ledger" in out
        assert "difference 1.5" in out
        asked = len(bench.sim.requests)
        assert await bench.spoken("--max-age", "1h", "-q") == (3, out, ""), "what it found is found again"
        assert len(bench.sim.requests) == asked


async def test_two_runs_from_cron_never_overlap(tmp_path: Path) -> None:
    async with Rarely("binanceusdm", tmp_path, seed=24, hours=1.0) as bench:
        await bench.live()
        with reconciling_lock(bench.database, "main"):
            process = await bench.start_heard("reconcile", "--quiet")
            out, err = await process.communicate()
        assert (process.returncode, out) == (7, b"")
        assert f"account 'main' is being reconciled by process {os.getpid()}" in err.decode()
