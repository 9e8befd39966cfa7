"""What a cursor has passed is told once more when history is asked for from further back, on every venue."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.simulator import NAMES
from tests.wire.exchanges.exch_wire import HISTORY, Memory, differences, reader_of, simulated


@pytest.mark.parametrize("venue", NAMES)
async def test_every_fact_that_is_missing_behind_the_cursor_is_told_again(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=3.0, seed=5) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        known = dict(memory.facts)
        memory.facts.clear()
        await memory.catch_up(reader)
        assert set(memory.facts) < set(known), "a cursor has passed most of them"
        await memory.walk(reader.catch_up(HISTORY, memory.cursors, memory.symbols(), deeper_s=6 * 3600))
        assert memory.facts == known
        await reader.close()
