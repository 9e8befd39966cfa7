"""A soak: acct beside three exchanges for hours, faults on a schedule, all it uses measured, and the truth at the end.

The exchanges live in this process, acct in one of its own, with the settings a person has who sets nothing. Everything
is written down as it happens, so that a run that is cut off can still be told. By hand::

    python -m tests.reliability.soak --hours 2 --folder soak-1
    python -m tests.reliability.soak --hours 24 --speed 60 --fault-every 60 --folder soak-24h
    python -m tests.reliability.soak --summarise soak-1
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import psutil

from account_cli.errors import AcctError
from account_cli.simulator import Simulator
from account_cli.simulator.lab import FAULTS
from account_cli.simulator.lab.schedule import Planned, names_for, play
from account_cli.storage import open_reader
from tests.reliability.soak_summary import summarise
from tests.reliability.trio import VENUES, Trio, Watcher, commit

HOUR = 3600 * 1_000_000_000
_BEAT = 0.05
_CONVERGE_WITHIN = 600.0
_LEFT_OUT = frozenset({"F02", "F15f", "F31d"})
"""Left to the lab: 1,200 fills at once take minutes to read back at the pace exchanges allow; a frame of eleven
megabytes leaves the heap larger for good, which would hide a leak; after a firewall's 403 acct waits half an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a soak is; times in seconds of the wall unless they say otherwise."""

    hours: float
    """How much of the world's time is lived through."""
    speed: float = 1.0
    seed: int = 1
    venues: tuple[str, ...] = VENUES
    history_hours: float = 2.0
    """How much past there is when acct starts, with the world going as fast as the wall."""
    activity: int = 120
    """How often each account acts in an hour."""
    sample_every: float = 10.0
    fault_every: float = 300.0
    burst_every: float = 420.0
    quiet: float = 240.0
    """No faults at the beginning and at the end."""
    warm_up: float = 1800.0
    """Memory is expected to grow for so long; after it, it is judged."""

    @property
    def seconds(self) -> float:
        return self.hours * 3600 / self.speed


def schedule(settings: Settings, venue: str) -> list[Planned]:
    """Return the faults of one venue: all that can happen there in shuffled rounds, one at a time, always the same."""
    source = random.Random(f"{settings.seed}:{venue}:soak")
    offset = settings.fault_every * settings.venues.index(venue) / len(settings.venues)
    found: list[Planned] = []
    left: list[str] = []
    at_s, end = settings.quiet + offset, settings.seconds - settings.quiet
    while at_s < end:
        if not left:
            left = [name for name in names_for(venue) if name not in _LEFT_OUT]
            source.shuffle(left)
        name = left.pop()
        lasts = round(source.uniform(5, min(20.0, settings.fault_every / 3)), 1) if FAULTS[name].end else 0.0
        found.append(Planned(name, round(at_s, 1), lasts))
        at_s += settings.fault_every * source.uniform(0.8, 1.2)
    return found


async def struck(sim: Simulator, within_s: float, at_s: Callable[[], float]) -> AsyncIterator[None]:
    """Yield each time a fault befalls what it waits for: the frame or the answer may come a minute after it began."""
    faults = sim.stage.faults
    until, waiting = at_s() + within_s, faults.armed
    while waiting and at_s() < until:
        await asyncio.sleep(_BEAT)
        if faults.armed < waiting:
            yield
        waiting = faults.armed


