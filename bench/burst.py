"""A burst of 5,000 fills: how long until the last of them is committed, beside merely receiving the same frames.

The simulated exchange is a process of its own; here runs what ``acct watch`` runs without the screen. The baseline is a
client of the library underneath that only counts the frames of a burst as large: no program can be done before it, and
the exchange, which writes ten thousand frames in Python, takes longer over it than acct may. The goal counts from its
end: how long after a mere listener has heard the last fill acct has committed it. ``--out FILE`` adds that to the
figures for the reliability page. Exit status 3 when the goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import gc
import json
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.account import AccountCollector, Plan
from account_cli.engine.writing import Writer
from account_cli.exchanges import open_reader
from account_cli.exchanges.tee import Received
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from account_cli.storage import open_journal

VENUES = ("kraken", "binanceusdm", "binance")
FILLS = 5000
GOAL_S = 1.0
_PATIENCE_S = 60.0
_SIGN_OF_LIFE = 120
"""Frames so short (Kraken's heartbeat, a pong) tell nothing of the account."""


class Spent(NamedTuple):
    """Seconds by the wall, and of this process's processor time."""

    wall: float
    cpu: float


@contextlib.contextmanager
def exchange(venue: str) -> Iterator[tuple[ReaderSettings, str]]:
    """Run an exchange that does nothing by itself; yield how to read it, and the address of its control plane."""
    command = [sys.executable, "-m", "account_cli", "simulate", "--venue", venue, "--account", "main"]
    command += ["--speed", "1x"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            if not line.strip() and lines:
                break
            lines.append(line)
        account = tomllib.loads("".join(lines))["accounts"]["main"]
        urls = account["urls"]
        first = next(iter(urls["api"].values()))
        base = "/".join(first.split("/")[:3])
        yield (
            ReaderSettings(
                account="main", venue=venue, api_key=account["api_key"], secret=account["secret"], urls=urls
            ),
            base,
        )
    finally:
        process.terminate()
        process.wait()


def burst(base: str) -> None:
    urlopen(Request(f"{base}/control/burst?n={FILLS}", method="POST"), timeout=60).read()  # loopback


@contextlib.asynccontextmanager
async def listening(settings: ReaderSettings, folder: Path) -> AsyncIterator[list[int]]:
    """Subscribe and do nothing with what comes; the list has when each frame came that tells something, in ns."""
    reader = open_reader(settings, clock=SystemClock(), redactor=Redactor(), cache_dir=folder / "cache")
    await reader.connect()
    heard: list[int] = []
    async with reader.stream(reader.abilities().streams) as items:
        stream = items

        async def count() -> None:
            tee = stream._tee  # type: ignore[attr-defined]
            while True:
                item = await tee.queue.get()
                if isinstance(item, Received) and len(item.raw) > _SIGN_OF_LIFE:
                    heard.append(item.received_ns)

        counting = asyncio.ensure_future(count())
        try:
            yield heard
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
    await reader.close()


async def bare(settings: ReaderSettings, base: str, folder: Path) -> Spent:
    """Return the seconds from asking for a burst to its last frame, and those of the processor."""
    async with listening(settings, folder) as heard:
        await asyncio.sleep(2)
        began, cpu, count = time.time_ns(), time.process_time(), -1
        await asyncio.to_thread(burst, base)
        while len(heard) != count:
            count = len(heard)
            await asyncio.sleep(0.5)
        return Spent((heard[-1] - began) / 1e9, time.process_time() - cpu)


async def ours(settings: ReaderSettings, base: str, folder: Path, profile: cProfile.Profile | None) -> Spent:
    """Return the seconds from asking for a burst to the commit of its last fill, and those of the processor."""
    clock = SystemClock()
    reader = open_reader(settings, clock=clock, redactor=Redactor(), cache_dir=folder / "cache")
    journal = open_journal(folder / "acct.db")
    memory = journal.reader()
    async with Writer(journal, clock) as writer:
        reader.keep_in(writer.inbox)
        gc.freeze()  # as ``bootstrap.collecting`` does
        gc.set_threshold(50_000, 20, 100)
        collector = AccountCollector(reader, writer.write, memory, Plan(), clock, lambda: 0.5)
        running = asyncio.ensure_future(collector.run())
        await asyncio.sleep(6)
        wanted, done = memory.head("main") + FILLS, asyncio.Event()
        writer.on_committed = lambda _, receipt, __, ___: done.set() if receipt.n >= wanted else None
        began, cpu = time.time_ns(), time.process_time()
        if profile is not None:
            profile.enable()
        await asyncio.to_thread(burst, base)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), _PATIENCE_S)
        committed, all_told = time.time_ns(), done.is_set()
        cpu = time.process_time() - cpu
        if profile is not None:
            profile.disable()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    memory.close()
    return Spent((committed - began) / 1e9 if all_told else float("inf"), cpu)


def measure(venue: str, rounds: int, profile: cProfile.Profile | None = None) -> tuple[Spent, Spent]:
    """Return the median seconds of mere listening and of acct."""
    listened, took = [], []
    for _ in range(rounds):
        with exchange(venue) as (settings, base), tempfile.TemporaryDirectory() as folder:
            listened.append(asyncio.run(bare(settings, base, Path(folder))))
            took.append(asyncio.run(ours(settings, base, Path(folder), profile)))
    return middle(listened), middle(took)


def behind(listened: Spent, took: Spent) -> float:
    """Return for how many seconds the last fill was told and not committed."""
    return max(0.0, took.wall - listened.wall)


def middle(many: list[Spent]) -> Spent:
    return Spent(statistics.median(one.wall for one in many), statistics.median(one.cpu for one in many))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", choices=VENUES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--profile", action="store_true", help="of the event loop's thread")
    asked = parser.parse_args()
    late: dict[str, float] = {}
    for venue in [asked.venue] if asked.venue else VENUES:
        profile = cProfile.Profile() if asked.profile else None
        listened, took = measure(venue, asked.rounds, profile)
        late[venue] = behind(listened, took)
        sys.stdout.write(
            f"{venue:12} last of {FILLS:,} fills committed after {took.wall:.2f} s = {took.wall / listened.wall:.1f}x "
            f"listening ({listened.wall:.2f} s); processor {took.cpu:.2f} s = {took.cpu / listened.cpu:.1f}x "
            f"({listened.cpu:.2f} s); behind by {late[venue]:.2f} s   "
            f"goal {GOAL_S:g} s{'   MISSED' if late[venue] > GOAL_S else ''}\n"
        )
        sys.stdout.flush()
        if profile is not None:
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    if asked.out is not None:
        told = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
        of = f"worst of {len(late)} venues, after the exchange told it"
        told["burst_last_fill_s"] = {"value": round(max(late.values()), 3), "limit": GOAL_S, "unit": "s", "of": of}
        asked.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 3 if max(late.values()) > GOAL_S else 0


if __name__ == "__main__":
    sys.exit(main())
