"""What Redis refuses is tried again and then set aside; what it forgets is written again, to the last digit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import redis

from account_cli.bootstrap.redis import bus_of
from account_cli.bus import RedisBus
from account_cli.collector.delivery import Delivery
from account_cli.config import load_config
from account_cli.domain.times import SECOND
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.publishing import Publishing, bodies, state_of
from account_cli.engine.relaying import Relay
from account_cli.engine.writing import Writer
from account_cli.errors import BusAway, BusForgot, ConfigError
from account_cli.ports import JournalReader, Message
from account_cli.storage import open_journal
from tests.faults.test_redis import events, state
from tests.services import forget_redis, redis_prefix
from tests.unit.engine.engine_facts import FixedClock, deposit, fill


@pytest.fixture
def place() -> Iterator[tuple[str, str]]:
    with redis_prefix() as found:
        yield found


@asynccontextmanager
async def relaying(
    place: tuple[str, str], folder: Path, clock: FixedClock
) -> AsyncIterator[tuple[Relay, Writer, JournalReader, RedisBus]]:
    journal = open_journal(folder / "acct.db", announces=True)
    looking, reader = journal.reader(), journal.reader()
    bus = RedisBus(*place)
    thread = ReadingThread(looking)
    publishing = Publishing(thread, bus, ("a",), clock, currency="USD")
    try:
        async with Writer(journal, clock) as writer:
            yield Relay(thread, bus, ("a",), clock, publishing), writer, reader, bus
    finally:
        await bus.close()
        looking.close()
        reader.close()


async def test_what_redis_refuses_five_times_is_dead_until_a_person_asks(
    place: tuple[str, str], tmp_path: Path
) -> None:
    url, prefix = place
    clock = FixedClock()
    async with relaying(place, tmp_path, clock) as (relay, writer, reader, _):
        await writer.write(Delivery(account="a", events=(deposit(1, "1000"), fill(2))))
        with redis.Redis.from_url(url) as connection:
            connection.set(f"{prefix}trading.events", "of another kind")
            for tries in range(1, 6):
                await relay.relay(writer)
                (first, *_) = reader.outbox()
                assert (first.tries, first.state) == (tries, "dead" if tries == 5 else "failed")
                assert first.error is not None
                assert "WRONGTYPE" in first.error
                await relay.relay(writer)  # too early: nothing is tried
                assert reader.outbox()[0].tries == tries
                clock.ns += 2**tries * SECOND
            await relay.relay(writer)
            assert reader.outbox_counts() == {"dead": 2}
            connection.delete(f"{prefix}trading.events")
        assert await writer.do(lambda tx: tx.retry_outbox([])) == 2
        await relay.relay(writer)
        assert events(place) == [("a/1", 1), ("a/2", 2)]
        assert reader.outbox_counts() == {}


async def test_what_cannot_be_reached_is_counted_against_no_message(tmp_path: Path) -> None:
    clock = FixedClock()
    async with relaying(("redis://127.0.0.1:1", ""), tmp_path, clock) as (relay, writer, reader, _):
        await writer.write(Delivery(account="a", events=(deposit(1, "1000"),)))
        for _ in range(7):
            with pytest.raises(BusAway, match=r"Redis on 127\.0\.0\.1:1 cannot be reached"):
                await relay.relay(writer)
        assert [(row.state, row.tries) for row in reader.outbox()] == [("pending", 0)]


async def test_a_wrong_password_is_said_and_not_shown(place: tuple[str, str], tmp_path: Path) -> None:
    url = place[0].replace("://", "://nobody:hunter22@", 1)
    async with relaying((url, place[1]), tmp_path, FixedClock()) as (_, _, _, bus):
        with pytest.raises(BusAway) as caught:
            await bus.ping()
        assert "hunter22" not in f"{caught.value} {caught.value.hint}"


async def test_a_setting_that_nobody_knows_is_said_before_anything_is_collected(tmp_path: Path) -> None:
    config = load_config(None, {"ACCT_STORAGE__REDIS": "redis://host/0?hunter22=1"}, home=tmp_path)
    with pytest.raises(ConfigError, match="Redis on host has a setting that nobody knows") as caught:
        async with bus_of(config):
            pass
    assert "hunter22" not in str(caught.value)


async def test_what_is_there_is_to_the_last_digit_what_a_rebuild_writes(place: tuple[str, str], tmp_path: Path) -> None:
    clock = FixedClock()
    async with relaying(place, tmp_path, clock) as (relay, writer, reader, bus):
        await writer.write(Delivery(account="a", events=(deposit(1, "1000"), fill(2))))
        await relay.once(writer)
        first = state(place)
        assert any(name.startswith("balance:a:") for name in first)
        await writer.write(Delivery(account="a", events=(fill(3), fill(4))))
        clock.ns += 2 * SECOND
        await relay.once(writer)
        kept = state(place)
        assert kept != first
        (view,) = Follower(reader).views(["a"])
        forget_redis(*place)
        assert state(place) == {}
        await bus.replace("a", bodies(state_of(view, now_ns=clock.now_ns(), currency="USD")))
        assert state(place) == kept
        forget_redis(*place)
        clock.ns += 2 * SECOND
        await relay.once(writer)
        assert state(place).keys() == kept.keys()


async def test_a_key_that_is_no_longer_needed_is_gone_also_after_another_process_goes_on(
    place: tuple[str, str], tmp_path: Path
) -> None:
    async with relaying(place, tmp_path, FixedClock()) as (_, _, _, bus):
        await bus.replace("a", {"pnl:a": msgspec.json.encode({}), "position:a:BTC/USD": msgspec.json.encode({})})
        await bus.update("a", {"balance:a:USD": msgspec.json.encode({})}, ["position:a:BTC/USD"])
        assert state(place) == {"pnl:a": {}, "balance:a:USD": {}, "keys:a": ["balance:a:USD", "pnl:a"]}
        other = RedisBus(*place)
        await other.replace("a", {"pnl:a": msgspec.json.encode({"n": 1})})
        await other.close()
        assert state(place) == {"pnl:a": {"n": 1}, "keys:a": ["pnl:a"]}
        assert not await bus.holds("a", ["pnl:a", "balance:a:USD"])


async def test_whoever_is_cancelled_while_redis_is_asked_ends_whenever_that_is(place: tuple[str, str]) -> None:
    """The library answers one in four of these as if nothing had been said, so that a collector would never end."""
    message = Message(id="1", topic="notice", account="a", n=1, body=b"{}")

    async def tell(bus: RedisBus) -> None:
        while True:
            with contextlib.suppress(BusForgot):
                if await bus.forgotten(["a"]):
                    await bus.begin_again("a")
                    await bus.is_whole("a")
                await bus.send([message])
            await asyncio.sleep(0)

    for turns in range(1, 100):
        bus = RedisBus(*place)
        telling = asyncio.create_task(tell(bus))
        for _ in range(turns):
            await asyncio.sleep(0)
        telling.cancel()
        try:
            done, _ = await asyncio.wait([telling], timeout=30)
            assert done, f"cancelled after {turns} turns of the loop"
        finally:
            telling.cancel()
            await bus.close()