class Soak:
    """One run: the exchanges, acct, and the files in which all is written down."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        at_once = settings.speed == 1
        past = settings.history_hours if at_once else settings.hours
        self.start_ns = time.time_ns() - int(past * HOUR)
        self.trio = Trio(
            folder,
            seed=settings.seed,
            start_ns=self.start_ns,
            at_once=at_once,
            limited=at_once,
            activity=settings.activity,
            venues=settings.venues,
        )
        self.sims = self.trio.sims
        self.began = 0.0
        self.process: Watcher | None = None
        self.deaths: list[int] = []

    @property
    def at_s(self) -> float:
        """Seconds of the wall since the run began."""
        return time.monotonic() - self.began

    def _write(self, file: TextIO, **fields: object) -> None:
        file.write(json.dumps({"t": round(self.at_s, 2), **fields}) + "\n")
        file.flush()

    # -- acct

    def _start_acct(self) -> None:
        with (self.folder / "acct.out").open("ab") as out, (self.folder / "acct.err").open("ab") as err:
            self.process = self.trio.watch(out, err)

    async def _stop_acct(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, 60)

    # -- what goes on side by side

    async def _live(self, sim: Simulator) -> None:
        begin, began = sim.now_ns, time.monotonic()
        while True:
            wall = int((time.monotonic() - began) * self.settings.speed * 1e9)
            sim.run_until(min(begin + wall, time.time_ns()))
            await asyncio.sleep(_BEAT)

    async def _bursts(self, venue: str, file: TextIO) -> None:
        source = random.Random(f"{self.settings.seed}:{venue}:bursts")
        while True:
            await asyncio.sleep(self.settings.burst_every * source.uniform(0.5, 1.5))
            count = source.randrange(5, 60)
            self.sims[venue].burst(count)
            self._write(file, venue=venue, what="burst", fills=count)

    async def _faults(self, venue: str, file: TextIO) -> None:
        plan = schedule(self.settings, venue)
        for one in plan:
            await asyncio.sleep(max(0.0, one.at_s - self.at_s))
            self._write(file, venue=venue, what="fault", name=one.name, lasts=one.for_s, about=FAULTS[one.name].about)
            await play(self.sims[venue], [Planned(one.name, 0.0, one.for_s)])
            self._write(file, venue=venue, what="over", name=one.name)
            async for _ in struck(self.sims[venue], self.settings.fault_every / 2, lambda: self.at_s):
                self._write(file, venue=venue, what="struck", name=one.name, lasts=0.0)

    async def _samples(self, file: TextIO) -> None:
        while True:
            assert self.process is not None
            if self.process.poll() is not None:
                self.deaths.append(self.process.returncode)
                self._write(file, died=self.process.returncode)
                self._start_acct()
            with contextlib.suppress(psutil.Error):
                self._write(file, **_used(psutil.Process(self.process.pid)), database=_size(self.folder))
            await asyncio.sleep(self.settings.sample_every)

    async def _statuses(self, file: TextIO) -> None:
        """Look once a second at what acct says of its streams, as any other process would; write what changed."""
        last: dict[tuple[str, str], tuple[str, str]] = {}
        while True:
            for key, said in _streams(self.folder).items():
                if last.get(key) != said:
                    last[key] = said
                    self._write(file, account=key[0], kind=key[1], strategy=said[0], status=said[1])
            await asyncio.sleep(1)

    # -- the run

    async def run(self) -> dict[str, Any]:
        """Live through it; returns the summary, which is written to ``summary.json`` too."""
        self._write_settings()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.trio)
            files = {
                name: stack.enter_context((self.folder / f"{name}.ndjson").open("w"))
                for name in ("samples", "faults", "statuses")
            }
            self.began = time.monotonic()
            self._start_acct()
            loops = [asyncio.create_task(self._live(sim)) for sim in self.sims.values()]
            for venue in self.sims:
                loops.append(asyncio.create_task(self._bursts(venue, files["faults"])))
                loops.append(asyncio.create_task(self._faults(venue, files["faults"])))
            watching = [
                asyncio.create_task(self._samples(files["samples"])),
                asyncio.create_task(self._statuses(files["statuses"])),
            ]
            try:
                await _until_over([*loops, *watching], self.settings.seconds)
                await _cancel(loops)
                end = await self._compare()
                end["seconds"] = round(self.at_s, 1)
                await _cancel(watching)
            finally:
                await _cancel([*loops, *watching])
                end_code = await self._stop_acct()
        end |= {"exit_code": end_code, "deaths": self.deaths, "secrets": self.trio.secrets()}
        (self.folder / "end.json").write_text(json.dumps(end, indent=1) + "\n")
        return summarise(self.folder)

    def _write_settings(self) -> None:
        facts_of_run = {
            **asdict(self.settings),
            "seconds": self.settings.seconds,
            "commit": commit(),
            "python": sys.version.split()[0],
            "cores": os.cpu_count(),
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "schedule": {venue: [str(one) for one in schedule(self.settings, venue)] for venue in self.sims},
        }
        (self.folder / "settings.json").write_text(json.dumps(facts_of_run, indent=1) + "\n")

    async def _compare(self) -> dict[str, Any]:
        """Hold what acct knows beside what is true, and say how long it took until they were equal."""
        began = time.monotonic()
        accounts = await self.trio.compare(_CONVERGE_WITHIN)
        return {"accounts": accounts, "converged_s": round(time.monotonic() - began, 1)}


def _used(process: psutil.Process) -> dict[str, object]:
    with process.oneshot():
        times, memory = process.cpu_times(), process.memory_info()
        return {
            "pid": process.pid,
            "rss": memory.rss,
            "fds": process.num_fds(),
            "threads": process.num_threads(),
            "cpu_s": round(times.user + times.system, 2),
        }


def _size(folder: Path) -> int:
    sizes = 0
    for path in folder.glob("acct.db*"):
        with contextlib.suppress(FileNotFoundError):
            sizes += path.stat().st_size
    return sizes


def _streams(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """What each stream is said to be; nothing where acct's heartbeat is too old to be believed."""
    try:
        reader = open_reader(folder / "acct.db")
    except AcctError:
        return {}
    try:
        now = time.time_ns()
        return {
            (row.account, row.kind): (row.strategy, row.status if now - row.beat_ns < 15e9 else "dead")
            for row in reader.streams()
        }
    except AcctError:
        return {}
    finally:
        reader.close()


async def _until_over(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Wait; a task that broke ends the wait with its error."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()
    # The schedules may be over before the time is.


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _ended_in_order(soak: Soak) -> dict[str, Any]:
    """Run; asked to end, end acct too."""
    running = asyncio.ensure_future(soak.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0, help="of the world's time")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than the wall the world goes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault-every", type=float, default=300.0, help="seconds between faults of one exchange")
    parser.add_argument("--burst-every", type=float, default=420.0)
    parser.add_argument("--quiet", type=float, default=240.0, help="seconds without faults at both ends")
    parser.add_argument("--warm-up", type=float, default=1800.0, help="seconds before memory is judged")
    parser.add_argument("--folder", type=Path, default=Path("soak"))
    parser.add_argument("--summarise", type=Path, help="only tell what a folder holds")
    return parser.parse_args()


def main() -> int:
    words = asked()
    if words.summarise:
        summary = summarise(words.summarise)
    else:
        folder: Path = words.folder.resolve()
        folder.mkdir(parents=True)
        settings = Settings(
            hours=words.hours,
            speed=words.speed,
            seed=words.seed,
            fault_every=words.fault_every,
            burst_every=words.burst_every,
            quiet=words.quiet,
            warm_up=words.warm_up,
        )
        summary = asyncio.run(_ended_in_order(Soak(settings, folder)))
    sys.stdout.write(json.dumps(summary, indent=1) + "\n")
    return 1 if summary["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
