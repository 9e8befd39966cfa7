"""A soak on virtual time: faults on the soak's own schedule, and for how long streams are not live beside them.

The exchange keeps its rate limits, so what a reconnection costs there shows here in seconds of the exchange's time. By
hand, an hour of Kraken's::

    python -m tests.model.downtime --venue kraken --hours 1 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from account_cli.simulator.lab.schedule import Planned, play
from tests.model.exchange import ModelExchange, connected
from tests.model.memory import Weather
from tests.model.run import START_NS
from tests.model.virtual import MEMORY_DISK, SECOND, VirtualClock, VirtualLoop, run
from tests.model.watcher import Watcher, kept
from tests.reliability.soak import HOUR, Settings, schedule, struck
from tests.reliability.soak_summary import downtime
from tests.reliability.trio import VENUES

Line = dict[str, Any]
_DEAD_NS = 15 * SECOND


def lived(venue: str, hours: float, seed: int = 1) -> Line:
    """Live through so many hours; return what ``soak_summary.downtime`` makes of them."""
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
        return run(lambda loop: _live(Settings(hours=hours, seed=seed), venue, Path(folder), loop))


async def _live(settings: Settings, venue: str, folder: Path, loop: VirtualLoop) -> Line:
    clock, weather = VirtualClock(loop, START_NS), Weather(random.Random(f"{settings.seed}:weather"))
    start_ns = START_NS - int(settings.history_hours * HOUR)
    exchange = ModelExchange(venue, settings.seed, clock, weather, start_ns=start_ns, activity=settings.activity)
    faults: list[Line] = []
    statuses: list[Line] = []
    began = loop.time()

    def at_s() -> float:
        return loop.time() - began

    async def happen() -> None:
        for one in schedule(settings, venue):
            await asyncio.sleep(max(0.0, one.at_s - at_s()))
            faults.append({"t": at_s(), "venue": venue, "what": "fault", "name": one.name, "lasts": one.for_s})
            await play(exchange, [Planned(one.name, 0.0, one.for_s)])
            told = {"venue": venue, "what": "struck", "name": one.name, "lasts": 0.0}
            faults.extend([{"t": at_s(), **told} async for _ in struck(exchange, settings.fault_every / 2, at_s)])

    async def burst() -> None:
        source = random.Random(f"{settings.seed}:{venue}:bursts")
        while True:
            await asyncio.sleep(settings.burst_every * source.uniform(0.5, 1.5))
            exchange.burst(source.randrange(5, 60))

    async def look() -> None:
        last: dict[str, str] = {}
        with kept(watcher.database) as reader:
            while True:
                now = clock.now_ns()
                for row in reader.streams():
                    status = row.status if now - row.beat_ns < _DEAD_NS else "dead"
                    if last.get(row.kind) != status:
                        last[row.kind] = status
                        told = {"account": venue, "kind": row.kind, "strategy": row.strategy, "status": status}
                        statuses.append({"t": at_s(), **told})
                await asyncio.sleep(1)

    with connected(exchange, clock):
        exchange.run_until(START_NS)
        await exchange.start()
        watcher = Watcher(exchange, folder, clock, loop, settings.seed)
        watcher.start()
        running = [asyncio.create_task(one) for one in (exchange.live(), happen(), burst(), look())]
        await asyncio.wait(running, timeout=settings.seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
        await watcher.stop()
        await exchange.stop()
        await asyncio.sleep(1)
    wrong = [one for one in (*ended, *watcher.bugs) if one and not isinstance(one, asyncio.CancelledError)]
    if wrong:
        raise wrong[0]
    return downtime(statuses, faults, settings.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", choices=VENUES, default="kraken")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    told = lived(asked.venue, asked.hours, asked.seed)
    for one in told.pop("unexplained"):
        sys.stdout.write(f"{one['kind']} from {one['from']:.0f} to {one['to']:.0f} s\n")
    sys.stdout.write(f"{asked.venue} {asked.seed}: {told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
