"""``acct reconcile --since`` asks for history again from then on and from nowhere else, and proves from before it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.times import MINUTE, SECOND, format_time
from tests.faults.planted import account, forget
from tests.faults.truth import HOUR, Bench

pytestmark = pytest.mark.slow


@pytest.mark.timeout(120)
async def test_history_is_read_again_from_the_time_that_is_named_and_proven_from_before_it(tmp_path: Path) -> None:
    async with account("kraken", tmp_path) as bench:
        missing_ns = await forget_an_old_fill(bench)
        code, told = await since(bench, missing_ns + HOUR // 3)
        assert (code, {row["state"] for row in told["items"]}) == (3, {"unexplained"}), "it lies before that"
        code, told = await since(bench, missing_ns - MINUTE)
        assert code == 0
        assert {row["causes"][0]["name"] for row in told["items"] if row["causes"]} == {"fill"}
        assert all(one["since_at"] is None for one in told["proofs"]), "the first checkpoint came later"
        assert "bought" in {line["kind"] for one in told["proofs"] for line in one["movements"]}
        code, told = await since(bench, time.time_ns() - SECOND // 100)
        assert (code, told["items"], told.get("proofs", [])) == (0, [], []), "nothing moved since"


async def forget_an_old_fill(bench: Bench) -> int:
    """Take a fill of long before the newest fact out of the journal; return when it was."""
    with sqlite3.connect(bench.folder / "acct.db") as db:
        newest = db.execute("SELECT max(time_ns) FROM journal").fetchone()[0]
        row, time_ns = db.execute(
            "SELECT id, time_ns FROM journal WHERE kind = 'fill' AND time_ns < ? ORDER BY time_ns DESC LIMIT 1",
            (newest - 2 * HOUR,),
        ).fetchone()
    await forget(bench, [row])
    return int(time_ns)


async def since(bench: Bench, at_ns: int) -> tuple[int, dict[str, Any]]:
    """Reconcile from that time on; return the exit status and what was said."""
    process = await asyncio.create_subprocess_exec(
        *bench.command("reconcile", "--since", format_time(at_ns), "--settle", "100ms", "--json"),
        env=bench.environment,
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out)
