"""Plants what makes a ledger differ from its exchange, one cause after the other, and writes down what acct says of it.

A fact is missing when it happened at the exchange and the journal lacks it although its cursor has passed: its line is
taken out of the database and everything is worked out again without it. The table of all of them, for all venues::

    python -m tests.faults.planted
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from account_cli.domain.times import SECOND
from account_cli.simulator import NAMES
from account_cli.simulator.world import mishaps
from account_cli.simulator.world.facts import Market, Side
from account_cli.simulator.world.world import World
from tests.faults.truth import HOUR, Bench

EXIT = {"clean": 0, "explained": 0, "unexplained": 3, "unknown": 4}
_EVERYWHERE = tuple(NAMES)
_SPOT = ("kraken", "binance")
_FORGET_SUMS = "DELETE FROM marks WHERE name = 'lines'"
_PASSED_NS = HOUR // 2
"""A fact is so much older than the newest one that no ordinary pass reads it again."""


class Told(NamedTuple):
    """What one run of ``acct reconcile --explain`` said."""

    code: int
    state: str
    said: tuple[str, ...]
    """State, figure and the best explanation of each row."""
    causes: frozenset[str]


class Row(NamedTuple):
    """A line of the table: the run that met the planted cause, and the next one."""

    venue: str
    cause: str
    told: Told
    again: Told
    changed: bool
    """The second run changed what is known."""


class Plant(NamedTuple):
    """A cause; ``plant`` makes it so and returns what undoes it, None when the facts themselves do."""

    cause: str
    venues: Sequence[str]
    plant: Callable[[Bench], Awaitable[Callable[[], None] | None]]
    ends: str
    """The state that it ends in."""
    named: str | None = None
    """The name of the best cause; None when nothing is left to be explained."""
    by_itself: Sequence[str] = ()
    """Venues where the ordinary pass finds it, and nothing is left to be explained."""


def missing(where: str, *, most: int = 1) -> Callable[[Bench], Awaitable[None]]:
    """Take the newest facts out of the journal that are ``where`` says (SQL about ``kind`` and ``body``)."""

    async def plant(bench: Bench) -> None:
        with sqlite3.connect(bench.folder / "acct.db") as db:
            newest = db.execute("SELECT max(time_ns) FROM journal").fetchone()[0]
            found = db.execute(
                f"SELECT id FROM journal WHERE ({where}) AND time_ns < ? ORDER BY time_ns DESC LIMIT ?",
                (newest - _PASSED_NS, most),
            ).fetchall()
            assert found, f"nothing of this kind ever happened: {where}"
        await forget(bench, [row for (row,) in found])

    return plant


async def forget(bench: Bench, rows: Sequence[int]) -> None:
    """Make it so that these lines never came: what was noted of the lines as they were goes too."""
    with sqlite3.connect(bench.folder / "acct.db") as db:
        db.executemany("DELETE FROM journal WHERE id = ?", [(row,) for row in rows])
        db.execute(_FORGET_SUMS)
    await bench.run("rebuild")


def untold_fee(bench: Bench) -> Awaitable[None]:
    """Forget the fee of a fill that was paid in the asset that fees are cheaper in."""
    asset = bench.sim.world.setting.third_asset

    async def plant() -> None:
        with sqlite3.connect(bench.folder / "acct.db") as db:
            newest = db.execute("SELECT max(time_ns) FROM journal").fetchone()[0]
            changed = db.execute(
                "UPDATE journal SET body = json_remove(body, '$.fees') WHERE id = (SELECT id FROM journal"
                " WHERE kind = 'fill' AND body ->> '$.fees[0][0]' = ? AND time_ns < ? ORDER BY time_ns DESC LIMIT 1)",
                (asset, newest - _PASSED_NS),
            )
            assert changed.rowcount == 1
            db.execute(_FORGET_SUMS)
        await bench.run("rebuild")

    return plant()


async def told_late(bench: Bench) -> None:
    """Let the exchange keep funding or interest to itself, while acct asks, until much later things are told.

    What is told later lies ahead of the clock. So no order is left open before: of one that ends then, while fifty
    others do, Kraken's answer says nothing, and nothing can be said of it until its fills lie in the past.
    """
    world, told = bench.sim.world, bench.sim.stage.faults.money
    with world.arithmetic():
        for order in list(world.book.open.values()):
            world.cancel(order.id)
    happens_ns = 0
    while time.time_ns() >= happens_ns:  # what comes before openings are looked at may be put down to before history
        happens_ns = time.time_ns() + 8 * SECOND
        bench.sim.run_until(happens_ns)
        await reconciled(bench)
    with world.arithmetic():
        late = mishaps.corrected(world) if world.setting.wallet != "spot" else mishaps.charged_interest(world, 2)
    told.withheld |= {entry.id for entry in late}
    bench.sim.run_until(bench.sim.now_ns + _PASSED_NS)
    await asyncio.sleep(max(0, happens_ns - time.time_ns()) / SECOND)
    # Between an entry from ahead of the clock and the one before it something lacks, which stays pending meanwhile.
    code, state, _, causes = await reconciled(bench, "--timeout", "10s")
    assert (code, state) == (3, "unexplained"), causes
    told.withheld.clear()


async def liquidated(bench: Bench) -> None:
    """Let the exchange close a position while nobody looks."""
    with bench.sim.world.arithmetic():
        mishaps.forced(bench.sim.world, "liquidation")


async def closed(bench: Bench) -> None:
    """Close a position by hand at the exchange while nobody looks."""
    world = bench.sim.world
    held = next(position for position in world.book.positions.values() if position.quantity)
    with world.arithmetic():
        side: Side = "sell" if held.quantity > 0 else "buy"
        order = world.place(held.symbol, side, "market", abs(held.quantity), secret=True)
        world.fill(order.id, abs(held.quantity), world.price(held.symbol), maker=False)


async def everything(bench: Bench) -> None:
    """Let everything happen once more while nobody looks."""
    with bench.sim.world.arithmetic():
        _everything_happens(bench.sim.world)


async def one_side_only(bench: Bench) -> Callable[[], None]:
    """Let the exchange hold an asset that no fact ever named."""
    balances = bench.sim.world.book.balances
    asset = "DOT" if bench.sim.venue == "kraken" else "FDUSD"
    balances[asset] = Decimal("5.5")
    return lambda: balances.update({asset: Decimal(0)})


async def less_than_known(bench: Bench) -> Callable[[], None]:
    """Let a position be gone at the exchange without a word about how."""
    book = bench.sim.world.book
    open_now = [(key, position) for key, position in book.positions.items() if position.quantity]
    key, held = min(
        open_now, key=lambda pair: pair[1].updated_ns
    )  # flat a moment ago, it would look like a late answer
    del book.positions[key]
    return lambda: book.positions.update({key: held})


async def by_hand(bench: Bench) -> Callable[[], None]:
    """Change an amount in the database."""
    path = bench.folder / "acct.db"
    with sqlite3.connect(path) as db:
        newest = db.execute("SELECT max(time_ns) FROM journal").fetchone()[0]
        number, body = db.execute(
            "SELECT id, body FROM journal WHERE kind = 'transfer' AND time_ns < ? ORDER BY time_ns DESC LIMIT 1",
            (newest - _PASSED_NS,),
        ).fetchone()
        fact = json.loads(body)
        fact["amount"] = str(Decimal(fact["amount"]) + 7)
        db.execute("UPDATE journal SET body = ? WHERE id = ?", (json.dumps(fact, separators=(",", ":")), number))
    await bench.run("rebuild")

    def undo() -> None:
        with sqlite3.connect(path) as db:
            db.execute("UPDATE journal SET body = ? WHERE id = ?", (body, number))

    return undo


async def not_covered(bench: Bench) -> None:
    """Let the ledger know of money in a wallet of which the exchange does not speak."""
    fact = {"kind": "transfer", "account": "main", "wallet": "vault", "id": "V1", "type": "deposit", "asset": "BTC"}
    path = bench.folder / "vault.ndjson"
    path.write_text(json.dumps(fact | {"time": "2024-01-01T00:00:00Z", "amount": "2"}) + "\n")
    await bench.run("import", str(path))


_THIRD = "body ->> '$.to[0]' IN ('BNB', 'KFEE')"
PLANTS = (
    Plant("liquidation while offline", ("binanceusdm",), liquidated, "explained", None, ("binanceusdm",)),
    Plant("position closed elsewhere", ("binanceusdm",), closed, "explained", None, ("binanceusdm",)),
    Plant("all that can happen, while offline", _EVERYWHERE, everything, "explained", None, _EVERYWHERE),
    Plant("missing fill", _EVERYWHERE, missing("kind = 'fill'"), "explained", "fill"),
    Plant("three missing fills", _EVERYWHERE, missing("kind = 'fill'", most=3), "explained", "fill"),
    Plant("deposit", _SPOT, missing("body ->> '$.type' = 'deposit'"), "explained", "deposit", ("binance",)),
    Plant("internal transfer", _EVERYWHERE, missing("body ->> '$.type' = 'internal'"), "explained", "transfer",
          ("binance",)),
    Plant("fee in BNB or KFEE", _EVERYWHERE, untold_fee, "explained", "fee"),
    Plant("funding", ("binanceusdm",), missing("kind = 'funding'"), "explained", "funding"),
    Plant("interest", ("kraken",), missing("kind = 'interest'"), "explained", "interest"),
    Plant("reward", _SPOT, missing("kind = 'reward'"), "explained", "reward", ("binance",)),
    Plant("dust", _SPOT, missing(f"kind = 'conversion' AND {_THIRD}", most=2), "explained", "conversion",
          ("binance",)),
    Plant("convert", _SPOT, missing(f"kind = 'conversion' AND NOT {_THIRD}"), "explained", "conversion",
          ("binance",)),
    Plant("position gone without a fact", ("binanceusdm",), less_than_known, "unexplained", "liquidation"),
    Plant("liquidation, not in the journal", ("binanceusdm",), missing("body ->> '$.type' = 'liquidation'"),
          "explained", "liquidation"),
    Plant("asset known to one side only", _EVERYWHERE, one_side_only, "unexplained", "deposit"),
    Plant("figure changed by hand in the database", _EVERYWHERE, by_hand, "unexplained", "told_otherwise"),
    Plant("told late by the exchange", ("kraken", "binanceusdm"), told_late, "explained"),
    Plant("balance in a wallet not covered", _EVERYWHERE, not_covered, "unknown", "wallet_not_covered"),
)  # fmt: skip


@asynccontextmanager
async def account(venue: str, folder: Path, *, live_on: bool = True) -> AsyncIterator[Bench]:
    """An account to which everything has happened once, known and in agreement; until now, or until an hour ago."""
    async with Bench(venue, folder, seed=31, hours=3.0) as bench:
        await bench.live_until(0.7, step_hours=0.5)
        with bench.sim.world.arithmetic():
            _everything_happens(bench.sim.world)
        await bench.live(step_hours=0.5)
        if live_on:
            _live_on(bench)
        told = await reconciled(bench)
        assert (told.code, told.state) == (0, "clean"), told
        yield bench


def _live_on(bench: Bench) -> None:
    """Let Kraken's world live until now: it counts fills, and what happens in a past that was counted is a break."""
    if bench.sim.venue == "kraken":
        bench.sim.run_until(time.time_ns())


