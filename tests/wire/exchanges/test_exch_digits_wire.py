"""Amounts of any size come through the real client, REST and stream, with every digit they were sent with."""

from __future__ import annotations

from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.observations import Balance, BalancesSeen
from account_cli.ports import Heard
from account_cli.simulator import Simulator
from account_cli.simulator.world import mishaps
from tests.wire.exchanges.exch_wire import Listening, Memory, differences, reader_of, simulated

VENUES = ("kraken", "binanceusdm", "binance")


def let_odd_amounts_come(sim: Simulator) -> None:
    with sim.world.arithmetic():
        mishaps.odd_amounts(sim.world)


def told(heard: tuple[Heard, ...]) -> dict[str, Decimal]:
    found: dict[str, Balance] = {}
    for one in heard:
        for seen in one.observations:
            assert isinstance(seen, BalancesSeen)
            found |= {row.asset: row for row in seen.rows}
    return {asset: row.total for asset, row in found.items() if row.total}


@pytest.mark.parametrize("venue", VENUES)
async def test_a_balance_of_27_digits_and_18_decimals_is_told_exactly(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.3) as sim:
        let_odd_amounts_come(sim)
        true = {asset: total for asset, total in sim.truth_balances().items() if total}
        assert max(true.values()) > Decimal(10) ** 26
        if venue == "kraken":
            assert min(true.values()) == Decimal("-0.00000032")
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        assert told(await reader.observe("balances")) == true
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        await reader.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_stream_tells_them_exactly_however_they_are_written(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.3) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        sim.stage.faults.money.scientific = True
        async with reader.stream(frozenset({"balances", "orders", "fills"})) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            before = len(memory.facts)
            let_odd_amounts_come(sim)
            sim.burst(5)
            await listening.until(facts=before + 5)
            heard = [item for item in listening.items if isinstance(item, Heard)]
            await listening.stop()
        assert not memory.unreadable
        with localcontext(MONEY):
            largest = max(sim.truth_balances().items(), key=lambda item: item[1])
        rows = [
            row
            for one in heard
            for seen in one.observations
            if isinstance(seen, BalancesSeen)
            for row in seen.rows
            if row.asset == largest[0]
        ]
        assert rows[-1].total == largest[1]
        assert all(row.total != ZERO for row in rows)
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        await reader.close()
