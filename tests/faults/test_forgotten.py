"""What the exchange forgot for good (F29) is never invented: it is a named opening, and what is left is exact."""

from __future__ import annotations

import json
from pathlib import Path

from account_cli.engine.follow import Follower
from account_cli.simulator.lab.schedule import planned, play
from account_cli.simulator.wire import shortest_iso
from account_cli.storage import open_reader
from tests.faults.truth import Bench


async def test_what_the_exchange_forgot_is_an_opening_and_what_it_remembers_is_exact(tmp_path: Path) -> None:
    async with Bench("binanceusdm", tmp_path, seed=71, hours=1) as bench:
        bench.sim.run_until(bench.end_ns)
        await play(bench.sim, [planned("F29", "binanceusdm")])
        await bench.run("poll", "main")
        forgotten = shortest_iso(bench.sim.now_ns - 600 * 1_000_000_000)
        known = [json.loads(fact) for fact in await bench.known()]
        openings = [fact for fact in known if fact["kind"] == "opening"]
        remembered = [fact for fact in map(json.loads, bench.true()) if fact["time"] >= forgotten]
        assert len(remembered) > 5
        assert [fact for fact in known if fact not in openings and fact["kind"] != "leverage"] == [
            fact for fact in remembered if fact["kind"] != "leverage"
        ]
        assert openings
        assert all(fact["id"].startswith("before-history") for fact in openings)
        reader = open_reader(tmp_path / "acct.db")
        view = Follower(reader).views(["main"])[0]
        reader.close()
        true = {asset: total for asset, total in bench.sim.truth_balances().items() if total}
        assert {asset: total for (_, asset), total in view.state.balances().items() if total} == true
        incomplete = json.loads(await bench.run("pnl", "main", "--json"))["incomplete"]
        assert incomplete, "figures that rest on what is not known must say so"
