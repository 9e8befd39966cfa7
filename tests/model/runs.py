"""Which runs there are, the command that repeats one, and the fewest faults that make it fail."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from account_cli.simulator.lab.schedule import Planned
from tests.model.run import Case, Outcome, play_case
from tests.model.weather import drawn, lasts

VENUES = ("kraken", "binanceusdm", "binance")
ALONE_MINUTES = 4.0
HOUR_MINUTES = 60.0
_FAULTS_AN_HOUR = 24


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of results: how many seeds of one kind of run on one venue failed, and which.

    Of random operations ``seeds`` counts the operations; each seed is an episode of them.
    """

    level: str
    venue: str
    fault: str
    seeds: int
    first_seed: int
    failed: int
    failed_seeds: tuple[int, ...]
    seconds: float
    commit: str
    looks: int | None = None
    """In how many seconds what acct shows was held beside the truth; None where that is not done."""
    wrong_and_live: int | None = None
    """In how many of them it was wrong and called live for longer than finding that out may take."""
    longest_s: float | None = None
    """For how many seconds at most something was wrong and called live, within the time that finding out may take."""


def alone(venue: str, name: str, seed: int) -> Case:
    """Return the run in which one fault happens once, at a seeded moment, for a seeded while where it lasts."""
    source = random.Random(f"{seed}:{venue}:{name}")
    at_s = round(source.uniform(30, 120), 1)
    for_s = round(source.uniform(5, 60), 1) if lasts(name) else 0.0
    return Case(venue, seed, (Planned(name, at_s, for_s),), minutes=ALONE_MINUTES)


def combined(venue: str, seed: int) -> Case:
    """Return the run of one hour in which everything happens."""
    count = random.Random(f"{seed}:count").randrange(2, _FAULTS_AN_HOUR)
    return Case(venue, seed, tuple(drawn(venue, seed, seconds=HOUR_MINUTES * 60, count=count)), minutes=HOUR_MINUTES)


def command(case: Case) -> str:
    """Return the command that runs this again."""
    words = [f"python -m tests.model --venue {case.venue} --seed {case.seed} --minutes {case.minutes:g}"]
    words += [f"--history {case.history_hours:g} --activity {case.activity}"]
    words += [f"--fault {one}" for one in case.schedule]
    return " ".join(words)


def shrunk(case: Case) -> Iterator[Case]:
    """Yield ever smaller runs that still fail: one fault after the other is left out."""
    for one in case.schedule:
        fewer = Case(
            case.venue,
            case.seed,
            tuple(other for other in case.schedule if other is not one),
            case.minutes,
            case.history_hours,
            case.activity,
        )
        if failed(play_case(fewer)):
            case = fewer
            yield case


def failed(outcome: Outcome) -> bool:
    return bool(outcome.lines)
