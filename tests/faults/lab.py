"""One run of the fault lab: an exchange on which a schedule of faults happens, and acct beside it, until both agree.

A run that fails prints the command that repeats it. By hand, with ``--shrink`` to find the few faults that it takes::

    python -m tests.faults.lab --venue kraken --seed 42 --fault F03@t=1s,for=3s --fault F05@t=2s --shrink
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from account_cli.simulator.lab import FAULTS
from account_cli.simulator.lab.schedule import Planned, names_for, planned, play, random_schedule
from tests.faults.truth import Bench

_HOURS = 1.0
_STEP = 0.05
_SECONDS = 6.0
"""How long the faults may last altogether; the world lives through its hour meanwhile."""


class Watcher:
    """``acct watch --plain`` beside the exchange, which can be killed, stopped, and denied its database."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._process: asyncio.subprocess.Process | None = None
        self._kills: set[asyncio.Task[None]] = set()
        self._lock: sqlite3.Connection | None = None

    async def __aenter__(self) -> Watcher:
        self._process = await self._bench.start("watch", "--plain", "main")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settled()
        self.lock_database(False)
        self._signal(signal.SIGCONT, signal.SIGTERM)
        if self._process is not None:
            await self._process.wait()

    async def settled(self) -> None:
        """Wait until whoever was killed has been started again."""
        await asyncio.gather(*self._kills)

    def kill(self) -> None:
        """End the process without a word and start it again."""
        task = asyncio.create_task(self._again())
        self._kills.add(task)
        task.add_done_callback(self._kills.discard)

    async def _again(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()
        self._process = await self._bench.start("watch", "--plain", "main")

    def pause(self, on: bool) -> None:
        """Stop the process where it is, or let it go on."""
        self._signal(signal.SIGSTOP if on else signal.SIGCONT)

    def lock_database(self, on: bool) -> None:
        """Hold the database's write lock, or give it back."""
        if self._lock is not None:
            self._lock.rollback()
            self._lock.close()
            self._lock = None
        if on:
            self._lock = sqlite3.connect(self._bench.folder / "acct.db", isolation_level=None, timeout=30)
            self._lock.execute("BEGIN IMMEDIATE")

    def _signal(self, *numbers: int) -> None:
        for number in numbers:
            if self._process is not None and self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.send_signal(number)


def command(venue: str, seed: int, schedule: Sequence[Planned]) -> str:
    """Return the command that runs this again."""
    return f"python -m tests.faults.lab --venue {venue} --seed {seed} {' '.join(f'--fault {one}' for one in schedule)}"


async def differences(venue: str, seed: int, schedule: Sequence[Planned], folder: Path) -> list[str]:
    """Let the schedule happen; return what acct knows wrong, lacks or has too much of once it is over, a line each.

    The world lives through its hour meanwhile, and a second longer.
    """
    seconds = 1 + max((one.at_s + one.for_s for one in schedule), default=_SECONDS)
    async with Bench(venue, folder, seed=seed, hours=_HOURS) as bench:
        async with Watcher(bench) as watcher:
            await _connected(bench)
            playing = asyncio.create_task(play(bench.sim, schedule, machine=watcher))
            await bench.live(_STEP, seconds * _STEP / _HOURS)
            await playing
            await watcher.settled()
            patience = 60 + max((2 * FAULTS[one.name].wait_s for one in schedule), default=0.0)
            known, true = await bench.settled(patience), bench.true()
        lines = [f"lacks {fact}" for fact in set(true) - set(known)]
        lines += [f"invented {fact}" for fact in set(known) - set(true)]
        if len(known) != len(set(known)):
            lines.append("knows a fact twice")
        lines += [f"was asked for {request.method} {request.path}" for request in bench.sim.violations]
        if bench.sim.stage.faults.asked_in_ban:
            lines.append(f"asked {bench.sim.stage.faults.asked_in_ban} times although it was banned")
        return sorted(lines)


async def _connected(bench: Bench) -> None:
    """Wait until acct has a stream: a fault on which nobody looks proves nothing."""
    async with asyncio.timeout(180):
        while not any(connection.private for connection in bench.sim.stage.connections):
            await asyncio.sleep(0.05)


def alone(name: str, venue: str) -> Planned:
    """Return one fault as it is played in a run of its own, soon and shortly."""
    return planned(f"{name}@t=0.5s" + (",for=1.5s" if FAULTS[name].end else ""), venue, local=True)


def scheduled(venue: str, seed: int) -> list[Planned]:
    """Return a random schedule that fits one run."""
    return random_schedule(venue, seed, seconds=_SECONDS, count=6, local=True)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def shrink(venue: str, seed: int, schedule: Sequence[Planned]) -> list[Planned]:
    """Leave out one fault after the other while the run still fails."""
    left = list(schedule)
    for one in schedule:
        fewer = [other for other in left if other is not one]
        with tempfile.TemporaryDirectory() as folder:
            if fewer and await differences(venue, seed, fewer, Path(folder)):
                left = fewer
                say(f"still fails: {command(venue, seed, left)}")
    return left


def asked_for(asked: argparse.Namespace, seed: int) -> list[list[Planned]]:
    """Return the schedules that the command line asks for."""
    if asked.each:
        return [[alone(name, asked.venue)] for name in names_for(asked.venue, local=True)]
    return [[planned(text, asked.venue, local=True) for text in asked.fault] or scheduled(asked.venue, seed)]


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", default="kraken")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--seeds", type=int, default=1, help="this many seeds, from --seed on, with random faults")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--each", action="store_true", help="every fault of the venue, each in a run of its own")
    parser.add_argument("--shrink", action="store_true")
    asked = parser.parse_args()
    runs = failed = 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        for schedule in asked_for(asked, seed):
            with tempfile.TemporaryDirectory() as folder:
                lines = await differences(asked.venue, seed, schedule, Path(folder))
            say("\n".join([("FAILED " if lines else "equal ") + command(asked.venue, seed, schedule), *lines[:10]]))
            runs, failed = runs + 1, failed + bool(lines)
            if lines and asked.shrink:
                await shrink(asked.venue, seed, schedule)
    say(f"{runs} run(s), {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
