"""Every fault of the lab alone, and several at once: when they are over, acct knows all that is true, and each once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from account_cli.simulator import Simulator
from account_cli.simulator.lab import FAULTS
from account_cli.simulator.lab.catalogue import CATALOGUE, number_of
from account_cli.simulator.lab.schedule import Planned, names_for, planned, play, random_schedule, venues_of
from tests.faults.lab import alone, command, differences, scheduled
from tests.faults.truth import Bench

VENUES = ("kraken", "binanceusdm", "binance")
SEED = int(os.environ.get("ACCT_SEED", "42"))
SEEDS = int(os.environ.get("ACCT_LAB_SEEDS", "1"))
EVERYWHERE = "ACCT_LAB_SEEDS" in os.environ
"""Every fault on every venue takes minutes: without the word each row of the catalogue is played once, by its first
kind, the venues taking turns."""
FIRST_KINDS = {number_of(name): name for name in reversed(list(FAULTS))}

ALONE = [
    (venue, name, SEED + more)
    for more in range(SEEDS)
    for place, name in enumerate(FAULTS)
    if EVERYWHERE or name in FIRST_KINDS.values()
    for at, venue in enumerate(one for one in VENUES if name in names_for(one, local=True))
    if EVERYWHERE or place % len(venues_of(name)) == at
]


async def agrees(venue: str, seed: int, schedule: list[Planned], folder: Path) -> None:
    lines = await differences(venue, seed, schedule, folder)
    assert lines == [], f"run it again: {command(venue, seed, schedule)}"


@pytest.mark.parametrize(("venue", "name", "seed"), ALONE, ids=str)
async def test_after_each_fault_everything_is_known_once(venue: str, name: str, seed: int, tmp_path: Path) -> None:
    await agrees(venue, seed, [alone(name, venue)], tmp_path)


@pytest.mark.parametrize("seed", range(SEED, SEED + SEEDS))
@pytest.mark.parametrize("venue", VENUES)
async def test_after_several_faults_everything_is_known_once(venue: str, seed: int, tmp_path: Path) -> None:
    await agrees(venue, seed, scheduled(venue, seed), tmp_path)


async def test_acct_subscribes_to_everything_itself_whoever_looks_first(tmp_path: Path) -> None:
    """F09: the client library shares one subscription between its watchers, and sends only the first one's wishes."""
    async with Bench("kraken", tmp_path, seed=SEED, hours=0.2) as bench, bench.watching():
        asked: dict[str, dict[str, str]] = {}
        async with asyncio.timeout(60):
            while {"executions", "balances"} - asked.keys():
                found = [one for one in bench.sim.requests if one.method == "subscribe"]
                asked = {one.path: dict(one.params) for one in found}
                await asyncio.sleep(0.05)
        assert (asked["executions"]["snap_orders"], asked["executions"]["snap_trades"]) == ("True", "True")


def test_a_schedule_is_written_as_it_is_read() -> None:
    for venue in VENUES:
        for seed in range(50):
            schedule = random_schedule(venue, seed)
            assert [planned(str(one), venue) for one in schedule] == schedule
            assert schedule == random_schedule(venue, seed)
            assert all(one.at_s + one.for_s <= 60 for one in schedule)
    assert planned("f03@30", "kraken") == Planned("F03", 30.0, 10.0)
    assert planned("F05", "kraken") == Planned("F05", 0.0, 0.0)


def test_the_catalogue_is_whole_and_every_row_is_played_or_says_why_not() -> None:
    wanted = [*(f"F{place:02}" for place in range(1, 51)), *(f"L{place}" for place in range(1, 11))]
    assert list(CATALOGUE) == wanted
    assert {number_of(name) for name in FAULTS} <= CATALOGUE.keys()
    for number, row in CATALOGUE.items():
        assert row.note or row.venues, f"{number} can happen nowhere, and does not say why"
        assert row.note or row.venues == set(VENUES) or row.player != "exchange", f"{number}: why not on the others?"
        for venue in VENUES:
            played = {number_of(name) for name in names_for(venue, local=True, forgetting=True)}
            assert venue in row.venues or number not in played
            if venue in row.venues and row.player in {"exchange", "machine"}:
                assert number in played, f"{number} is not played on {venue}"


@pytest.mark.parametrize(
    ("text", "venue", "said"),
    [
        ("F99", "kraken", "there are F01, F02"),
        ("F17", "binanceusdm", "cannot happen on binanceusdm"),
        ("F03@x=1s", "kraken", "cannot read 'x=1s'; write F03@t=30s"),
        ("F03@t=soon", "kraken", "cannot read"),
        ("F05@for=3s", "kraken", "happens at once"),
        ("L7", "kraken", "befalls the computer that watches"),
    ],
)
def test_what_is_no_fault_is_said(text: str, venue: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        planned(text, venue)


async def test_a_schedule_that_is_cut_off_leaves_nothing_switched_on() -> None:
    async with Simulator("kraken", history_hours=0.1) as sim:
        told: list[str] = []
        schedule = [planned(text, "kraken") for text in ("F03@for=60s", "F24@for=60s", "F05@t=50s")]
        playing = asyncio.create_task(play(sim, schedule, told.append))
        async with asyncio.timeout(10):
            while not (sim.stage.faults.delivery.silent and sim.stage.faults.rest_lag_s):
                await asyncio.sleep(0.01)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        assert (sim.stage.faults.delivery.silent, sim.stage.faults.rest_lag_s) == (False, 0)
        assert [line.split()[1] for line in told] == ["F03", "F24"]


async def test_what_overlaps_lasts_until_the_later_end() -> None:
    async with Simulator("kraken", history_hours=0.1) as sim:
        told: list[str] = []
        await play(sim, [planned(text, "kraken") for text in ("F03@for=0.2s", "F03@t=0.1s,for=0.3s")], told.append)
        assert [line.split()[2] for line in told] == ["begins:", "begins:", "ends"]
        assert told[-1].startswith("0.4s")
