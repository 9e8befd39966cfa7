"""Days on which REST tells what was so many seconds ago, and nothing is wrong: every break and every alert is false.

python -m tests.model.lagging --venue kraken --days 30 --lag 90

Each day is a run of its own, with a seed of its own; the process that watches compares as it does beside a stream, and
holds the account to every rule: to those that have a threshold by themselves, and to a total of a thousand dollars.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from account_cli.alerts import RuleSetting, Settings
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.engine.alert_storing import Decided
from account_cli.reconciliation import Item, Run
from tests.model.exchange import ModelExchange, connected
from tests.model.memory import Weather
from tests.model.run import START_NS
from tests.model.runs import VENUES
from tests.model.truth import differences
from tests.model.virtual import MEMORY_DISK, SECOND, VirtualClock, VirtualLoop, run
from tests.model.watcher import ACCOUNT, Watcher, kept

_DECIDED = Decided(settings=Settings(rules={"LOW_BALANCE": RuleSetting(threshold=Decimal(1000))}))
_BEFORE_S = 300.0
"""How long REST is up to date at first, so that history is read and settled."""


@dataclass(slots=True)
class Told:
    """What was told while REST lagged: ``breaks`` a line each, and what states the runs had how often."""

    breaks: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    facts: int = 0


def lagging(venue: str, seed: int, *, hours: float, lag_s: float, activity: int) -> Told:
    """Live through so many hours; the same arguments give the same."""
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
        return run(lambda loop: _run(venue, seed, Path(folder), loop, hours, lag_s, activity))


async def _run(
    venue: str, seed: int, folder: Path, loop: VirtualLoop, hours: float, lag_s: float, activity: int
) -> Told:
    clock = VirtualClock(loop, START_NS)
    exchange = ModelExchange(
        venue,
        seed,
        clock,
        Weather(random.Random(f"{seed}:weather")),
        start_ns=START_NS - 900 * SECOND,
        activity=activity,
    )
    with connected(exchange, clock):
        exchange.run_until(START_NS)
        await exchange.start()
        living = asyncio.create_task(exchange.live(), name="world")
        watcher = Watcher(exchange, folder, clock, loop, seed, reconciles=True, decided=_DECIDED)
        watcher.start()
        await asyncio.sleep(_BEFORE_S)
        exchange.rest_lag(lag_s)
        await asyncio.sleep(hours * 3600)
        living.cancel()
        await asyncio.sleep(lag_s + 150)
        told = Told(wrong=differences(exchange, watcher.database) + [f"bug: {bug!r}" for bug in watcher.bugs])
        await watcher.stop()
        await exchange.stop()
        await asyncio.sleep(1)
    with kept(watcher.database) as reader:
        told.facts = reader.head(ACCOUNT)
        _count(told, [one for _, one in reversed(reader.runs(ACCOUNT))])
        lines = [one for one in reversed(reader.alerts(limit=10_000)) if one.what == "fired"]
        told.alerts = [f"{format_time(one.at_ns)} {one.rule} {one.key}: {one.text}" for one in lines]
    return told


def _count(told: Told, runs: list[Run]) -> None:
    before: set[tuple[str, str, str]] = set()
    for one in runs:
        told.states[one.state] = told.states.get(one.state, 0) + 1
        now = {item.slot: item for item in one.items if item.state == "unexplained"}
        told.breaks += [_line(one, item) for slot, item in now.items() if slot not in before]
        before = set(now)


def _line(of: Run, item: Item) -> str:
    assert item.local is not None
    assert item.exchange is not None
    return f"{format_time(of.at_ns)} {item.kind} {item.key}: {plain(item.local)}, stated {plain(item.exchange)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", choices=VENUES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--hours", type=float, default=24.0, help="how long a day is")
    parser.add_argument("--lag", type=float, default=90.0, help="in seconds")
    parser.add_argument("--activity", type=int, default=12, help="orders an hour")
    asked = parser.parse_args()
    false = alerts = wrong = 0
    for venue in [asked.venue] if asked.venue else VENUES:
        for seed in range(asked.seed, asked.seed + asked.days):
            began = time.perf_counter()
            told = lagging(venue, seed, hours=asked.hours, lag_s=asked.lag, activity=asked.activity)
            false, alerts, wrong = false + len(told.breaks), alerts + len(told.alerts), wrong + len(told.wrong)
            sys.stdout.write(
                f"{venue} {seed}: {told.facts} facts, {told.states}, {time.perf_counter() - began:.0f} s\n"
            )
            sys.stdout.writelines(f"  {line}\n" for line in [*told.breaks, *told.alerts, *told.wrong][:20])
            sys.stdout.flush()
    sys.stdout.write(f"{false} false breaks, {alerts} false alerts\n")
    return 1 if false > 1 or alerts > 1 or wrong else 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited")
    sys.exit(main())
