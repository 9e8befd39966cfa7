"""``acct reconcile --correct`` against an exchange: killed or not, made once, clean after, gone when the fact comes."""

from __future__ import annotations

import asyncio
import json
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.times import SECOND
from account_cli.killing import ASKED_FOR
from account_cli.simulator.world import mishaps
from tests.faults.planted import account, reconciled
from tests.faults.truth import Bench

pytestmark = pytest.mark.slow


@pytest.mark.timeout(120)
async def test_a_break_is_corrected_once_and_gives_way_to_the_fact_that_comes_late(tmp_path: Path) -> None:
    async with Bench("binanceusdm", tmp_path, seed=12, hours=0.5) as bench:
        await bench.live()
        assert await corrected(bench) == (0, [])
        before = await held(bench)
        bench.sim.world.book.balances["USDT"] += Decimal("12.5")
        for point in ASKED_FOR:
            assert (await corrected(bench, ACCT_FAULT=point))[0] == -signal.SIGKILL
        assert await corrected(bench) == (0, []), "the second one was killed when it was done"
        runs = [run["state"] for run in json.loads(await bench.run("reconcile", "--history", "--json"))["items"]]
        assert runs[:2] == ["clean", "unexplained"]
        assert await held(bench) == before + Decimal("12.5")
        (made,) = [fact for fact in map(json.loads, await bench.known()) if fact["kind"] == "adjustment"]
        assert (made["amount"], made["wallet"], made["asset"]) == ("12.5", "futures", "USDT")
        late = {"kind": "transfer", "account": "main", "id": "late", "wallet": "futures", "asset": "USDT",
                "amount": "12.5", "type": "deposit", "time": made["time"]}  # fmt: skip
        (tmp_path / "late.ndjson").write_text(json.dumps(late) + "\n")
        await bench.run("import", str(tmp_path / "late.ndjson"))
        assert [fact for fact in await bench.known() if "adjustment" in fact] == []
        assert await held(bench) == before + Decimal("12.5")
        assert await corrected(bench) == (0, [])


@pytest.mark.timeout(120)
async def test_what_the_exchange_tells_late_takes_the_place_of_a_correction(tmp_path: Path) -> None:
    async with account("kraken", tmp_path) as bench:
        await told_late_begins(bench)
        code, rows = await corrected(bench)
        assert (code, {row["corrected"] for row in rows if row["kind"] == "balance"}) == (3, {True})
        code, rows = await corrected(bench)
        told = {(row["kind"], row["state"]) for row in rows}
        assert (code, told) == (0, {("running", "explained")}), "its own ledger lacks an entry, which was corrected"
        assert [fact for fact in await bench.known() if "correction:" in fact] != []
        bench.sim.stage.faults.money.withheld.clear()
        assert (await reconciled(bench)).code == 0
        assert [fact for fact in await bench.known() if "correction:" in fact] == []
        assert await bench.known() == bench.true()


async def told_late_begins(bench: Bench) -> None:
    """Let the exchange charge interest and keep that to itself, and tell what came later."""
    world = bench.sim.world
    with world.arithmetic():
        late = mishaps.charged_interest(world, 2)
    bench.sim.stage.faults.money.withheld |= {entry.id for entry in late}
    bench.sim.run_until(bench.sim.now_ns + SECOND)  # not far: what lies in the future lasts for no time
    with world.arithmetic():
        world.move("deposit", late[0].asset, Decimal(100))


async def held(bench: Bench) -> Decimal:
    """Return what the ledger says is held of USDT."""
    (step, *_) = json.loads(await bench.run("explain", "balance", "USDT", "--json"))["items"]
    return Decimal(step["value"])


async def corrected(bench: Bench, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """Reconcile once, correcting; return the exit status and what differed."""
    process = await asyncio.create_subprocess_exec(
        *bench.command("reconcile", "--settle", "1s", "--timeout", "20s", "--correct", "--json"),
        env={**bench.environment, **environment},
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out)["items"] if out else []
