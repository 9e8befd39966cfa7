"""After a FLUSHALL the streams are told again: the same ids in the same order, to the same groups of readers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Notice
from account_cli.errors import BusForgot
from account_cli.ports import Message
from tests.faults.test_redis import beside, ended, events, head
from tests.faults.test_relaying import relaying
from tests.faults.truth import ROOT
from tests.services import own_redis
from tests.unit.engine.engine_facts import FixedClock, deposit, fill

ALARM = Notice(account="a", at_ns=2, severity="warning", code="drift", text="USD: ledger 1, exchange 2")


@pytest.fixture
def place() -> Iterator[tuple[str, str]]:
    with own_redis() as url:
        yield url, "acct:"


def documented() -> Any:
    """Return the function that docs/redis.md shows."""
    code = (ROOT / "docs" / "redis.md").read_text().partition("```python\n")[2].partition("```")[0]
    found: dict[str, Any] = {"contextlib": contextlib, "redis": redis}
    exec(compile(code, "docs/redis.md", "exec"), found)
    return found["read"]


class Reader:
    """A program that reads ``trading.events`` as docs/redis.md says: each entry at least once, each id used once."""

    def __init__(self, place: tuple[str, str]) -> None:
        self._redis = redis.Redis.from_url(place[0], decode_responses=True)
        self._stream = f"{place[1]}trading.events"
        self._read = documented()
        self.used: list[str] = []
        self.repeated = 0

    def read(self) -> int:
        """Use what is new; return how many entries came."""
        before = len(self.used) + self.repeated
        self._read(self._redis, self._stream, "books", "worker-1", self._use)
        return len(self.used) + self.repeated - before

    def _use(self, fields: dict[str, str]) -> None:
        if fields["id"] in self.used:
            self.repeated += 1
        else:
            self.used.append(fields["id"])

    def close(self) -> None:
        self._redis.close()


async def test_what_was_told_is_told_again_to_the_same_groups(place: tuple[str, str], tmp_path: Path) -> None:
    clock = FixedClock()
    async with relaying(place, tmp_path, clock) as (relay, writer, _, _):
        with redis.Redis.from_url(place[0], decode_responses=True) as connection:
            connection.xgroup_create("acct:trading.notices", "pager", id="0", mkstream=True)
            await writer.write(Delivery(account="a", events=(deposit(1, "1000"), fill(2)), notices=(ALARM,)))
            await relay.relay(writer)
            reader = Reader(place)
            assert (reader.read(), reader.read()) == (0, 2), "at first there is no group"
            clock.ns += 2_000_000_000
            await relay.relay(writer)  # who reads is noted
            before = connection.xrange("acct:trading.notices")
            connection.flushall()
            await writer.write(Delivery(account="a", events=(fill(3), fill(4))))
            await relay.relay(writer)
            assert events(place) == [("a/1", 1), ("a/2", 2), ("a/3", 3), ("a/4", 4)]
            assert [entry["id"] for _, entry in connection.xrange("acct:trading.notices")] == [
                entry["id"] for _, entry in before
            ]
            assert [group["name"] for group in connection.xinfo_groups("acct:trading.notices")] == ["pager"]
            assert reader.read() == 4
            assert (reader.used, reader.repeated) == (["a/1", "a/2", "a/3", "a/4"], 2)
            reader.close()


async def test_a_reader_misses_nothing_though_all_collectors_end_and_redis_forgets(
    place: tuple[str, str], tmp_path: Path
) -> None:
    reader = Reader(place)
    async with relaying(place, tmp_path, FixedClock()) as (relay, writer, _, _):
        await writer.write(Delivery(account="a", events=(deposit(1, "1000"), fill(2))))
        await relay.relay(writer)
        assert (reader.read(), reader.read()) == (0, 2)
    with redis.Redis.from_url(place[0]) as connection:
        connection.flushall()
    async with relaying(place, tmp_path, FixedClock()) as (relay, writer, _, _):
        await writer.write(Delivery(account="a", events=(fill(3),)))
        await relay.relay(writer)
        assert (reader.read(), reader.read()) == (0, 3), "nobody else made the group again"
        assert (reader.used, reader.repeated) == (["a/1", "a/2", "a/3"], 2)
    reader.close()


async def test_nothing_is_told_in_front_of_what_has_to_be_told_again(place: tuple[str, str], tmp_path: Path) -> None:
    async with relaying(place, tmp_path, FixedClock()) as (_, _, _, bus):
        one = Message(id="a/1", account="a", topic="fact", n=1, body=b"{}")
        with pytest.raises(BusForgot):
            await bus.send([one])
        assert events(place) == []
        await bus.begin_again("a")
        assert await bus.forgotten(["a"]) == ["a"]
        assert await bus.send([one], again=True) == [None]
        await bus.is_whole("a")
        assert await bus.forgotten(["a"]) == []
        with redis.Redis.from_url(place[0]) as connection:
            connection.flushall()
        await bus.is_whole("a")  # of what was forgotten meanwhile nothing is whole
        assert await bus.forgotten(["a"]) == ["a"]


async def test_a_new_redis_hears_the_whole_history_and_an_alert_is_not_told_twice_to_who_listens(
    place: tuple[str, str], tmp_path: Path
) -> None:
    clock = FixedClock()
    async with relaying(place, tmp_path, clock) as (relay, writer, _, _):
        await writer.write(Delivery(account="a", events=tuple(fill(n) for n in range(1, 30))))
        await relay.relay(writer)
        with redis.Redis.from_url(place[0], decode_responses=True) as connection:
            listening = connection.pubsub()
            listening.subscribe("acct:trading.alerts")
            alert = Message(id="a/alert/1", account="a", topic="alert", n=0, body=b"{}")
            await writer.do(lambda tx: tx.put_outbox([alert]))
            await relay.relay(writer)
            connection.flushall()
            clock.ns += 2_000_000_000
            await relay.relay(writer)
            heard = [one for one in iter(lambda: listening.get_message(timeout=0.5), None) if one["type"] == "message"]
            assert len(heard) == 1
            assert [entry["id"] for _, entry in connection.xrange("acct:trading.alerts")] == ["a/alert/1"]
            assert [n for _, n in events(place)] == list(range(1, 30))


async def test_a_reader_misses_nothing_though_redis_forgets_everything_in_mid_run(
    place: tuple[str, str], tmp_path: Path
) -> None:
    async with beside(place, tmp_path) as bench:
        process = await bench.start("collect")
        await bench.heard()
        reader = Reader(place)
        living = asyncio.create_task(bench.live(pause=0.2))
        with redis.Redis.from_url(place[0]) as connection:
            for _ in range(2):
                async with asyncio.timeout(60):
                    while not await asyncio.to_thread(reader.read):
                        pass
                connection.flushall()
        await living
        await bench.settled()
        async with asyncio.timeout(60):
            while set(reader.used) != {f"main/{n}" for n in range(1, head(bench) + 1)}:
                await asyncio.to_thread(reader.read)
        numbers = [int(name.removeprefix("main/")) for name in reader.used]
        assert numbers == sorted(numbers)
        assert reader.repeated > 0
        reader.close()
        await ended(process)
