"""The venue's own counters are never exceeded, and during a ban nothing is sent by anybody."""

from __future__ import annotations

import asyncio
import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.times import SECOND
from account_cli.errors import RateLimited, Temporary
from account_cli.simulator import Simulator
from account_cli.simulator.bans import BanKind
from tests.cli.running import ACCT, environment
from tests.wire.exchanges.exch_wire import Memory, reader_of, simulated


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_a_cycle_of_asking_stays_within_the_limits_that_the_venue_counts(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.3, rate_limit=True, counter=(15, Decimal("0.33"))) as sim:
        reader, memory = reader_of(sim, tmp_path, rate_limit=True), Memory()
        await reader.connect()
        await reader.observe("balances")
        await reader.observe("orders")
        await memory.catch_up(reader)
        assert memory.facts
        await reader.close()
        limit: Any = sim.protocol
        counted = limit._counter if venue == "kraken" else limit._weight
        assert 0 < counted.most <= 0.8 * counted.top + 0.1


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_one_refusal_for_the_rate_silences_every_reader_of_the_key(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.1) as sim:
        one, two = reader_of(sim, tmp_path), reader_of(sim, tmp_path)
        await one.connect()
        await two.connect()
        sim.http_fault(1, "429")
        with pytest.raises(RateLimited) as first:
            await one.observe("balances")
        asked = len(sim.requests)
        with pytest.raises(RateLimited) as second:
            await two.observe("balances")
        assert len(sim.requests) == asked, "nothing was sent"
        assert first.value.retry_after is not None
        assert second.value.retry_after is not None
        await one.close()
        await two.close()


async def poll_beside(sim: Simulator, home: Path, cache: Path) -> tuple[int, str]:
    """Run ``acct poll`` in a process of its own; return its exit status and what it said."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f'cache_dir = "{cache}"\n' + sim.config_toml("other"))
    (home / "config.toml").chmod(0o600)
    process = await asyncio.create_subprocess_exec(
        *ACCT, "--config", str(home / "config.toml"), "poll", "other",
        env=environment(home), cwd=home, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        told = await process.communicate()
    return process.returncode or 0, (told[0] + told[1]).decode()


BANS: list[tuple[str, BanKind]] = [
    ("kraken", "rate"),
    ("kraken", "lockout"),
    ("kraken", "403"),
    ("binance", "418"),
    ("binance", "429"),
    ("binanceusdm", "429date"),
    ("binanceusdm", "429bare"),
]


@pytest.mark.parametrize(("venue", "kind"), BANS)
async def test_during_a_ban_nothing_is_sent_by_any_account_or_process_and_its_end_is_said(
    venue: str, kind: BanKind, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    async with simulated(venue, history_hours=0.1) as sim:
        one, two = reader_of(sim, cache), reader_of(sim, cache)
        await one.connect()
        await two.connect()
        began = time.time()
        sim.ban(60.0, kind)
        with pytest.raises(RateLimited, match=r"banned until \d\d:\d\d:\d\d UTC") as first:
            await one.observe("balances")
        assert first.value.retry_after is not None
        if kind != "rate":
            assert first.value.retry_after > began + 59.0 - time.time(), "it waits as long as it was told, or longer"
        asked = len(sim.requests)
        for reader in (one, two, reader_of(sim, cache)):
            with pytest.raises(RateLimited, match="banned until"):
                await reader.connect()
            with pytest.raises(RateLimited, match="banned until"):
                await reader.observe("orders")
        if kind != "rate":  # 15 s are too short to start a process in
            code, told = await poll_beside(sim, tmp_path / "home", cache)
            assert code == 6
            assert re.search(r"banned until \d\d:\d\d:\d\d UTC", told), told
        assert len(sim.requests) == asked, "nothing was sent"
        await one.close()
        await two.close()


async def test_after_a_ban_asking_goes_on(tmp_path: Path) -> None:
    async with simulated("binanceusdm", history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.ban(1.0, "418")
        with pytest.raises(RateLimited) as told:
            await reader.observe("balances")
        await asyncio.sleep((told.value.retry_after or 0.0) + 0.1)
        assert await reader.observe("balances")
        await reader.close()


async def test_one_nonce_refused_is_tried_again_and_a_key_that_others_use_is_named(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        sim.stage.faults.nonces = 1
        assert await reader.observe("balances")
        sim.stage.faults.nonce_ahead = 10**16
        with pytest.raises(Temporary, match="another application uses this key with larger nonces"):
            await reader.observe("balances")
        await reader.close()


def shift(sim: Simulator, seconds: float, drift: float = 0.0) -> None:
    """Let the exchange's clock be off by so much, and run ahead by ``drift`` seconds a second."""
    began = time.time_ns()
    sim.stage.faults.clock = lambda now: now + int(seconds * SECOND) + int((now - began) * drift)


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_a_clock_that_is_off_drifts_or_is_set_costs_nothing_and_is_said(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, history_hours=0.1) as sim:
        shift(sim, 10)
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        assert await reader.observe("balances")
        (remark,) = reader.remarks()
        assert re.fullmatch(r"this computer's clock is (9\.\d|10\.\d) s behind", remark.text)
        assert remark.warning
        shift(sim, -10)  # refused once (-1021), measured again, and asked again
        assert await reader.observe("balances")
        assert [one.text[-5:] for one in reader.remarks()] == ["ahead"]
        shift(sim, -10, drift=40.0)
        for _ in range(4):
            await asyncio.sleep(0.5)
            assert await reader.observe("balances")
        await reader.close()


async def test_kraken_tells_a_clock_that_is_off_by_the_date_of_its_answers(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=0.1) as sim:
        reader = reader_of(sim, tmp_path)
        await reader.connect()
        assert reader.remarks() == ()
        shift(sim, -10)
        await reader.observe("balances")
        (remark,) = reader.remarks()
        assert remark.text.endswith("ahead")
        await reader.close()
