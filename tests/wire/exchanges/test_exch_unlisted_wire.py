"""A market that the exchange does not list any more, or not yet: what is told of it counts, and no other is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.domain.health import DataKind
from account_cli.ports import Heard
from account_cli.simulator.world import mishaps
from tests.wire.exchanges.exch_wire import HISTORY, Listening, Memory, differences, reader_of, simulated

VENUES = ("kraken", "binanceusdm", "binance")
STREAMED: frozenset[DataKind] = frozenset({"balances", "orders", "fills"})


@pytest.mark.parametrize("venue", VENUES)
async def test_a_market_that_goes_takes_no_other_with_it(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=2.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        gone = {market.symbol for market in sim.world.setting.markets[-2:]}
        sim.stage.faults.money.unlisted |= gone
        await sim.advance(0.5)
        await memory.catch_up(reader)
        await memory.backfill(reader)
        symbols = frozenset(market.symbol for market in sim.world.setting.markets)
        priced = {price.symbol for price in await reader.prices(symbols)}
        assert priced >= symbols - gone
        for symbol in gone:
            assert await reader.candles(symbol, sim.now_ns - 600 * 10**9, sim.now_ns) == ()
        assert all(isinstance(heard, Heard) for heard in await reader.observe("orders"))
        sim.stage.faults.money.unlisted.clear()
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        assert memory.unreadable == []
        await reader.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_market_that_is_new_is_kept_when_it_is_met_and_counts_when_it_is_listed(
    venue: str, tmp_path: Path
) -> None:
    async with simulated(venue, history_hours=0.5) as sim:
        market = sim.world.setting.markets[-1]
        sim.stage.faults.money.unlisted.add(market.symbol)
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        assert market.symbol not in reader.instruments()
        async with reader.stream(STREAMED) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            before = len(memory.facts)
            with sim.world.arithmetic():
                mishaps.traded(sim.world, market, 2)
                mishaps.traded(sim.world, sim.world.setting.markets[0], 2)
            await listening.until(facts=before + 2)
            await listening.stop()
        assert any(market.base in raw for raw in memory.raws), "what nobody lists is kept as it came"
        sim.stage.faults.money.unlisted.clear()
        await memory.walk(reader.catch_up(HISTORY, memory.cursors, memory.symbols(), deeper_s=3600))
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        await reader.close()
