"""``acct status`` and ``acct health`` beside a real collector, with one that stands by, and without a database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.faults.truth import Bench


async def test_status_names_who_collects_and_who_stands_by(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=3, hours=1) as bench:
        assert json.loads(await bench.run("status", "--json"))["items"] == []
        first = await bench.start("collect")
        await bench.heard()
        second = await bench.start("collect")
        try:
            async with asyncio.timeout(60):
                while True:
                    report = json.loads(await bench.run("status", "--json"))
                    found = [(row["account"], row["role"], row["pid"], row["liveness"]) for row in report["items"]]
                    if found == [("main", "collecting", first.pid, "LIVE"), (None, "standby", second.pid, None)]:
                        break
                    await asyncio.sleep(0.5)
            assert report["complete"]
            health = json.loads(await bench.run("health", "--json"))
            assert (health["status"], health["schema"]) == ("healthy", "acct.health/1")
            assert health["uptime_seconds"] >= 0
        finally:
            for process in (second, first):
                process.terminate()
                await process.wait()
        assert (await bench.run("health")).startswith("degraded")
        assert (await bench.run("health", "--ready")).startswith("healthy")


async def test_a_database_that_does_not_answer_is_unhealthy(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=3, hours=1, server="postgresql://nobody@127.0.0.1:1/none") as bench:
        process = await asyncio.create_subprocess_exec(
            *bench.command("health"), env=bench.environment, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 1
        assert out.decode().startswith("unhealthy")
        assert "database: the database none on 127.0.0.1:1 cannot be reached" in out.decode()
