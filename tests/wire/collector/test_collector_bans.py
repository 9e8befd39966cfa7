"""Collectors that are banned are silent together and say until when; a wrong clock is said once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from account_cli.domain.times import SECOND
from account_cli.errors import CredentialError, Temporary
from tests.wire.collector.crew import PLAN, Desk, desk, reader_on, simulated


async def until(desk: Desk, code: str) -> str:
    """Wait until a notice of this kind was told; return what it says."""
    async with asyncio.timeout(30):
        while True:
            for delivery in desk.delivered:
                for notice in delivery.notices:
                    if notice.code == code:
                        return notice.text
            await asyncio.sleep(0.05)


async def test_two_collectors_are_silent_together_while_their_address_is_banned(tmp_path: Path) -> None:
    async with simulated("binanceusdm", hours=0.2) as sim, desk(tmp_path) as books:
        running = [asyncio.ensure_future(books.collector(reader_on(sim, tmp_path, name)).run()) for name in "ab"]
        for _ in "ab":
            await until(books, "caught-up")
        sim.ban(5.0, "418")
        ban = sim.stage.faults.ban
        assert ban is not None
        assert "banned until" in await until(books, "rate-limited")
        refused_ns = time.time_ns() + SECOND // 5  # what was under way then was refused as well
        while time.time_ns() < ban.until_ns:
            await asyncio.sleep(0.05)
        assert [one.path for one in sim.requests if refused_ns < one.wall_ns < ban.until_ns] == []
        async with asyncio.timeout(30):
            while not any(one.wall_ns > ban.until_ns for one in sim.requests):
                await asyncio.sleep(0.05)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_wrong_clock_is_told_once_and_shown_as_long_as_it_is_wrong(tmp_path: Path) -> None:
    async with simulated("binanceusdm", hours=0.2) as sim, desk(tmp_path) as books:
        sim.stage.faults.clock = lambda now: now + 10 * SECOND
        running = asyncio.ensure_future(books.collector(reader_on(sim, tmp_path)).run())
        assert (await until(books, "clock")).startswith("this computer's clock is 10.0 s behind")
        await asyncio.sleep(2.5)
        told = [notice for delivery in books.delivered for notice in delivery.notices if notice.code == "clock"]
        assert len(told) == 1
        assert any("behind" in (row.detail or "") for row in books.memory.streams())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_wait_lasts_as_long_as_was_asked_and_longest_where_trying_cannot_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated("kraken") as sim, desk(tmp_path) as books:
        collector, waited = books.collector(reader_on(sim, tmp_path)), list[float]()

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        monkeypatch.setattr(collector._pause, "sleep", sleep)
        for error in (Temporary("busy", retry_after=33.0), CredentialError("refused"), Temporary("lost")):
            await collector._failed(collector._attempts("sync"), error, ())
    asked, refused, lost = waited
    assert asked >= 33
    assert refused >= PLAN.reconnect_max_delay > PLAN.reconnect_delay >= lost
