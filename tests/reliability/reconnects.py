"""Thousands of reconnections of one account, and what they leave behind: tasks, descriptors, memory.

The exchange runs in a process of its own and cuts every stream as soon as it is live again; here is everything that
``acct watch`` runs without the screen. By hand::

    python -m tests.reliability.reconnects --count 10000
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec
import psutil

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.account import AccountCollector, Plan
from account_cli.collector.delivery import Delivery, Receipt
from account_cli.engine.writing import Writer
from account_cli.exchanges import open_reader
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from account_cli.simulator import Simulator
from account_cli.storage import open_journal
from tests.reliability.trio import commit

_WARM = 50
"""Reconnections before the first look: what is loaded and cached once is loaded and cached then."""
_WITHIN_S = 60.0
_ALL = 10_000


class Look(msgspec.Struct, frozen=True):
    """What this process has at a moment, after so many reconnections."""

    count: int
    tasks: int
    descriptors: int
    memory_mb: float


async def serve(venue: str) -> None:
    """Be the exchange: say how to reach it, in one line, and stay until killed."""
    async with Simulator(venue, history_hours=0.2, history_at_once=True, rate_limit=False) as sim:
        sys.stdout.write(msgspec.json.encode([sim.url, sim.api_key, sim.secret, sim.urls]).decode() + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


@contextlib.contextmanager
def exchange(venue: str) -> Iterator[tuple[str, ReaderSettings]]:
    """Run an exchange beside the block; the value is its address and how to read the account there."""
    command = [sys.executable, "-m", "tests.reliability.reconnects", "--serve", "--venue", venue]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url, key, secret, urls = msgspec.json.decode(process.stdout.readline())
        yield (
            url,
            ReaderSettings(account="main", venue=venue, api_key=key, secret=secret, urls=urls, rate_limit=False),
        )
    finally:
        process.kill()
        process.wait()


async def reconnect(venue: str, count: int, folder: Path, looks: int = 20) -> list[Look]:
    """Let the stream be cut ``count`` times, each time once it was live; return what was seen on the way."""
    with exchange(venue) as (url, settings):
        clock, live = SystemClock(), asyncio.Event()
        reader = open_reader(settings, clock=clock, redactor=Redactor(), cache_dir=folder / "cache")
        journal = open_journal(folder / "acct.db")
        memory = journal.reader()
        found: list[Look] = []
        async with Writer(journal, clock) as writer:
            reader.keep_in(writer.inbox)

            async def deliver(delivery: Delivery) -> Receipt:
                receipt = await writer.write(delivery)
                if any(notice.code == "caught-up" for notice in delivery.notices):
                    live.set()
                return receipt

            plan = Plan(reconnect_delay=0.001, reconnect_max_delay=0.002)
            collector = AccountCollector(reader, deliver, memory, plan, clock, random.random)
            running = asyncio.ensure_future(collector.run())
            try:
                for done in range(count + 1):
                    async with asyncio.timeout(_WITHIN_S):
                        await live.wait()
                    live.clear()
                    if done >= _WARM and (done - _WARM) % max(1, (count - _WARM) // looks) == 0:
                        found.append(look(done))
                    await asyncio.to_thread(cut, url)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        memory.close()
    return found


def cut(url: str) -> None:
    urlopen(Request(f"{url}/control/fault/drop_connections", method="POST"), timeout=30).read()


def look(count: int) -> Look:
    gc.collect()
    process = psutil.Process()
    return Look(count, len(asyncio.all_tasks()), process.num_fds(), process.memory_info().rss / 1e6)


def grown(looks: list[Look]) -> list[str]:
    """Return what the second half has more of than the first half had at most; nothing when nothing grows."""
    half = len(looks) // 2
    before, after = looks[:half], looks[half:]
    said = []
    for name, slack in (("tasks", 3), ("descriptors", 3)):
        most, least = max(getattr(one, name) for one in before), min(getattr(one, name) for one in after)
        if least > most + slack:
            said.append(f"{name}: at most {most} in the first half, never under {least} in the second")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", default="kraken")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--out", type=Path, help="add what came out to this file, for the page")
    parser.add_argument("--serve", action="store_true", help="be the exchange")
    asked = parser.parse_args()
    if asked.serve:
        asyncio.run(serve(asked.venue))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        looks = asyncio.run(reconnect(asked.venue, asked.count, Path(folder)))
    sys.stdout.write(f"{'reconnections':>14} {'tasks':>6} {'descriptors':>12} {'memory MB':>10}\n")
    for one in looks:
        sys.stdout.write(f"{one.count:14,} {one.tasks:6} {one.descriptors:12} {one.memory_mb:10.1f}\n")
    said = grown(looks)
    thousand = 1000 * (looks[-1].memory_mb - looks[len(looks) // 2].memory_mb)
    rate = thousand / max(1, looks[-1].count - looks[len(looks) // 2].count)
    sys.stdout.write(f"memory in the second half: {rate:+.2f} MB a thousand reconnections\n")
    sys.stdout.write("\n".join(said) + "\n" if said else "tasks and descriptors do not grow\n")
    if asked.out is not None:
        keep(asked.out, asked.venue, asked.count, said)
    return 1 if said else 0


def keep(out: Path, venue: str, count: int, said: list[str]) -> None:
    """Add one venue's outcome to the file, and the figure that all in it make together."""
    told = msgspec.json.decode(out.read_bytes()) if out.exists() else {}
    venues = told.get("venues", {}) | {venue: {"count": count, "grown": said, "commit": commit()}}
    counted = sum(one["count"] for one in venues.values())
    figure = {
        "value": sum(len(one["grown"]) for one in venues.values()),
        "limit": 0,
        "of": f"{counted:,} reconnections of {', '.join(sorted(venues))}",
        "whole": counted >= _ALL,
    }
    out.write_bytes(msgspec.json.encode({"venues": venues, "reconnects_growth": figure}))


if __name__ == "__main__":
    sys.exit(main())
