"""An account in which nothing had ever happened when it was first asked is read whole, however much comes at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.test_truth import VENUES
from tests.faults.trouble_here import until_live
from tests.faults.truth import Bench


@pytest.mark.parametrize("venue", VENUES)
async def test_more_than_a_page_in_an_account_that_was_empty_is_read_to_its_start(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=81, hours=1) as bench, bench.watching():
        await asyncio.sleep(2)
        await until_live(bench)
        bench.sim.silence(True)
        bench.sim.run_until(bench.start_ns + 600 * 1_000_000_000)
        bench.sim.burst(60)
        bench.sim.silence(False)
        assert await bench.settled() == bench.true()
