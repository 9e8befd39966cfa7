"""A key that can do more than read is refused on every venue that tells, whenever that begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from account_cli.collector import key as key_module
from account_cli.collector.account import AccountCollector
from account_cli.collector.key import demand_read_only
from account_cli.errors import KeyCanTrade
from account_cli.simulator import Simulator
from tests.wire.collector.crew import Desk, desk, reader_on, simulated

VENUES = ("kraken", "binance", "binanceusdm")
FACTS = ("Trades", "Ledgers", "income", "userTrades", "myTrades", "Balance", "account", "WebSocketsToken", "listenKey")
"""Parts of what is asked for facts, as opposed to what is asked about the key."""


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.05)


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
        running = asyncio.ensure_future(books.collector(reader).run())
        await until(lambda: standing(books) == "unverified")
        await until(lambda: any(row.status == "live" for row in books.memory.streams()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("venue", VENUES)
async def test_a_key_that_gets_a_right_while_it_is_watched_is_dropped_and_taken_up_again_without_it(
    venue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_module, "ASK_AGAIN_S", 0.3)
    monkeypatch.setattr("account_cli.collector.account.ASK_AGAIN_S", 0.3)
    async with simulated(venue, hours=0.2) as sim, desk(tmp_path) as books:
        running = asyncio.ensure_future(books.collector(reader_on(sim, tmp_path)).run())
        await until(lambda: standing(books) == "read-only" and is_live(books))
        sim.grant(trade=True)
        await until(lambda: standing(books) == "can-trade" and is_offline(books))
        await until(lambda: not sim.stage.connections)
        said = [notice for notice in books.memory.notices(account="main") if notice.code == "key-can-trade"]
        assert [notice.severity for notice in said] == ["critical"]
        sim.grant()
        await until(lambda: standing(books) == "read-only" and is_live(books))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_refused_key_is_asked_nothing_about_the_account(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.2) as sim, desk(tmp_path) as books:
        sim.grant(withdraw=True)
        running = asyncio.ensure_future(books.collector(reader_on(sim, tmp_path)).run())
        await until(lambda: standing(books) == "can-withdraw" and is_offline(books))
        before = asked_for_facts(sim)
        await asyncio.sleep(3)
        assert asked_for_facts(sim) == before
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_key_that_writes_is_used_when_its_owner_insists_and_that_is_said(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.2) as sim, desk(tmp_path) as books:
        sim.grant(trade=True)
        collector = insisting(books, sim, tmp_path)
        running = asyncio.ensure_future(collector.run())
        await until(lambda: standing(books) == "can-trade" and is_live(books))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        (said,) = [notice for notice in books.memory.notices(account="main") if notice.code == "key-can-trade"]
        assert said.severity == "warning"
        assert not sim.violations


def is_live(books: Desk) -> bool:
    return any(row.status == "live" for row in books.memory.streams())


def is_offline(books: Desk) -> bool:
    rows = [row for row in books.memory.streams() if row.strategy != "off"]
    return bool(rows) and {row.status for row in rows} == {"offline"}


def insisting(books: Desk, sim: Simulator, folder: Path) -> AccountCollector:
    import random

    import msgspec

    from tests.wire.collector.crew import CLOCK, PLAN

    plan = msgspec.structs.replace(PLAN, allow_writable_key=True)
    return AccountCollector(reader_on(sim, folder), books.deliver, books.memory, plan, CLOCK, random.random)


def forget_to_tell(sim: Simulator) -> None:
    """Let the simulator be an exchange that does not know the question."""
    protocol = sim.protocol
    if sim.venue == "kraken":
        vars(protocol)["_private"].pop("GetApiKeyInfo")
    else:
        reads = {path: answer for path, answer in protocol.reads.items() if "apiRestrictions" not in path}  # type: ignore[attr-defined]
        protocol.reads = reads  # type: ignore[attr-defined]
