"""What goes wrong in a run: the faults of the lab, and those that only somebody who is in between can play (``M…``).

Those are of the way between acct and the exchange, and of the moment of a commit. They are written and planned as the
lab's are.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from account_cli.simulator.lab import FAULTS
from account_cli.simulator.lab.schedule import Planned, names_for, planned, play
from tests.model.virtual import VirtualClock
from tests.model.watcher import Watcher


@dataclass(frozen=True, slots=True)
class Between:
    """A fault of the model; ``end`` is for what lasts."""

    about: str
    begin: Callable[[Watcher, VirtualClock], object]
    end: Callable[[Watcher, VirtualClock], object] | None = None


def _set(**odds: object) -> Callable[[Watcher, VirtualClock], None]:
    def change(watcher: Watcher, _: VirtualClock) -> None:
        for name, value in odds.items():
            setattr(watcher.exchange.memory.weather, name, value)

    return change


def _slow(watcher: Watcher, _: VirtualClock) -> None:
    watcher.exchange.memory.weather.rest_s = (1.0, 8.0)
    watcher.exchange.stage.faults.heard_within_s = 8.0  # half of it there, half of it back


def _jump(seconds: float) -> Callable[[Watcher, VirtualClock], None]:
    def change(_: Watcher, clock: VirtualClock) -> None:
        clock.jump_s = seconds

    return change


def _revoke(on: bool) -> Callable[[Watcher, VirtualClock], None]:
    return lambda watcher, _: watcher.exchange.revoke_key(on)


def _untold(watcher: Watcher, _: VirtualClock) -> None:
    if watcher.disk is not None:
        watcher.disk.untold = 2


def _die(how: str) -> Callable[[Watcher, VirtualClock], None]:
    def change(watcher: Watcher, _: VirtualClock) -> None:
        if watcher.disk is not None:
            watcher.disk.die_at = (3, how)

    return change


def _cut(watcher: Watcher, _: VirtualClock) -> None:
    watcher.exchange.memory.drop_connections()
    watcher.exchange.memory.weather.no_network = True


BETWEEN: Mapping[str, Between] = {
    "M1": Between("one frame in five is lost", _set(lose=0.2), _set(lose=0.0)),
    "M2": Between("one frame in three comes twice", _set(repeat=0.3), _set(repeat=0.0)),
    "M3": Between("frames of half a second come in any order", _set(shuffle_s=0.5), _set(shuffle_s=0.0)),
    "M4": Between("one frame in ten is cut off", _set(cut=0.1), _set(cut=0.0)),
    "M5": Between("there is no network", _cut, _set(no_network=False)),
    "M6": Between("answers take up to eight seconds", _slow, _set(rest_s=(0.03, 0.25))),
    "M7": Between("frames take up to three seconds", _set(frame_s=(0.5, 3.0)), _set(frame_s=(0.002, 0.04))),
    "M8": Between("the wall clock is set ten minutes ahead", _jump(600.0), _jump(0.0)),
    "M8b": Between("the wall clock is set ten minutes back", _jump(-600.0), _jump(0.0)),
    "M9": Between("two commits are made and reported as failed", _untold),
    "M10": Between("the process is killed before a commit", _die("before")),
    "M10b": Between("the process is killed after a commit", _die("after")),
    "M11": Between("the key is revoked, and given back", _revoke(True), _revoke(False)),
}
ALONE = frozenset({"M11"})
"""Not drawn among others: nothing is asked for ten minutes after it."""
_WORD = re.compile(r"(M\d{1,2}[a-z]?)(?:@t=([\d.]{1,8})s?(?:,for=([\d.]{1,8})s?)?)?")


def names(venue: str) -> list[str]:
    """Return every fault that can happen on a venue, those of the machine and of the model too."""
    return [*names_for(venue, local=True), *(name for name in BETWEEN if name not in ALONE)]


def names_alone(venue: str) -> list[str]:
    """Return what can happen by itself: that too after which an exchange no longer knows, or acct long does not ask."""
    return [*names_for(venue, local=True, forgetting=True), *BETWEEN]


def lasts(name: str) -> bool:
    """True for what begins and ends."""
    return (BETWEEN[name].end if name in BETWEEN else FAULTS[name].end) is not None


def about(name: str) -> str:
    return BETWEEN[name].about if name in BETWEEN else FAULTS[name].about


def read(text: str, venue: str) -> Planned:
    """Read one fault of a schedule. Raises ``ValueError``."""
    match = _WORD.fullmatch(text)
    if match is None:
        return planned(text, venue, local=True)
    if match[1] not in BETWEEN:
        raise ValueError(f"no fault {text!r}")
    return Planned(match[1], float(match[2] or 0), float(match[3] or (10 if lasts(match[1]) else 0)))


def drawn(venue: str, seed: int, *, seconds: float, count: int) -> list[Planned]:
    """Return so many faults within so many seconds, the same for the same seed; what lasts ends within minutes."""
    source = random.Random(f"{seed}:{venue}:drawn")
    found = []
    for _ in range(count):
        name = source.choice(names(venue))
        at_s = round(source.uniform(0, seconds * 0.8), 1)
        found.append(Planned(name, at_s, round(source.uniform(2, seconds * 0.05), 1) if lasts(name) else 0.0))
    return sorted(found, key=lambda one: (one.at_s, one.name))


async def happen(schedule: Sequence[Planned], watcher: Watcher, clock: VirtualClock) -> None:
    """Let a schedule happen, beginning now; returns when the last fault has ended."""
    of_lab = [one for one in schedule if one.name not in BETWEEN]
    between = [one for one in schedule if one.name in BETWEEN]
    await asyncio.gather(
        play(watcher.exchange, of_lab, machine=watcher), *(_one(one, watcher, clock) for one in between)
    )


async def _one(one: Planned, watcher: Watcher, clock: VirtualClock) -> None:
    fault = BETWEEN[one.name]
    await asyncio.sleep(one.at_s)
    fault.begin(watcher, clock)
    if fault.end is not None:
        await asyncio.sleep(one.for_s)
        fault.end(watcher, clock)
