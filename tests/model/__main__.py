"""Runs of the model by hand::

python -m tests.model --venue kraken --seed 1 --fault F03@t=30s,for=20s   one run
python -m tests.model --venue kraken --seed 1 --seeds 100 --shrink        hours with faults of all kinds
python -m tests.model alone --seeds 20 --out results.ndjson               every fault alone, on every venue
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec

from tests.model.episodes import EPISODE, drawn, fewest, play_anew
from tests.model.run import Case, Outcome, play_case
from tests.model.runs import VENUES, Figure, alone, combined, command, failed, shrunk
from tests.model.weather import names_alone, read


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def many(level: str, fault: str, venue: str, cases: Iterable[Case], *, shrink: bool) -> Figure:
    """Run them all, tell of those that fail, and return the figure."""
    began, bad, seeds = time.perf_counter(), [], []
    looks = wrong = 0
    longest = 0.0
    for case in cases:
        seeds.append(case.seed)
        outcome = tell(case, play_case(case), quiet=True)
        looks, wrong = looks + outcome.looks, wrong + outcome.wrong_and_live
        longest = max([longest, *outcome.worst.values()])
        if failed(outcome):
            bad.append(case.seed)
            for smaller in shrunk(case) if shrink else ():
                say(f"still fails: {command(smaller)}")
    return Figure(
        level=level,
        venue=venue,
        fault=fault,
        seeds=len(seeds),
        first_seed=min(seeds),
        failed=len(bad),
        failed_seeds=tuple(bad),
        seconds=round(time.perf_counter() - began, 1),
        commit=commit(),
        looks=looks,
        wrong_and_live=wrong,
        longest_s=longest,
    )


def tell(case: Case, outcome: Outcome, *, quiet: bool = False) -> Outcome:
    """Say what became of a run; of one that is as it should be only when not ``quiet``."""
    if failed(outcome):
        say("\n".join([f"FAILED {command(case)}", *outcome.lines[:10]]))
    elif not quiet:
        say(f"equal {outcome.facts} facts, {outcome.digest}, after {outcome.converged_s:g} s: {command(case)}")
    return outcome


def keep(out: Path | None, figure: Figure) -> None:
    say(msgspec.json.encode(figure).decode())
    if out is not None:
        with out.open("ab") as file:
            file.write(msgspec.json.encode(figure) + b"\n")


def operations(count: int, seed: int, out: Path | None) -> int:
    """Play so many operations, an episode a seed; of what fails the fewest operations that it takes are shown."""
    began, bad, played, first = time.perf_counter(), [], 0, seed
    while played < count:
        wanted = drawn(seed, min(EPISODE, count - played))
        result = play_anew(wanted)
        played += result.operations
        if result.violated:
            bad.append(seed)
            say(f"FAILED python -m tests.model operations --seed {seed} --count {EPISODE}\n{result.violated}")
            say("\n".join(f"  {op.name} {op.seed}" for op in fewest(wanted[: result.operations])))
        seed += 1
    figure = Figure(
        level="model",
        venue="core",
        fault="operations",
        seeds=played,
        first_seed=first,
        failed=len(bad),
        failed_seeds=tuple(bad),
        seconds=round(time.perf_counter() - began, 1),
        commit=commit(),
    )
    keep(out, figure)
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="hours", choices=["hours", "alone", "operations"])
    parser.add_argument("--venue", choices=VENUES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000, help="operations in all")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--history", type=float)
    parser.add_argument("--activity", type=int)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--out", type=Path, help="append a line of JSON for each figure to this file")
    asked = parser.parse_args()
    if asked.what == "operations":
        return operations(asked.count, asked.seed, asked.out)
    venues = [asked.venue] if asked.venue else list(VENUES)
    seeds = range(asked.seed, asked.seed + asked.seeds)
    bad = 0

    def changed(case: Case) -> Case:
        given = {"minutes": asked.minutes, "history_hours": asked.history, "activity": asked.activity}
        case = replace(case, **{name: value for name, value in given.items() if value is not None})
        if asked.fault and asked.what == "hours":
            case = replace(case, schedule=tuple(read(text, case.venue) for text in asked.fault))
        return case

    for venue in venues:
        if asked.what == "alone":
            for name in [word for word in names_alone(venue) if not asked.fault or word in asked.fault]:
                cases = [changed(alone(venue, name, seed)) for seed in seeds]
                figure = many("model", name, venue, cases, shrink=False)
                keep(asked.out, figure)
                bad += figure.failed
        elif len(seeds) == 1 and asked.out is None:
            case = changed(combined(venue, asked.seed))
            bad += failed(tell(case, play_case(case)))
        else:
            figure = many("model", "combined", venue, [changed(combined(venue, s)) for s in seeds], shrink=asked.shrink)
            keep(asked.out, figure)
            bad += figure.failed
    return 1 if bad else 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited")  # those of killed processes
    sys.exit(main())
