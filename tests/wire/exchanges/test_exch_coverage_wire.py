"""Every claim of completeness, after every page, beside the exchange's own book, and the walk cut off at any page."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.domain.health import gaps, reaches
from tests.wire.exchanges.exch_wire import HISTORY, Memory, differences, false_claims, reader_of, simulated, truth

VENUES = ("kraken", "binanceusdm", "binance")
_CUTS = 6
"""How often the walk is cut off before it may go to its end."""


@pytest.mark.parametrize("venue", VENUES)
async def test_nothing_is_claimed_that_is_not_known_whichever_page_is_the_last(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=3.0, seed=5) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        pages = had_gap = 0
        for turn in range(20):
            at_most, book = None if turn > _CUTS else 1 + turn % 3, truth(sim)
            for walk in (reader.catch_up, reader.backfill):
                count = 0
                async for page in walk(HISTORY, memory.cursors, memory.symbols()):
                    memory.take_page(page)
                    pages, count = pages + 1, count + 1
                    assert false_claims(memory, book) == [], f"after page {pages}"
                    had_gap += bool(gaps(memory.coverage))
                    if at_most is not None and count >= at_most:
                        break
            if turn < _CUTS:
                await sim.advance(0.5)
                sim.burst(80)
            elif not differences(memory, sim):
                break
        assert differences(memory, sim) == []
        assert gaps(memory.coverage) == []
        reach = reaches(memory.coverage)
        assert set(reach) == HISTORY
        if venue == "kraken":
            assert had_gap, "a walk that is cut off must leave a gap here, or nothing was tested"
            assert all(one.whole for one in reach.values())
        else:
            assert all(one.kept_only or one.lacks for one in reach.values())
        assert all(one.asked_ns is not None for one in reach.values())
        await reader.close()


async def test_an_account_without_a_past_lacks_nothing(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.0) as sim:
        sim.world.book.entries.clear()
        sim.world.book.fills.clear()
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        assert all(one.whole and one.asked_ns for one in reaches(memory.coverage).values())
        assert set(reaches(memory.coverage)) == HISTORY
        await reader.close()
