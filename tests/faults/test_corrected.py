"""``acct reconcile --correct`` against an exchange: killed or not, made once, clean after, gone when the fact comes."""

from __future__ import annotations

import asyncio
import json
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.killing import ASKED_FOR
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
