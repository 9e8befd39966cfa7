"""Kraken through the real ccxt: what the reader tells is the simulator's book, digit for digit."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from account_cli.domain.events import Fill
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, OrdersSeen
from account_cli.errors import AcctError, KeyRejected, Maintenance, RateLimited, Temporary, Unreachable
from account_cli.exchanges import venues
from account_cli.exchanges.reads import recorded
from account_cli.ports import Beat, Declined, Heard, StreamItem, Subscribed
from account_cli.redaction import Redactor
from tests.wire.exchanges.exch_wire import Listening, Memory, differences, reader_of, simulated

KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills"})


async def test_a_walk_through_the_past_tells_every_fact_of_the_book(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=4.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        assert await memory.catch_up(reader) == 1, "a first run asks for the newest page only"
        assert 0 < len(memory.facts) < 100
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        assert await memory.backfill(reader) == 0, "nothing is left to fill back"
        await reader.close()
        assert sim.violations == []


async def test_balances_are_the_books_and_orders_are_all_open_ones(tmp_path: Path) -> None:
    async with simulated("kraken") as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        (heard,) = await reader.observe("balances")
        (seen,) = heard.observations
        assert isinstance(seen, BalancesSeen)
        assert seen.complete
        assert {row.asset: row.total for row in seen.rows} == sim.truth_balances()
        opened, closed = await reader.observe("orders")
        assert isinstance(opened.observations[0], OrdersSeen)
        assert opened.observations[0].complete
        assert {row.status for row in opened.observations[0].rows} <= {"open"}
        assert isinstance(closed.observations[0], OrdersSeen)
        assert not closed.observations[0].complete
        await reader.close()


async def test_a_burst_in_one_instant_is_told_equally_by_stream_and_by_rest(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.5) as sim:
        reader, live, later = reader_of(sim, tmp_path), Memory(), Memory()
        await reader.connect()
        await later.catch_up(reader)
        await later.backfill(reader)
        known = len(later.facts)
        async with reader.stream(KINDS) as items:
            listening = Listening(items, live)
            await listening.until("subscribed")
            sim.burst(1200)
            await listening.until(facts=1200)
            await listening.stop()
        streamed = {name for name, fact in live.facts.items() if isinstance(fact, Fill)}
        await later.catch_up(reader)
        assert len(later.facts) >= known + 1200
        assert streamed <= later.facts.keys() | {name for name in live.facts if name not in later.facts}
        for name in streamed & later.facts.keys():
            rest, stream = later.facts[name], live.facts[name]
            assert isinstance(rest, Fill)
            assert isinstance(stream, Fill)
            assert (rest.fees, rest.price, rest.quantity, rest.liquidity, rest.seq) == (
                stream.fees,
                stream.price,
                stream.quantity,
                stream.liquidity,
                stream.seq,
            )
        assert differences(later, sim) == []
        await reader.close()


async def test_a_walk_that_is_cut_off_again_and_again_still_tells_everything(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=1.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await memory.catch_up(reader)
        for _ in range(6):
            await sim.advance(0.7)
            await memory.catch_up(reader, at_most=1)
            await memory.backfill(reader, at_most=1)
        assert len(json.loads(memory.cursors["kraken"])["intervals"]) > 1, "the cut walks left holes"
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert differences(memory, sim) == []
        await reader.close()


async def test_malformed_and_doubled_frames_cost_nothing_that_follows(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.2) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            before = len(memory.facts)
            sim.malformed_frame()
            sim.malformed_frame("[1,2,3]")
            sim.malformed_frame('{"channel":"executions","type":"update","data":[{"exec_type":"trade","symbol":null}]}')
            sim.burst(40)
            await listening.until(facts=before + 40)
            await listening.stop()
        assert len(memory.unreadable) == 3
        assert any("upd" in raw for raw in memory.raws), "what could not be read is kept"
        await reader.close()


async def test_a_broken_connection_ends_the_stream_after_all_it_told(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.2) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            sim.drop_connections()
            assert isinstance(await listening.end(), Unreachable)
        async with reader.stream(KINDS) as items:  # and the next one stands
            listening = Listening(items, memory)
            await listening.until("subscribed")
            await listening.stop()
        await reader.close()


@pytest.mark.parametrize(
    ("words", "error"),
    [("EAccount:Invalid permissions", KeyRejected), ("ESession:Invalid session", Temporary)],
)
async def test_a_refused_channel_is_told_and_the_other_streams(
    tmp_path: Path, words: str, error: type[AcctError]
) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.reject_next_subscription(words)
        told: dict[type, StreamItem] = {}
        async with reader.stream(KINDS) as items, asyncio.timeout(30):
            async for item in items:
                told[type(item)] = item
                if {Declined, Subscribed} <= told.keys():
                    break
        declined, subscribed = told[Declined], told[Subscribed]
        assert isinstance(declined, Declined)
        assert isinstance(declined.error, error)
        assert isinstance(subscribed, Subscribed)
        assert declined.kinds == {"orders", "fills"}
        assert subscribed.kinds == {"balances"}
        await reader.close()


async def test_heartbeats_are_signs_of_life(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        async with reader.stream(KINDS) as items:
            async with asyncio.timeout(20):
                seen = 0
                async for item in items:
                    seen += isinstance(item, Beat)
                    if seen > 5:
                        break
        await reader.close()


async def test_a_wrong_secret_and_a_wrong_key_are_rejected_keys(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        for key, secret in (("another-key-that-is-wrong", None), (None, "d3JvbmctYnV0LXZhbGlkLWJhc2U2NA==")):
            reader = reader_of(sim, tmp_path, api_key=key, secret=secret)
            with pytest.raises(KeyRejected) as caught:
                await reader.connect()
            assert "http" not in str(caught.value)
            await reader.close()


@pytest.mark.parametrize(
    ("kind", "error"),
    [("503html", Maintenance), ("badjson", Temporary), ("timeout", Unreachable), ("429", RateLimited)],
)
async def test_trouble_with_http_is_temporary(tmp_path: Path, kind: str, error: type[AcctError]) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path, timeout_s=1.0)
        await reader.connect()
        sim.http_fault(1, kind)  # type: ignore[arg-type]
        with pytest.raises(error):
            await reader.observe("balances")
        await reader.close()


async def test_markets_come_from_the_cache_without_a_call_and_are_the_same(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        first = reader_of(sim, tmp_path)
        await first.connect()
        asked = len([request for request in sim.requests if "Asset" in request.path])
        assert asked > 0
        second = reader_of(sim, tmp_path)
        await second.connect()
        assert len([request for request in sim.requests if "Asset" in request.path]) == asked
        assert second.instruments() == first.instruments() != {}
        assert all(oct(file.stat().st_mode)[-3:] == "600" for file in tmp_path.iterdir())
        await first.close()
        await second.close()


async def test_two_readers_of_one_key_never_cross_their_nonces(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        one, two = reader_of(sim, tmp_path), reader_of(sim, tmp_path)
        await one.connect()
        await two.connect()
        await asyncio.gather(*(reader.observe("balances") for _ in range(8) for reader in (one, two)))
        await one.close()
        await two.close()


async def test_no_request_is_sent_before_the_one_with_the_nonce_before_it_is_answered(tmp_path: Path) -> None:
    """Two that are under way together may arrive in another order than they were signed in."""
    async with simulated("kraken", history_hours=0.1) as sim:
        readers = [reader_of(sim, tmp_path) for _ in "ab"]
        for reader in readers:
            await reader.connect()
        before = len(sim.requests)
        sim.http_fault(1, "slow")
        asking = [asyncio.ensure_future(reader.observe("balances")) for reader in readers]
        async with asyncio.timeout(30):
            while len(sim.requests) == before:
                await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        assert len(sim.requests) == before + 1
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        for reader in readers:
            await reader.close()


async def test_nothing_is_left_running_after_close(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        before = asyncio.all_tasks()
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, Memory())
            await listening.until("subscribed")
            await listening.stop()
        await reader.close()
        await reader.close()
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() - before == set()


async def test_no_secret_and_no_token_is_in_any_text(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        redactor, memory = Redactor(), Memory()
        reader = reader_of(sim, tmp_path, redactor)
        await reader.connect()
        await memory.catch_up(reader)
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            await listening.stop()
        await reader.close()
        texts = "\n".join(memory.raws) + "".join(file.read_text() for file in tmp_path.iterdir())
        assert sim.api_key not in texts
        assert sim.secret not in texts
        assert "kraken" in venues()


async def test_every_request_is_on_the_read_list(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.3) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        for kind in ("balances", "orders", "positions"):
            await reader.observe(kind)
        await memory.catch_up(reader)
        await memory.backfill(reader)
        assert {price.symbol for price in await reader.prices(frozenset({"BTC/USD", "NO/SUCH"}))} == {"BTC/USD"}
        assert await reader.candles("BTC/USD", 0, sim.now_ns)
        await reader.close()
        allowed = {entry.rsplit(" ", 1)[1] for entry in recorded()["kraken"].reads}
        rest = {request.path.rsplit("/", 1)[1] for request in sim.requests if request.method in ("GET", "POST")}
        assert rest <= allowed
        assert sim.violations == []


async def test_an_unpaced_frame_is_heard_with_its_raw_text(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        async with reader.stream(KINDS) as items:
            listening = Listening(items, memory)
            await listening.until("subscribed")
            sim.burst(1)
            await listening.until(facts=len(memory.facts) + 1)
            heard = [item for item in listening.items if isinstance(item, Heard) and item.events][-1]
            assert json.loads(heard.raw)["channel"] == heard.channel == "executions"
            await listening.stop()
        await reader.close()
