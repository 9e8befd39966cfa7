"""From a WebSocket frame to a committed row to a screen: latency at 200 fills a second, and a burst of 5,000.

The simulated exchange runs in a process of its own; everything else is what ``acct watch kraken`` runs, without the
painting (``bench/screen.py`` has that). The baseline is one append and ``fdatasync`` on the same disk, measured in the
same run: a commit cannot be faster. Exit status 3 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import psutil

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.account import AccountCollector, Plan
from account_cli.collector.delivery import Delivery, Receipt
from account_cli.engine.follow import Follower
from account_cli.engine.screen import FollowedScreen
from account_cli.engine.writing import Writer
from account_cli.exchanges import open_reader
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from account_cli.storage import open_journal
from account_cli.storage import open_reader as open_database
from account_cli.storage.following import Changes

MS = 1_000_000
GOALS = {"frame to commit, p99": 50.0, "commit to screen, p99": 150.0, "burst of 5,000, last committed": 2000.0}


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def disk(folder: Path) -> float:
    """Median milliseconds of an append with ``fdatasync``."""
    times = []
    with (folder / "probe").open("ab", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


@contextlib.contextmanager
def exchange() -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "account_cli",
        "simulate",
        "--venue",
        "kraken",
        "--account",
        "main",
        "--speed",
        "1x",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            if not line.strip() and lines:
                break
            lines.append(line)
        yield "".join(lines)
    finally:
        process.terminate()
        process.wait()


async def run(folder: Path, section: str, fills: int, rate: int) -> dict[str, float]:
    account = tomllib.loads(section)["accounts"]["main"]
    base = account["urls"]["api"]["public"].rsplit("/0", 1)[0]
    settings = ReaderSettings(
        account="main", venue="kraken", api_key=account["api_key"], secret=account["secret"], urls=account["urls"]
    )
    clock = SystemClock()
    reader = open_reader(settings, clock=clock, redactor=Redactor(), cache_dir=folder / "cache")
    journal = open_journal(folder / "acct.db")
    memory = journal.reader()
    committed: list[tuple[int, int, int]] = []  # received, committed, n

    async with Writer(journal, clock) as writer:
        reader.keep_in(writer.inbox)

        async def deliver(delivery: Delivery) -> Receipt:
            receipt = await writer.write(delivery)
            now = time.time_ns()
            told = [heard for heard in delivery.heard if heard.source == "stream" and heard.events]
            committed.extend((heard.received_ns, now, receipt.n) for heard in told)
            return receipt

        collector = AccountCollector(reader, deliver, memory, Plan(), clock, lambda: 0.5)
        collecting = asyncio.create_task(collector.run())
        await asyncio.sleep(4)
        database = open_database(folder / "acct.db")
        screen = FollowedScreen(Follower(database), ["main"], clock, currency="USD", attached=False)
        seen: list[tuple[int, int]] = []

        async with Changes(folder / "acct.db", poll_s=0.03) as changes:
            drawn = -1

            async def draw() -> None:
                nonlocal drawn
                while True:
                    await asyncio.sleep(0.1)
                    if screen.version != drawn:
                        drawn = screen.version
                        screen.screenful()
                        seen.append((time.time_ns(), screen.views[0].n))

            tasks = [asyncio.create_task(screen.keep_fresh(changes)), asyncio.create_task(draw())]
            cpu = psutil.Process()
            cpu.cpu_percent()
            per_call, pause = 4, 4 / rate
            for _ in range(fills // per_call):
                began = time.perf_counter()
                await asyncio.to_thread(burst, base, per_call)
                await asyncio.sleep(max(0, pause - (time.perf_counter() - began)))
            await asyncio.sleep(1)
            busy = cpu.cpu_percent()
            steady = list(committed)
            committed.clear()
            await asyncio.to_thread(burst, base, 5000)
            deadline = time.monotonic() + 30
            while database.head("main") < len(steady) + 5000 and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            await asyncio.sleep(1)
            for task in tasks:
                task.cancel()
        database.close()
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)
    memory.close()
    to_commit = [(done - received) / MS for received, done, _ in steady]
    shown = [min(((at - done) / MS for at, n_seen in seen if n_seen >= n), default=9e9) for _, done, n in steady]
    received = [at for at, _, _ in committed]
    return {
        "fills timed": float(len(steady)),
        "frame to commit, p50": statistics.median(to_commit),
        "frame to commit, p99": percentile(to_commit, 0.99),
        "commit to screen, p50": statistics.median(shown),
        "commit to screen, p99": percentile(shown, 0.99),
        "burst of 5,000, first to last frame": (received[-1] - received[0]) / MS,
        "burst of 5,000, last committed": (committed[-1][1] - received[0]) / MS,
        "CPU of a core, % at that rate": busy,
        "memory, MB": psutil.Process().memory_info().rss / 1e6,
    }


def burst(base: str, count: int) -> None:
    urlopen(Request(f"{base}/control/burst?n={count}", method="POST"), timeout=60).read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fills", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=200, help="fills a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, exchange() as section:
        folder = Path(name)
        base = disk(folder)
        figures = asyncio.run(run(folder, section, options.fills, options.rate))
    print(f"baseline: append + fdatasync, median {base:.3f} ms")
    missed = False
    for what, value in figures.items():
        goal = GOALS.get(what)
        note = "" if goal is None else f"   goal {goal:g} ms" + ("" if value <= goal else "   MISSED")
        ratio = f"{value / base:8.0f}x baseline" if "p50" in what or "p99" in what or "burst" in what else " " * 17
        print(f"{what:34} {value:10.1f} {ratio}{note}")
        missed = missed or (goal is not None and value > goal)
    sys.exit(3 if missed else 0)


if __name__ == "__main__":
    main()