def _everything_happens(world: World) -> None:
    setting, market = world.setting, world.setting.markets[0]
    world.move("deposit" if setting.wallet == "spot" else "transfer", setting.third_asset, Decimal(1000))
    for _ in range(3):
        mishaps.traded(world, market, 1)
    _filled(world, market, "buy")
    if setting.wallet == "spot":
        world.move("deposit", "BTC", Decimal("0.5"))
        moved = "spottofutures" if setting.venue == "kraken" else "MAIN_UMFUTURE"
        world.move("transfer", setting.dollar, Decimal("-12.34"), subtype=moved)
        world.move("reward", "ETH", Decimal("0.00012345"))
        mishaps.converted(world)
        if setting.venue == "kraken":
            mishaps.charged_interest(world, 1)
        return
    mishaps.corrected(world)
    mishaps.forced(world, "liquidation")
    mishaps.traded(world, market, 2)


def _filled(world: World, market: Market, side: Side) -> None:
    """Trade once with the fee in the asset that it is cheaper in."""
    order = world.place(market.symbol, side, "market", market.lot * 7, fee_style="third")
    world.fill(order.id, market.lot * 7, world.price(market.symbol), maker=False)


async def reconciled(bench: Bench, *more: str) -> Told:
    """Run ``acct reconcile --explain`` once."""
    process = await asyncio.create_subprocess_exec(
        *bench.command("reconcile", "--explain", "--settle", "100ms", "--json", *more),
        env=bench.environment,
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode in {0, 3, 4}, err.decode()
    items = json.loads(out)["items"]
    ranks = ("clean", "explained", "pending", "unknown", "unexplained")
    state = max((item["state"] for item in items), key=ranks.index, default="clean")
    said = tuple(f"{one['state']}: {one['kind']} {one['key']}: {'; '.join(one['explanation'][:1])}" for one in items)
    causes = frozenset(item["causes"][0]["name"] for item in items if item["causes"])
    return Told(process.returncode, state, said, causes)


async def planted(bench: Bench, plant: Plant) -> Row:
    """Plant one cause, look, and look again."""
    _live_on(bench)
    undo = await plant.plant(bench)
    told = await reconciled(bench)
    before = await bench.known()
    again = await reconciled(bench)
    changed = await bench.known() != before
    if undo is not None:
        undo()
        await bench.run("rebuild")
        await reconciled(bench)
    return Row(bench.sim.venue, plant.cause, told, again, changed)


def line(row: Row) -> str:
    """Return a line of the table, in Markdown."""
    said = "<br>".join(row.told.said[:3]) or "nothing differs"
    more = f"<br>and {len(row.told.said) - 3} more" if len(row.told.said) > 3 else ""
    again = f"{row.again.state}, exit {row.again.code}, {'changed' if row.changed else 'nothing changed'}"
    return f"| {row.venue} | {row.cause} | {said}{more} | {row.told.code} | {row.told.state} | {again} |"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", action="append", choices=NAMES)
    asked = parser.parse_args()
    sys.stdout.write("| venue | cause | acct reconcile --explain | exit | state after | run again |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    for venue in asked.venue or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            async with account(venue, Path(folder)) as bench:
                for plant in PLANTS:
                    if venue in plant.venues:
                        sys.stdout.write(line(await planted(bench, plant)) + "\n")
                        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
