"""What a position or an order is while it is told in pieces: both sides of a contract, a late last word."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from account_cli.domain.observations import PositionsSeen
from account_cli.engine.follow import Follower
from account_cli.simulator.lab import FAULTS, Fault
from account_cli.storage import open_reader
from tests.faults.trouble_here import until_live
from tests.faults.truth import Bench


def begin(bench: Bench, name: str) -> Fault:
    fault = FAULTS[name]
    assert isinstance(fault, Fault)
    fault.begin(bench.sim)
    return fault


def told(seen: PositionsSeen | None) -> dict[str, Decimal]:
    assert seen is not None
    rows = [row for row in seen.rows if row.quantity]
    return {row.symbol if row.side == "both" else f"{row.symbol}|{row.side}": row.quantity for row in rows}


def books(folder: Path) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Return the positions as stated and as worked out, those of hedge mode by side."""
    reader = open_reader(folder / "acct.db")
    try:
        view = Follower(reader).views(["main"])[0]
        held = [one for one in view.state.positions() if one.is_contract and one.quantity]
        worked_out = {f"{one.symbol}|{one.position_side}" if one.position_side else one.symbol: one for one in held}
        return told(view.positions), {name: one.quantity for name, one in worked_out.items()}
    finally:
        reader.close()


async def test_both_sides_of_a_contract_are_known_apart_and_forgotten_after_the_switch(tmp_path: Path) -> None:
    async with Bench("binanceusdm", tmp_path, seed=71, hours=1) as bench:
        async with bench.watching():
            await until_live(bench)
            await bench.live_until(0.3)
            fault = begin(bench, "F47")
            true = bench.sim.truth_positions()
            assert {name.rpartition("|")[2] for name in true} == {"long", "short"}
            assert await bench.settled() == bench.true()
            await until_told(tmp_path, true)
            assert fault.end is not None
            fault.end(bench.sim)
            await bench.live_until(1)
            assert await bench.settled() == bench.true()
            await until_told(tmp_path, bench.sim.truth_positions())
        assert books(tmp_path) == (bench.sim.truth_positions(), bench.sim.truth_positions())


async def until_told(folder: Path, true: dict[str, Decimal]) -> None:
    async with asyncio.timeout(60):
        while books(folder) != (true, true):
            await asyncio.sleep(0.3)


async def test_a_last_trade_ends_no_order_and_the_last_word_does(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=72, hours=1) as bench, bench.watching():
        await until_live(bench)
        await bench.live_until(0.3)
        fault = begin(bench, "F45")
        assert await bench.settled() == bench.true()
        assert fault.end is not None
        fault.end(bench.sim)
        await bench.live_until(1)
        assert await bench.settled() == bench.true()
        ended = {order.id for order in bench.sim.world.book.orders.values() if order.status != "open"}
        async with asyncio.timeout(60):
            while (shown := await orders(bench)) != {order.id for order in bench.sim.world.book.open.values()}:
                await asyncio.sleep(0.5)
        assert not shown & ended


async def orders(bench: Bench) -> set[str]:
    answer: dict[str, Any] = json.loads(await bench.run("orders", "--json"))
    return {str(row["id"]) for row in answer["items"]}
