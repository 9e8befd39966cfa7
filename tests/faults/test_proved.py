"""After everything that happens to an account a run's proof adds up: opening and lines are what the exchange states."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.simulator import NAMES
from tests.faults.planted import account, everything
from tests.faults.truth import HOUR, Bench

pytestmark = pytest.mark.slow
_MOVED = {
    "kraken": {"bought", "sold", "trading fees", "deposits", "conversions"},
    "binance": {"bought", "sold", "trading fees", "deposits", "conversions"},
    "binanceusdm": {"realised by contracts", "trading fees", "funding", "internal transfers"},
}
"""What must be among the lines of each venue's first proof."""
D = Decimal


@pytest.mark.timeout(300)
@pytest.mark.parametrize("venue", NAMES)
async def test_a_proof_adds_up_from_the_last_checkpoint_on(venue: str, tmp_path: Path) -> None:
    async with account(venue, tmp_path) as bench:
        first = await shown(bench)
        for one in first:
            add_up(one)
        assert all(one["since_at"] is None and D(one["opening"]) == 0 for one in first)
        assert _MOVED[venue] <= {line["kind"] for one in first for line in one["movements"]}
        assert await proofs(bench) == [], "nothing moved since"
        await everything(bench)
        bench.sim.run_until(bench.sim.now_ns + HOUR // 4)
        second = await proofs(bench)
        assert {(one["wallet"], one["asset"]) for one in second} <= {(one["wallet"], one["asset"]) for one in first}
        closed = {(one["wallet"], one["asset"]): one["closing"] for one in first}
        for one in second:
            assert one["since_at"] is not None
            assert one["opening"] == closed[one["wallet"], one["asset"]]
        assert await shown(bench) == second, "what was proven can be looked at again"


async def shown(bench: Bench) -> list[dict[str, Any]]:
    """Return the proof that was kept with the newest run."""
    run = json.loads(await bench.run("reconcile", "--history", "--limit", "1", "--json"))["items"][0]["id"]
    found: list[dict[str, Any]] = json.loads(await bench.run("reconcile", "show", str(run), "--explain", "--json"))[
        "proofs"
    ]
    return found


async def proofs(bench: Bench) -> list[dict[str, Any]]:
    """Reconcile until all agrees; return the proof of each balance that moved, having added it up."""
    process = await asyncio.create_subprocess_exec(
        *bench.command("reconcile", "--settle", "1s", "--explain", "--json"),
        env=bench.environment,
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    told = json.loads(out)
    assert (process.returncode, [row["state"] for row in told["items"] if row["state"] != "explained"]) == (0, [])
    found: list[dict[str, Any]] = told.get("proofs", [])
    for one in found:
        add_up(one)
    return found


def add_up(one: dict[str, Any]) -> None:
    """Check one balance's proof to the last digit."""
    lines = one["movements"]
    assert D(one["opening"]) + sum((D(line["amount"]) for line in lines), D(0)) == D(one["closing"])
    assert (one["closing"], one["difference"]) == (one["exchange"], "0")
    assert "unaccounted" not in {line["kind"] for line in lines}
    for line in lines:
        assert not line["facts"] or sum((D(fact["amount"]) for fact in line["facts"]), D(0)) == D(line["amount"])


@pytest.mark.timeout(300)
async def test_an_entry_that_kraken_keeps_to_itself_leaves_a_hole_that_is_named_until_it_is_told(
    tmp_path: Path,
) -> None:
    """Beside the difference of the balance it says between which two entries to look."""
    async with account("kraken", tmp_path, live_on=False) as bench:  # what is an hour old is told by now, or never
        world, told = bench.sim.world, bench.sim.stage.faults.money
        with world.arithmetic():
            world.move("reward", "ETH", D("0.25"))
            told.withheld.add(world.book.entries[-1].id)
            world.move("reward", "ETH", D("0.002"))
        bench.sim.run_until(bench.sim.now_ns + HOUR)
        code, rows = await states(bench)
        assert code == 3
        assert ("running", "ETH", "0.25", "unexplained") in rows
        told.withheld.clear()
        code, rows = await states(bench)
        assert (code, {row for row in rows if row[3] != "explained"}) == (0, set())


async def states(bench: Bench) -> tuple[int, set[tuple[str, str, str | None, str]] | list[Any]]:
    """Reconcile, asking history again; return the exit status and what was found."""
    process = await asyncio.create_subprocess_exec(
        *bench.command("reconcile", "--settle", "1s", "--explain", "--json"),
        env=bench.environment,
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    rows = {(row["kind"], row["key"], row["difference"], row["state"]) for row in json.loads(out)["items"]}
    assert process.returncode is not None
    return process.returncode, rows or []
