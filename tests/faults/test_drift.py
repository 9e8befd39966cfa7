"""Something moves a balance that no fact tells of: beside a live stream it is told once, and again when it is gone."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.truth import Bench

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
async def test_a_drift_is_told_when_it_begins_and_when_it_is_gone(tmp_path: Path) -> None:
    async with Bench("binanceusdm", tmp_path, seed=11, hours=1.0) as bench:
        book = bench.sim.world.book
        with (tmp_path / "config.toml").open("a") as config:
            config.write('[reconcile]\nevery = "5s"\n')
        await bench.live()
        async with bench.watching():
            assert await bench.settled() == bench.true()
            await bench.run("poll")
            await until(bench, "clean")
            book.balances["USDT"] += Decimal("1.5")
            row = await until(bench, "unexplained")
            assert (await reconciled(bench))[0] == 3, "the collector is asked, and says the same"
            assert row["drifting"] == 1
            (item,) = json.loads(await bench.run("reconcile", "show", str(await newest(bench)), "--json"))["items"]
            assert (item["kind"], item["key"], item["difference"]) == ("balance", "USDT", "1.5")
            assert item["first_bad_interval"] is not None
            book.balances["USDT"] -= Decimal("1.5")
            await until(bench, "clean")
        runs = json.loads(await bench.run("reconcile", "--history", "--json"))["items"]
        states = [run["state"] for run in runs]
        assert states[0] == "clean"
        assert "unexplained" in states


async def test_one_pass_agrees_until_something_is_wrong_and_says_since_when(tmp_path: Path) -> None:
    async with Bench("binanceusdm", tmp_path, seed=12, hours=1.0) as bench:
        await bench.live()
        assert await reconciled(bench) == (0, [])
        assert await reconciled(bench) == (0, [])
        bench.sim.world.book.balances["USDT"] -= Decimal("0.00000001")
        code, (row,) = await reconciled(bench)
        assert (code, row["kind"], row["key"], row["wallet"]) == (3, "balance", "USDT", "futures")
        assert (row["difference"], row["state"], row["corrected"]) == ("-0.00000001", "unexplained", False)
        again, (same,) = await reconciled(bench)
        assert (again, same["first_bad_interval"]) == (3, row["first_bad_interval"])
        history = json.loads(await bench.run("reconcile", "--history", "--json"))["items"]
        assert [run["state"] for run in history] == ["unexplained", "unexplained", "pending", "clean", "clean"]


async def test_a_wallet_that_nobody_tells_the_movements_of_is_named_and_never_taken_for_zero(tmp_path: Path) -> None:
    async with Bench("binance", tmp_path, seed=13, hours=1.0) as bench:
        bench.sim.stage.earning["BTC"] = Decimal("0.25")
        await bench.live()
        code, (row,) = await reconciled(bench)
        assert (code, row["kind"], row["key"], row["wallet"], row["state"]) == (4, "balance", "BTC", "earn", "unknown")
        assert (row["local"], row["exchange"], row["difference"]) == (None, "0.25", None)
        assert row["explanation"] == ["the exchange states 0.25 BTC in its wallet 'earn', which is not followed"]


async def reconciled(bench: Bench) -> tuple[int, list[dict[str, Any]]]:
    """Reconcile once; return the exit status and what differs."""
    process = await asyncio.create_subprocess_exec(
        *bench.command("reconcile", "--settle", "1s", "--json"),
        env=bench.environment,
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out)["items"]


async def until(bench: Bench, state: str) -> dict[str, Any]:
    """Wait until the last comparison says so; return the account's row."""
    deadline = time.monotonic() + 120
    while True:
        (row,) = json.loads(await bench.run("accounts", "--json"))["items"]
        if row["reconciled"] == state:
            assert isinstance(row, dict)
            return row
        assert time.monotonic() < deadline, row
        await asyncio.sleep(1)


async def newest(bench: Bench) -> int:
    """Return the number of the newest run."""
    run = json.loads(await bench.run("reconcile", "--history", "--limit", "1", "--json"))["items"][0]
    return int(run["id"])
