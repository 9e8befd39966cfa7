"""The venue's own counters are never exceeded, and what they refuse silences every reader of the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.errors import RateLimited
from tests.wire.exchanges.exch_wire import Memory, reader_of, simulated


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_a_cycle_of_asking_stays_within_the_limits_that_the_venue_counts(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.3, rate_limit=True) as sim:
        reader, memory = reader_of(sim, tmp_path, rate_limit=True), Memory()
        await reader.connect()
        await reader.observe("balances")
        await reader.observe("orders")
        await memory.catch_up(reader)
        assert memory.facts
        await reader.close()


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_one_refusal_for_the_rate_silences_every_reader_of_the_key(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.1) as sim:
        one, two = reader_of(sim, tmp_path), reader_of(sim, tmp_path)
        await one.connect()
        await two.connect()
        sim.http_fault(1, "429")
        with pytest.raises(RateLimited) as first:
            await one.observe("balances")
        asked = len(sim.requests)
        with pytest.raises(RateLimited) as second:
            await two.observe("balances")
        assert len(sim.requests) == asked, "nothing was sent"
        assert first.value.retry_after is not None
        assert second.value.retry_after is not None
        await one.close()
        await two.close()
