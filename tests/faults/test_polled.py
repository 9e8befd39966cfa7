"""A machine that only asks from cron, and never collects, does not keep what it received for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.domain.times import DAY
from account_cli.ports import RawRow
from account_cli.storage import open_journal, open_reader
from tests.faults.truth import Bench


@pytest.mark.parametrize("command", ["poll", "reconcile"])
async def test_whoever_only_asks_prunes_too(command: str, tmp_path: Path) -> None:
    async with Bench("binanceusdm", tmp_path, seed=31, hours=0.5) as bench:
        await bench.live(step_hours=0.5)
        await bench.run("poll")
        old = bench.end_ns - 8 * DAY
        journal = open_journal(bench.database)
        with journal.transaction() as tx:
            row = RawRow(account="main", received_ns=old, source="rest", channel="old", raw="{}", done_ns=old)
            tx.put_raws([*[row] * 1200, replace(row, unreadable="not JSON")])
        journal.close()
        await bench.run(command)
        reader = open_reader(bench.database)
        counts = {(one.channel, one.state): one.rows for one in reader.inbox_counts()}
        reader.close()
        assert ("old", "done") not in counts
        assert counts["old", "unreadable"] == 1, "what may yet be read stays"
        assert len(counts) > 3, "so does what is young"
        assert await bench.known() == bench.true()
