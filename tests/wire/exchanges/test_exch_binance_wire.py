"""Binance USDⓈ-M through the real ccxt: what the reader tells is the simulator's book, digit for digit."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import Fill
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, OrdersSeen, PositionsSeen
from account_cli.errors import AcctError, KeyRejected, Maintenance, RateLimited, Temporary, Unreachable
from account_cli.exchanges.reads import recorded
from account_cli.redaction import Redactor
from tests.wire.exchanges.exch_wire import HISTORY, Listening, Memory, differences, reader_of, simulated

KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills", "positions"})
VENUE = "binanceusdm"


async def test_income_and_the_trades_of_every_market_make_the_whole_book(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=6.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        assert await memory.backfill(reader) == 0, "nothing is left to fill back"
        await sim.advance(1.0)
        await memory.catch_up(reader)
        assert differences(memory, sim) == []
        await reader.close()
        assert sim.violations == []


async def test_states_are_the_books(tmp_path: Path) -> None:
    async with simulated(VENUE) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        (heard,) = await reader.observe("balances")
        (balances,) = heard.observations
        assert isinstance(balances, BalancesSeen)
        assert balances.complete
        assert {row.asset: row.total for row in balances.rows} == {k: v for k, v in sim.truth_balances().items() if v}
        (heard,) = await reader.observe("positions")
        (positions,) = heard.observations
        assert isinstance(positions, PositionsSeen)
        assert positions.complete
        assert {row.symbol: row.quantity for row in positions.rows} == sim.truth_positions()
        assert all(row.leverage for row in positions.rows)
        orders = await reader.observe("orders")
        assert isinstance(orders[0].observations[0], OrdersSeen)
        assert orders[0].observations[0].complete
        assert not any(seen.complete for one in orders[1:] for seen in one.observations)
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
        told = [name for name, fact in live.facts.items() if isinstance(fact, Fill)]
        assert len(told) >= 1500
        assert all(live.facts[name] == later.facts[name] for name in told)
        await reader.close()


async def test_a_market_read_to_its_start_when_nothing_was_traded_yet_misses_no_page_later(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1, activity=1) as sim:
        assert all(fill.symbol != "BTC/USDT:USDT" for fill in sim.world.book.fills)
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        met = frozenset({"BTC/USDT:USDT"})
        for walk in (reader.catch_up, reader.backfill):
            await memory.walk(walk(HISTORY, memory.cursors, met))
        sim.burst(2300)
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        await reader.close()


async def test_the_stream_tells_balances_positions_and_orders(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.5) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            await sim.advance(0.5)
            sim.burst(1)
            await listening.until(facts=10)
            await asyncio.sleep(0.2)
            await listening.stop()
        seen = [observation for item in listening.items for observation in getattr(item, "observations", ())]
        assert {type(observation) for observation in seen} == {BalancesSeen, PositionsSeen, OrdersSeen}
        assert not any(observation.complete for observation in seen)
        totals: dict[str, Decimal] = {}
        for observation in seen:
            if isinstance(observation, BalancesSeen):
                totals |= {row.asset: row.total for row in observation.rows}
        assert totals == {asset: sim.truth_balances()[asset] for asset in totals}
        assert memory.unreadable == []
        await reader.close()


async def test_a_walk_that_is_cut_off_again_and_again_still_tells_everything(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=1.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        for step in range(8):
            await sim.advance(0.4)
            await memory.catch_up(reader, at_most=1 + step % 4)
            await memory.backfill(reader, at_most=2)
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        await reader.close()


async def test_malformed_frames_cost_nothing_that_follows(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.2) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            sim.malformed_frame('{"e":"ORDER_TRADE_UPDATE","o":{"s":')
            sim.malformed_frame('{"e":"ORDER_TRADE_UPDATE","o":{"s":null,"x":"TRADE"}}')
            sim.malformed_frame('{"e":"SOMETHING_NEW"}')
            sim.burst(20)
            await listening.until(facts=20)
            await listening.stop()
        assert len(memory.unreadable) == 4  # the null symbol is both a fill and an order that cannot be read
        await reader.close()


async def test_an_expired_listen_key_ends_the_stream(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, Memory())
            await listening.until("subscribed")
            sim.malformed_frame('{"e":"listenKeyExpired","E":1,"listenKey":"abc"}')
            assert isinstance(await listening.end(), Temporary)
        await reader.close()


async def test_a_broken_connection_ends_the_stream_and_the_next_one_stands(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        for _ in range(2):
            async with reader.stream(KINDS) as items:
                listening = Listening(items, Memory())
                await listening.until("subscribed")
                sim.drop_connections()
                assert isinstance(await listening.end(), Unreachable)
        await reader.close()


async def test_a_refused_listen_key_is_an_error_before_the_stream(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.reject_next_subscription("Invalid API-key, IP, or permissions for action.")
        with pytest.raises(AcctError):
            async with reader.stream(KINDS):
                pass
        await reader.close()


async def test_wrong_keys_are_rejected_keys_even_after_a_success(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        for key, secret in (("another-key-that-is-wrong", None), (None, "another-secret-that-is-wrong")):
            reader = reader_of(sim, tmp_path, api_key=key, secret=secret)
            with pytest.raises(KeyRejected) as caught:
                await reader.connect()
            assert "signature=" not in repr(caught.value.__cause__)
            await reader.close()
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.stage.api_key = "rotated-by-somebody-else"  # ccxt calls this DDoSProtection from now on
        with pytest.raises(KeyRejected):
            await reader.observe("balances")
        await reader.close()


@pytest.mark.parametrize(
    ("kind", "error"),
    [("503html", Maintenance), ("badjson", Temporary), ("timeout", Unreachable), ("429", RateLimited)],
)
async def test_trouble_with_http_is_temporary(tmp_path: Path, kind: str, error: type[AcctError]) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path, timeout_s=1.0)
        await reader.connect()
        sim.http_fault(1, kind)  # type: ignore[arg-type]
        with pytest.raises(error) as caught:
            await reader.observe("balances")
        assert "http:" not in f"{caught.value} {caught.value.__cause__!r}"
        await reader.close()


async def test_a_clock_that_is_refused_is_measured_again(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        reader.wire.exchange.options["timeDifference"] = 3_600_000  # type: ignore[attr-defined]
        (heard,) = await reader.observe("balances")
        assert heard.observations
        await reader.close()


async def test_markets_come_from_the_cache_without_a_call_and_are_the_same(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.1) as sim:
        first, second = reader_of(sim, tmp_path), reader_of(sim, tmp_path)
        await first.connect()
        asked = [request.path for request in sim.requests]
        await second.connect()
        assert [request.path for request in sim.requests].count("/fapi/v1/exchangeInfo") == 1
        assert asked.count("/fapi/v1/exchangeInfo") == 1
        assert second.instruments() == first.instruments() != {}
        await first.close()
        await second.close()


async def test_every_request_is_on_the_read_list_and_no_secret_is_in_any_text(tmp_path: Path) -> None:
    async with simulated(VENUE, history_hours=0.5) as sim:
        before = asyncio.all_tasks()
        redactor, memory = Redactor(), Memory()
        reader = reader_of(sim, tmp_path, redactor)
        await reader.connect()
        for kind in ("balances", "orders", "positions"):
            memory.take(await reader.observe(kind))
        await memory.catch_up(reader)
        await memory.backfill(reader)
        prices = await reader.prices(frozenset({"BTC/USDT:USDT", "BNB/USDT", "NO/SUCH"}))
        assert {price.symbol: price.kind for price in prices} == {"BTC/USDT:USDT": "mark", "BNB/USDT": "last"}
        assert await reader.candles("BTC/USDT:USDT", 0, sim.now_ns)
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            await listening.stop()
        await reader.close()
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() - before == set(), "nothing is left running"
        allowed = {entry.rsplit(" ", 1)[1] for entry in recorded()[VENUE].reads}
        asked = {request.path.split("/", 3)[-1] for request in sim.requests if request.kind == "REST"}
        assert asked <= allowed
        assert sim.violations == []
        texts = "\n".join(memory.raws) + "".join(file.read_text() for file in tmp_path.iterdir())
        assert sim.api_key not in texts
        assert sim.secret not in texts
