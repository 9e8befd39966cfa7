"""Runs the fault lab on the wire for its figures: every fault alone on every venue, or several at once, seed by seed.

Each run is a process of its own, so that many go side by side, and each figure is written as soon as it is known.
By hand::

    python -m tests.reliability.wire --seeds 3 --out wire.ndjson
    python -m tests.reliability.wire --combined 34 --out wire-combined.ndjson
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from account_cli.simulator.lab.schedule import names_for
from tests.faults.lab import alone
from tests.reliability.trio import ROOT, VENUES, commit

_WITHIN = 600.0


def run(venue: str, seed: int, fault: str | None) -> tuple[bool, str]:
    """Run once; return whether all was well, and what was said."""
    command = [sys.executable, "-m", "tests.faults.lab", "--venue", venue, "--seed", str(seed)]
    if fault is not None:
        command += ["--fault", str(alone(fault, venue))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"FAILED {' '.join(command[1:])}: it did not end"
    return done.returncode == 0, done.stdout + done.stderr[-2000:]


def figure(venue: str, fault: str | None, seeds: range) -> dict[str, object]:
    """Run all seeds of one kind one after the other; return its line."""
    failed = []
    for seed in seeds:
        well, said = run(venue, seed, fault)
        if not well:
            failed.append(seed)
            sys.stdout.write(said)
    return {
        "level": "wire",
        "venue": venue,
        "fault": fault or "combined",
        "seeds": len(seeds),
        "first_seed": seeds.start,
        "failed": len(failed),
        "failed_seeds": failed,
        "commit": commit(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", action="append", choices=VENUES)
    parser.add_argument("--fault", action="append", default=[], help="these alone, instead of every one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--combined", type=int, default=0, metavar="N", help="N random schedules on each venue instead")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="append a line for each figure to this file")
    asked = parser.parse_args()
    venues = asked.venue or list(VENUES)
    seeds = range(asked.seed, asked.seed + (asked.combined or asked.seeds))
    kinds: list[tuple[str, str | None]] = [
        (venue, name)
        for venue in venues
        for name in ([None] if asked.combined else names_for(venue, local=True))
        if name is None or not asked.fault or name in asked.fault
    ]
    bad = 0
    with ThreadPoolExecutor(asked.jobs) as pool:
        for told in pool.map(lambda kind: figure(kind[0], kind[1], seeds), kinds):
            line = json.dumps(told)
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            bad += bool(told["failed"])
            if asked.out is not None:
                with asked.out.open("a") as file:
                    file.write(line + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
