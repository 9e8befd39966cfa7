"""The generic reader through the real ccxt, on a venue whose truth is known: polled and streamed, nothing lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from account_cli.domain.events import Fill, FundingPaid
from account_cli.domain.observations import BalancesSeen, OrdersSeen, PositionsSeen
from account_cli.exchanges.generic.reader import GenericReader
from account_cli.exchanges.reads import Recorded, recorded
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from account_cli.simulator import Simulator
from tests.wire.exchanges.exch_wire import Listening, Memory, WallClock, differences, simulated, truth

VENUE = "binanceusdm"
HAS = (
    "fetchBalance fetchOpenOrders fetchMyTrades fetchPositions fetchFundingHistory fetchTickers fetchTicker fetchOHLCV "
    "fetchTime watchBalance watchOrders watchMyTrades watchPositions"
)
MORE = (
    "GET fapiPublic ticker/24hr",
    "GET sapi capital/config/getall",
    "GET sapi margin/allPairs",
    "GET sapi margin/isolated/allPairs",
    "GET fapiPrivate leverageBracket",
)


def generic_reader(sim: Simulator, cache: Path) -> GenericReader:
    settings = ReaderSettings(
        account="demo",
        venue=VENUE,
        api_key=sim.api_key,
        secret=sim.secret,
        urls=sim.urls,
        rate_limit=False,
        symbols=frozenset(f"{base}/USDT:USDT" for base in ("BTC", "ETH", "BNB", "SOL")),
    )
    known = Recorded((*recorded()[VENUE].reads, *MORE), frozenset(HAS.split()))
    return GenericReader(settings, WallClock(), Redactor(), cache, known=known)


async def test_polled_and_streamed_every_fill_and_funding_is_told(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=1.0) as sim:
        before = asyncio.all_tasks()
        reader, memory = generic_reader(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        await memory.backfill(reader)
        known = len(memory.facts)
        async with reader.stream(reader.abilities().streams) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            sim.malformed_frame()
            sim.burst(303)
            await listening.until(facts=known + 303)
            await asyncio.sleep(0.1)
            seen = {type(told) for item in listening.items for told in getattr(item, "observations", ())}
            assert seen == {BalancesSeen, OrdersSeen, PositionsSeen}
            await listening.stop()
        await memory.catch_up(reader)
        assert len(memory.unreadable) == 1
        lines = differences(memory, sim)
        true = {Fill} | {FundingPaid for told in truth(sim).values() if told["kind"] == "funding"}
        assert {type(fact) for fact in memory.facts.values()} == true
        assert [line for line in lines if "|transfer|" not in line and ": seq is" not in line] == []
        await reader.close()
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() - before == set()
        assert sim.violations == []


async def test_states_and_prices_are_read_and_markets_come_from_the_cache(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=1.0) as sim:
        reader = generic_reader(sim, tmp_path)
        await reader.connect()
        (heard,) = await reader.observe("positions")
        (positions,) = heard.observations
        assert isinstance(positions, PositionsSeen)
        assert {row.symbol: row.quantity for row in positions.rows} == sim.truth_positions()
        orders = await reader.observe("orders")
        assert orders[0].observations
        prices = await reader.prices(frozenset(reader.instruments()))
        assert {price.symbol for price in prices} == reader.instruments().keys()
        assert await reader.candles("BTC/USDT:USDT", 0, sim.now_ns)
        asked = [request.path for request in sim.requests].count("/fapi/v1/exchangeInfo")
        again = generic_reader(sim, tmp_path)
        await again.connect()
        assert [request.path for request in sim.requests].count("/fapi/v1/exchangeInfo") == asked == 1
        assert again.instruments() == reader.instruments()
        await reader.close()
        await again.close()
