"""Binance spot through the real ccxt: what the reader tells is the simulator's book, digit for digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import Converted, Fill, RewardReceived
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, OrdersSeen
from account_cli.errors import AcctError, KeyRejected, RateLimited, Temporary, Unreachable
from account_cli.ports import Page
from account_cli.simulator import Simulator
from tests.wire.exchanges.exch_wire import HISTORY, Listening, Memory, differences, reader_of, simulated

KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills"})
VENUE = "binance"


def asked(sim: Simulator, path: str) -> list[str]:
    return [request.params.get("symbol", "") for request in sim.requests if request.path == path]


async def test_trades_of_every_market_and_all_money_make_the_whole_book(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=20.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        assert memory.unreadable == []
        assert await memory.backfill(reader) == 0, "nothing is left to fill back"
        await sim.advance(1.0)
        await memory.catch_up(reader)
        assert differences(memory, sim) == []
        await reader.close()
        assert sim.violations == []


async def test_conversions_and_dust_are_conversions_and_fees_are_in_what_was_taken(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=30.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        await memory.backfill(reader)
        swaps = [fact for fact in memory.facts.values() if isinstance(fact, Converted)]
        assert {bool(swap.fees) for swap in swaps} == {True, False}
        assert all(swap.to.asset == "BNB" and ":" in swap.id for swap in swaps if swap.fees)
        paid = {fee.asset for fact in memory.facts.values() if isinstance(fact, Fill) for fee in fact.fees or ()}
        assert paid == {"BNB", "BTC", "DOGE", "ETH", "USDT"}
        assert {fact.type for fact in memory.facts.values() if isinstance(fact, RewardReceived)} == {"staking"}
        await reader.close()


async def test_states_are_the_books(tmp_path: Path) -> None:
    async with simulated(VENUE) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        (heard,) = await reader.observe("balances")
        (balances,) = heard.observations
        assert isinstance(balances, BalancesSeen)
        assert balances.complete
        assert {row.asset: row.total for row in balances.rows} == {k: v for k, v in sim.truth_balances().items() if v}
        now = (await reader.observe("orders"))[0].observations[0]
        assert isinstance(now, OrdersSeen)
        assert now.complete
        assert {order.id for order in now.rows} == set(sim.world.book.open)
        await reader.close()


async def test_a_market_in_which_nothing_is_held_any_more_is_found_by_the_sweep_alone(tmp_path: Path) -> None:
    """Ether's balance is hidden from the reader's discovery: sold to the last digit before it first looked."""
    async with simulated(VENUE, history_hours=3.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        for asset in ("ETH", "DOGE"):
            sim.world.book.balances[asset] = Decimal(0)
        for order in tuple(sim.world.book.open.values()):
            if order.symbol.partition("/")[0] in ("ETH", "DOGE"):
                sim.world.cancel(order.id)
        proved: list[bool] = []
        pages: list[Page] = []
        await memory.walk(reader.catch_up(frozenset({"fills"}), {}, frozenset()))
        missing = differences(memory, sim)
        assert any("DOGE/USDT" in line for line in missing), "nothing points to it yet"
        async for page in reader.backfill(frozenset({"fills"}), memory.cursors, frozenset()):
            memory.take(page.heard)
            pages.append(page)
            complete = not [line for line in differences(memory, sim) if "|fill|" in line]
            proved += [complete] if any(told.kind == "fills" for told in page.coverage) else []
        assert proved == [True], "complete is said once, and only when it is"
        assert "ADAUSDT" in asked(sim, "/api/v3/myTrades"), "every listed market was asked"
        await reader.close()


async def test_a_sweep_that_is_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=1.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        for step in range(8):
            await sim.advance(0.4)
            await memory.catch_up(reader, at_most=1 + step % 4)
            await memory.backfill(reader, at_most=40)
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        before = len(sim.requests)
        await memory.walk(reader.backfill(HISTORY, memory.cursors, memory.symbols()))
        assert len(sim.requests) == before, "what was swept today is not swept again"
        await reader.close()


async def test_a_burst_in_one_instant_is_told_equally_by_stream_and_by_rest(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.5) as sim:
        reader, live, later = reader_of(sim, tmp_path), Memory(), Memory()
        await reader.connect()
        await later.catch_up(reader)
        async with reader.stream(KINDS) as items:
            listening = Listening(items, live)
            await listening.until("subscribed")
            sim.burst(1500)
            await listening.until(facts=1500)
            await listening.stop()
        await later.catch_up(reader)
        await later.backfill(reader)
        assert differences(later, sim) == []
        assert live.unreadable == []
        told = [name for name, fact in live.facts.items() if isinstance(fact, Fill)]
        assert len(told) >= 1500
        assert all(live.facts[name] == later.facts[name] for name in told)
        await reader.close()


async def test_the_stream_tells_balances_and_orders_and_no_money_that_has_no_name(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.5) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            sim.world.move("deposit", "ADA", Decimal("12.5"))
            sim.burst(3)
            await listening.until(facts=3)
            sim.burst(1)
            await listening.until(facts=4)
            await listening.stop()
        assert all(isinstance(fact, Fill) for fact in memory.facts.values())
        seen = [observation for item in listening.items for observation in getattr(item, "observations", ())]
        assert {type(observation) for observation in seen} == {BalancesSeen, OrdersSeen}
        assert not any(observation.complete for observation in seen)
        totals = {row.asset: row.total for one in seen if isinstance(one, BalancesSeen) for row in one.rows}
        assert totals["ADA"] == Decimal("12.5")
        assert memory.unreadable == []
        await reader.close()


async def test_a_terminated_stream_ends_and_a_broken_one_too(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        for trouble, error in ((sim.expire_session, Temporary), (sim.drop_connections, Unreachable)):
            async with reader.stream(KINDS) as items:
                listening = Listening(items, Memory())
                await listening.until("subscribed")
                trouble()
                assert isinstance(await listening.end(), error)
        await reader.close()


async def test_a_refused_subscription_is_a_rejected_key(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.reject_next_subscription("Invalid API-key, IP, or permissions for action.")
        async with reader.stream(KINDS) as items:
            listening = Listening(items, Memory())
            assert isinstance(await listening.end(), KeyRejected)
        await reader.close()


async def test_malformed_frames_cost_nothing_that_follows(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.2) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            sim.malformed_frame('{"subscriptionId":0,"event":{"e":"executionReport","s":')
            sim.malformed_frame('{"subscriptionId":0,"event":{"e":"executionReport","s":null,"x":"TRADE"}}')
            sim.malformed_frame('{"subscriptionId":0,"event":{"e":"SOMETHING_NEW"}}')
            sim.burst(20)
            await listening.until(facts=20)
            await listening.stop()
        assert len(memory.unreadable) == 4  # the null symbol is both a fill and an order that cannot be read
        await reader.close()


async def test_a_wrong_key_and_a_full_minute_are_said_as_what_they_are(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        wrong = reader_of(sim, tmp_path, secret="f" * 64)
        with pytest.raises(KeyRejected):
            await wrong.connect()
        await wrong.close()
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.http_fault(1, "429")
        with pytest.raises(RateLimited) as caught:
            await reader.observe("balances")
        assert caught.value.retry_after is not None
        await reader.close()


async def test_prices_and_candles_are_the_worlds(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.5) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        seen = await reader.prices(frozenset({"BTC/USDT", "ETH/BTC", "NO/SUCH"}))
        assert {one.symbol: one.price for one in seen} == {s: sim.world.price(s) for s in ("BTC/USDT", "ETH/BTC")}
        minutes = sim.world.walks["BTC/USDT"].minutes
        candles = await reader.candles("BTC/USDT", minutes[5][0], minutes[15][0])
        assert [one.price for one in candles] == [row[4] for row in minutes[4:15]]
        with pytest.raises(AcctError):
            await reader.observe("positions")
        await reader.close()
