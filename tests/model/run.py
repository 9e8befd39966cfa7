"""One run of the model: a seeded exchange lives, faults happen, acct watches; then it is quiet, and all must agree."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from account_cli.simulator.lab.schedule import Planned
from tests.model.exchange import ModelExchange, connected
from tests.model.honesty import Honesty, patience
from tests.model.memory import Weather
from tests.model.truth import differences, exported
from tests.model.virtual import MEMORY_DISK, SECOND, VirtualClock, VirtualLoop, run
from tests.model.watcher import Watcher, kept
from tests.model.weather import happen

START_NS = 1_767_225_600 * SECOND
"""The instant at which every run begins: 2026-01-01 UTC."""
_CONVERGE_S = 400.0
"""How long acct may take, once it is quiet, until it knows all that is true."""
_BANNED_S = 9000.0
"""The same where pages came with 403: each is taken for a ban of half an hour, in which nothing is asked; and where the
key was refused, which is tried again only after ten minutes."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a run depends on."""

    venue: str
    seed: int
    schedule: tuple[Planned, ...] = ()
    minutes: float = 5.0
    history_hours: float = 0.25
    activity: int = 120


@dataclass(slots=True)
class Outcome:
    """What became of a run: ``lines`` say what was wrong, ``digest`` names what was known at the end."""

    lines: list[str] = field(default_factory=list)
    digest: str = ""
    facts: int = 0
    converged_s: float = 0.0
    worst: dict[str, float] = field(default_factory=dict)
    """For how many seconds at most a kind of data was wrong and called live."""
    looks: int = 0
    """In how many seconds what acct shows was held beside the truth."""
    wrong_and_live: int = 0
    """In how many of them it was wrong and called live for longer than finding that out may take."""
    seconds: float = 0.0


def play_case(case: Case) -> Outcome:
    """Run it; the same case gives the same outcome."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
        outcome = run(lambda loop: _run(case, Path(folder), loop))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _run(case: Case, folder: Path, loop: VirtualLoop) -> Outcome:
    clock = VirtualClock(loop, START_NS)
    weather = Weather(random.Random(f"{case.seed}:weather"))
    history_ns = int(case.history_hours * 3600) * SECOND
    exchange = ModelExchange(
        case.venue, case.seed, clock, weather, start_ns=START_NS - history_ns, activity=case.activity
    )
    outcome = Outcome()
    with connected(exchange, clock):
        exchange.run_until(START_NS)
        await exchange.start()
        living = asyncio.create_task(exchange.live(), name="world")
        watcher = Watcher(exchange, folder, clock, loop, case.seed)
        watcher.start()
        honesty = Honesty(exchange, watcher, clock, patience(case.schedule, case.venue))
        honesty.begin()
        looking = asyncio.create_task(honesty.look(), name="honesty")
        playing = asyncio.create_task(happen(case.schedule, watcher, clock), name="lab")
        await asyncio.sleep(case.minutes * 60)
        await playing
        living.cancel()
        banned = any(one.name in {"F31d", "M11"} for one in case.schedule)
        await _settle(exchange, watcher, outcome, loop, _BANNED_S if banned else _CONVERGE_S)
        looking.cancel()
        await watcher.stop()
        await exchange.stop()
        await asyncio.sleep(1)
    outcome.lines += honesty.lines
    outcome.worst, outcome.looks, outcome.wrong_and_live = honesty.worst, honesty.looks, honesty.wrong
    outcome.lines += [f"bug: {bug!r}" for bug in watcher.bugs]
    outcome.lines += [f"was asked for {request.method} {request.path}" for request in exchange.violations]
    if exchange.stage.faults.asked_in_ban:
        outcome.lines.append(f"asked {exchange.stage.faults.asked_in_ban} times although it was banned")
    left = [task.get_coro() for task in loop.tasks_left() - {asyncio.current_task()}]
    outcome.lines += [f"left behind {one}" for one in left if "Server." not in repr(one)]  # the exchange's own are not
    with kept(watcher.database) as reader:
        text = exported(reader)
    outcome.facts, outcome.digest = text.count("\n"), hashlib.sha256(text.encode()).hexdigest()[:16]
    return outcome


async def _settle(
    exchange: ModelExchange, watcher: Watcher, outcome: Outcome, loop: VirtualLoop, within_s: float
) -> None:
    """Wait until acct knows all that is true, for so long as it may take."""
    began = loop.time()
    while loop.time() - began < within_s:
        await asyncio.sleep(5)
        if not (lines := differences(exchange, watcher.database)):
            outcome.converged_s = loop.time() - began
            return
    outcome.lines += lines
