"""How many fills there were, asked of each exchange as it is, beside the truth."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import DataKind
from account_cli.domain.times import HOUR, MINUTE, SECOND
from account_cli.errors import NotSupported
from account_cli.exchanges.binance import asking
from account_cli.reconciliation.counting import CURSOR, Counted, last_counted
from account_cli.simulator import Simulator
from tests.wire.collector.crew import desk, reader_on, simulated

VENUES = ("kraken", "binance", "binanceusdm")
ALL: frozenset[DataKind] = frozenset({"balances", "positions", "orders", "fills", "transfers"})


def counted(sim: Simulator, since_ns: int, until_ns: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for fill in sim.world.book.fills:
        if since_ns < fill.time_ns <= until_ns:
            found[fill.symbol] = found.get(fill.symbol, 0) + 1
    return found


@pytest.mark.parametrize("venue", VENUES)
async def test_every_exchange_counts_what_happened_in_an_interval(
    venue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_TRADES", 12)  # more than fit into one answer
    async with simulated(venue) as sim:
        until_ns = sim.world.now_ns - sim.world.now_ns % SECOND - 10 * MINUTE
        since_ns = until_ns - 60 * MINUTE
        true = counted(sim, since_ns, until_ns)
        assert len(sim.world.book.fills) > sum(true.values()) > 5
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            told = await reader.count_fills(since_ns, until_ns, frozenset({*true, "NONE/SUCH"}))
        finally:
            await reader.close()
        assert dict(told) == ({"": sum(true.values())} if venue == "kraken" else true)
        assert sim.violations == []


async def test_where_one_instant_holds_more_than_an_answer_nothing_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_TRADES", 1)
    async with simulated("binance") as sim:
        last = sim.world.book.fills[-1]
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            with pytest.raises(NotSupported, match="in one instant"):
                await reader.count_fills(last.time_ns - SECOND, last.time_ns + SECOND, frozenset({last.symbol}))
        finally:
            await reader.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_sweep_counts_once_an_hour_and_a_quiet_one_does_not(venue: str, tmp_path: Path) -> None:
    async with simulated(venue) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        ask = books.asking(reader)

        async def sweep() -> Counted:
            await ask.everything(ALL)
            found = last_counted(books.memory.cursors("main"))
            assert found is not None
            return found

        try:
            await reader.connect()
            await ask.everything(ALL)
            await ask.back_to_the_start()
            begun = await sweep()
            assert begun.counts == {}
            an_hour = msgspec.structs.replace(begun, at_ns=begun.at_ns - HOUR, until_ns=begun.until_ns - HOUR)
            await books.deliver(Delivery(account="main", cursors={CURSOR: msgspec.json.encode(an_hour).decode()}))
            told = await sweep()
            assert told.since_ns == an_hour.until_ns
            assert sum(told.counts.values()) == sum(counted(sim, told.since_ns, told.until_ns).values()) > 0
            assert await sweep() == told
        finally:
            await reader.close()
