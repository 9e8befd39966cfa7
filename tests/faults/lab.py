"""One run of the fault lab: an exchange on which a schedule of faults happens, and acct beside it, until both agree.

A run that fails prints the command that repeats it. By hand, with ``--shrink`` to find the few faults that it takes::

    python -m tests.faults.lab --venue kraken --seed 42 --fault F03@t=1s,for=3s --fault F05@t=2s --shrink
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from account_cli.simulator.lab import Planned, planned, play, random_schedule
from tests.faults.truth import Bench

_HOURS = 1.0
_STEP = 0.05
_SECONDS = 6.0
"""How long the faults may last altogether; the world lives through its hour meanwhile."""


def command(venue: str, seed: int, schedule: Sequence[Planned]) -> str:
    """Return the command that runs this again."""
    return f"python -m tests.faults.lab --venue {venue} --seed {seed} {' '.join(f'--fault {one}' for one in schedule)}"


async def differences(venue: str, seed: int, schedule: Sequence[Planned], folder: Path) -> list[str]:
    """Let the schedule happen; return what acct knows wrong, lacks or has too much of once it is over, a line each."""
    async with Bench(venue, folder, seed=seed, hours=_HOURS) as bench:
        async with bench.watching():
            await asyncio.sleep(2)
            playing = asyncio.create_task(play(bench.sim, schedule))
            await bench.live(_STEP, _SECONDS * _STEP / _HOURS)
            await playing
            known, true = await bench.settled(), bench.true()
        lines = [f"lacks {fact}" for fact in set(true) - set(known)]
        lines += [f"invented {fact}" for fact in set(known) - set(true)]
        if len(known) != len(set(known)):
            lines.append("knows a fact twice")
        lines += [f"was asked for {request.method} {request.path}" for request in bench.sim.violations]
        return sorted(lines)


def scheduled(venue: str, seed: int) -> list[Planned]:
    """Return a random schedule that fits one run."""
    return random_schedule(venue, seed, seconds=_SECONDS, count=6)


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


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", default="kraken")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--seeds", type=int, default=1, help="this many seeds, from --seed on, with random faults")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--shrink", action="store_true")
    asked = parser.parse_args()
    failed = 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        schedule = [planned(text, asked.venue) for text in asked.fault] or scheduled(asked.venue, seed)
        with tempfile.TemporaryDirectory() as folder:
            lines = await differences(asked.venue, seed, schedule, Path(folder))
        say("\n".join([("FAILED " if lines else "equal ") + command(asked.venue, seed, schedule), *lines[:10]]))
        failed += bool(lines)
        if lines and asked.shrink:
            await shrink(asked.venue, seed, schedule)
    say(f"{asked.seeds} run(s), {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
