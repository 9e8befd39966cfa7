"""Channel by channel, and from one connection to the next, a stream loses nothing and says what it lacks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from account_cli.collector.account import AccountCollector
from account_cli.collector.delivery import Delivery, Receipt
from account_cli.collector.timing import Patience
from account_cli.domain.health import StreamRow
from account_cli.errors import StorageError, Temporary
from account_cli.simulator import Simulator
from tests.wire.collector.crew import PLAN, Desk, desk, reader_on, simulated

VENUES = ["kraken", "binance", "binanceusdm"]
SLOW = msgspec.structs.replace(PLAN, poll_interval=600.0)
"""A sweep comes only where the stream is given up or replaced: whatever is known sooner, the stream made known."""


class Watched:
    """A collector at work, and what it says."""

    def __init__(self, sim: Simulator, books: Desk, collector: AccountCollector) -> None:
        self.sim, self.books, self.collector = sim, books, collector
        self.statuses: list[set[str]] = []
        """Of the kinds that stream, as delivered, one set a beat."""

    def rows(self) -> list[StreamRow]:
        return [row for row in self.collector.health.rows() if row.strategy == "stream"]

    def live(self) -> bool:
        return {row.status for row in self.rows()} == {"live"}

    def said(self, code: str) -> list[str]:
        return [notice.text for notice in self.books.memory.notices(limit=1000) if notice.code == code]

    def down(self) -> dict[str, int]:
        return {one.cause: one.times for row in self.rows() for one in row.down}

    def fills(self) -> int:
        return sum(1 for _ in self.books.memory.events("main", kinds=("fill",)))

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not what():
                await asyncio.sleep(0.05)


@asynccontextmanager
async def watched(venue: str, folder: Path, patience: Patience, plan: object = SLOW) -> AsyncIterator[Watched]:
    async with simulated(venue, hours=0.5) as sim, desk(folder) as books:
        made = msgspec.structs.replace(plan, patience=patience)  # type: ignore[type-var]
        crew = Watched(sim, books, books.collector(reader_on(sim, folder), made))  # type: ignore[arg-type]
        running = asyncio.ensure_future(crew.collector.run())
        try:
            await crew.until(crew.live)
            yield crew
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_refused_channel_is_down_by_itself_and_tried_again(tmp_path: Path) -> None:
    async with watched("kraken", tmp_path, Patience()) as crew:
        crew.sim.reject_next_subscription()
        crew.sim.drop_connections()
        await crew.until(lambda: crew.said("key-rejected"))
        await crew.until(lambda: {row.kind: row.status for row in crew.rows()}["balances"] == "live")
        status = {row.kind: (row.status, row.detail or "") for row in crew.rows()}
        assert status["fills"][0] == status["orders"][0] == "offline"
        assert "executions was refused" in status["fills"][1]
        crew.sim.burst(2)
        await crew.until(crew.live)
        await crew.until(lambda: crew.fills() == len(crew.sim.world.book.fills))


@pytest.mark.parametrize("venue", VENUES)
async def test_a_connection_is_replaced_before_it_is_too_old_and_nothing_is_missed(venue: str, tmp_path: Path) -> None:
    async with watched(venue, tmp_path, Patience(life_s=1.0)) as crew:
        before = crew.down()
        while len([text for text in crew.said("caught-up") if "new connection" in text]) < 3:
            crew.sim.burst(3)
            await asyncio.sleep(0.1)
            assert crew.live(), crew.rows()
        await crew.until(lambda: crew.fills() == len(crew.sim.world.book.fills))
        assert crew.down() == before
        assert not crew.said("unreachable")
        assert len(crew.sim.stage.connections) <= 2


@pytest.mark.parametrize(
    ("venue", "words"),
    [
        ("kraken", '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}'),
        ("binance", '{"subscriptionId":0,"event":{"e":"serverShutdown","E":1}}'),
        ("binanceusdm", '{"e":"serverShutdown","E":1}'),
    ],
)
async def test_an_exchange_that_says_it_will_close_finds_the_next_connection_open(
    venue: str, words: str, tmp_path: Path
) -> None:
    async with watched(venue, tmp_path, Patience()) as crew:
        before, old = crew.down(), set(crew.sim.stage.connections)
        crew.sim.malformed_frame(words)
        await crew.until(lambda: not old & crew.sim.stage.connections)
        crew.sim.burst(3)
        await crew.until(lambda: crew.fills() == len(crew.sim.world.book.fills))
        assert crew.down() == before


async def test_a_lost_message_is_swept_for_while_the_stream_goes_on(tmp_path: Path) -> None:
    async with watched("kraken", tmp_path, Patience()) as crew:
        old = set(crew.sim.stage.connections)
        crew.sim.silence(True)
        crew.sim.burst(2)
        crew.sim.silence(False)
        crew.sim.burst(1)
        await crew.until(lambda: crew.said("gap"))
        await crew.until(lambda: crew.fills() == len(crew.sim.world.book.fills))
        await crew.until(crew.live)
        assert set(crew.sim.stage.connections) == old
        await crew.until(lambda: any(text.startswith("looked for what was lost") for text in crew.said("caught-up")))
        assert crew.down()["gap"] >= 1


async def test_what_the_stream_told_and_could_not_be_written_is_caught_up_by_the_next_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched("kraken", tmp_path, Patience()) as crew:
        old, write, refused = set(crew.sim.stage.connections), crew.books.writer.write, list[Delivery]()

        async def full_once(delivery: Delivery) -> Receipt:
            if not refused and delivery.origin == "stream" and any(heard.events for heard in delivery.heard):
                refused.append(delivery)
                raise StorageError("the disk is full")
            return await write(delivery)

        monkeypatch.setattr(crew.books.writer, "write", full_once)
        crew.sim.burst(2)
        await crew.until(lambda: refused and old - set(crew.sim.stage.connections))
        await crew.until(lambda: crew.live() and crew.fills() == len(crew.sim.world.book.fills))


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_a_quiet_stream_that_owes_a_fill_is_found_out_by_the_canary(venue: str, tmp_path: Path) -> None:
    async with watched(venue, tmp_path, Patience(canary_s=1.0, tell_s=2.0)) as crew:
        crew.sim.silence(True)
        crew.sim.burst(2)
        await crew.until(lambda: any("did not tell" in text for text in crew.said("unreachable")))
        assert crew.fills() == len(crew.sim.world.book.fills)
        crew.sim.silence(False)
        await crew.until(crew.live)
        assert crew.down()["zombie"] >= 1


@pytest.mark.parametrize("venue", VENUES)
async def test_after_a_sleep_everything_is_opened_and_asked_anew(venue: str, tmp_path: Path) -> None:
    async with watched(venue, tmp_path, Patience()) as crew:
        old = set(crew.sim.stage.connections)
        crew.sim.silence(True)
        crew.sim.burst(2)
        crew.sim.silence(False)
        await crew.collector.woke(3600)
        await crew.until(lambda: not old & crew.sim.stage.connections and crew.live())
        assert crew.fills() == len(crew.sim.world.book.fills)
        await crew.until(lambda: "reconnected: 2 fills back-filled" in crew.said("caught-up"))
        (told,) = {one.ns for row in crew.rows() if row.kind == "fills" for one in row.down if one.cause == "asleep"}
        assert told >= 3600 * 1_000_000_000


async def test_what_no_sweep_could_look_behind_is_not_called_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange answers whether anything is new, but not the questions by which what is missing would be found."""
    async with watched("kraken", tmp_path, Patience(), PLAN) as crew:

        async def fails(_: object) -> None:
            raise Temporary("busy")

        monkeypatch.setattr(crew.collector._quiet, "sweep", fails)
        monkeypatch.setattr(crew.collector._quiet, "swept_until", lambda: 0.0)
        await crew.until(lambda: {row.detail for row in crew.rows() if row.kind == "fills"} == {"busy"})
        assert not crew.live()
