"""What a soak's files say is worked out right: downtime in and out of outages, the slope of memory, a run cut off."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.reliability.soak import Settings, schedule
from tests.reliability.soak_summary import downtime, growth, outages, summarise

FAULT = {"t": 100.0, "venue": "kraken", "what": "fault", "name": "F05", "lasts": 0.0, "about": "cut"}


def status(t: float, said: str, account: str = "kraken", strategy: str = "stream") -> dict[str, Any]:
    return {"t": t, "account": account, "kind": "fills", "strategy": strategy, "status": said}


def test_an_outage_lasts_as_long_as_the_fault_or_its_noticing_and_the_recovery() -> None:
    silent = {**FAULT, "t": 200.0, "name": "F03", "lasts": 5.0}
    near = {**FAULT, "t": 105.0}
    assert outages([FAULT, near, silent]) == {"kraken": [(100.0, 120.0), (200.0, 275.0)]}


def test_time_down_is_split_by_the_outages_of_its_own_exchange() -> None:
    said = [status(1, "starting"), status(10, "live"), status(100, "offline"), status(130, "live")]
    told = downtime(said, [FAULT], 1000.0)
    assert (told["inside_s"], told["outside_s"], told["judged_s"]) == (15.0, 15.0, 975.0)
    assert told["outside_percent"] == round(100 * 15 / 975, 4)
    assert told["unexplained"] == [{"account": "kraken", "kind": "fills", "from": 100, "to": 130}]
    other = [{**line, "account": "binance"} for line in said]
    assert downtime(other, [FAULT], 1000.0)["outside_s"] == 30.0


def test_what_is_polled_or_ends_with_the_run_is_judged_rightly() -> None:
    said = [status(5, "live"), status(6, "offline", "binance", "poll"), status(990, "dead"), status(1010, "live")]
    told = downtime(said, [], 1000.0)
    assert (told["streams"], told["outside_s"]) == (1, 10.0)


def test_memory_is_a_slope_by_the_hours_of_the_world_after_the_warm_up() -> None:
    samples = [{"t": t, "rss": 100e6 + 2e6 * t / 3600 + (50e6 if t < 600 else 0)} for t in range(0, 7200, 10)]
    assert growth(samples, 600, 1) == 2.0
    assert growth(samples, 600, 10) == 0.2
    assert growth(samples[:5], 0, 1) is None


def test_a_run_that_was_cut_off_is_told_as_far_as_it_went(tmp_path: Path) -> None:
    settings = {"commit": "c", "started": "s", "seed": 1, "speed": 1, "seconds": 7200, "warm_up": 10}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    sample = {"pid": 1, "rss": 5, "fds": 4, "threads": 2, "cpu_s": 1.0, "database": 3}
    lines = [json.dumps({"t": t, **sample}) for t in range(0, 360, 10)]
    (tmp_path / "samples.ndjson").write_text("\n".join(lines) + '\n{"t": 36')
    (tmp_path / "faults.ndjson").write_text(json.dumps(FAULT) + "\n")
    told = summarise(tmp_path)
    assert (told["whole"], told["failed"], told["faults"], told["hours"]) == (
        False,
        ["cut off"],
        1,
        round(350 / 3600, 3),
    )
    assert "<svg" in (tmp_path / "soak.svg").read_text()


def test_the_schedule_is_the_same_each_time_and_leaves_both_ends_in_peace() -> None:
    settings = Settings(hours=2)
    for venue in settings.venues:
        plan = schedule(settings, venue)
        assert plan == schedule(settings, venue)
        assert len(plan) > 15
        assert all(settings.quiet <= one.at_s <= settings.seconds - settings.quiet for one in plan)
        assert all(later.at_s - one.at_s > one.for_s for one, later in pairwise(plan))
