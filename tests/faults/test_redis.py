"""Redis beside a collector: told everything at least once, its state right again whatever happens to it."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from account_cli.killing import RELAYING
from account_cli.storage import open_reader
from tests.faults.test_truth import SEED
from tests.faults.truth import Bench
from tests.services import forget_redis, redis_prefix


@pytest.fixture
def place() -> Iterator[tuple[str, str]]:
    with redis_prefix() as found:
        yield found


@asynccontextmanager
async def beside(
    place: tuple[str, str], folder: Path, *, hours: float = 1, server: str | None = None
) -> AsyncIterator[Bench]:
    """One account at a simulated exchange, with Redis configured."""
    url, prefix = place
    async with Bench("kraken", folder, seed=SEED, hours=hours, server=server) as bench:
        config = folder / "config.toml"
        text, beside = config.read_text(), f'redis = "{url}"\nredis_prefix = "{prefix}"\n'
        if server is None:
            beside = f"[storage]\n{beside}"
        config.write_text(text.replace("[accounts", f"{beside}[accounts", 1))
        yield bench


def state(place: tuple[str, str]) -> dict[str, Any]:
    """Return what every key says, but for when that was, and the sets that name the keys."""
    url, prefix = place
    found: dict[str, Any] = {}
    with redis.Redis.from_url(url, decode_responses=True) as connection:
        for key in connection.scan_iter(f"{prefix}*", count=1000):
            name = key.removeprefix(prefix)
            if name.startswith(("balance:", "position:", "pnl:")):
                said = json.loads(connection.get(key) or "{}")
                said.pop("as_of", None)
                found[name] = said
            elif name.startswith("keys:"):
                found[name] = sorted(connection.smembers(key))
    return found


def quantities(found: dict[str, Any]) -> dict[str, Any]:
    """Return what is held, without prices, which go on changing."""
    return {
        name: [row["total"] if name.startswith("balance:") else row["quantity"] for row in said["items"]]
        for name, said in found.items()
        if name.startswith(("balance:", "position:"))
    }


def events(place: tuple[str, str]) -> list[tuple[str, int]]:
    """Return the id and the number of every fact in the stream, in its order."""
    url, prefix = place
    with redis.Redis.from_url(url, decode_responses=True) as connection:
        return [(entry["id"], int(entry["n"])) for _, entry in connection.xrange(f"{prefix}trading.events")]


def head(bench: Bench) -> int:
    reader = open_reader(bench.database)
    try:
        return reader.head("main")
    finally:
        reader.close()


async def told(place: tuple[str, str], bench: Bench) -> list[tuple[str, int]]:
    """Wait until the stream has every line of the journal."""
    async with asyncio.timeout(60):
        while not (found := events(place)) or {n for _, n in found} != set(range(1, head(bench) + 1)):
            await asyncio.sleep(0.2)
    return found


async def there(place: tuple[str, str]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while "pnl:main" not in (found := state(place)):
            await asyncio.sleep(0.2)
    return found


async def ended(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    await process.wait()


async def test_every_fact_is_told_in_order_and_the_state_is_what_a_rebuild_writes(
    place: tuple[str, str], tmp_path: Path
) -> None:
    async with beside(place, tmp_path) as bench:
        process = await bench.start("collect")
        await bench.heard()
        await bench.live()
        await bench.settled()
        numbers = [n for _, n in await told(place, bench)]
        assert numbers == list(range(1, head(bench) + 1))
        await there(place)
        await asyncio.sleep(3)
        await ended(process)
        before = state(place)
        said = json.loads(await bench.run("cache", "rebuild", "--json"))
        after = state(place)
        assert said["keys"] == len([name for name in after if not name.startswith("keys:")])
        assert before.keys() == after.keys()
        assert quantities(before) == quantities(after)
        assert any(quantities(after).values())
        forget_redis(*place)
        await bench.run("cache", "rebuild")
        assert quantities(state(place)) == quantities(before)


async def test_what_redis_forgets_in_mid_run_is_there_again_within_seconds(
    place: tuple[str, str], tmp_path: Path
) -> None:
    async with beside(place, tmp_path) as bench:
        process = await bench.start("collect")
        await bench.heard()
        await bench.live()
        await bench.settled()
        before = await there(place)
        forget_redis(*place)
        assert quantities(await there(place)).keys() >= quantities(before).keys()
        url, prefix = place
        gone = next(name for name in state(place) if name.startswith("balance:"))
        with redis.Redis.from_url(url) as connection:
            connection.delete(prefix + gone)
        async with asyncio.timeout(30):
            while gone not in state(place):
                await asyncio.sleep(0.2)
        await ended(process)


@pytest.mark.parametrize("point", RELAYING)
async def test_killed_while_it_tells_it_tells_everything_all_the_same(
    point: str, place: tuple[str, str], tmp_path: Path
) -> None:
    async with beside(place, tmp_path) as bench:
        process = await bench.start("collect", environment={"ACCT_FAULT": point})
        living = asyncio.create_task(bench.live())
        async with asyncio.timeout(60):
            assert await process.wait() == -signal.SIGKILL
        await living
        process = await bench.start("collect")
        await bench.settled()
        found = await told(place, bench)
        assert {name for name, _ in found} == {f"main/{n}" for n in range(1, head(bench) + 1)}
        firsts = list(dict.fromkeys(n for _, n in found))
        assert firsts == sorted(firsts)
        await ended(process)


async def test_without_redis_everything_goes_on_and_is_told_once_it_is_there(
    place: tuple[str, str], tmp_path: Path
) -> None:
    async with beside(("redis://127.0.0.1:1/0", place[1]), tmp_path) as bench:
        process = await bench.start("collect")
        await bench.heard()
        await bench.live()
        assert await bench.settled() == bench.true()
        health = json.loads(await bench.run("health", "--json"))
        checks = {check["name"]: check["state"] for check in health["checks"]}
        assert (health["status"], checks["redis"]) == ("degraded", "degraded")
        status = json.loads(await bench.run("status", "--json"))
        assert any("Redis on 127.0.0.1:1 cannot be reached" in reason for reason in status["incomplete"])
        waiting = json.loads(await bench.run("outbox", "--json", "--state", "pending"))
        assert [row["id"] for row in waiting["items"] if row["id"] == "main/1"] == ["main/1"]
        reader = open_reader(bench.database)
        assert [notice.severity for notice in reader.notices() if notice.code == "redis"] == ["warning"]
        reader.close()
        await ended(process)
        config = tmp_path / "config.toml"
        config.write_text(config.read_text().replace("redis://127.0.0.1:1/0", place[0]))
        process = await bench.start("collect")
        await told(place, bench)
        await ended(process)
        assert json.loads(await bench.run("outbox", "retry", "--json"))["retried"] == 0
