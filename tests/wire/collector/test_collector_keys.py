"""A key that can do more than read is refused on every venue that tells, whenever that begins."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from account_cli.collector.account import AccountCollector
from account_cli.collector.key import demand_read_only
from account_cli.errors import KeyCanTrade, KeyRejected
from account_cli.ports import ExchangeReader
from account_cli.simulator import Simulator
from tests.wire.collector.crew import CLOCK, PLAN, Desk, desk, reader_on, simulated

VENUES = ("kraken", "binance", "binanceusdm")
FACTS = ("Trades", "Ledgers", "income", "userTrades", "myTrades", "Balance", "account", "WebSocketsToken", "listenKey")
"""Parts of what is asked for facts, as opposed to what is asked about the key."""


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(collector: AccountCollector) -> AsyncIterator[None]:
    task = asyncio.ensure_future(collector.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def standing(books: Desk) -> str | None:
    return next((row.key for row in books.memory.accounts() if row.account == "main"), None)


def asked_for_facts(sim: Simulator) -> int:
    return sum(
        any(part in request.path for part in FACTS) and "apiRestrictions" not in request.path
        for request in sim.requests
    )


@pytest.mark.parametrize("venue", VENUES)
async def test_a_key_that_may_only_read_is_seen_as_such(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, hours=0.2) as sim:
        reader = reader_on(sim, tmp_path)
        rights = await demand_read_only(reader, allow_writable=False)
        await reader.close()
        assert rights is not None
        assert rights.standing == "read-only"
        assert not sim.violations


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("what", ["trade", "withdraw"])
async def test_a_key_that_may_write_is_refused_and_what_to_untick_is_said(
    venue: str, what: str, tmp_path: Path
) -> None:
    async with simulated(venue, hours=0.2) as sim:
        sim.grant(**{what: True})
        reader = reader_on(sim, tmp_path)
        with pytest.raises(KeyCanTrade) as refused:
            await demand_read_only(reader, allow_writable=False)
        assert await demand_read_only(reader, allow_writable=True) is not None
        await reader.close()
        assert (refused.value.exit_code, refused.value.standing) == (5, f"can-{what}")
        assert refused.value.hint is not None
        words = {"kraken": ("modify orders", "Withdraw")}.get(venue, ("Margin Trading", "Enable Withdrawals"))
        assert words[what == "withdraw"] in refused.value.hint


@pytest.mark.violates
@pytest.mark.parametrize("venue", VENUES)
async def test_where_the_exchange_does_not_tell_the_key_is_unverified(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, hours=0.2) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        forget_to_tell(sim)
        async with running(books.collector(reader)):
            await until(lambda: standing(books) == "unverified")
            await until(lambda: any(row.status == "live" for row in books.memory.streams()))


@pytest.mark.parametrize("venue", VENUES)
async def test_a_key_that_gets_a_right_while_it_is_watched_is_dropped_and_taken_up_again_without_it(
    venue: str, tmp_path: Path
) -> None:
    async with (
        simulated(venue, hours=0.2) as sim,
        desk(tmp_path) as books,
        running(collector(books, sim, tmp_path, key_interval=0.3)),
    ):
        await until(lambda: standing(books) == "read-only" and is_live(books))
        sim.grant(trade=True)
        await until(lambda: standing(books) == "can-trade" and is_offline(books))
        await until(lambda: not sim.stage.connections)
        said = [notice for notice in books.memory.notices(account="main") if notice.code == "key-can-trade"]
        assert [notice.severity for notice in said] == ["critical"]
        sim.grant()
        await until(lambda: standing(books) == "read-only" and is_live(books))


async def test_a_refused_key_is_asked_nothing_about_the_account(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.2) as sim, desk(tmp_path) as books:
        sim.grant(withdraw=True)
        async with running(books.collector(reader_on(sim, tmp_path))):
            await until(lambda: standing(books) == "can-withdraw" and is_offline(books))
            before = asked_for_facts(sim)
            await asyncio.sleep(3)
            assert asked_for_facts(sim) == before


async def test_a_key_that_writes_is_used_when_its_owner_insists_and_that_is_said(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.2) as sim, desk(tmp_path) as books:
        sim.grant(trade=True)
        async with running(collector(books, sim, tmp_path, allow_writable_key=True)):
            await until(lambda: standing(books) == "can-trade" and is_live(books))
        (said,) = [notice for notice in books.memory.notices(account="main") if notice.code == "key-can-trade"]
        assert said.severity == "warning"
        assert not sim.violations


def is_live(books: Desk) -> bool:
    return any(row.status == "live" for row in books.memory.streams())


def is_offline(books: Desk) -> bool:
    rows = [row for row in books.memory.streams() if row.strategy != "off"]
    return bool(rows) and {row.status for row in rows} == {"offline"}


def collector(
    books: Desk, sim: Simulator, folder: Path, reader: ExchangeReader | None = None, **plan: Any
) -> AccountCollector:
    reader = reader or reader_on(sim, folder)
    planned = msgspec.structs.replace(PLAN, **plan)
    return AccountCollector(reader, books.deliver, books.memory, planned, CLOCK, random.random)


def forget_to_tell(sim: Simulator) -> None:
    """Let the simulator be an exchange that does not know the question."""
    protocol = sim.protocol
    if sim.venue == "kraken":
        vars(protocol)["_private"].pop("GetApiKeyInfo")
    else:
        reads = {path: answer for path, answer in protocol.reads.items() if "apiRestrictions" not in path}  # type: ignore[attr-defined]
        protocol.reads = reads  # type: ignore[attr-defined]


def keyed(sim: Simulator) -> int:
    """Count what was asked with the key: everything but times, markets and prices."""
    free = ("time", "exchangeInfo", "Assets", "AssetPairs", "Ticker", "OHLC", "premiumIndex", "klines", "ticker/price")
    return sum(
        request.method not in ("open", "ping") and not any(request.path.endswith(part) for part in free)
        for request in sim.requests
    )


@pytest.mark.parametrize("venue", VENUES)
async def test_a_revoked_key_is_told_once_and_used_no_more(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, hours=0.2) as sim, desk(tmp_path) as books, running(collector(books, sim, tmp_path)):
        await until(lambda: is_live(books))
        sim.revoke_key()
        sim.drop_connections()
        await until(lambda: standing(books) == "rejected")
        await asyncio.sleep(0.5)
        before = keyed(sim)
        await asyncio.sleep(6)  # six polls, and as many attempts to stream
        assert keyed(sim) == before, "nothing went out with the key"
        said = [notice for notice in books.memory.notices(account="main") if notice.severity == "critical"]
        assert [notice.code for notice in said] == ["key-rejected"]
        assert "tried again at" in said[0].text
        assert all(row.status in ("offline", "degraded") for row in books.memory.streams() if row.strategy != "off")


@pytest.mark.parametrize("venue", VENUES)
async def test_a_key_that_comes_back_is_taken_up_by_itself(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, hours=0.2) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path, key_interval_s=2.0)
        async with running(collector(books, sim, tmp_path, reader, key_interval=2.0)):
            await until(lambda: is_live(books))
            sim.revoke_key()
            sim.drop_connections()
            await until(lambda: standing(books) == "rejected")
            sim.revoke_key(False)
            await until(lambda: standing(books) == "read-only" and is_live(books))
            codes = [notice.code for notice in books.memory.notices(account="main")]
            assert codes.count("key-rejected") == codes.count("key-accepted") == 1


async def test_a_restart_does_not_send_a_refused_key_again(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.2) as sim:
        sim.revoke_key()
        for turn in range(5):
            reader = reader_on(sim, tmp_path)
            with pytest.raises(KeyRejected):
                await reader.connect()
            await reader.close()
            assert keyed(sim) == 1, turn
        sim.secret = sim.stage.secret = "YW5vdGhlciBzZWNyZXQ="
        sim.revoke_key(False)
        reader = reader_on(sim, tmp_path)
        await reader.connect()
        await reader.close()
