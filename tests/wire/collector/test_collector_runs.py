"""A collector leaves nothing behind, and the bug of one ends that one, loudly, and no other."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill, TransferArrived
from account_cli.engine.supervise import Crew, supervise
from account_cli.errors import StorageError
from tests.wire.collector.crew import CLOCK, desk, reader_on, simulated


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
@pytest.mark.parametrize("seconds", [0.0, 0.15, 0.6, 2.5])
async def test_cancelled_at_any_time_it_leaves_no_task(venue: str, seconds: float, tmp_path: Path) -> None:
    trouble: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.set_exception_handler(lambda _, context: trouble.append(str(context)))
    async with simulated(venue) as sim, desk(tmp_path) as books:
        await asyncio.sleep(0.1)
        before = asyncio.all_tasks()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", ResourceWarning)
            running = asyncio.ensure_future(books.collector(reader_on(sim, tmp_path)).run())
            await asyncio.sleep(seconds)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert running.cancelled()
            await asyncio.sleep(0.2)
            gc.collect()
        servers = ("simulator/", "aiohttp/web")
        left = [repr(task) for task in asyncio.all_tasks() - before if not any(one in repr(task) for one in servers)]
        assert not left
        assert {row.status for row in books.memory.streams() if row.strategy != "off"} == {"stopped"}
    assert not trouble
    assert not [str(one.message) for one in said if "nclosed" in str(one.message)]


async def test_a_bug_ends_one_account_and_says_which(tmp_path: Path) -> None:
    async with simulated("kraken", hours=1) as sim, desk(tmp_path) as books:
        broken, sound = reader_on(sim, tmp_path, "broken"), reader_on(sim, tmp_path, "sound")

        async def fails(kind: str) -> tuple[()]:
            raise LookupError(kind)

        spoil(broken, "observe", fails)
        bugs: list[tuple[str, BaseException]] = []
        running = asyncio.ensure_future(
            supervise(
                Crew(books.collector(broken), books.collector(sound)),
                books.writer,
                CLOCK,
                lambda account, error: bugs.append((account, error)),
            )
        )
        async with asyncio.timeout(60):
            while not bugs or not any(
                row.account == "sound" and row.status == "live" for row in books.memory.streams()
            ):
                await asyncio.sleep(0.1)
        assert [(account, type(error)) for account, error in bugs] == [("broken", LookupError)]
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        said = [notice for notice in books.memory.notices(account="broken") if notice.code == "internal"]
        assert len(said) == 1
        assert "LookupError" in said[0].text


async def test_a_bug_while_the_database_refuses_ends_no_other_account(tmp_path: Path) -> None:
    async with simulated("kraken", hours=1) as sim, desk(tmp_path) as books:
        sound = reader_on(sim, tmp_path, "sound")
        bugs: list[str] = []
        write = books.writer.write

        async def refuses(delivery: Delivery) -> object:
            if delivery.account == "broken":
                raise StorageError("not now")
            return await write(delivery)

        books.writer.write = refuses  # type: ignore[method-assign, assignment]
        running = asyncio.ensure_future(
            supervise(
                Crew(books.collector(sound), Broken()),  # type: ignore[arg-type]
                books.writer,
                CLOCK,
                lambda account, _: bugs.append(account),
            )
        )
        async with asyncio.timeout(60):
            while not bugs or not any(row.status == "live" for row in books.memory.streams()):
                await asyncio.sleep(0.1)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Broken:
    """A collector that fails at once, by a bug."""

    account = "broken"

    async def run(self) -> None:
        raise LookupError("nothing is where it was")


async def test_what_cannot_be_written_fails_alone(tmp_path: Path) -> None:
    """Deliveries that wait together are written together; a poisoned one takes no other with it."""
    common = {"id": "T1", "time_ns": 1_700_000_000_000_000_000}
    poison = Fill(
        account="poisoned",
        order_id="O",
        symbol="BTC/USD",
        side="buy",
        price=None,  # type: ignore[arg-type]
        quantity=Decimal(1),
        **common,  # type: ignore[arg-type]
    )
    async with desk(tmp_path) as books:
        waiting = [
            books.writer.write(Delivery(account=account, events=(event,)))
            for account, event in (
                ("first", TransferArrived(account="first", asset="USD", amount=Decimal(5), type="deposit", **common)),  # type: ignore[arg-type]
                ("poisoned", poison),
                ("last", TransferArrived(account="last", asset="USD", amount=Decimal(7), type="deposit", **common)),  # type: ignore[arg-type]
            )
        ]
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(result, Exception) for result in results] == [False, True, False]
        assert [books.memory.head(account) for account in ("first", "poisoned", "last")] == [1, 0, 1]


def spoil(reader: object, name: str, method: Callable[..., Awaitable[object]]) -> None:
    setattr(reader, name, method)
