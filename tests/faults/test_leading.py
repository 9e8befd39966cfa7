"""One process at a time tells what all accounts made together; when it dies, or sleeps, another goes on with it."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.faults.test_redis import beside, ended
from tests.faults.truth import Bench
from tests.services import DATABASES, redis_prefix


@pytest.fixture
def place() -> Iterator[tuple[str, str]]:
    with redis_prefix() as found:
        yield found


def total(place: tuple[str, str]) -> dict[str, Any] | None:
    """Return what is said of all accounts together."""
    url, prefix = place
    with redis.Redis.from_url(url) as connection:
        said = connection.get(f"{prefix}pnl:*")
    return None if said is None else dict(json.loads(said))


async def led(place: tuple[str, str], bench: Bench, fence: int) -> int:
    """Wait until the totals are told under this number; return who leads."""
    async with asyncio.timeout(60):
        while (said := total(place)) is None or said["leader"] != fence or not said["accounts"]:
            await asyncio.sleep(0.2)
    rows = json.loads(await bench.run("status", "--json"))["items"]
    (pid,) = {row["pid"] for row in rows if row["leads"]}
    return int(pid)


@pytest.mark.parametrize("database", sorted(DATABASES))
async def test_when_the_leader_is_killed_another_tells_the_totals(
    database: str, place: tuple[str, str], tmp_path: Path
) -> None:
    with DATABASES[database](tmp_path) as location:
        server = location if isinstance(location, str) else None
        async with beside(place, tmp_path, server=server) as bench:
            processes = [await bench.start("collect")]
            await bench.heard()
            processes.append(await bench.start("collect"))
            await bench.live()
            await bench.settled()
            leader = await led(place, bench, 1)
            by_pid = {process.pid: process for process in processes}
            with redis.Redis.from_url(place[0], decode_responses=True) as connection:
                listening = connection.pubsub()
                listening.subscribe(f"{place[1]}trading.pnl")
                by_pid[leader].send_signal(signal.SIGKILL)
                await by_pid.pop(leader).wait()
                assert await led(place, bench, 2) in by_pid
                told = [
                    json.loads(one["data"]) for one in iter(listening.get_message, None) if one["type"] == "message"
                ]
            assert {one["leader"] for one in told if one["account"] is None} <= {1, 2}
            made = json.loads(await bench.run("pnl", "--json", "--by", "account"))
            said = total(place)
            assert said is not None
            assert said["accounts"] == ["main"]
            known = ("realized_pnl", "fees", "funding", "other_income", "closed_trades")
            for mine, theirs in ((said["items"], made["items"]), (said["totals"], made["items"])):
                assert [[row["currency"], *(row[name] for name in known)] for row in mine] == [
                    [row["currency"], *(row[name] for name in known)] for row in theirs
                ]
            assert any(Decimal(row["realized_pnl"]) for row in said["totals"])
            for process in by_pid.values():
                await ended(process)


async def test_a_leader_that_was_paused_says_nothing_once_another_leads(place: tuple[str, str], tmp_path: Path) -> None:
    with DATABASES["postgres"](tmp_path) as location:
        async with beside(place, tmp_path, server=str(location)) as bench:
            processes = [await bench.start("collect"), await bench.start("collect")]
            await bench.heard()
            await bench.live()
            leader = await led(place, bench, 1)
            (paused,) = (one for one in processes if one.pid == leader)
            paused.send_signal(signal.SIGSTOP)
            try:
                assert await led(place, bench, 2) != paused.pid
            finally:
                paused.send_signal(signal.SIGCONT)
            for _ in range(25):
                said = total(place)
                assert said is not None
                assert said["leader"] == 2
                await asyncio.sleep(0.2)
            for process in processes:
                await ended(process)


async def test_totals_without_an_account_of_which_nothing_is_known_say_so(
    place: tuple[str, str], tmp_path: Path
) -> None:
    async with beside(place, tmp_path) as bench:
        config = tmp_path / "config.toml"
        config.write_text(f'{config.read_text()}\n[accounts.savings]\nexchange = "kraken"\n')
        process = await bench.start("collect")
        await bench.heard()
        await bench.live()
        await led(place, bench, 1)
        said = total(place)
        assert said is not None
        assert said["lacking"] == ["savings"]
        assert not said["complete"]
        assert "savings: nothing of it is known yet; the totals are without it" in said["incomplete"]
        await ended(process)
        await bench.run("cache", "rebuild")
        again = total(place)
        assert again is not None
        assert (again["leader"], again["lacking"]) == (None, ["savings"])
