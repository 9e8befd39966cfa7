"""At the level of the model: the whole of acct on virtual time, against the exchange's own protocol, and no socket."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model.downtime import lived
from tests.model.episodes import EPISODE, drawn, play_anew
from tests.model.lagging import lagging
from tests.model.run import Case, play_case
from tests.model.runs import VENUES, combined, command
from tests.model.weather import read


@pytest.mark.parametrize("venue", VENUES)
def test_an_hour_of_faults_leaves_everything_known_once(venue: str) -> None:
    case = replace(combined(venue, 1), minutes=60.0)
    assert play_case(case).lines == [], f"run it again: {command(case)}"


def test_the_same_seed_gives_the_same_run() -> None:
    case = Case("kraken", 3, combined("kraken", 3).schedule[:3], minutes=3)
    first, again = play_case(case), play_case(case)
    assert (first.digest, first.facts, first.converged_s) == (again.digest, again.facts, again.converged_s)
    assert first.digest != play_case(replace(case, seed=4)).digest


@pytest.mark.parametrize(
    ("venue", "fault"), [("kraken", "L7@t=50s"), ("binance", "M10@t=40s"), ("binanceusdm", "M10b@t=40s")]
)
def test_a_killed_process_that_is_started_again_knows_everything_once(venue: str, fault: str) -> None:
    case = Case(venue, 1, (read(fault, venue),), minutes=3)
    assert play_case(case).lines == [], f"run it again: {command(case)}"


def test_ten_thousand_random_operations_violate_nothing() -> None:
    for seed in range(10_000 // EPISODE):
        played = play_anew(drawn(seed, EPISODE))
        assert played.violated is None, (
            f"run it again: python -m tests.model operations --seed {seed} --count {EPISODE}"
        )


def test_the_same_operations_leave_the_same_journal() -> None:
    assert play_anew(drawn(1, 200)) == play_anew(drawn(1, 200)) != play_anew(drawn(2, 200))


MENDED = [
    ("kraken", 1, "M8@t=110.9s,for=32.1s"),  # a clock that was ahead shut out every balance told after it was set right
    ("binance", 6, "F03@t=405.7s,for=140.3s"),  # no sweep asked for orders: what a silent stream kept back stayed wrong
    ("binanceusdm", 1, "F11b@t=85s"),  # a balance that was told again took back what had been told since
    ("binance", 1, "F11b@t=47.7s"),  # the same
    ("kraken", 1, "F11b@t=69.1s"),  # the same
    ("binanceusdm", 237, "F18b@t=56.7s F31d@t=99.4s"),  # silent, called live, and nobody could look behind it
]


@pytest.mark.parametrize(("venue", "seed", "fault"), MENDED)
def test_what_failed_once_does_not_fail_again(venue: str, seed: int, fault: str) -> None:
    case = Case(venue, seed, tuple(read(one, venue) for one in fault.split()), minutes=4)
    assert play_case(case).lines == [], f"run it again: {command(case)}"


@pytest.mark.parametrize(("venue", "hours"), [("kraken", 1.2), ("binanceusdm", 1.0)])
def test_what_rest_tells_ninety_seconds_late_is_no_break(venue: str, hours: float) -> None:
    told = lagging(venue, 1, hours=hours, lag_s=90, activity=20)
    assert (told.breaks, told.wrong) == ([], [])
    assert told.states["pending"] > told.states.get("unknown", 0), "something was late"


@pytest.mark.parametrize("venue", VENUES)
def test_beside_the_outages_that_are_injected_streams_are_live(venue: str) -> None:
    told = lived(venue, hours=0.6)
    assert told["inside_s"], "something happened"
    assert told["outside_percent"] < 0.1, told["unexplained"]
