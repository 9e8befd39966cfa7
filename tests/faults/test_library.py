"""Collecting in one's own process: started twice is started once, and what has half ended says so."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.library import (
    Collecting,
    Config,
    ConfigError,
    HalfRunning,
    StorageError,
    Store,
    configuration,
    follow,
)
from tests.faults.truth import Bench


async def add_up(config: Config, moved: dict[str, Decimal], held: dict[str, Decimal], *, after: int, until: int) -> int:
    """Add what moved after a line until another one is reached, and return that; ``held`` is what the ledger says."""
    async with asyncio.timeout(60), aclosing(follow(config, "main", after=after)) as changes:
        async for change in changes:
            for move in change.moves:
                assert move.amount is not None
                moved[move.asset] = moved.get(move.asset, Decimal(0)) + move.amount
                held[move.asset] = move.held
            after = change.n
            if after >= until:
                break
    return after


async def test_it_is_started_once_stopped_once_and_started_again(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=11, hours=2) as bench:
        bench.sim.run_until(bench.end_ns)
        config = configuration(tmp_path / "config.toml")
        collecting = Collecting(config, "main")
        await collecting.stop()
        assert not collecting.running
        await asyncio.gather(collecting.start(), collecting.start())
        await collecting.start()
        assert (collecting.running, collecting.accounts) == (True, ("main",))

        beside = Collecting(config, "main")
        await beside.start()
        assert (beside.accounts, list(beside.attached)) == ((), ["main"])
        await beside.stop()

        moved: dict[str, Decimal] = {}
        held: dict[str, Decimal] = {}
        done = await add_up(config, moved, held, after=0, until=20)
        stopping = asyncio.create_task(collecting.stop())
        await asyncio.sleep(0)
        with pytest.raises(HalfRunning, match="just being stopped"):
            await collecting.start()
        await stopping
        await collecting.stop()
        assert (collecting.running, collecting.accounts) == (False, ())
        with Store(config) as store:
            head = store.position("main")
        if head > done:
            assert await add_up(config, moved, held, after=done, until=head) == head
        held = {}
        assert await add_up(config, {}, held, after=0, until=head) == head
        assert moved == held
        async with collecting:
            assert collecting.running


async def test_what_ended_by_an_error_says_so_until_it_is_stopped(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=12, hours=1) as bench:
        config = configuration(tmp_path / "config.toml")
        collecting = Collecting(config, "main")
        await collecting.start()
        (tmp_path / "acct.db").rename(tmp_path / "moved.db")
        with pytest.raises(StorageError, match="moved, deleted or replaced"):
            await collecting.wait()
        with pytest.raises(HalfRunning, match="collecting has ended"):
            await collecting.start()
        with pytest.raises(StorageError):
            await collecting.stop()
        await collecting.start()
        assert collecting.running
        await collecting.stop()
        assert not bench.sim.stage.connections


async def test_it_ends_when_another_process_asks_and_says_so_until_it_is_stopped(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=13, hours=1) as bench:
        collecting = Collecting(configuration(tmp_path / "config.toml"), "main")
        await collecting.start()
        await bench.run("collect", "--stop")
        async with asyncio.timeout(30):
            await collecting.wait()
        with pytest.raises(HalfRunning, match="acct collect --stop asked for it"):
            await collecting.start()
        await collecting.stop()
        assert not collecting.running


async def test_what_is_demanded_of_a_database_that_cannot_do_it_keeps_collecting_from_starting(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=14, hours=1) as bench:
        file = tmp_path / "config.toml"
        file.write_text(f'{file.read_text()}\n[storage]\ntimescale = "on"\n')
        collecting = Collecting(configuration(file), "main")
        with pytest.raises(ConfigError, match="an extension of PostgreSQL, and the database is a file"):
            await collecting.start()
        assert not collecting.running
        assert not bench.sim.stage.connections


async def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'data_dir = "{tmp_path}"\n')
    (tmp_path / "config.toml").chmod(0o600)
    collecting = Collecting(configuration(tmp_path / "config.toml"))
    for _ in range(2):
        with pytest.raises(ConfigError, match="no account is configured"):
            await collecting.start()
        assert not collecting.running
    assert not (tmp_path / "acct.db").exists()
